"""Calls come page by page, each once, by their start."""

from __future__ import annotations

from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Any

import pytest

from inbox.calls.period import Period
from store.ledger import Ledger
from store.listing import Position
from store.reachability import calls_between
from tests.inbox.calls.counting import AMSTERDAM, NOON, Raw
from tests.store.calls_made import add_calls

DAY = Period(NOON.date(), NOON.date())


async def ids_of(ledger: Ledger, since: datetime, until: datetime, **options: Any) -> list[list[str]]:
    async with aclosing(calls_between(ledger, since, until, **options)) as pages:
        return [[row.call_id for row in page] async for page in pages]


@pytest.mark.parametrize("page", [1, 2, 3, 4, 9, 10, 11])
async def test_each_call_of_the_period_comes_once_whatever_the_pages(ledger: Ledger, page: int) -> None:
    """Three begin at each moment, so that pages end between calls of one moment."""
    raws = [Raw(began=NOON + timedelta(seconds=number // 3)) for number in range(10)]
    made = await add_calls(ledger, [raw.legs(f"c{number}") for number, raw in enumerate(raws)])
    found = await ids_of(ledger, NOON, NOON + timedelta(seconds=10), page=page)
    assert [len(each) for each in found[:-1]] == [page] * (len(found) - 1)
    flat = [identity for each in found for identity in each]
    assert sorted(flat) == sorted(made)
    assert flat[:3] == sorted(made[:3])


async def test_a_period_holds_its_beginning_and_not_its_end(ledger: Ledger) -> None:
    since, until = DAY.moments(AMSTERDAM)
    moments = [since - timedelta(microseconds=1), since, until - timedelta(microseconds=1), until]
    made = await add_calls(ledger, [Raw(began=moment).legs(str(moment)) for moment in moments])
    assert await ids_of(ledger, since, until) == [made[1:3]]


async def test_what_was_shown_last_is_where_it_goes_on(ledger: Ledger) -> None:
    made = await add_calls(ledger, [Raw().legs(str(number)) for number in range(4)])
    first, *rest = sorted(made)
    assert await ids_of(ledger, NOON, NOON + timedelta(1), after=Position(NOON, first)) == [rest]


async def test_nobody_rang(ledger: Ledger) -> None:
    assert await ids_of(ledger, NOON, NOON + timedelta(1)) == []


async def test_what_comes_meanwhile_is_not_in_it(ledger: Ledger) -> None:
    await add_calls(ledger, [Raw().legs(str(number)) for number in range(4)])
    async with aclosing(calls_between(ledger, NOON, NOON + timedelta(1), page=2)) as pages:
        seen = len(await anext(pages))
        await add_calls(ledger, [Raw(began=NOON + timedelta(hours=1)).legs("later")])
        seen += sum([len(page) async for page in pages])
    assert seen == 4
