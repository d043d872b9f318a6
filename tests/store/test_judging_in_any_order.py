"""Whatever order calls come and are judged in: nobody is left, and no number is called back twice."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from inbox.call import Direction, Leg, Outcome
from inbox.item import Status
from store.call_tables import call_backs, calls
from store.ledger import Ledger
from store.tables import items
from tests.ringing import Ringing, answered, dialled_back, leg, ringing_town

NUMBERS = [f"+3161111111{n}" for n in range(4)]
DOCUMENT = "calls: {learns_shared_lines: false, window_minutes: 240}\n"


def some_legs(random: Random) -> list[Leg]:
    """Return legs of calls within one window; some calls have a second leg that shows another end of them."""
    legs = []
    for key in range(random.randint(4, 24)):
        minute, number = random.randint(0, 200), random.choice(NUMBERS)
        name = f"c{key}"
        kind = random.choice(["missed", "missed", "abandoned", "short", "answered", "out", "withheld", "late answer"])
        match kind:
            case "missed":
                legs.append(leg(name, minute, caller=number))
            case "abandoned" | "short":
                ends = {"ended_at": leg(name, minute).started_at + timedelta(seconds=3)} if kind == "short" else {}
                legs.append(leg(name, minute, caller=number, outcome=Outcome.abandoned, **ends))
            case "answered":
                legs.append(answered(name, minute, caller=number))
            case "out":
                legs.append(dialled_back(name, minute, dialled=number))
            case "withheld":
                legs.append(leg(name, minute, caller="", outcome=random.choice([Outcome.missed, Outcome.voicemail])))
            case "late answer":
                legs.append(leg(name, minute, caller=number))
                legs.append(answered(name, minute + 0.5, caller=number, leg_key="2"))
    return legs


async def in_any_order(town: Ringing, legs: list[Leg], random: Random) -> None:
    """Let the legs come in some order, in some logs, each judged or not."""
    random.shuffle(legs)
    while legs:
        some = random.randint(1, len(legs))
        await town.rings(*legs[:some])
        legs = legs[some:]
        if random.random() < 0.7:
            await town.judge()
    await town.judge()
    await town.judge()


def spoken_at(call: Any) -> Any:
    return call.answered_at if call.outcome == Outcome.answered and call.talked_s > 0 else None


@pytest.mark.parametrize("seed", range(16))
async def test_nobody_is_left_and_nobody_is_called_back_twice(ledger: Ledger, tmp_path: Path, seed: int) -> None:
    random = Random(seed)
    town = await ringing_town(ledger, tmp_path, document=DOCUMENT)
    await in_any_order(town, some_legs(random), random)
    open_ids = {row.item_id for row in await town.rows(items, items.c.status != str(Status.completed))}
    backs = await town.rows(call_backs)
    open_backs = defaultdict(list)
    for row in backs:
        if row.item_id in open_ids and row.number:
            open_backs[row.number].append(row)
    every = await town.rows(calls)
    for number in NUMBERS:
        unanswered = [
            row.started_at
            for row in every
            if row.caller == number and row.direction == Direction.inbound
            if row.outcome in (Outcome.missed, Outcome.abandoned) and row.waited_s >= 10
        ]
        spoken = [spoken_at(row) for row in every if number in (row.caller, row.dialled) and spoken_at(row)]
        is_owed = bool(unanswered) and max(unanswered) >= max(spoken, default=min(unanswered))
        assert len(open_backs[number]) == is_owed, number
        if is_owed:
            assert open_backs[number][0].latest_at == max(unanswered)
    for row in every:
        assert (row.quiet_from, bool(row.because)) == (None, True)
        if row.verdict == "call_back":
            assert row.item_id is not None
        if row.caller == "" and row.outcome == Outcome.voicemail:
            assert row.item_id in open_ids
    of_one_call = defaultdict(set)
    for row in await town.rows(items):
        of_one_call[row.delivery_id].add(row.item_id)
    assert all(len(ids) == 1 for ids in of_one_call.values())
    assert len({row.open_number for row in backs if row.open_number}) == sum(
        row.open_number is not None for row in backs
    )
