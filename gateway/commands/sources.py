"""Sources, on the command line: how each stands, tried, paused and let go on."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from gateway.bootstrap import remembered
from gateway.settings import Settings, SourceSettings, find_settings
from gateway.source_trying import Trying
from inbox.errors import NotFound, SettingsInvalid
from store.ledger import Ledger
from store.source_definitions import definition_row, definition_rows, pause_source, resume_source
from store.sources import list_sources

_ACTOR = "command line"

Result = TypeVar("Result")


def list_all(settings_path: Path | None, *, as_json: bool) -> None:
    """Print all sources by name. Raises SettingsInvalid, StoreUnavailable."""
    settings = find_settings(settings_path)
    in_file = {source.id for source in settings.sources}

    async def lines(ledger: Ledger) -> list[dict[str, Any]]:
        made = await definition_rows(ledger)
        found = []
        for row in await list_sources(ledger):
            definition = made.get(row.source_id)
            is_made = definition is not None and definition.ended_at is None
            if not is_made and definition is not None and not row.kept_count:
                continue
            managed_by = "api" if is_made else ("settings" if row.source_id in in_file else None)
            found.append(
                {
                    "source": row.source_id,
                    "channel": row.channel,
                    "mode": row.mode,
                    "managed_by": managed_by,
                    "paused_by": row.paused_by,
                    "pause_reason": row.pause_reason,
                    "swept_at": row.swept_at.isoformat() if row.swept_at else None,
                    "kept": row.kept_count,
                    "trouble": row.trouble_code,
                    "detail": row.trouble_detail,
                }
            )
        return found

    for line in _on_ledger(settings, lines):
        if as_json:
            sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
        else:
            said = [f"{name} {value}" for name, value in line.items() if name != "source" and value not in (None, "")]
            sys.stdout.write(f"{line['source']}: {', '.join(said)}\n")


def try_one(settings_path: Path | None, source_id: str, *, as_json: bool) -> int:
    """Try the source; return 0 when it answers, else 1. Raises NotFound."""
    settings = find_settings(settings_path)
    source = next((source for source in settings.sources if source.id == source_id), None)

    async def tried() -> tuple[str, str]:
        found = source or await _made(settings, source_id)
        outcome = await Trying().source(found)
        return outcome.code, outcome.detail

    code, detail = asyncio.run(tried())
    if as_json:
        sys.stdout.write(json.dumps({"source": source_id, "code": code, "detail": detail}, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(f"{'ok  ' if code == 'ok' else 'FAIL'}  {source_id}  {detail}\n")
    return int(code != "ok")


def pause(settings_path: Path | None, source_id: str, reason: str) -> None:
    """Pause the source in every process. Raises NotFound, Conflict."""
    _on_ledger(find_settings(settings_path), lambda ledger: pause_source(ledger, source_id, _ACTOR, reason))
    sys.stdout.write(f"source {source_id} is paused: within seconds nobody looks there\n")


def resume(settings_path: Path | None, source_id: str, reason: str) -> None:
    """Let the source go on. Raises NotFound, Conflict."""
    _on_ledger(find_settings(settings_path), lambda ledger: resume_source(ledger, source_id, _ACTOR, reason))
    sys.stdout.write(f"source {source_id} goes on\n")


async def _made(settings: Settings, source_id: str) -> SourceSettings:
    async with remembered(settings) as (ledger, _):
        row = await definition_row(ledger, source_id)
    if row is None or row.ended_at is not None:
        raise NotFound(f"there is no source `{source_id}`")
    try:
        return SourceSettings.model_validate(row.settings)
    except ValidationError:
        raise SettingsInvalid(f"source `{source_id}` cannot be read as it stands: replace it") from None


def _on_ledger(settings: Settings, work: Callable[[Ledger], Awaitable[Result]]) -> Result:
    async def run() -> Result:
        async with remembered(settings) as (ledger, _):
            return await work(ledger)

    return asyncio.run(run())
