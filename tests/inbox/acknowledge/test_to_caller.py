"""Who rang is told in a text message only on a mobile number from nearby that is theirs alone, and only for a while."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from inbox.acknowledge.by_sms import by_sms
from inbox.acknowledge.sending_hours import seconds_until_allowed
from inbox.acknowledge.to_caller import (
    ABROAD,
    NO_MOBILE,
    NO_NUMBER,
    OFF,
    OURS,
    SHARED,
    day_began,
    is_fresh,
    may_not_text,
    not_fresh,
)
from inbox.call import CallFacts, Direction, Outcome
from inbox.channel import Channel
from inbox.configuration.load import load_configuration
from inbox.configuration.model import TRIAGE, Sms
from inbox.mobile_number import mobile_region
from inbox.plan import compose_acknowledgement
from inbox.reading import Reading, Sender
from inbox.routing.compiled import CompiledConfiguration
from tests.configuration import SMALL_TOWN, with_call_texts
from tests.inbox.samples import RECEIVED_AT, assignment_facts, item_facts

NUMBER = "+31612345678"
CALLS = """
calls:
  shared_lines: ["+31611111111"]
  queues: {"+31687654322": {department: kcc}, Balie: {department: kcc}}
"""
TOWN = load_configuration(with_call_texts(SMALL_TOWN).replace("phone: 14 099", "phone: 06 87654321") + CALLS)
STARTED = datetime(2026, 11, 26, 14, 30, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Amsterdam")


def call(caller: str = NUMBER, **changes: Any) -> CallFacts:
    """Return a call that nobody answered."""
    said: dict[str, Any] = {
        "caller": caller,
        "dialled": "14099",
        "direction": Direction.inbound,
        "outcome": Outcome.missed,
        "started_at": STARTED,
        "first_at": STARTED,
        **changes,
    }
    return CallFacts(**said)


def reading(of: CallFacts, address: str = "") -> Reading:
    return Reading(channel=Channel.phone, call=of, sender=Sender(address=address))


@pytest.mark.parametrize(
    "number",
    [
        NUMBER,
        "+4915112345678",
        "+48601123456",  # many who work here
        "+380501234567",
        "+447412345678",
        "+41781234567",
        "+2975601234",  # Aruba
    ],
)
def test_mobile_numbers_from_nearby_are_told(number: str) -> None:
    assert may_not_text(call(number), TOWN) == []
    assert by_sms(reading(call(number)), TOWN, categories=[TRIAGE]) == number


@pytest.mark.parametrize(
    ("number", "why"),
    [
        ("", NO_NUMBER),
        ("anonymous", NO_MOBILE),
        ("101", NO_MOBILE),
        ("14099", NO_MOBILE),
        ("+31201234567", NO_MOBILE),
        ("+31900123456", NO_MOBILE),  # premium here
        ("+31800123456", NO_MOBILE),
        ("+447012345678", NO_MOBILE),  # a personal number, which may cost anything
        ("+447781123456", ABROAD),  # Guernsey
        ("+8816123456789", ABROAD),  # a satellite
        ("+21620123456", ABROAD),
        ("+12015550123", ABROAD),
        ("+31687654321", OURS),  # the organisation's own
        ("+31687654322", OURS),  # a queue of ours
        ("+31611111111", SHARED),
    ],
)
def test_others_are_not(number: str, why: str) -> None:
    assert may_not_text(call(number), TOWN) == [why]
    assert not number or number not in why
    assert by_sms(reading(call(number)), TOWN, categories=[TRIAGE]) == ""


def test_whom_we_rang_is_not_told_that_they_rang() -> None:
    assert may_not_text(call(direction=Direction.outbound), TOWN) == [OURS]
    assert may_not_text(call(direction=Direction.internal), TOWN) == [OURS]
    assert may_not_text(call(dialled=NUMBER), TOWN) == [OURS]
    # Many telephone systems do not say it.
    assert may_not_text(call(direction=Direction.unknown), TOWN) == []


def test_it_is_off_unless_the_configuration_says_so() -> None:
    assert may_not_text(call(), load_configuration(SMALL_TOWN)) == [OFF]


def test_an_address_comes_first_and_the_law_wants_it_in_writing() -> None:
    assert by_sms(reading(call(), "jan@inwoner.test"), TOWN, categories=[TRIAGE]) == ""
    assert by_sms(reading(call()), TOWN, categories=["lantaarn", "bezwaar"]) == ""


@pytest.mark.parametrize(
    ("minutes", "fresh"), [(0, True), (119, True), (120, False), (60 * 24, False), (-30, True), (-120, False)]
)
def test_a_call_is_fresh_for_a_while_and_one_of_tomorrow_never_is(minutes: int, fresh: bool) -> None:
    at = STARTED + timedelta(minutes=minutes)
    assert is_fresh(call(), Sms(), at) is fresh
    assert is_fresh(call(), Sms(), at.astimezone(ZONE)) is fresh


def test_an_hour_that_comes_twice_makes_no_call_older() -> None:
    """Moments are compared, not clocks: at 02:59 the clock goes back to 02:00."""
    before = datetime(2026, 10, 25, 2, 50, fold=0, tzinfo=ZONE)
    after = datetime(2026, 10, 25, 2, 10, fold=1, tzinfo=ZONE)
    assert is_fresh(call(started_at=before), Sms(calls_fresh_minutes=21), after)
    assert not is_fresh(call(started_at=before), Sms(calls_fresh_minutes=20), after)


@pytest.mark.parametrize(
    ("rang", "asked", "minutes", "why"),
    [
        ("2026-11-26 19:30", "2026-11-26 19:59", 120, ""),
        ("2026-11-26 19:30", "2026-11-26 20:00", 120, "leaves before 09:00"),
        ("2026-11-26 07:30", "2026-11-26 07:31", 120, ""),  # told at nine
        ("2026-11-26 07:00", "2026-11-26 07:01", 120, "leaves before 09:00"),  # two hours old by nine
        ("2026-11-26 23:59", "2026-11-27 00:01", 120, "leaves before 09:00"),
        ("2026-11-26 23:59", "2026-11-27 00:01", 600, ""),
        ("2026-11-26 10:00", "2026-11-26 12:00", 120, "no longer fresh: "),
        # Thirteen hours from 20:00 until 09:00, but for the nights in which the clock is set.
        ("2026-11-26 20:00", "2026-11-26 20:01", 13 * 60 + 1, ""),
        ("2026-10-24 20:00", "2026-10-24 20:01", 13 * 60 + 1, "leaves before 09:00"),
        ("2026-10-24 20:00", "2026-10-24 20:01", 14 * 60 + 1, ""),
        ("2027-03-27 20:00", "2027-03-27 20:01", 12 * 60 + 1, ""),
        ("2027-03-27 20:00", "2027-03-27 20:01", 12 * 60, "leaves before 09:00"),
    ],
)
def test_what_waits_for_the_morning_is_judged_by_the_morning(rang: str, asked: str, minutes: int, why: str) -> None:
    started, at = (datetime.fromisoformat(clock).replace(tzinfo=ZONE) for clock in (rang, asked))
    sms = Sms(calls_fresh_minutes=minutes)
    found = not_fresh(call(started_at=started), sms, at, seconds_until_allowed(sms, at))
    assert found == [] if not why else why in found[0]


@pytest.mark.parametrize(
    ("at", "began"),
    [
        ("2026-11-26 23:59:59", "2026-11-25T23:00:00+00:00"),
        ("2026-11-27 00:00:00", "2026-11-26T23:00:00+00:00"),
        ("2026-07-01 00:30:00", "2026-06-30T22:00:00+00:00"),
        ("2027-03-28 12:00:00", "2027-03-27T23:00:00+00:00"),  # an hour is left out
        ("2026-10-25 12:00:00", "2026-10-24T22:00:00+00:00"),  # an hour comes twice
        ("2026-10-26 00:00:00", "2026-10-25T23:00:00+00:00"),
    ],
)
def test_a_day_is_that_of_the_organisation(at: str, began: str) -> None:
    local = datetime.fromisoformat(at).replace(tzinfo=ZONE)
    assert day_began(local.astimezone(UTC), ZONE) == datetime.fromisoformat(began)


def words(told_at: datetime, category: str = "lantaarn") -> str:
    by = CompiledConfiguration(TOWN, 7)
    facts = item_facts(reading(call()), channel=Channel.phone)
    composed = compose_acknowledgement(facts, assignment_facts(category, by), by, told_at, is_sms=True)
    assert composed is not None
    assert (composed[1] is not None) == ("bellen u terug, uiterlijk" in composed[0].body)
    return composed[0].body


def test_the_date_is_told_while_it_is_to_come() -> None:
    assert words(RECEIVED_AT).startswith(
        "Wij zagen dat u belde. Wij bellen u terug, uiterlijk maandag 23 november 2026."
    )
    # Triage: by when they hear, which is by being called.
    assert "uiterlijk woensdag 18 november 2026" in words(RECEIVED_AT, TRIAGE)


def test_without_a_date_that_is_to_come_none_is_told() -> None:
    undated = "Wij zagen dat u belde op maandag 16 november 2026. Wij bellen u terug."
    assert words(RECEIVED_AT + timedelta(days=8)).startswith(undated)
    assert words(RECEIVED_AT, "bezwaar").startswith(undated)


@pytest.mark.parametrize(
    ("number", "region"),
    [(NUMBER, "NL"), ("+4915112345678", "DE"), ("+8816123456789", "001"), ("+31201234567", ""), ("0612345678", "")],
)
def test_a_mobile_number_says_where_it_is_from(number: str, region: str) -> None:
    assert mobile_region(number) == region
