"""Sources made, changed and ended. Each is one transaction, audited, and comes to life within seconds everywhere."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from gateway.api.access import CallerHere, GuardedRoute, PartsHere
from gateway.api.described import answers
from gateway.api.preconditions import Precondition, RequiredHere, require_match
from gateway.api.shapes import Name
from gateway.api.source_desk import DeskHere, SourceDesk
from gateway.api.source_shapes import SourceChange, SourceLine
from gateway.api.source_view import source_line
from gateway.settings import SourceSettings
from gateway.source_body import SourceBody
from inbox.errors import Conflict, NotFound, PreconditionFailed
from store.keys import Caller
from store.source_definitions import Wished, change_source, define_source, definition_row, end_source
from workflows.parts import Parts

router = APIRouter(prefix="/v1/sources", tags=["Sources"], route_class=GuardedRoute)

_SourceId = Annotated[Name, Path(alias="sourceId", description="A source that was made over this API.")]
_CHANGES = answers(409, 412, 428, headers=("ETag",))


@router.post(
    "",
    operation_id="makeSource",
    summary="Make a source",
    status_code=201,
    openapi_extra=answers(409, headers=("ETag", "Location")),
)
async def make(
    response: Response, parts: PartsHere, caller: CallerHere, desk: DeskHere, body: SourceBody
) -> SourceLine:
    """Make a source. Try it first: here nothing is connected. It is read within seconds, by every worker, without a
    restart; by itself it only observes.

    Secrets stand in environment variables and files of the workers: name them here.
    """
    source = body.settings()
    await require_possible(desk, source)
    if desk.managed(source.id) is not None:
        raise Conflict(f"the settings file has a source `{source.id}`: take another id")
    _require_own_place(desk, source)
    await define_source(parts.ledger, _wished(desk, source), caller.name)
    response.headers["Location"] = f"/v1/sources/{source.id}"
    return await _shown(response, parts, caller, desk, source.id)


@router.put("/{sourceId}", operation_id="replaceSource", summary="Replace a source's settings", openapi_extra=_CHANGES)
async def replace(
    response: Response,
    parts: PartsHere,
    caller: CallerHere,
    desk: DeskHere,
    source_id: _SourceId,
    asked: RequiredHere,
    body: SourceBody,
) -> SourceLine:
    """Replace all settings of a source. Its reader ends after what it has in hand, and a new one begins: nothing is lost
    or taken twice. What messages it gives cannot change: for that make another source.
    """
    row = await _changeable(parts, desk, source_id, asked)
    source = body.settings()
    if source.id != source_id:
        raise _fault(("sourceId",), "is the source in the path: an id is for ever")
    await require_possible(desk, source)
    await _change(parts, desk, source, row.version, caller)
    return await _shown(response, parts, caller, desk, source_id)


@router.patch("/{sourceId}", operation_id="changeSource", summary="Change how a source is read", openapi_extra=_CHANGES)
async def change(
    response: Response,
    parts: PartsHere,
    caller: CallerHere,
    desk: DeskHere,
    source_id: _SourceId,
    asked: RequiredHere,
    body: SourceChange,
) -> SourceLine:
    """Let a source go live or only observe, or change its confidentiality or how often it is swept.

    What was kept while it observed, or is received before `liveFrom`, waits for a person.
    """
    row = await _changeable(parts, desk, source_id, asked)
    changes = body.model_dump(mode="json", by_alias=False, exclude_none=True)
    try:
        source = SourceSettings.model_validate({**row.settings, **changes})
    except ValidationError:
        raise Conflict("the source cannot be read as it stands: replace it with PUT") from None
    await require_possible(desk, source)
    await _change(parts, desk, source, row.version, caller)
    return await _shown(response, parts, caller, desk, source_id)


@router.delete(
    "/{sourceId}",
    operation_id="endSource",
    summary="End a source",
    status_code=204,
    openapi_extra=answers(409, 412, 428),
)
async def end(parts: PartsHere, caller: CallerHere, desk: DeskHere, source_id: _SourceId, asked: RequiredHere) -> None:
    """End a source: nobody looks there any more. One that kept something is paused first; what it kept stays, and so
    does its line in the list. While call logs, calls or scan files of it wait, that is a conflict: paused they are
    finished, then it ends. One that never kept anything disappears.
    """
    row = await _changeable(parts, desk, source_id, asked)
    try:
        await end_source(parts.ledger, source_id, row.version, caller.name)
    except Conflict as error:
        await _require_unchanged(parts, source_id, row.version)
        raise error from None
    await parts.take_up_sources()


async def require_possible(desk: SourceDesk, source: SourceSettings) -> None:
    """Raise RequestValidationError with everything that the source may not name."""
    faults = [_located(path, words) for path, words in await desk.faults(source)]
    if faults:
        raise RequestValidationError(faults)


async def _changeable(parts: Parts, desk: SourceDesk, source_id: str, asked: Precondition) -> Any:
    """Return the row of the definition. Raises Conflict for one of the settings file, and as `require_match`."""
    if desk.managed(source_id) is not None:
        raise Conflict(f"source `{source_id}` stands in the settings file: change it there; here it can be paused")
    row = await definition_row(parts.ledger, source_id)
    if row is None or row.ended_at is not None:
        raise NotFound("there is no such source that was made over the API")
    require_match(asked, row.version, "source")
    return row


async def _change(parts: Parts, desk: SourceDesk, source: SourceSettings, version: int, caller: Caller) -> None:
    _require_own_place(desk, source)
    try:
        await change_source(parts.ledger, _wished(desk, source), version, caller.name)
    except Conflict as error:
        await _require_unchanged(parts, source.id, version)
        raise error from None


def _require_own_place(desk: SourceDesk, source: SourceSettings) -> None:
    other = desk.neighbour(source)
    if other is not None:
        raise Conflict(f"source `{other}` of the settings file is read there: everything would be taken in twice")


async def _require_unchanged(parts: Parts, source_id: str, version: int) -> None:
    row = await definition_row(parts.ledger, source_id)
    if row is None or row.version != version:
        raise PreconditionFailed("the source has changed at this moment: read it again and decide again")


def _wished(desk: SourceDesk, source: SourceSettings) -> Wished:
    said = source.model_dump(mode="json", exclude_unset=True)
    return Wished(source.id, desk.channel(source), source.mode, source.live_from, said, source.place)


async def _shown(response: Response, parts: Parts, caller: Caller, desk: SourceDesk, source_id: str) -> SourceLine:
    await parts.take_up_sources()
    line, version = await source_line(parts, caller, desk, source_id)
    response.headers["ETag"] = f'"{version}"'
    return line


def _located(path: tuple[str, ...], words: str) -> dict[str, Any]:
    return {"loc": ("body", *path), "type": "out_of_bounds", "msg": words}


def _fault(path: tuple[str, ...], words: str) -> RequestValidationError:
    return RequestValidationError([_located(path, words)])
