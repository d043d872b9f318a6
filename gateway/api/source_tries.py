"""Sources tried: a real connection, told in one sentence."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import ValidationError

from gateway.api.access import CallerHere, GuardedRoute, PartsHere
from gateway.api.shapes import Name
from gateway.api.source_changes import require_possible
from gateway.api.source_desk import DeskHere, SourceDesk
from gateway.api.source_shapes import TriedSource
from gateway.api.tries import record_try
from gateway.settings import SourceSettings
from gateway.source_body import SourceBody
from inbox.errors import NotFound, SettingsInvalid
from store.keys import Caller
from store.source_definitions import definition_row
from workflows.parts import Parts

router = APIRouter(prefix="/v1/sources", tags=["Sources"], route_class=GuardedRoute)


@router.post("/try", operation_id="tryNewSource", summary="Try a source before it is made")
async def try_new(parts: PartsHere, caller: CallerHere, desk: DeskHere, body: SourceBody) -> TriedSource:
    """Connect, sign in and look once, from the machine of this API. Nothing is touched there and nothing stored here."""
    source = body.settings()
    await require_possible(desk, source)
    return await _tried(parts, caller, desk, source)


@router.post("/{sourceId}/try", operation_id="trySource", summary="Try a source")
async def try_present(
    parts: PartsHere,
    caller: CallerHere,
    desk: DeskHere,
    source_id: Annotated[Name, Path(alias="sourceId", description="The source.")],
) -> TriedSource:
    """Connect, sign in and look once with the settings that the source has. Nothing is touched there."""
    source = desk.managed(source_id)
    if source is None:
        row = await definition_row(parts.ledger, source_id)
        if row is None or row.ended_at is not None:
            raise NotFound("there is no such source")
        try:
            source = SourceSettings.model_validate(row.settings)
        except ValidationError:
            raise SettingsInvalid(f"source `{source_id}` cannot be read as it stands: replace it") from None
        await require_possible(desk, source)
    return await _tried(parts, caller, desk, source)


async def _tried(parts: Parts, caller: Caller, desk: SourceDesk, source: SourceSettings) -> TriedSource:
    place = source.imap or source.sftp or source.call_sftp
    elsewhere = "a folder" if source.is_fetched else "nothing: others hand in"
    host = f"{place.host}:{place.port}" if place is not None else elsewhere
    await record_try(parts, caller, "source.tried", f"source/{source.id}", host)
    code, detail = await desk.try_out(source)
    return TriedSource(works=code == "ok", code=code, detail=detail)
