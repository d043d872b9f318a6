"""Conditions: each field, alone and together."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from inbox.call import CallFacts, Direction, Outcome
from inbox.channel import Channel
from inbox.configuration.rule import Condition
from inbox.configuration.topic import Topic
from inbox.errors import PatternInvalid
from inbox.reading import ForwardBasis, Forwarded, Part, Reading
from inbox.routing.match import Verdict, compile_condition
from inbox.routing.matter import Matter
from inbox.routing.moments import Clock
from inbox.routing.topics import Topics
from tests.inbox.samples import RECEIVED_AT, letter_field, quick, reading, readings
from tests.inbox.topics import SMALL

MAIL = reading(
    "Vergunning voor een dakkapel",
    "Mag ik een dakkapel? Zie z-1234.",
    address="Jan@Straat.Inwoner.test",
    recipients=("info@gemeente.test", "wijk@gemeente.test"),
    language="nl",
    parts=(
        Part(name="foto.jpg", media_type="image/jpeg", size_bytes=1),
        Part(name="plattegrond_2026.pdf", media_type="application/pdf", size_bytes=1),
    ),
    attached_text="Nieuw kozijn, tweede verdieping",
    headers={"list-id": ("<nieuws.gemeente.test>", "tweede"), "x-leeg": ("",)},
    fields=(
        letter_field("marked", "persoonlijk"),
        letter_field("addressee_kind", "council"),
        letter_field("our_reference", "Z-12"),
        letter_field("postcode", "4761AB"),
        letter_field("unsure", "iets", confidence=0.5),
    ),
)
"""The mail that each condition is tried on."""

CALL = reading(
    "Terugbelverzoek: gemiste oproep (wachtrij Vergunningen)",
    "Wachtrij: Vergunningen. Gebeld nummer: 14099",
    address="",
    channel=Channel.phone,
    call=CallFacts(
        caller="+31612345678",
        dialled="14099",
        queue="Vergunningen",
        choice="2",
        direction=Direction.inbound,
        outcome=Outcome.missed,
        started_at=RECEIVED_AT,
        first_at=RECEIVED_AT,
    ),
)
"""The call that conditions of calls are tried on."""

BUILDING = {
    "name": "bouwen",
    "examples": ["Vergunning voor een schuur", "Een dakkapel bouwen", "Mag ik een muur metselen"],
}
TOPICS = Topics({key: Topic.model_validate(one) for key, one in {**SMALL, "bouwen": BUILDING}.items()})
AT_TEN = Clock(datetime(2026, 11, 16, 10, 0, tzinfo=UTC), is_office_hours=True)
"""A Monday."""

OF_CALLS = {"queue", "menu_choice", "dialled", "caller", "call_outcome", "call_direction"}

HOLDS: list[dict[str, Any]] = [
    {"topic": ["licht", "bouwen"], "confidence": 0.1},
    {"channel": "email"},
    {"channel": ["post", "email"]},
    {"source": "info"},
    {"source": ["balie", "info"]},
    {"sender": "jan@straat.inwoner.test"},
    {"sender": "JAN@STRAAT.inwoner.test"},
    {"sender": "@straat.inwoner.test"},
    {"sender": "@inwoner.test"},
    {"sender": "@Inwoner.TEST"},
    {"sender": ["piet@inwoner.test", "/^jan@/"]},
    {"recipient": "wijk@gemeente.test"},
    {"recipient": "@gemeente.test"},
    {"subject": "dakkapel"},
    {"subject": "vergunning*"},
    {"text": "dakkapel"},
    {"text": r"/z-\d{4}/"},
    {"words": "vergunning"},
    {"words": "zie"},
    {"header": {"List-Id": "*"}},
    {"header": {"list-id": "tweede"}},
    {"header": {"list-id": "/nieuws\\./"}},
    {"header": {"list-id": "*", "x-leeg": "*"}},
    {"attachment": "plattegrond"},
    {"attachment": r"/\.pdf$/"},
    {"attached_words": "kozijn"},
    {"words": "kozijn"},
    {"addressed_as": "unknown"},
    {"addressed_to": ["piet", "karin"]},
    {"is_automatic": False},
    {"is_envelope": False},
    {"marked": "persoonlijk"},
    {"marked": ["vertrouwelijk", "persoonlijk"]},
    {"addressee_kind": ["confidant", "council"]},
    {"language": "nl"},
    {"language": ["en", "nl"]},
    {"queue": "vergunningen"},
    {"queue": ["Balie", " VERGUNNINGEN "]},
    {"queue": "*"},
    {"menu_choice": ["1", "2"]},
    {"dialled": "14099"},
    {"caller": "+31612345678"},
    {"caller": "*"},
    {"call_outcome": "missed"},
    {"call_outcome": ["voicemail", "missed"]},
    {"call_direction": "in"},
    {"words": "~dakkapellen"},
    {"text": "een ~dakkapel"},
    {"attachment_type": "application/pdf"},
    {"attachment_type": ["text/plain", "image/*"]},
    {"attachment_count": {"at_least": 2}},
    {"attachment_count": {"at_least": 1, "at_most": 2}},
    {"attachment_bytes": {"at_least": 1, "at_most": 1}},
    {"letter_field": {"addressee_kind": "council"}},
    {"letter_field": {"our_reference": "*"}},
    {"postcode": "4761AB"},
    {"postcode": ["9999", "476*"]},
    {"postcode": "4761 ab"},
    {"received": {"days": "mon"}},
    {"received": {"from": "10:00"}},
    {"received": {"days": ["sun", "mon"], "from": "10:00", "until": "10:01"}},
    {"received": {"from": "22:00", "until": "10:01"}},
    {"office_hours": True},
    {"any": [{"subject": "lamp"}, {"subject": "dakkapel"}]},
    {"all": [{"subject": "dakkapel"}, {"channel": "email"}]},
    {"not": {"subject": "lamp"}},
    {"not": {"any": [{"subject": "lamp"}, {"not": {"channel": "email"}}]}},
    {"subject": "dakkapel", "any": [{"language": "en"}, {"all": [{"source": "info"}, {"not": {"source": "balie"}}]}]},
]

FAILS: list[dict[str, Any]] = [
    {"channel": "post"},
    {"source": "balie"},
    {"sender": "jan@inwoner.test"},
    {"sender": "@woner.test"},
    {"sender": "@x.straat.inwoner.test"},
    {"sender": "/^inwoner/"},
    {"recipient": "jan@straat.inwoner.test"},
    {"subject": "zie"},
    {"text": "vergunning"},
    {"words": "lamp"},
    {"header": {"x-geen": "*"}},
    {"header": {"list-id": "derde"}},
    {"header": {"list-id": "*", "x-geen": "*"}},
    {"topic": ["licht", "afval"]},
    {"topic": "bouwen", "confidence": 1},
    {"is_automatic": True},
    {"is_envelope": True},
    {"marked": "vertrouwelijk"},
    {"addressee_kind": ["person", "confidant"]},
    {"attachment": "bouwtekening"},
    {"attached_words": "dakkapel"},
    {"addressed_as": ["cc", "bcc"]},
    {"addressed_to": "piet"},
    {"language": "en"},
    {"queue": "vergunning"},
    {"menu_choice": "3"},
    {"dialled": "0143"},
    {"caller": "+31612345679"},
    {"call_outcome": ["answered", "voicemail"]},
    {"call_direction": ["out", "internal"]},
    {"words": "~dak"},
    {"attachment_type": ["image/png", "audio/*"]},
    {"attachment_count": {"at_least": 3}},
    {"attachment_bytes": {"at_least": 2}},
    {"letter_field": {"addressee_kind": "*", "iban": "*"}},
    {"letter_field": {"unsure": "*"}},
    {"postcode": ["4762", "477*", "4761AC"]},
    {"received": {"days": "tue"}},
    {"received": {"until": "10:00"}},
    {"received": {"from": "22:00", "until": "10:00"}},
    {"office_hours": False},
    {"any": [{"subject": "lamp"}, {"text": "lamp"}]},
    {"all": [{"subject": "dakkapel"}, {"channel": "post"}]},
    {"not": {"subject": "dakkapel"}},
    {"subject": "dakkapel", "channel": "post"},
]


def tried(written: dict[str, Any], on: Reading | None = None) -> Verdict:
    on = on or (CALL if OF_CALLS & written.keys() else MAIL)
    return compile_condition(Condition.model_validate(written))(Matter(on, "info", "karin", AT_TEN, TOPICS))


@pytest.mark.parametrize("written", HOLDS, ids=str)
def test_it_holds_and_says_why(written: dict[str, Any]) -> None:
    verdict = tried(written)
    assert verdict.holds
    assert verdict.because


@pytest.mark.parametrize("written", FAILS, ids=str)
def test_it_does_not_hold_and_says_why(written: dict[str, Any]) -> None:
    verdict = tried(written)
    assert not verdict.holds
    assert verdict.because


def test_every_field_of_a_condition_is_tried_both_ways() -> None:
    fields = {field.alias or name for name, field in Condition.model_fields.items()}
    assert {name for written in HOLDS for name in written} == fields
    assert {name for written in FAILS for name in written} == fields


def test_a_mail_without_sender_matches_no_sender_at_all() -> None:
    nobody = reading(address="")
    for written in ("jan@inwoner.test", "@inwoner.test", "/./"):
        assert not tried({"sender": written}, nobody).holds


def test_all_recipients_are_looked_at() -> None:
    many = reading(recipients=(*(f"{number}@elders.test" for number in range(999)), "a@doel.test"))
    assert tried({"recipient": "@doel.test"}, many).holds


def test_a_header_that_is_there_and_empty_is_present() -> None:
    assert tried({"header": {"x-leeg": "*"}}).holds


@pytest.mark.parametrize(
    "written",
    [
        {},
        {"any": [{}]},
        {"all": [{"subject": "a"}, {}]},
        {"not": {}},
        {"not": None},
        {"is_automatic": None},
        {"words": []},
        {"words": [], "subject": "a"},
        {"any": []},
        {"header": {}},
        {"header": {"list-id": []}},
        {"letter_field": {}},
        {"letter_field": {"iban": []}},
        {"postcode": []},
        {"words": "~vergunning*"},
        {"sender": "gemeente.test"},
        {"sender": "noreply"},
        {"recipient": ["info@gemeente.test", "gemeente"]},
    ],
    ids=str,
)
def test_a_condition_that_would_hold_always_or_never_is_refused(written: dict[str, Any]) -> None:
    with pytest.raises(PatternInvalid):
        tried(written)


@pytest.mark.parametrize("written", [
        {"language": "Nederlands"}, {"language": "NL"}, {"channel": "fax"}, {"words": ""}, {"postcode": "0123"},
        {"postcode": "*"}, {"postcode": "47*AB"}, {"received": {}}, {"received": {"from": "25:00"}},
        {"received": {"from": "08:00", "until": "08:00"}}, {"attachment_count": {}},
        {"attachment_bytes": {"at_least": 2, "at_most": 1}}, {"attachment_type": "pdf"},
    ],
)  # fmt: skip
def test_values_that_could_never_hold_are_refused_by_the_shape(written: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        tried(written)


def test_deep_nesting_is_tried_without_a_fault() -> None:
    written: dict[str, Any] = {"subject": "dakkapel"}
    for _ in range(50):
        written = {"not": {"not": {"any": [{"all": [written]}]}}}
    assert tried(written).holds


@given(readings, st.sampled_from(HOLDS + FAILS))
@quick
def test_a_condition_and_its_opposite_disagree_about_any_reading(read: Reading, written: dict[str, Any]) -> None:
    assert tried(written, read).holds is not tried({"not": written}, read).holds


def _holds(condition: dict[str, Any], read: Reading) -> bool:
    return compile_condition(Condition.model_validate(condition))(Matter(read, "info")).holds


def test_quoted_words_are_not_said_by_who_quotes_them() -> None:
    reply = reading("Re: uw brief", "Dank u wel.\n> Ik maak bezwaar.", new_text="Dank u wel.")

    assert not _holds({"text": "bezwaar"}, reply)
    assert not _holds({"words": "bezwaar"}, reply)
    assert _holds({"text": "dank"}, reply)


def test_a_mail_without_new_words_is_seen_whole() -> None:
    assert _holds({"text": "bezwaar"}, reading("", "> Ik maak bezwaar."))


def test_words_passed_on_count_beside_those_above_them() -> None:
    passed_on = Forwarded(basis=ForwardBasis.inline, text="Ik maak bezwaar.")
    forward = reading("FW: brief", "Voor jullie?\nVan: Jan", new_text="Voor jullie?", forwarded=passed_on)

    assert _holds({"text": "bezwaar"}, forward)
    assert _holds({"text": "jullie"}, forward)
    assert not _holds({"text": "van"}, forward)


def test_words_of_a_document_are_no_words_of_the_mail() -> None:
    assert not _holds({"text": "kozijn"}, MAIL)
    assert not _holds({"attached_words": "dakkapel"}, MAIL)
    assert not _holds({"attachment": "kozijn"}, MAIL)


@pytest.mark.parametrize("field", ["words", "subject", "text"])
def test_our_own_words_about_a_call_are_not_its_callers(field: str) -> None:
    assert not tried({field: ["vergunning*", "terugbelverzoek", "wachtrij"]}, CALL).holds


@pytest.mark.parametrize("field", sorted(OF_CALLS))
def test_what_is_no_call_meets_no_condition_of_calls(field: str) -> None:
    wanted = {"call_outcome": "missed", "call_direction": "in"}.get(field, "*")
    verdict = tried({field: wanted}, MAIL)
    assert not verdict.holds
    assert "it is no call" in verdict.because


def test_a_withheld_number_is_no_number_and_no_number_stands_in_the_trace() -> None:
    assert CALL.call is not None
    withheld = CALL.model_copy(update={"call": CALL.call.model_copy(update={"caller": ""})})
    assert not tried({"caller": "*"}, withheld).holds
    for wanted in ("+31612345678", "+31612345679", "*"):
        assert "612345678" not in tried({"caller": wanted}, CALL).because
