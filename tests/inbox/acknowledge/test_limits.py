"""Limits: where the last notice is, and what is beyond it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.acknowledge.limits import LimitName, Room, Tally, is_limited, room_in
from inbox.configuration.model import Window
from inbox.item import NoticeKind
from tests.inbox.samples import quick

HOUR = Window(at_most=5, within_minutes=60)
DAY = Window(at_most=20, within_minutes=1440)


def told(
    count: int,
    window: Window = HOUR,
    limit: LimitName = LimitName.per_address,
    *,
    announced: bool = False,
    withheld: bool = False,
) -> Tally:
    return Tally(limit, window, count, announced, withheld)


@pytest.mark.parametrize(
    ("tallies", "room"),
    [
        ([], Room()),
        ([told(0)], Room()),
        ([told(3), told(18, DAY)], Room()),
        ([told(4)], Room(limited_by=LimitName.per_address)),
        ([told(4, announced=True)], Room()),
        ([told(0), told(19, DAY)], Room(limited_by=LimitName.per_address)),
        ([told(0), told(2, Window(at_most=3, within_minutes=9), LimitName.per_thread)], Room((), LimitName.per_thread)),
        (
            [told(5)],
            Room(
                ("5 notices went to this address in 60 minutes: the limit `per_address`",),
                LimitName.per_address,
                is_first=True,
            ),
        ),
        (
            [told(5, withheld=True), told(20, DAY)],
            Room(("5 notices went to this address in 60 minutes: the limit `per_address`",), LimitName.per_address),
        ),
        (
            [told(4), told(1, Window(at_most=1, within_minutes=1), LimitName.per_thread)],
            Room(
                ("1 notice went to this thread of messages in 1 minute: the limit `per_thread`",),
                LimitName.per_thread,
                is_first=True,
            ),
        ),
    ],
)
def test_each_window_holds_and_the_last_one_says_so_once(tallies: list[Tally], room: Room) -> None:
    assert room_in(tallies) == room


def test_both_limits_are_named_when_both_are_reached() -> None:
    thread = told(3, Window(at_most=3, within_minutes=1440), LimitName.per_thread)
    assert [because.rpartition(" ")[2] for because in room_in([told(5), thread]).withheld_because] == [
        "`per_address`",
        "`per_thread`",
    ]


windows = st.builds(Window, at_most=st.integers(1, 4), within_minutes=st.integers(1, 30))


@quick
@given(st.lists(windows, max_size=4), st.lists(st.integers(0, 60), max_size=40))
def test_no_window_ever_holds_more_than_its_limit(limit: list[Window], minutes: list[int]) -> None:
    """Whatever moments mail comes at. `minutes`: of each mail."""
    sent: list[int] = []
    for minute in sorted(minutes):
        counts = [sum(minute - window.within_minutes < at for at in sent) for window in limit]
        room = room_in([told(min(count, w.at_most), w) for count, w in zip(counts, limit, strict=True)])
        if not room.withheld_because:
            sent.append(minute)
        assert bool(room.withheld_because) == any(c >= w.at_most for c, w in zip(counts, limit, strict=True))
    for window in limit:
        for at in sent:
            assert sum(at - window.within_minutes < other <= at for other in sent) <= window.at_most
    assert limit or sent == sorted(minutes)


def test_a_later_date_is_told_whatever_the_limits() -> None:
    assert [kind for kind in NoticeKind if not is_limited(kind)] == [NoticeKind.correction]
