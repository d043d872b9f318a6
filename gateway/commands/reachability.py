"""`gateway reachability`: how well people could reach us by telephone. Reads only, beside a running gateway or without."""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from gateway.bootstrap import remembered
from gateway.commands.reachability_words import print_lines, print_table, write_line
from gateway.reachability import CountedCall, counted_calls
from gateway.reachability import reachability as measured
from gateway.settings import find_settings
from inbox.calls.period import Period, period
from inbox.calls.reachability import Dimension, Only
from inbox.errors import BadRequest
from inbox.routing.compiled import CompiledConfiguration
from store.configurations import Configurations
from store.ledger import Ledger
from store.listing import Position

_PAGE = 1_000


@dataclass(frozen=True)
class Asked:
    """What stands on the command line."""

    since: str | None
    until: str | None
    by: str
    queue: str | None
    department: str | None
    hour: int | None


def reachability(settings_path: Path | None, asked: Asked, *, lists_calls: bool, as_json: bool) -> None:
    """Print the figures, or the calls behind them.

    Raises SettingsInvalid (also when no configuration was ever published), StoreUnavailable, BadRequest.
    """
    asyncio.run(_reachability(settings_path, asked, lists_calls=lists_calls, as_json=as_json))


async def _reachability(settings_path: Path | None, asked: Asked, *, lists_calls: bool, as_json: bool) -> None:
    by = _dimensions(asked.by)
    if asked.hour is not None and not lists_calls:
        raise BadRequest("--hour goes with --calls; figures of each hour come with `--by hour`")
    async with remembered(find_settings(settings_path)) as (ledger, _):
        configuration = await Configurations(ledger).current()
        days = _period(asked, configuration.zone)
        only = Only(queue=asked.queue, department=asked.department, hour=asked.hour)
        if lists_calls:
            await _print_calls(ledger, configuration, days, only, as_json=as_json)
            return
        found = await measured(ledger, configuration, days, by, only)
    if as_json:
        print_lines(found, days)
    else:
        print_table(found, days, by, configuration.zone)


def _dimensions(written: str) -> list[Dimension]:
    names = [name.strip() for name in written.split(",")]
    if unknown := sorted(set(names) - set(Dimension)):
        raise BadRequest(f"--by {', '.join(unknown)}: there are {', '.join(Dimension)}, with commas between")
    return [Dimension(name) for name in dict.fromkeys(names)]


def _period(asked: Asked, zone: ZoneInfo) -> Period:
    since, until = (_day(name, written) for name, written in (("--from", asked.since), ("--to", asked.until)))
    return period(since, until, datetime.now(UTC).astimezone(zone).date())


def _day(option: str, written: str | None) -> date | None:
    try:
        return date.fromisoformat(written) if written is not None else None
    except ValueError:
        raise BadRequest(f"{option}: write a date such as 2026-11-24") from None


async def _print_calls(
    ledger: Ledger, configuration: CompiledConfiguration, days: Period, only: Only, *, as_json: bool
) -> None:
    """Write each call as soon as it is there, page by page; who rang is not told."""
    after: Position | None = None
    while True:
        page = await counted_calls(ledger, configuration, days, only, _PAGE, after)
        for call in page:
            if as_json:
                write_line(_call(call))
            else:
                sys.stdout.write("  ".join(_call_words(call, configuration.zone)) + "\n")
        if len(page) < _PAGE:
            return
        after = Position(page[-1].row.started_at, page[-1].row.call_id)


def _call(call: CountedCall) -> dict[str, object]:
    counted = call.counted
    return {
        "call_id": call.row.call_id,
        "started_at": call.row.started_at.isoformat().replace("+00:00", "Z"),
        "queue": counted.line.queue,
        "department": counted.line.department,
        "waited_s": counted.wait_ms / 1000 if counted.wait_ms is not None else None,
        "outcome": call.row.outcome,
        "counted_as": str(counted.counted_as),
    }


def _call_words(call: CountedCall, zone: ZoneInfo) -> list[str]:
    counted = call.counted
    waited = f"{counted.wait_ms / 1000:.0f} s" if counted.wait_ms is not None else "?"
    return [
        call.row.call_id,
        call.row.started_at.astimezone(zone).isoformat(" ", "seconds"),
        f"{waited:>6}",
        f"{counted.counted_as:<20}",
        counted.line.queue or "(other numbers)",
    ]
