"""Figures of reachability: what counts as what, when, and against which norm."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from inbox.call import Direction, Outcome
from inbox.calls import reachability
from inbox.calls.counted import CountedAs, Counting
from inbox.calls.reachability import Cell, Dimension, Only, Reachability
from inbox.calls.reached import Reached
from inbox.configuration.model import Calls
from inbox.errors import BadRequest
from tests.inbox.calls.counting import AMSTERDAM, CALLS, COUNTING, DAYS, NOON, Raw


def figures(
    raws: Sequence[Raw], *by: Dimension, only: Only = reachability.EVERYTHING, calls: Calls = CALLS
) -> Reachability:
    made = Reachability(Counting(calls, AMSTERDAM, DAYS), by, only)
    for raw in raws:
        made.add(raw.call())
    return made


def total(*raws: Raw) -> Reached:
    return figures(raws).total()


def by_key(cells: Sequence[Cell]) -> dict[tuple[object, ...], int]:
    return {(cell.day, cell.hour): cell.reached.offered for cell in cells}


@pytest.mark.parametrize(
    ("raw", "counted_as", "is_offered", "is_measured"),
    [
        (Raw(waits=30), "answered_within_norm", True, True),
        (Raw(waits=30.001), "answered_late", True, True),
        (Raw("Burgerzaken", waits=25), "answered_late", True, True),
        (Raw(has_moment=False), "answered_late", True, True),
        (Raw(outcome=Outcome.missed), "missed", True, True),
        (Raw(outcome=Outcome.abandoned, waits=10), "abandoned", True, True),
        (Raw(outcome=Outcome.abandoned, waits=9.999), "abandoned_short", True, False),
        (Raw(outcome=Outcome.abandoned, has_moment=False), "abandoned", True, True),
        (Raw(outcome=Outcome.voicemail), "voicemail", True, True),
        (Raw(outcome=Outcome.busy), "busy", True, True),
        (Raw(outcome=Outcome.after_hours), "after_hours", False, False),
        (Raw(outcome=Outcome.failed), "failed", False, False),
    ],
)
def test_each_call_to_us_counts_as_one_thing(raw: Raw, counted_as: str, is_offered: bool, is_measured: bool) -> None:
    found = COUNTING.count(raw.call())
    assert found is not None
    assert found.counted_as == counted_as
    reached = total(raw)
    assert (reached.offered, reached.measured) == (is_offered, is_measured)
    assert [str(name) for name, count in reached.counts.items() if count] == [counted_as]


def test_every_outcome_counts_as_something() -> None:
    for outcome in Outcome:
        assert sum(total(Raw(outcome=outcome)).counts.values()) == 1


@pytest.mark.parametrize(
    ("direction", "queue", "dialled", "counts"),
    [
        (Direction.inbound, "", "", True),
        (Direction.unknown, "Onbekende rij", "", True),
        (Direction.unknown, "", "Balie", True),
        (Direction.unknown, "", "+31612345678", False),
        (Direction.internal, "Balie", "", False),
        (Direction.outbound, "Balie", "", False),
    ],
)
def test_only_calls_to_us_count(direction: Direction, queue: str, dialled: str, counts: bool) -> None:
    calls = CALLS.model_copy(update={"queues": {**CALLS.queues, "14 0168": CALLS.queues["Balie"]}})
    raw = Raw(queue, direction=direction, dialled="140168" if dialled == "Balie" else dialled)
    found = figures([raw], calls=calls)
    assert (found.total().offered, found.not_ours) == (int(counts), int(not counts))


def test_the_norm_is_met_to_the_call() -> None:
    in_time, late = Raw(waits=5), Raw(waits=50)
    assert total(*[in_time] * 4, late).is_norm_met is True
    assert total(*[in_time] * 3, late).is_norm_met is False
    tenths = CALLS.model_copy(update={"answered_share": 0.7})
    assert figures([in_time] * 7 + [late] * 3, calls=tenths).total().is_norm_met is True
    assert total(Raw(outcome=Outcome.after_hours)).is_norm_met is None


def test_who_gives_up_at_once_weighs_not_in_the_norm() -> None:
    short = Raw(outcome=Outcome.abandoned, waits=2)
    reached = total(*[Raw(waits=5)] * 4, Raw(outcome=Outcome.abandoned, waits=40), *[short] * 5)
    assert (reached.offered, reached.measured, reached.share_within_norm) == (10, 5, 0.8)
    assert reached.is_norm_met


def test_several_queues_together_are_held_to_each_ones_own_norm() -> None:
    raws = [Raw("Vergunningen", waits=25)] * 10 + [Raw("Burgerzaken", waits=15)] * 9 + [Raw("Burgerzaken", waits=25)]
    reached = total(*raws)
    assert reached.counts[CountedAs.answered_within_norm] == 19
    assert (reached.norm_share, reached.norm_seconds) == (0.85, None)
    assert reached.is_norm_met
    missed = [Raw("Vergunningen", outcome=Outcome.missed)] * 4
    assert not total(*raws, *missed).is_norm_met


def test_waits_are_told_of_the_answered_and_of_all_offered_as_far_as_they_are_known() -> None:
    reached = total(
        Raw(waits=10),
        Raw(waits=21),
        Raw(has_moment=False, waits=500),
        Raw(outcome=Outcome.missed, waits=90),
        Raw(outcome=Outcome.after_hours, waits=900),
    )
    assert (reached.answered, reached.answered_waits.average_s, reached.answered_waits.longest_s) == (3, 15.5, 21.0)
    assert (reached.offered_waits.average_s, reached.offered_waits.longest_s) == (40.3, 90.0)
    assert total().answered_waits.average_s is None


def test_an_hour_that_the_clock_shows_twice_is_one_hour_of_a_day_of_twenty_five() -> None:
    first = datetime(2026, 10, 24, 22, 30, tzinfo=UTC)
    raws = [Raw(began=first + timedelta(hours=hour)) for hour in range(26)]
    cells = by_key(figures(raws, Dimension.day, Dimension.hour).cells())
    night = date(2026, 10, 25)
    assert cells[night, 2] == 2
    assert [hour for day, hour in cells if day == night] == list(range(24))
    assert sum(count for (day, _), count in cells.items() if day == night) == 25
    assert cells[date(2026, 10, 26), 0] == 1


def test_a_day_of_twenty_three_hours_has_no_third_one() -> None:
    first = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
    cells = by_key(
        figures([Raw(began=first + timedelta(hours=hour)) for hour in range(24)], Dimension.hour, Dimension.day).cells()
    )
    short = [hour for day, hour in cells if day == date(2026, 3, 29)]
    assert short == [hour for hour in range(24) if hour != 2]
    assert cells[date(2026, 3, 30), 0] == 1


def test_an_unknown_queue_stands_last_under_its_own_name() -> None:
    raws = [Raw("Alarm"), Raw("", dialled="201"), Raw("Vergunningen"), Raw("Balie"), Raw("Alarm")]
    found = figures(raws, Dimension.queue)
    assert [(cell.queue, cell.department) for cell in found.cells()] == [
        ("Balie", "kcc"),
        ("Vergunningen", "vergunningen"),
        ("201", ""),
        ("Alarm", ""),
    ]
    assert found.unknown_queues == ["201", "Alarm"]


def test_what_is_not_asked_for_is_left_out() -> None:
    raws = [Raw("Balie"), Raw("Burgerzaken"), Raw("Vergunningen"), Raw("Alarm"), Raw(direction=Direction.outbound)]
    asked = {
        Only(queue=" balie"): 1,
        Only(department="kcc"): 2,
        Only(department=""): 1,
        Only(departments=frozenset({"vergunningen"})): 1,
        Only(hour=12): 4,
        Only(hour=13): 0,
        Only(counted_as=frozenset({CountedAs.missed})): 0,
    }
    assert {only: figures(raws, only=only).total().offered for only in asked} == asked
    assert figures(raws, only=Only(department="kcc")).not_ours is None
    assert figures(raws).not_ours == 1


def test_more_figures_than_anybody_reads_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reachability, "MOST_CELLS", 5)
    raws = [Raw(f"q{number}") for number in range(6)]
    assert len(figures(raws[:5], Dimension.queue).cells()) == 5
    with pytest.raises(BadRequest):
        figures(raws, Dimension.queue)
    assert figures(raws).total().offered == 6


def test_the_work_grows_with_the_calls_and_the_memory_with_the_figures() -> None:
    calls = [Raw(began=NOON + timedelta(seconds=60 * number), waits=number % 60).call() for number in range(2_000)]

    def seconds(times: int) -> float:
        made = Reachability(COUNTING, [Dimension.hour])
        began = time.process_time()
        for _ in range(times):
            for call in calls:
                made.add(call)
        took = time.process_time() - began
        assert len(made.cells()) == 24
        assert made.total().offered == times * len(calls)
        return took

    few, many = min(seconds(5) for _ in range(3)), seconds(50)
    assert many < 30 * few, "100,000 calls against 10,000"
