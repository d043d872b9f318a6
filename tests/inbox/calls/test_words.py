"""What colleagues read of a call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from inbox.call import CallFacts, Direction, Outcome
from inbox.calls.words import shown_number, subject_of, text_of, wait_words

ZONE = ZoneInfo("Europe/Amsterdam")
AT = datetime(2026, 11, 23, 9, 5, tzinfo=UTC)


def call(**changes: Any) -> CallFacts:
    facts: dict[str, Any] = {
        "caller": "+31612345678",
        "dialled": "14099",
        "queue": "Vergunningen",
        "direction": Direction.inbound,
        "outcome": Outcome.missed,
        "started_at": AT,
        "waited_s": 65,
        "first_at": AT,
    }
    return CallFacts(**{**facts, **changes})


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+31612345678", "06 12 34 56 78"),
        ("+31201234567", "020 123 4567"),
        ("+32470123456", "+32 470 12 34 56"),
        ("14099", "14099"),
        ("201", "201"),
        ("+999", "+999"),
        ("", ""),
    ],
)
def test_numbers_are_shown_as_people_write_them(number: str, shown: str) -> None:
    assert shown_number(number) == shown


@pytest.mark.parametrize(
    ("changes", "subject"),
    [
        ({}, "Terugbelverzoek: gemiste oproep van 06 12 34 56 78 (wachtrij Vergunningen)"),
        ({"outcome": Outcome.voicemail, "queue": ""}, "Terugbelverzoek: voicemail van 06 12 34 56 78"),
        ({"outcome": Outcome.voicemail, "queue": "", "caller": ""}, "Telefoon: voicemail van een onbekend nummer"),
        ({"outcome": Outcome.answered, "queue": ""}, "Telefoongesprek met 06 12 34 56 78"),
    ],
)
def test_the_subject_says_who_rang_and_what_came_of_it(changes: dict[str, Any], subject: str) -> None:
    assert subject_of(call(**changes)) == subject


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_its_words(outcome: Outcome) -> None:
    assert subject_of(call(outcome=outcome))
    assert text_of(call(outcome=outcome), [AT], ZONE).count("\n\n") == 1


def test_the_text_tells_what_is_needed_to_call_back() -> None:
    assert text_of(call(choice="2"), [AT], ZONE, ["Opname: msg1.wav (bijgevoegd)"]) == (
        "Bel deze persoon terug: 06 12 34 56 78.\n"
        "Niemand heeft opgenomen.\n"
        "\n"
        "Moment: maandag 23 november 2026, 10:05 uur\n"
        "Gewacht: 1 minuut en 5 seconden\n"
        "Gebeld nummer: 14099\n"
        "Wachtrij: Vergunningen\n"
        "Keuze in het menu: 2\n"
        "Opname: msg1.wav (bijgevoegd)\n"
    )


def test_several_calls_are_told_with_the_first_and_the_last() -> None:
    text = text_of(call(calls=2), [AT - timedelta(hours=1), AT], ZONE)
    assert "Aantal oproepen: 2\n" in text
    assert "Eerste oproep: maandag 23 november 2026, 09:05 uur\n" in text
    assert "Laatste oproep: maandag 23 november 2026, 10:05 uur\n" in text


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 seconden"),
        (1, "1 seconde"),
        (59.4, "59 seconden"),
        (60, "1 minuut en 0 seconden"),
        (121, "2 minuten en 1 seconde"),
    ],
)
def test_waits_are_told_in_words(seconds: float, words: str) -> None:
    assert wait_words(seconds) == words
