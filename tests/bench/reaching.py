"""Figures of reachability per second, out of the ledger, against a bare loop over the same rows."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from gateway.reachability import reachability
from inbox.calls.period import Period
from inbox.calls.reachability import Dimension
from inbox.configuration.load import load_configuration
from inbox.routing.compiled import CompiledConfiguration
from store.call_tables import calls
from store.ledger import Ledger
from store.migrate import migrate
from store.reachability import calls_between
from tests.bench.row import Row, in_turn
from tests.configuration import SMALL_TOWN

_CALLS = 50_000
_BEGAN = datetime(2026, 1, 2, 8, 0, tzinfo=UTC)
_YEAR = Period(date(2026, 1, 1), date(2026, 12, 31))
_TOWN = CompiledConfiguration(load_configuration(SMALL_TOWN, "town"), 1)
_OUTCOMES = ("answered", "answered", "answered", "missed", "abandoned")


def rows() -> Iterator[Row]:
    """Yield the row of figures by queue and hour of the day."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite+aiosqlite:///{Path(folder) / 'ledger.sqlite'}"
        asyncio.run(_fill(url))
        mine, yardstick = in_turn(lambda: asyncio.run(_figures(url)), lambda: asyncio.run(_bare(url)), rounds=3)
    how = f"{_CALLS} calls of a year in SQLite; yardstick: the same pages of rows, nothing counted"
    yield Row("figures of reachability", _CALLS / mine, _CALLS / yardstick, "calls/s", ">= 0.3", how)


async def _fill(url: str) -> None:
    ledger = Ledger(url)
    await migrate(ledger)
    async with ledger.begin() as connection:
        await connection.execute(calls.insert(), [_call(number) for number in range(_CALLS)])
    await ledger.close()


def _call(number: int) -> dict[str, Any]:
    started_at = _BEGAN + timedelta(minutes=10 * number)
    until = started_at + timedelta(seconds=number % 90)
    outcome = _OUTCOMES[number % len(_OUTCOMES)]
    return {
        "call_id": f"{number:036d}",
        "source_id": "telefoon",
        "call_key": str(number),
        "caller": "",
        "dialled": "14099",
        "queue": f"wachtrij {number % 7}",
        "choice": "",
        "direction": "in",
        "outcome": outcome,
        "started_at": started_at,
        "answered_at": until if outcome == "answered" else None,
        "ended_at": until,
        "waited_s": float(number % 90),
        "talked_s": 0.0,
        "recording": "",
        "legs_count": 1,
        "is_observed": False,
        "confidentiality": 1,
        "version": 1,
        "because": "",
        "changed_at": started_at,
    }


async def _figures(url: str) -> None:
    ledger = Ledger(url)
    found = await reachability(ledger, _TOWN, _YEAR, [Dimension.queue, Dimension.hour])
    assert found.total().offered > 0
    await ledger.close()


async def _bare(url: str) -> None:
    ledger = Ledger(url)
    async for page in calls_between(ledger, *_YEAR.moments(_TOWN.zone)):
        for _ in page:
            pass
    await ledger.close()
