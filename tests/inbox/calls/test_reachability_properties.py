"""The figures against an independent computation over the raw rows: by hand, with fractions, without our Call."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from inbox.call import Direction, Leg, Outcome
from inbox.calls.outcome import call_of
from inbox.calls.reachability import Cell, Dimension, Reachability
from inbox.calls.reached import Reached
from tests.inbox.calls.counting import COUNTING, Raw

NORMS = {
    "Vergunningen": (30, Fraction(8, 10)),
    "Burgerzaken": (20, Fraction(9, 10)),
    "Balie": (30, Fraction(8, 10)),
    "Elders": (30, Fraction(8, 10)),
}
DEPARTMENT = {"Vergunningen": "vergunningen", "Burgerzaken": "kcc", "Balie": "kcc", "Elders": ""}

_DAYS = st.sampled_from(
    [date(2026, 3, 28), date(2026, 3, 29), date(2026, 10, 24), date(2026, 10, 25), date(2026, 7, 1)]
)
_RAWS = st.builds(
    Raw,
    queue=st.sampled_from(sorted(NORMS)),
    began=st.builds(
        lambda day, second: datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(seconds=second),
        _DAYS,
        st.integers(0, 86_399),
    ),
    waits=st.one_of(st.integers(0, 60), st.sampled_from([9.9, 10.1, 20.05, 29.95, 30.05, 400.25])).map(float),
    outcome=st.sampled_from(list(Outcome)),
    direction=st.sampled_from([Direction.inbound] * 4 + [Direction.outbound, Direction.internal, Direction.unknown]),
    has_moment=st.sampled_from([True] * 5 + [False]),
    rings=st.integers(1, 3),
)


def local(moment: datetime) -> tuple[date, int]:
    """Return day and hour in Amsterdam: summer from the last Sunday of March until that of October, 01:00 UTC."""

    def last_sunday(month: int) -> datetime:
        day = datetime(moment.year, month, 31, 1, tzinfo=UTC)
        return day - timedelta(days=(day.weekday() + 1) % 7)

    offset = 2 if last_sunday(3) <= moment < last_sunday(10) else 1
    there = moment + timedelta(hours=offset)
    return there.date(), there.hour


def expected(groups: list[list[Leg]], key_of: Callable[[str, date, int], Any]) -> dict[Any, dict[str, Any]]:
    """Work the figures out of the rows alone."""
    found: dict[Any, list[tuple[str, str, Fraction | None]]] = defaultdict(list)
    for legs in groups:
        if legs[0].direction not in ("in", "unknown"):
            continue
        started_at = min(leg.started_at for leg in legs)
        said = {str(leg.outcome) for leg in legs}
        outcome = "answered" if "answered" in said else said.pop()
        if outcome == "answered":
            until = [leg.answered_at for leg in legs if leg.outcome == "answered" and leg.answered_at]
        else:
            until = [leg.ended_at for leg in legs if leg.ended_at]
        wait = None
        if until:
            wait = Fraction((max(until) - started_at) // timedelta(microseconds=1), 1_000_000)
        found[key_of(legs[0].queue, *local(started_at))].append((legs[0].queue, outcome, wait))
    return {key: _figures(calls) for key, calls in found.items()}


def _figures(calls: list[tuple[str, str, Fraction | None]]) -> dict[str, Any]:
    offered = [call for call in calls if call[1] not in ("after_hours", "failed")]
    short = [call for call in offered if call[1] == "abandoned" and call[2] is not None and call[2] < 10]
    measured = [call for call in offered if call not in short]
    answered = [call for call in offered if call[1] == "answered"]
    in_time = [call for call in answered if call[2] is not None and call[2] <= NORMS[call[0]][0]]
    waits = [call[2] for call in answered if call[2] is not None]
    all_waits = [call[2] for call in offered if call[2] is not None]
    return {
        "offered": len(offered),
        "measured": len(measured),
        "answered": len(answered),
        "in_time": len(in_time),
        "short": len(short),
        "abandoned": sum(call[1] == "abandoned" for call in calls) - len(short),
        "others": [sum(call[1] == name for call in calls) for name in ("missed", "voicemail", "busy", "after_hours", "failed")],
        "average": round(float(sum(waits) / len(waits)), 1) if waits else None,
        "longest": round(float(max(waits)), 1) if waits else None,
        "average_all": round(float(sum(all_waits) / len(all_waits)), 1) if all_waits else None,
        "longest_all": round(float(max(all_waits)), 1) if all_waits else None,
        "share": round(float(Fraction(len(in_time), len(measured))), 4) if measured else None,
        "met": len(in_time) >= sum(NORMS[call[0]][1] for call in measured) if measured else None,
    }  # fmt: skip


def ours(reached: Reached) -> dict[str, Any]:
    counts = {str(name): count for name, count in reached.counts.items()}
    return {
        "offered": reached.offered,
        "measured": reached.measured,
        "answered": reached.answered,
        "in_time": counts["answered_within_norm"],
        "short": counts["abandoned_short"],
        "abandoned": counts["abandoned"],
        "others": [counts[name] for name in ("missed", "voicemail", "busy", "after_hours", "failed")],
        "average": reached.answered_waits.average_s,
        "longest": reached.answered_waits.longest_s,
        "average_all": reached.offered_waits.average_s,
        "longest_all": reached.offered_waits.longest_s,
        "share": reached.share_within_norm,
        "met": reached.is_norm_met,
    }


def cells(groups: list[list[Leg]], *by: Dimension) -> list[Cell]:
    found = Reachability(COUNTING, by)
    for legs in groups:
        found.add(call_of(legs))
    return found.cells()


_GROUPS = st.lists(_RAWS, max_size=60).map(lambda raws: [raw.legs(str(number)) for number, raw in enumerate(raws)])


def about(figures: dict[Any, dict[str, Any]]) -> dict[Any, dict[str, Any]]:
    """Leave out the averages: they are compared by themselves, a tenth of a second is where a rounding may differ."""
    return {
        key: {name: value for name, value in below.items() if "average" not in name} for key, below in figures.items()
    }


@settings(max_examples=150, deadline=None)
@given(_GROUPS)
def test_the_figures_are_those_that_the_rows_say(groups: list[list[Leg]]) -> None:
    for by, key_of, key in (
        ([Dimension.queue], lambda queue, day, hour: queue, lambda cell: cell.queue),
        ([Dimension.department], lambda queue, day, hour: DEPARTMENT[queue], lambda cell: cell.department),
        ([Dimension.hour], lambda queue, day, hour: hour, lambda cell: cell.hour),
        ([Dimension.day], lambda queue, day, hour: day, lambda cell: cell.day),
        (list(Dimension), lambda *place: place, lambda cell: (cell.queue, cell.day, cell.hour)),
        ([], lambda *place: None, lambda cell: None),
    ):
        mine = {key(cell): ours(cell.reached) for cell in cells(groups, *by)}
        theirs = expected(groups, key_of)
        assert about(mine) == about(theirs)
        for place, figures in theirs.items():
            for name in ("average", "average_all"):
                assert (mine[place][name] is None) == (figures[name] is None)
                assert abs((mine[place][name] or 0) - (figures[name] or 0)) < 0.11


@settings(max_examples=50, deadline=None)
@given(_GROUPS)
def test_hours_add_up_to_the_day_and_days_to_the_whole(groups: list[list[Leg]]) -> None:
    whole = Reachability(COUNTING, [])
    for legs in groups:
        whole.add(call_of(legs))
    for by in ([Dimension.hour], [Dimension.day], [Dimension.queue, Dimension.hour], list(Dimension)):
        together = Reached()
        for cell in cells(groups, *by):
            together.merge(cell.reached)
        assert together == whole.total()
