"""Sources paused, and let go on: also those of the settings file."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request

from gateway.api.access import CallerHere, GuardedRoute, PartsHere
from gateway.api.described import answers
from gateway.api.shapes import Name, Pause, Resumption
from gateway.api.source_shapes import SourceLine
from gateway.api.source_view import source_line
from store.source_definitions import pause_source, resume_source

router = APIRouter(prefix="/v1/sources", tags=["Sources"], route_class=GuardedRoute)

_SourceId = Annotated[Name, Path(alias="sourceId", description="The source.")]


@router.post("/{sourceId}/pause", operation_id="pauseSource", summary="Pause a source", openapi_extra=answers(409))
async def pause(
    request: Request, parts: PartsHere, caller: CallerHere, source_id: _SourceId, body: Pause
) -> SourceLine:
    """Let nobody look there, within seconds and in every worker, until it goes on: also after a restart. What was fetched
    is kept first; what is there waits at the source. Where others hand in they are answered with 503.
    """
    await pause_source(parts.ledger, source_id, caller.name, body.reason)
    await parts.take_up_sources()
    line, _ = await source_line(parts, caller, request.app.state.source_desk, source_id)
    return line


@router.post(
    "/{sourceId}/resume", operation_id="resumeSource", summary="Let a source go on", openapi_extra=answers(409)
)
async def resume(
    request: Request, parts: PartsHere, caller: CallerHere, source_id: _SourceId, body: Resumption
) -> SourceLine:
    """Let a paused source go on. What came meanwhile is taken in, each with its own moment of receipt."""
    await resume_source(parts.ledger, source_id, caller.name, body.reason)
    await parts.take_up_sources()
    line, _ = await source_line(parts, caller, request.app.state.source_desk, source_id)
    return line
