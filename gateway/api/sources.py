"""Sources: how each stands, and how long ago it was swept."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from gateway.api.access import CallerHere, GuardedRoute, PartsHere
from gateway.api.described import answers
from gateway.api.shapes import Name
from gateway.api.source_shapes import SourceLine, SourceList
from gateway.api.source_view import source_line, source_lines

router = APIRouter(prefix="/v1/sources", tags=["Sources"], route_class=GuardedRoute)


@router.get("", operation_id="listSources", summary="List the sources and their health")
async def list_all(parts: PartsHere, caller: CallerHere) -> SourceList:
    """List all sources by name."""
    return SourceList(sources=await source_lines(parts, caller))


@router.get(
    "/{sourceId}",
    operation_id="getSource",
    summary="Show a source and its health",
    openapi_extra=answers(headers=("ETag",)),
)
async def show(
    request: Request,
    response: Response,
    parts: PartsHere,
    caller: CallerHere,
    source_id: Annotated[Name, Path(alias="sourceId", description="The source.")],
) -> SourceLine:
    """Show one source. Its `ETag` is for changing it; one of the settings file has version 0, and is not changed here."""
    line, version = await source_line(parts, caller, request.app.state.source_desk, source_id)
    response.headers["ETag"] = f'"{version}"'
    return line
