"""The API's description: as OpenAPI for programs, as a page for people. Both need no key and no internet."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from gateway.api.access import GuardedRoute
from gateway.api.docs_page import STYLE_HASH, docs_page

router = APIRouter(prefix="/v1", tags=["Documentation"], route_class=GuardedRoute)

_PAGE_POLICY = (
    f"default-src 'none'; style-src '{STYLE_HASH}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


@router.get(
    "/openapi.json",
    operation_id="getOpenapi",
    summary="Describe this API for programs",
    response_class=JSONResponse,
    responses={200: {"content": {"application/json": {"schema": {"type": "object"}}}}},
)
async def openapi(request: Request) -> Response:
    """The OpenAPI document. Any website may read it."""
    return JSONResponse(request.app.openapi(), headers={"Access-Control-Allow-Origin": "*"})


@router.get(
    "/docs",
    operation_id="getDocs",
    summary="Describe this API for people",
    response_class=HTMLResponse,
    responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}}},
)
async def docs(request: Request) -> Response:
    """The same description as a page: one document without scripts, that loads nothing."""
    state = request.app.state
    if not hasattr(state, "docs_page"):
        # Anybody may ask for it, and making it takes longer than any other answer.
        state.docs_page = docs_page(request.app.openapi())
    return HTMLResponse(state.docs_page, headers={"Content-Security-Policy": _PAGE_POLICY})
