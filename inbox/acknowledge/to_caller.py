"""Whether whoever rang and was not answered may be told in a text message. Pure; what the ledger knows comes on top."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from inbox.call import CallFacts, Direction
from inbox.configuration.model import Configuration, Sms
from inbox.mobile_number import as_e164, mobile_region

_EUROPE = frozenset(
    [
        "AT",
        "BE",
        "BG",
        "CH",
        "CY",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FR",
        "GB",
        "GR",
        "HR",
        "HU",
        "IE",
        "IS",
        "IT",
        "LI",
        "LT",
        "LU",
        "LV",
        "MD",
        "MT",
        "NL",
        "NO",
        "PL",
        "PT",
        "RO",
        "SE",
        "SI",
        "SK",
        "UA",
    ]
)
_KINGDOM = frozenset({"AW", "BQ", "CW", "SX"})
_TEXTED = _EUROPE | _KINGDOM
"""ISO 3166 regions whose mobile numbers are told: the Kingdom, and where telephones roam as at home (EU, EEA, Moldova,
Ukraine), with Switzerland and the United Kingdom. People who live here bring such numbers along. A single ring from further
away is mostly bait: the number earns by being rung, and a text to it, or to a satellite (no region), costs us many times
as much."""

ABROAD = "the caller's mobile number is of a country to which no text messages go"
NO_MOBILE = "the caller's number is no mobile number"
NO_NUMBER = "the caller withheld their number"
OFF = "callers are not told in text messages: `sms.acknowledges_calls` is off"
OURS = "the number is one of ours"
TOLD_TODAY = "a text message went to the same number today"
SHARED = "many people ring from this number: it is a shared line"


def may_not_text(call: CallFacts, configuration: Configuration) -> list[str]:
    """Return the reasons not to tell the caller of any such call, as sentences without the number; none means it may be.

    What only holds for a while is not looked at here: `is_fresh`, and what the ledger knows.
    """
    return list(_against(call, configuration))


def _against(call: CallFacts, configuration: Configuration) -> Iterator[str]:
    if not configuration.sms.acknowledges_calls:
        yield OFF
    region = mobile_region(call.caller)
    if not call.caller:
        yield NO_NUMBER
    elif call.direction not in (Direction.inbound, Direction.unknown) or _is_ours(call, configuration):
        yield OURS
    elif not region:
        yield NO_MOBILE
    elif region not in _TEXTED:
        yield ABROAD
    elif call.caller in configuration.calls.shared_lines:
        yield SHARED


def _is_ours(call: CallFacts, configuration: Configuration) -> bool:
    ours = (configuration.organisation.phone, call.dialled, *configuration.calls.queues)
    return as_e164(call.caller) in {as_e164(number) for number in ours if number} - {""}


def is_fresh(call: CallFacts, sms: Sms, at: datetime) -> bool:
    """Say whether the caller still waits for a word at that moment. `at`: aware.

    A call that only begins long after it was dated by a clock, or in a time zone, that proves nothing: it is not fresh.
    """
    # In UTC: the clock of a zone comes twice to an hour.
    age = at.astimezone(UTC) - call.started_at.astimezone(UTC)
    return abs(age) < timedelta(minutes=sms.calls_fresh_minutes)


def not_fresh(call: CallFacts, sms: Sms, at: datetime, waits_seconds: float) -> list[str]:
    """Return why the caller would be told too late, if so. `waits_seconds`: until text messages may leave.

    What waits for the morning is judged by the morning: nobody is told of yesterday's call then.
    """
    if not is_fresh(call, sms, at):
        return [f"the call is no longer fresh: its caller is told within {sms.calls_fresh_minutes} minutes"]
    # In UTC: a night in which the clock is set has no 24 hours.
    if waits_seconds and not is_fresh(call, sms, at.astimezone(UTC) + timedelta(seconds=waits_seconds)):
        return [f"no text message leaves before {sms.sends_from}, and then the call is no longer fresh"]
    return []


def day_began(at: datetime, zone: ZoneInfo) -> datetime:
    """Return when the day of that moment began in that zone, aware UTC: nights in which the clock is set included."""
    return datetime.combine(at.astimezone(zone).date(), time(), zone).astimezone(UTC)
