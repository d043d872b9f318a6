"""Who rings when nobody is there was not missed by anybody."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from inbox.call import Outcome
from inbox.calls.opening import outcome_within_hours
from inbox.routing.compiled import CompiledConfiguration
from tests.inbox.samples import compiled

OFFICE = {"mon": {"opens": "08:30", "closes": "17:00"}, "thu": {"opens": "08:30", "closes": "20:00"}}


def with_hours(hours: dict[str, Any]) -> CompiledConfiguration:
    return compiled(calls={"opening_hours": hours})


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-23T08:30+01:00", True),
        ("2026-11-23T08:29:59+01:00", False),
        ("2026-11-23T16:59:59+01:00", True),
        ("2026-11-23T17:00+01:00", False),
        ("2026-11-26T19:30+01:00", True),
        ("2026-11-24T10:00+01:00", False),  # a Tuesday, which is not named
        ("2026-11-23T07:45+00:00", True),  # 08:45 here
        ("2026-07-06T06:45+00:00", True),  # 08:45 here, in summer
        ("2026-04-06T10:00+02:00", False),  # Easter Monday
    ],
)
def test_the_hours_are_local_and_of_working_days(moment: str, *, is_open: bool) -> None:
    found = outcome_within_hours(Outcome.missed, datetime.fromisoformat(moment), with_hours(OFFICE))
    assert found is (Outcome.missed if is_open else Outcome.after_hours)


@pytest.mark.parametrize("outcome", [Outcome.answered, Outcome.voicemail, Outcome.failed, Outcome.busy])
def test_what_was_answered_or_said_stays_so(outcome: Outcome) -> None:
    night = datetime.fromisoformat("2026-11-23T03:00+01:00")
    assert outcome_within_hours(outcome, night, with_hours(OFFICE)) is outcome


def test_without_hours_only_the_telephone_system_knows() -> None:
    night = datetime.fromisoformat("2026-11-23T03:00+01:00")
    assert outcome_within_hours(Outcome.missed, night, with_hours({})) is Outcome.missed
