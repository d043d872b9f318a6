"""Figures out of the ledger, and as many calls behind each as it says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gateway.reachability import counted_calls, reachability
from inbox.calls.counted import CountedAs
from inbox.calls.period import Period
from inbox.calls.reachability import Dimension, Only
from inbox.configuration.load import load_configuration
from inbox.routing.compiled import CompiledConfiguration
from store.ledger import Ledger
from store.registering import register_rows
from tests.configuration import SMALL_TOWN
from tests.inbox.calls.counting import NOON, Raw
from tests.store.calls_made import add_calls
from tests.store.test_registering import kept_log

DAY = Period(NOON.date(), NOON.date())
TOWN = CompiledConfiguration(load_configuration(SMALL_TOWN, "town"), 1)


async def test_the_calls_behind_a_figure_are_as_many_as_it_says(ledger: Ledger) -> None:
    raws = [Raw(f"q{number % 3}", began=NOON + timedelta(minutes=number), waits=number) for number in range(60)]
    await add_calls(ledger, [raw.legs(str(number)) for number, raw in enumerate(raws)])
    found = await reachability(ledger, TOWN, DAY, [Dimension.queue, Dimension.hour])
    for cell in found.cells():
        only = Only(queue=cell.queue, hour=cell.hour)
        behind = await counted_calls(ledger, TOWN, DAY, only, limit=100)
        assert len(behind) == cell.reached.offered
    late = await counted_calls(ledger, TOWN, DAY, Only(counted_as=frozenset({CountedAs.answered_late})), limit=100)
    assert sorted(call.row.waited_s for call in late) == list(range(31, 60))
    assert len(await counted_calls(ledger, TOWN, DAY, Only(), limit=7)) == 7


async def test_a_row_that_comes_late_changes_the_figure_and_counts_no_call_twice(ledger: Ledger) -> None:
    first, second = Raw(rings=2).legs()
    for rows, expected in (([first], (1, 0)), ([first, second], (1, 1))):
        await register_rows(ledger, await kept_log(ledger), list(enumerate(rows, 1)), timedelta(minutes=15))
        total = (await reachability(ledger, TOWN, DAY, [])).total()
        assert (total.offered, total.answered) == expected


async def test_a_call_of_another_day_is_not_counted(ledger: Ledger) -> None:
    await add_calls(ledger, [Raw(began=datetime(2026, 11, 24, 23, 30, tzinfo=UTC)).legs("to us tomorrow")])
    assert (await reachability(ledger, TOWN, DAY, [])).total().offered == 0
