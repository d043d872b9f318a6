"""An import is ended at each of its writes, with another beside it, again and again: the register comes out the same."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from sqlalchemy import update

import workflows.importing
from inbox.call import Outcome
from store.call_logs import begin_import, import_again, waiting_logs
from store.call_tables import call_logs, calls
from store.ledger import Ledger, now
from tests.call_logs import (
    AT,
    call_parts,
    keep_log,
    leg,
    registered,
    require_proven,
    rows_of,
    settled,
    written,
)
from tests.store.making import clean
from workflows.importing import import_log
from workflows.parts import Parts

BATCH_ROWS = 3

FIRST = [leg("a", 1), leg("b", 1), b"? bad", leg("a", 2), leg("c", 1), leg("a", 1), leg("d", 1, outcome=Outcome.missed)]
SECOND = [leg("c", 2, answered_at=AT), leg("a", 3), leg("b", 1), b"? worse", b"? worst", leg("e", 1), leg("d", 1)]
"""Legs of the first log come again in the second, once in other words."""


class Killed(BaseException):
    """A process that is gone does nothing more: nobody catches this."""


class Mortal(Ledger):
    """A ledger whose user ends at a write of its own, just before or just after it is durable."""

    def __init__(self, ledger: Ledger) -> None:
        """It lives for ever at first."""
        self.__dict__.update(ledger.__dict__)
        self.writes = 0
        self.ends_at = 0
        self.moment: Literal["before", "after"] = "before"
        self.end: type[BaseException] = Killed

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Any]:
        """As ever, but for the one write."""
        self.writes += 1
        is_last = self.writes == self.ends_at
        async with super().begin() as connection:
            yield connection
            if is_last and self.moment == "before":
                raise self.end
        if is_last:
            raise self.end


@pytest.fixture
def parts(ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Parts:
    """Give parts that import three rows at a time."""
    monkeypatch.setattr(workflows.importing, "BATCH_ROWS", BATCH_ROWS)
    return call_parts(ledger, tmp_path)


async def import_all(parts: Parts) -> None:
    for log_id in await waiting_logs(parts.ledger, "phone"):
        await import_log(parts, log_id)


async def keep_both(parts: Parts) -> None:
    await keep_log(parts, written(FIRST))
    await keep_log(parts, written(SECOND))


async def clean_run(parts: Parts) -> tuple[Any, int]:
    """Return what the register holds after a run that nothing disturbed, and how many writes that takes."""
    await keep_both(parts)
    counting = Mortal(parts.ledger)
    await import_all(replace(parts, ledger=counting))
    found = await registered(parts.ledger)
    await clean(parts.ledger)
    return found, counting.writes


def mortal(parts: Parts, ends_at: int, moment: Any, end: type[BaseException]) -> Parts:
    ledger = Mortal(parts.ledger)
    ledger.ends_at, ledger.moment, ledger.end = ends_at, moment, end
    return replace(parts, ledger=ledger)


async def let_the_tired_begin_again(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    """Do what a person does: what began too often at its very first write was set aside, and rightly so."""
    with monkeypatch.context() as later:
        later.setattr(workflows.importing, "MAY_LIVE", timedelta())
        await import_all(parts)
    for row in await rows_of(parts.ledger, call_logs):
        if row.code == "reader_died":
            await import_again(parts.ledger, row.delivery_id, "Beheer")
            await import_log(parts, row.delivery_id)


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_invariant_3_no_row_is_lost_or_doubled_wherever_an_import_ends(
    parts: Parts, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, writes = await clean_run(parts)
    assert writes > 10
    for ends_at in range(1, writes + 1):
        await keep_both(parts)
        for _ in range(2):
            # One process is killed, and a worker that is stopped at the same place breaks off.
            ends = [mortal(parts, ends_at, moment, end) for end in (Killed, asyncio.CancelledError)]
            outcomes = await asyncio.gather(*(settled(import_all(one)) for one in ends))
            assert all(one is None or isinstance(one, Killed | asyncio.CancelledError) for one in outcomes), outcomes
        await asyncio.gather(import_all(parts), import_all(parts))
        await let_the_tired_begin_again(parts, monkeypatch)
        assert {row.state for row in await rows_of(parts.ledger, call_logs)} == {"imported"}, ends_at
        assert await registered(parts.ledger) == whole, ends_at
        await require_proven(parts.ledger)
        await clean(parts.ledger)


async def test_many_importers_at_once_come_to_the_same(parts: Parts) -> None:
    whole, _ = await clean_run(parts)
    await keep_both(parts)
    await asyncio.gather(*(import_all(parts) for _ in range(6)))
    assert await registered(parts.ledger) == whole
    await require_proven(parts.ledger)


@pytest.mark.parametrize(
    ("ahead", "is_begun"),
    [
        pytest.param(timedelta(seconds=1), False, id="another looked at its clock after us, and wrote before us"),
        pytest.param(timedelta(days=1), True, id="the clock was set back since"),
    ],
)
async def test_a_beginning_ahead_of_our_clock(parts: Parts, ahead: timedelta, is_begun: bool) -> None:
    await keep_log(parts, written(FIRST))
    [log_id] = await waiting_logs(parts.ledger, "phone")
    async with parts.ledger.begin() as connection:
        await connection.execute(update(call_logs).values(imports_begun=3, begun_at=now() + ahead))
    row = await begin_import(parts.ledger, log_id, allowed=3, may_live=timedelta(minutes=3))
    assert (row is not None) == is_begun


async def test_the_same_file_under_other_names_changes_nothing(parts: Parts) -> None:
    whole, _ = await clean_run(parts)
    await keep_both(parts)
    await import_all(parts)
    before = [(row.call_id, row.version) for row in await rows_of(parts.ledger, calls)]
    for content in itertools.chain([written(SECOND), written(FIRST)], [written(FIRST + SECOND)]):
        await keep_log(parts, content)
        await import_all(parts)
    assert await registered(parts.ledger) == whole
    assert [(row.call_id, row.version) for row in await rows_of(parts.ledger, calls)] == before
    await require_proven(parts.ledger)
