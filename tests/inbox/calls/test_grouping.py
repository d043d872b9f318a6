"""Legs become calls while they stream past."""

from __future__ import annotations

import random
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.call import Call, Leg, Outcome
from inbox.calls.grouping import Grouping, group, joined
from inbox.calls.outcome import call_of

NINE = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)


def leg(call: str, key: str, start: float, seconds: float = 30, **facts) -> Leg:
    started_at = NINE + timedelta(seconds=start)
    return Leg(
        call_key=call, leg_key=key, started_at=started_at, ended_at=started_at + timedelta(seconds=seconds), **facts
    )


def day(calls: int = 500) -> list[Leg]:
    """Give a day of calls, each of three legs, as they are written: at their end."""
    legs = [leg(str(n), f"{n}-{part}", n * 60 + part * 20, 15 + part) for n in range(calls) for part in range(3)]
    return sorted(legs, key=lambda leg: leg.ended_at or leg.started_at)


def by_key(calls: list[Call]) -> dict[str, str]:
    parts = defaultdict(list)
    for call in calls:
        parts[call.call_key].append(call)
    return {key: str(joined(several).as_json()) for key, several in parts.items()}


def test_a_call_closes_once_the_log_is_past_its_quiet_period_and_the_rest_at_the_end() -> None:
    grouping = Grouping(timedelta(minutes=30))
    closed = [(n, call.call_key) for n in range(100) for call in grouping.add(leg(str(n), "a", n * 60))]
    assert closed[0][1] == "0"
    assert 30 < closed[0][0] <= 30 + 8 + 8
    assert len(closed) + len(grouping.finish()) == 100


@pytest.mark.parametrize("order", ["as written", "newest first", "shuffled a little", "each row twice"])
def test_each_order_of_a_log_gives_the_same_calls_each_once(order: str) -> None:
    legs = day()
    if order == "newest first":
        legs.reverse()
    elif order == "shuffled a little":
        chance = random.Random(7)
        places = [(place + chance.uniform(0, 40), leg) for place, leg in enumerate(legs)]
        legs = [leg for _, leg in sorted(places, key=lambda pair: pair[0])]
    elif order == "each row twice":
        legs = [leg for leg in legs for _ in range(2)]
    calls = list(group(legs))
    assert len(calls) == 500
    assert {str(call.as_json()) for call in calls} == {str(call.as_json()) for call in group(day())}
    assert {len(call.legs) for call in calls} == {3}


def test_one_row_with_a_wrong_year_closes_nothing_early() -> None:
    legs = [leg("x", "a", 0), leg("far", "f", 86_400 * 3650), leg("x", "b", 40), leg("y", "a", 60)]
    assert [len(call.legs) for call in group(legs)] == [2, 1, 1]


def test_a_leg_that_comes_after_its_call_was_closed_is_joined_to_it() -> None:
    late = leg("0", "late", 31, outcome=Outcome.answered)
    calls = list(group([*day(), late]))
    parts = [call for call in calls if call.call_key == "0"]
    assert [len(call.legs) for call in parts] == [3, 1]
    assert joined(parts).outcome is Outcome.answered


def test_only_open_calls_are_remembered() -> None:
    grouping = Grouping(timedelta(minutes=30))
    most = 0
    for number in range(20_000):
        grouping.add(leg(str(number), "a", number * 10))
        most = max(most, len(grouping._open))
    # Thirty minutes and a quarter of them are 225 calls at one in ten seconds.
    assert most < 260


def test_rows_with_one_moment_or_one_key_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inbox.calls.grouping._MOST_OPEN", 100)
    monkeypatch.setattr("inbox.calls.grouping._MOST_LEGS", 50)
    one_moment, one_key = Grouping(), Grouping()
    calls, legs = [], []
    for number in range(1000):
        calls += one_moment.add(leg(str(number), "a", 0))
        legs += one_key.add(leg("same", str(number), 0))
        assert len(one_moment._open) <= 101
    assert len(calls) + len(one_moment.finish()) == 1000
    assert sum(len(call.legs) for call in legs + one_key.finish()) == 1000


_LEGS = st.builds(
    leg,
    st.sampled_from("abcd"),
    st.sampled_from("123"),
    st.integers(0, 20_000),
    st.integers(0, 5_000),
    outcome=st.none() | st.sampled_from(Outcome),
    caller=st.sampled_from(["", "+31201234567", "201"]),
)


@given(st.lists(_LEGS, max_size=25).flatmap(lambda legs: st.tuples(st.just(legs), st.permutations(legs + legs))))
def test_any_order_with_repetitions_comes_to_the_same_calls(orders: tuple[list[Leg], list[Leg]]) -> None:
    legs, again = orders
    assert by_key(list(group(legs))) == by_key(list(group(again)))


@given(st.lists(_LEGS, min_size=1, max_size=12))
def test_figures_of_any_legs_are_sane(legs: list[Leg]) -> None:
    call = call_of(replace(one, call_key="a") for one in legs)
    assert call.waited_s >= 0
    assert 0 <= call.talked_s <= sum(((one.ended_at or NINE) - one.started_at).total_seconds() for one in call.legs)
    assert (call.outcome is Outcome.answered) or call.talked_s == 0
    assert list(call.legs) == sorted(call.legs, key=lambda one: (one.started_at, one.leg_key))
