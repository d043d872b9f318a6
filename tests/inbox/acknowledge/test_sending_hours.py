"""Text messages leave by day, also around the nights in which the clock is set."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from inbox.acknowledge.sending_hours import seconds_until_allowed
from inbox.configuration.model import Sms

ZONE = ZoneInfo("Europe/Amsterdam")
HOUR = 3600.0


@pytest.mark.parametrize(
    ("at", "hours"),
    [
        ("2026-11-26 09:00", 0),
        ("2026-11-26 19:59", 0),
        ("2026-11-26 20:00", 13),
        ("2026-11-26 08:00", 1),
        ("2026-11-27 00:00", 9),
        ("2026-12-31 23:00", 10),
        ("2027-03-27 21:00", 11),  # an hour is left out
        ("2026-10-24 21:00", 13),  # an hour comes twice
    ],
)
def test_it_waits_for_the_morning(at: str, hours: float) -> None:
    local = datetime.fromisoformat(at).replace(tzinfo=ZONE)
    assert seconds_until_allowed(Sms(), local) == hours * HOUR


def test_the_hours_are_the_configurations() -> None:
    at = datetime(2026, 11, 26, 7, 30, tzinfo=ZONE)
    assert seconds_until_allowed(Sms(sends_from="07:30", sends_until="08:00"), at) == 0
    assert seconds_until_allowed(Sms(sends_from="08:00", sends_until="09:00"), at) == HOUR / 2
