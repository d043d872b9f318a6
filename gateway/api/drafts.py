"""Drafts of the configuration: made, read, written and deleted as a whole."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.responses import Response

from gateway.api.access import CallerHere, GuardedRoute, PartsHere
from gateway.api.described import answers
from gateway.api.documents import JSON, document_answer, gives_document, media_type_of, read_keys, takes_document
from gateway.api.draft_shapes import DraftLine, DraftList, NewDraft
from gateway.api.preconditions import RequiredHere, etag
from store.drafts import Draft, change_draft, delete_draft, list_drafts, make_draft, read_draft

router = APIRouter(prefix="/v1/drafts", tags=["Drafts"], route_class=GuardedRoute)

DraftId = Annotated[UUID, Path(alias="draftId", description="The draft's id.")]

_NEW: dict[str, Any] = takes_document({"$ref": "#/components/schemas/NewDraft"})


def draft_line(row: Any) -> DraftLine:
    """Return what the API says of a draft, from its row or itself."""
    return DraftLine.model_validate(row, from_attributes=True)


def with_tag(response: Response, draft: Draft) -> DraftLine:
    """Return what the API says of a draft, and name its version in the answer's ETag."""
    response.headers["ETag"] = etag(draft.version)
    return draft_line(draft)


@router.get("", operation_id="listDrafts", summary="List the drafts")
async def list_all(parts: PartsHere) -> DraftList:
    """List all drafts, also those that were published, without what they say."""
    return DraftList(drafts=[draft_line(row) for row in await list_drafts(parts.ledger)])


@router.post(
    "",
    operation_id="makeDraft",
    summary="Make a draft",
    status_code=201,
    openapi_extra=_NEW | answers(404, 415, headers=("ETag", "Location")),
)
async def make(request: Request, response: Response, parts: PartsHere, caller: CallerHere) -> DraftLine:
    """Make a draft of what is in force, of another version, or of a document, which need not be valid yet.

    As `application/yaml` the body is the document itself.
    """
    body = await read_keys(request)
    asked = _asked(body if media_type_of(request) == JSON else {"document": body})
    draft = await make_draft(
        parts.ledger, caller.name, content=asked.document, from_version=asked.from_version, title=asked.title
    )
    response.headers["Location"] = f"/v1/drafts/{draft.draft_id}"
    return with_tag(response, draft)


@router.get(
    "/{draftId}",
    operation_id="getDraft",
    summary="Show a draft",
    responses=gives_document(),
    openapi_extra=answers(406, headers=("ETag",)),
)
async def show(request: Request, parts: PartsHere, draft_id: DraftId) -> Response:
    """Show the whole document as it stands, valid or not: JSON, or YAML where `Accept` asks for it."""
    draft = await read_draft(parts.ledger, str(draft_id))
    return await document_answer(request, draft.content, ETag=etag(draft.version))


@router.get(
    "/{draftId}/state",
    operation_id="getDraftState",
    summary="Show where a draft stands",
    openapi_extra=answers(headers=("ETag",)),
)
async def state(response: Response, parts: PartsHere, draft_id: DraftId) -> DraftLine:
    """Show who made and changed it, which version it changes, and whether it can still be changed."""
    return with_tag(response, await read_draft(parts.ledger, str(draft_id)))


@router.put(
    "/{draftId}",
    operation_id="putDraft",
    summary="Write a draft",
    openapi_extra=takes_document() | answers(409, 412, 415, 428, headers=("ETag",)),
)
async def write(
    request: Request,
    response: Response,
    parts: PartsHere,
    caller: CallerHere,
    draft_id: DraftId,
    precondition: RequiredHere,
) -> DraftLine:
    """Write the whole document anew. It need not be valid; what is wrong is told by its validation."""
    content = await read_keys(request)
    draft = await change_draft(
        parts.ledger, str(draft_id), caller.name, precondition.holds, lambda _: content, "document"
    )
    return with_tag(response, draft)


@router.delete(
    "/{draftId}",
    operation_id="deleteDraft",
    summary="Delete a draft",
    status_code=204,
    openapi_extra=answers(409, 412, 428),
)
async def remove(parts: PartsHere, caller: CallerHere, draft_id: DraftId, precondition: RequiredHere) -> None:
    """Delete a draft. What was published of it stays."""
    await delete_draft(parts.ledger, str(draft_id), caller.name, precondition.holds)


def _asked(body: dict[str, Any]) -> NewDraft:
    try:
        return NewDraft.model_validate(body)
    except ValidationError as error:
        faults = [{**fault, "loc": ("body", *fault["loc"])} for fault in error.errors(include_input=False)]
        raise RequestValidationError(faults) from None
