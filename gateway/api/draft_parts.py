"""Parts of a draft, one by one: a department, a category and its norm, a text, a rule and where it stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from gateway.api.access import CallerHere, GuardedRoute, PartsHere
from gateway.api.described import answers
from gateway.api.documents import document_answer, gives_document, read_content, read_keys, takes_document
from gateway.api.draft_shapes import DraftLine
from gateway.api.drafts import DraftId, with_tag
from gateway.api.preconditions import RequiredHere, etag
from gateway.api.shapes import Name
from inbox.configuration.canonical import COLLECTIONS, PARTS
from inbox.configuration.parts import (
    Content,
    entry_of,
    norm_of,
    part_of,
    rule_of,
    with_entry,
    with_norm,
    with_part,
    with_rule,
    without_entry,
    without_norm,
    without_part,
    without_rule,
)
from inbox.errors import BadRequest, ConfigurationInvalid, NotFound
from store.drafts import change_draft, read_draft

router = APIRouter(prefix="/v1/drafts/{draftId}", tags=["Drafts"], route_class=GuardedRoute)

_READS: dict[str, Any] = {"responses": gives_document(), "openapi_extra": answers(406, 409, headers=("ETag",))}
_WRITES: dict[str, Any] = {"openapi_extra": takes_document() | answers(409, 412, 415, 428, headers=("ETag",))}
_PART = {"description": "The part: a list for `rules` and `web-forms`, an object for any other. Validation checks it."}
_REMOVES: dict[str, Any] = {"openapi_extra": answers(409, 412, 428, headers=("ETag",))}

_URL_NAMES = {name.replace("_", "-"): name for name in PARTS}


async def _part(
    request: Request,
    part: Annotated[str, Path(description="A part of the document.", json_schema_extra={"enum": sorted(_URL_NAMES)})],
) -> str:
    return _known(request, part, _URL_NAMES, f"/drafts/{{draftId}}/{part}")


async def _collection(
    request: Request,
    collection: Annotated[
        str,
        Path(description="A part that holds many, by their keys.", json_schema_extra={"enum": sorted(COLLECTIONS)}),
    ],
    key: Annotated[Name, Path(description="Its key in the document.")],
) -> str:
    names = {name: name for name in COLLECTIONS}
    return _known(request, collection, names, f"/drafts/{{draftId}}/{collection}/{key}")


def _known(request: Request, written: str, names: dict[str, str], path: str) -> str:
    """Return the part that is meant. Raises NotFound; 405 for a path of another operation, which has another method."""
    if written in names:
        return names[written]
    if path in request.app.openapi()["paths"]:
        raise HTTPException(405)
    raise NotFound("a document has no such part")


PartHere = Annotated[str, Depends(_part)]
CollectionHere = Annotated[str, Depends(_collection)]
Key = Annotated[Name, Path(description="Its key in the document.")]
RuleName = Annotated[Name, Path(description="The rule's id.")]


class _Draft:
    """The draft that a request is about."""

    def __init__(
        self, request: Request, response: Response, parts: PartsHere, caller: CallerHere, draft_id: DraftId
    ) -> None:
        self._request = request
        self._response = response
        self._ledger = parts.ledger
        self._by = caller.name
        self._id = str(draft_id)

    async def show(self, take: Callable[[Content], Any]) -> Response:
        """Answer with a part of the draft."""
        draft = await read_draft(self._ledger, self._id)
        return await document_answer(self._request, take(draft.content), ETag=etag(draft.version))

    async def show_rule(self, rule: str) -> Response:
        """Answer with a rule, and say where it stands."""
        draft = await read_draft(self._ledger, self._id)
        written, position = rule_of(draft.content, rule)
        return await document_answer(self._request, written, ETag=etag(draft.version), Rule_Position=str(position))

    async def change(self, precondition: RequiredHere, edit: Callable[[Content], Content], what: str) -> DraftLine:
        """Edit the draft, and answer with how it stands."""
        draft = await change_draft(self._ledger, self._id, self._by, precondition.holds, edit, what)
        return with_tag(self._response, draft)


DraftHere = Annotated[_Draft, Depends(_Draft)]


@router.get(
    "/rules/{rule}",
    operation_id="getDraftRule",
    summary="Show a rule of a draft",
    **{**_READS, "openapi_extra": answers(406, 409, headers=("ETag", "Rule-Position"))},
)
async def show_rule(draft: DraftHere, rule: RuleName) -> Response:
    """Show one rule; the header `Rule-Position` says where it stands, 1 is on top."""
    return await draft.show_rule(rule)


@router.put("/rules/{rule}", operation_id="putDraftRule", summary="Write a rule of a draft", **_WRITES)
async def write_rule(
    request: Request,
    draft: DraftHere,
    rule: RuleName,
    precondition: RequiredHere,
    position: Annotated[
        int | None,
        Query(ge=1, le=100_000, description="Where it is to stand: 1 is on top. Default: where it stood, else last."),
    ] = None,
    before: Annotated[Name | None, Query(description="The rule before which it is to stand.")] = None,
) -> DraftLine:
    """Write one rule, and say where it stands: the first rule that holds decides."""
    if position is not None and before is not None:
        raise BadRequest("name `position` or `before`, not both")
    written = await read_keys(request)
    if written.setdefault("id", rule) != rule:
        raise ConfigurationInvalid.at([(("id",), f"is not the rule that the path names: `{rule}`")])
    written = {"id": rule, **written}
    return await draft.change(
        precondition,
        lambda content: with_rule(content, rule, written, position=position, before=before),
        f"rules/{rule}",
    )


@router.delete("/rules/{rule}", operation_id="deleteDraftRule", summary="Take a rule out of a draft", **_REMOVES)
async def remove_rule(draft: DraftHere, rule: RuleName, precondition: RequiredHere) -> DraftLine:
    """Take one rule out."""
    return await draft.change(precondition, lambda content: without_rule(content, rule), f"rules/{rule}")


@router.get("/categories/{key}/norm", operation_id="getDraftNorm", summary="Show the norm of a category", **_READS)
async def show_norm(draft: DraftHere, key: Key) -> Response:
    """Show within how long senders hear from us."""
    return await draft.show(lambda content: norm_of(content, key))


@router.put("/categories/{key}/norm", operation_id="putDraftNorm", summary="Write the norm of a category", **_WRITES)
async def write_norm(request: Request, draft: DraftHere, key: Key, precondition: RequiredHere) -> DraftLine:
    """Write within how long senders hear from us."""
    norm = await read_keys(request)
    return await draft.change(precondition, lambda content: with_norm(content, key, norm), f"categories/{key}/norm")


@router.delete(
    "/categories/{key}/norm", operation_id="deleteDraftNorm", summary="Take the norm of a category away", **_REMOVES
)
async def remove_norm(draft: DraftHere, key: Key, precondition: RequiredHere) -> DraftLine:
    """Take the norm away, as for a category that promises no date."""
    return await draft.change(precondition, lambda content: without_norm(content, key), f"categories/{key}/norm")


@router.get("/{collection}/{key}", operation_id="getDraftEntry", summary="Show an entry of a draft", **_READS)
async def show_entry(draft: DraftHere, collection: CollectionHere, key: Key) -> Response:
    """Show one department, category, text, addressee, flag or topic."""
    return await draft.show(lambda content: entry_of(content, collection, key))


@router.put("/{collection}/{key}", operation_id="putDraftEntry", summary="Write an entry of a draft", **_WRITES)
async def write_entry(
    request: Request, draft: DraftHere, collection: CollectionHere, key: Key, precondition: RequiredHere
) -> DraftLine:
    """Write one department, category, text, addressee, flag or topic; what was not there is added."""
    entry = await read_keys(request)
    return await draft.change(
        precondition, lambda content: with_entry(content, collection, key, entry), f"{collection}/{key}"
    )


@router.delete(
    "/{collection}/{key}", operation_id="deleteDraftEntry", summary="Take an entry out of a draft", **_REMOVES
)
async def remove_entry(draft: DraftHere, collection: CollectionHere, key: Key, precondition: RequiredHere) -> DraftLine:
    """Take one department, category, text, addressee, flag or topic out. What still refers to it is told by the validation."""
    return await draft.change(
        precondition, lambda content: without_entry(content, collection, key), f"{collection}/{key}"
    )


@router.get("/{part}", operation_id="getDraftPart", summary="Show a part of a draft", **_READS)
async def show_part(draft: DraftHere, part: PartHere) -> Response:
    """Show one whole part: the calendar, the limits, all rules in their order. 404 where it is not written."""
    return await draft.show(lambda content: part_of(content, part))


@router.put(
    "/{part}",
    operation_id="putDraftPart",
    summary="Write a part of a draft",
    openapi_extra={**_WRITES["openapi_extra"], **takes_document(_PART)},
)
async def write_part(request: Request, draft: DraftHere, part: PartHere, precondition: RequiredHere) -> DraftLine:
    """Write one whole part."""
    written = await read_content(request)
    return await draft.change(precondition, lambda content: with_part(content, part, written), part)


@router.delete("/{part}", operation_id="deleteDraftPart", summary="Take a part out of a draft", **_REMOVES)
async def remove_part(draft: DraftHere, part: PartHere, precondition: RequiredHere) -> DraftLine:
    """Take one whole part out: its defaults hold then, where it has them."""
    return await draft.change(precondition, lambda content: without_part(content, part), part)
