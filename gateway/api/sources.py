"""Sources: how each stands, and how long ago it was swept."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import Field

from gateway.api.access import CallerHere, GuardedRoute, PartsHere
from gateway.api.item_shapes import Trouble
from gateway.api.shapes import Moment, Name, Shape
from inbox.channel import Channel
from inbox.errors import NotFound
from store.call_listing import logs_in_trouble, waiting_log_counts
from store.keys import Role
from store.ledger import now
from store.listing import SourceCounts, source_counts
from store.sources import list_sources, source_row
from workflows.parts import Parts, call_sources

router = APIRouter(prefix="/v1/sources", tags=["Sources"], route_class=GuardedRoute)

_PATIENCE_SECONDS = 300.0
"""A sweep comes at least this often, whatever the setting; a source may miss one of its own before it counts as ill."""
_USUAL_SWEEP_SECONDS = 240.0
_SILENT_SECONDS = 60.0
"""A living reader signs every 15 s; one that signed in the future did so before the clock was set back."""


class SourceTrouble(Trouble):
    """What stands in the way of reading the source."""

    since: Moment


class CallLogCounts(Shape):
    """What came of a source's call logs so far."""

    waiting: int = Field(description="Not wholly in the register yet.")
    in_trouble: int = Field(description="Set aside, or most of their rows cannot be used: see `GET /v1/call-logs`.")


class SourceLine(Shape):
    """One source."""

    source_id: str = Field(examples=["info"])
    channel: Channel
    mode: str = Field(
        description="`observe`: kept and decided, nothing outward; `live`: everything.", examples=["live"]
    )
    live_from: Moment = Field(description="What was received earlier waits for a person.")
    is_configured: bool = Field(description="False: the settings no longer name it.")
    healthy: bool = Field(
        description="Swept as recently as it should be, and its reader is alive. Always, where others hand in."
    )
    swept_at: Moment | None = Field(description="End of the last successful sweep.")
    sweep_age_seconds: int | None = Field(description="How long ago that is: the health figure.")
    read_at: Moment | None = Field(description="Last sign of life of a reader.")
    trouble: SourceTrouble | None
    kept_count: int = Field(description="Deliveries kept so far.")
    seen_count: int | None = Field(description="How many the last sweep saw at the source; null before the first.")
    call_logs: CallLogCounts | None = Field(description="Of a source of call records.")


class SourceList(Shape):
    """All sources."""

    sources: list[SourceLine]


@router.get("", operation_id="listSources", summary="List the sources and their health")
async def list_all(parts: PartsHere, caller: CallerHere) -> SourceList:
    """List all sources by name."""
    counts, logs = await source_counts(parts.ledger), await _call_log_counts(parts)
    rows = await list_sources(parts.ledger)
    shows_details = caller.role is Role.admin
    return SourceList(sources=[_line(parts, row, counts, logs, shows_details=shows_details) for row in rows])


@router.get("/{sourceId}", operation_id="getSource", summary="Show a source and its health")
async def show(
    parts: PartsHere, caller: CallerHere, source_id: Annotated[Name, Path(alias="sourceId", description="The source.")]
) -> SourceLine:
    """Show one source."""
    row = await source_row(parts.ledger, source_id)
    if row is None:
        raise NotFound("there is no such source")
    counts, logs = await source_counts(parts.ledger), await _call_log_counts(parts)
    return _line(parts, row, counts, logs, shows_details=caller.role is Role.admin)


async def _call_log_counts(parts: Parts) -> dict[str, CallLogCounts]:
    """Return source → counts, for each source of call records."""
    sources = call_sources(parts)
    if not sources:
        return {}
    waiting, troubles = await waiting_log_counts(parts.ledger), Counter[str]()
    for (source_id, _), count in (await logs_in_trouble(parts.ledger)).items():
        troubles[source_id] += count
    return {name: CallLogCounts(waiting=waiting.get(name, 0), in_trouble=troubles[name]) for name in sources}


def _line(
    parts: Parts, row: Any, counts: dict[str, SourceCounts], logs: dict[str, CallLogCounts], *, shows_details: bool
) -> SourceLine:
    configured = parts.sources.get(row.source_id)
    sweep_seconds = configured.sweep_seconds if configured else _USUAL_SWEEP_SECONDS
    hands_in = _hands_in(parts, row.source_id)
    age_seconds = (now() - row.swept_at).total_seconds() if row.swept_at else None
    count = counts.get(row.source_id, SourceCounts())
    return SourceLine(
        source_id=row.source_id,
        channel=row.channel,
        mode=row.mode,
        live_from=row.live_from,
        is_configured=hands_in or configured is not None,
        healthy=hands_in
        or (
            _is_recent(row.swept_at, max(_PATIENCE_SECONDS, 2 * sweep_seconds))
            and _is_recent(row.read_at, _SILENT_SECONDS)
        ),
        swept_at=row.swept_at,
        sweep_age_seconds=int(age_seconds) if age_seconds is not None else None,
        read_at=row.read_at,
        trouble=_trouble(row, shows_details),
        kept_count=count.kept,
        seen_count=count.seen,
        call_logs=logs.get(row.source_id),
    )


def _hands_in(parts: Parts, source_id: str) -> bool:
    """Say whether others send it to us."""
    if parts.intake is not None and source_id in parts.intake.sources:
        return True
    calls = parts.calls.sources.get(source_id) if parts.calls is not None else None
    return calls is not None and calls.push_bytes > 0


def _is_recent(moment: datetime | None, seconds: float) -> bool:
    return moment is not None and abs((now() - moment).total_seconds()) <= seconds


def _trouble(row: Any, shows_details: bool) -> SourceTrouble | None:
    if not row.trouble_code:
        return None
    detail = row.trouble_detail if shows_details else None
    return SourceTrouble(code=row.trouble_code, detail=detail, since=row.trouble_since)
