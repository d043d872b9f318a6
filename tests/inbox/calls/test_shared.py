"""Shared lines are known by people who ring at the same time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from inbox.calls.shared import is_shared

ZONE = ZoneInfo("Europe/Amsterdam")
NOON = datetime(2026, 11, 16, 12, 0, tzinfo=UTC)
Span = tuple[datetime, datetime]


def span(day: int, start: float, end: float) -> Span:
    """Return a call on that day; seconds after noon."""
    noon = NOON + timedelta(days=day)
    return noon + timedelta(seconds=start), noon + timedelta(seconds=end)


@pytest.mark.parametrize(
    ("spans", "shared"),
    [
        ([], False),
        ([span(0, 0, 60), span(0, 30, 90)], False),
        ([span(0, 0, 60), span(0, 30, 90), span(1, 0, 60), span(1, 30, 90)], True),
        ([span(1, 30, 90), span(0, 0, 60), span(1, 0, 60), span(0, 30, 90)], True),
        # Within a long call of another.
        ([span(0, 0, 600), span(0, 1, 2), span(0, 30, 40), span(3, 0, 600), span(3, 1, 2), span(3, 30, 40)], True),
        # Hung up and dialled again: a second or two are the telephone system's.
        ([span(0, 0, 60), span(0, 58, 90), span(1, 0, 60), span(1, 58, 90)], False),
        ([span(0, 0, 60), span(0, 60, 90), span(1, 0, 60), span(2, 0, 60)], False),
        ([span(0, at, at + 30) for at in range(0, 300, 10)], False),
    ],
)
def test_overlaps_on_two_days_show_a_shared_line(spans: list[Span], shared: bool) -> None:
    assert is_shared(spans, ZONE) is shared


def test_days_are_those_of_the_organisation() -> None:
    # 23:30 and 00:30 in the Netherlands: two days there, one in UTC.
    evening = [
        (NOON + timedelta(hours=10, minutes=30, seconds=s), NOON + timedelta(hours=10, minutes=31)) for s in (0, 9)
    ]
    night = [(start + timedelta(hours=1), end + timedelta(hours=1)) for start, end in evening]
    assert is_shared(evening + night, ZONE)
    assert not is_shared(evening + night, ZoneInfo("UTC"))
