"""How a source stands: from what the ledger knows of it to what is told."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from gateway.api.source_desk import SourceDesk
from gateway.api.source_shapes import CallLogCounts, SourceLine, SourceTrouble
from gateway.settings import SourceSettings
from gateway.source_body import as_body
from inbox.confidentiality import Confidentiality
from inbox.errors import NotFound, SettingsInvalid
from store.call_listing import logs_in_trouble, waiting_log_counts
from store.keeping import known_positions
from store.keys import Caller, Role
from store.ledger import now
from store.listing import SourceCounts, source_counts
from store.source_definitions import definition_row, definition_rows
from store.sources import list_sources, seen_last, source_row
from workflows.parts import Parts, call_sources

_PATIENCE_SECONDS = 300.0
"""A sweep comes at least this often, whatever the setting; a source may miss one of its own before it counts as ill."""
_USUAL_SWEEP_SECONDS = 240.0
_SILENT_SECONDS = 60.0
"""A living reader signs every 15 s; one that signed in the future did so before the clock was set back."""


_KEEP_SOURCES = frozenset({Role.admin, Role.publisher})
_SEE_DETAILS = _KEEP_SOURCES | {Role.operator}


async def source_lines(parts: Parts, caller: Caller) -> list[SourceLine]:
    """Return all sources by name, but those that were ended before they kept anything."""
    counts, logs = await source_counts(parts.ledger), await _call_log_counts(parts)
    made = await definition_rows(parts.ledger)
    shows_details = caller.role in _SEE_DETAILS
    return [
        _line(parts, row, counts, logs, made.get(row.source_id), shows_details=shows_details)
        for row in await list_sources(parts.ledger)
        if not _is_gone(row, made.get(row.source_id))
    ]


async def source_line(parts: Parts, caller: Caller, desk: SourceDesk | None, source_id: str) -> tuple[SourceLine, int]:
    """Return one source, and its version: 0 where it is of a settings file. Raises NotFound."""
    row, definition = await source_row(parts.ledger, source_id), await definition_row(parts.ledger, source_id)
    if row is None or _is_gone(row, definition):
        raise NotFound("there is no such source")
    counts, logs = await source_counts(parts.ledger), await _call_log_counts(parts)
    line = _line(parts, row, counts, logs, definition, shows_details=caller.role in _SEE_DETAILS)
    changes: dict[str, Any] = {"waiting_count": await _waiting(parts, source_id)}
    if caller.role in _KEEP_SOURCES:
        try:
            settings = _settings(definition, desk, source_id)
            changes["settings"] = as_body(settings) if settings else None
        except ValidationError:
            # It was valid when it was made; nobody reads it until it is replaced.
            changes["trouble"] = line.trouble or SourceTrouble(
                code=SettingsInvalid.code,
                detail="its settings are not as they should be: replace them with PUT",
                since=definition.changed_at,
            )
    line = line.model_copy(update=changes)
    return line, definition.version if definition is not None else 0


def _settings(definition: Any, desk: SourceDesk | None, source_id: str) -> SourceSettings | None:
    if definition is not None:
        return SourceSettings.model_validate(definition.settings)
    return desk.managed(source_id) if desk is not None else None


async def source_confidentiality(parts: Parts, desk: SourceDesk | None, source_id: str) -> Confidentiality | None:
    """Return that of what comes in at the source; None where nothing does: there is none, it was ended, or its settings
    are not as they should be.
    """
    definition = await definition_row(parts.ledger, source_id)
    if definition is not None and definition.ended_at is not None:
        return None
    try:
        settings = _settings(definition, desk, source_id)
    except ValidationError:
        return None
    if settings is not None:
        return settings.confidentiality
    # An API without a settings file still knows what its parts were made of.
    handed_in = parts.intake.sources.get(source_id) if parts.intake is not None else None
    configured = handed_in or parts.sources.get(source_id)
    return configured.confidentiality if configured is not None else None


def _is_gone(row: Any, definition: Any) -> bool:
    return definition is not None and definition.ended_at is not None and not row.kept_count


async def _waiting(parts: Parts, source_id: str) -> int | None:
    seen = await seen_last(parts.ledger, source_id)
    if seen is None:
        return None
    key_space, positions = seen
    return len(positions) - len(await known_positions(parts.ledger, key_space, positions))


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
    parts: Parts,
    row: Any,
    counts: dict[str, SourceCounts],
    logs: dict[str, CallLogCounts],
    definition: Any,
    *,
    shows_details: bool,
) -> SourceLine:
    configured = parts.sources.get(row.source_id)
    sweep_seconds = configured.sweep_seconds if configured else _USUAL_SWEEP_SECONDS
    hands_in = _hands_in(parts, row.source_id)
    is_defined = definition is not None and definition.ended_at is None
    is_configured = hands_in or configured is not None
    age_seconds = (now() - row.swept_at).total_seconds() if row.swept_at else None
    count = counts.get(row.source_id, SourceCounts())
    return SourceLine(
        source_id=row.source_id,
        channel=row.channel,
        mode=row.mode,
        live_from=row.live_from,
        managed_by="api" if is_defined else ("settings" if is_configured else None),
        is_configured=is_configured,
        healthy=row.paused_at is None
        and (
            hands_in
            or (
                _is_recent(row.swept_at, max(_PATIENCE_SECONDS, 2 * sweep_seconds))
                and _is_recent(row.read_at, _SILENT_SECONDS)
            )
        ),
        paused_at=row.paused_at,
        paused_by=row.paused_by if shows_details else None,
        pause_reason=row.pause_reason if shows_details else None,
        swept_at=row.swept_at,
        sweep_age_seconds=int(age_seconds) if age_seconds is not None else None,
        read_at=row.read_at,
        trouble=_trouble(row, shows_details),
        kept_count=count.kept,
        seen_count=count.seen,
        waiting_count=None,
        call_logs=logs.get(row.source_id),
        settings=None,
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
