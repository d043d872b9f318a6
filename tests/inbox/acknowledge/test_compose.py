"""Notices: the town's own words, filled in; nothing of the sender's, nothing of a confidential matter (invariant 5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given

from inbox.acknowledge.compose import PLACEHOLDERS, About, compose
from inbox.confidentiality import Confidentiality
from inbox.configuration.model import TRIAGE, Answer, Configuration, Text
from inbox.norms.promise import Promise
from inbox.plan import compose_acknowledgement, compose_correction, compose_looked_at
from inbox.reading import Part, Reading, Sender
from inbox.routing.decide import choose
from tests.configuration import SMALL_TOWN
from tests.inbox.samples import RECEIVED_AT, assignment_facts, compiled, document, item_facts, quick, reading, readings

TOWN = compiled()
EVERYTHING = Text(
    subject="{organisation} {reference}\n{matter}",
    body="".join(f"{word}={{{word}}}\n" for word in sorted(PLACEHOLDERS)),
)


def about(
    confidentiality: Confidentiality = Confidentiality.zaakvertrouwelijk, promise: Promise | None = None
) -> About:
    return About(
        reference="7K3M-9QXA-D",
        received_on=RECEIVED_AT.date(),
        department="vergunningen",
        category="vergunning",
        confidentiality=confidentiality,
        promise=promise,
    )


def dated() -> Promise:
    made = choose("vergunning", RECEIVED_AT, TOWN, rule=None).promise
    assert made is not None
    return made


def test_every_placeholder_is_filled_in() -> None:
    words = compose(EVERYTHING, about(promise=dated()), TOWN.document)
    assert words.subject == "Gemeente Proefstad 7K3M-9QXA-D een vergunning"
    assert words.body.splitlines() == [
        "channel_advice=",
        "date=maandag 11 januari 2027",
        "department=Vergunningen",
        "matter=een vergunning",
        "organisation=Gemeente Proefstad",
        "phone=14 099",
        "privacy=",
        "received_on=maandag 16 november 2026",
        "reference=7K3M-9QXA-D",
        "term=binnen 8 weken",
        "website=https://www.gemeente.test",
    ]


ADVISED = document(
    categories={
        **TOWN.document.model_dump(mode="json")["categories"],
        "vergunning": {
            **TOWN.document.categories["vergunning"].model_dump(mode="json"),
            "channel_advice": "Een vergunning vraagt u het snelst aan op {website}. Liever bellen? {phone}\n",
        },
    }
)
WITH_ADVICE = Text(subject="{reference}", body="Dank u.\n\n{channel_advice}\n\nGroet,\n{organisation} {reference}\n")


def test_advice_on_a_channel_is_told_where_the_text_says_it() -> None:
    told = compose(WITH_ADVICE, about(), Configuration.model_validate(ADVISED)).body
    assert told.startswith(
        "Dank u.\n\nEen vergunning vraagt u het snelst aan op https://www.gemeente.test. Liever bellen? 14 099\n\nGroet,"
    )


@pytest.mark.parametrize("before", ["Dank u.\n\n", "Dank u.\n"])
@pytest.mark.parametrize("behind", ["\n\nGroet", ""])
def test_where_there_is_no_advice_no_gap_is_left(before: str, behind: str) -> None:
    body = f"{before}{{channel_advice}}{behind}"
    assert compose(Text(body=body), about(), TOWN.document).body == f"Dank u.{behind}"


def test_in_a_line_advice_that_is_not_there_leaves_the_rest_of_the_line() -> None:
    text = Text(body="{channel_advice} Bel ons.\n\n{channel_advice} Of mail.")
    assert compose(text, about(), TOWN.document).body == " Bel ons.\n\n Of mail."


def test_advice_would_tell_what_a_confidential_message_is_about() -> None:
    words = compose(WITH_ADVICE, about(Confidentiality.vertrouwelijk), Configuration.model_validate(ADVISED))
    assert words.body.startswith("Dank u.\n\nGroet")


def test_a_confidential_matter_is_told_also_when_its_category_has_left_the_configuration() -> None:
    gone = replace(about(Confidentiality.vertrouwelijk), category="opgeheven", department="opgeheven")
    assert "matter=uw bericht" in compose(EVERYTHING, gone, TOWN.document).body


@pytest.mark.parametrize("level", [level for level in Confidentiality if level >= Confidentiality.vertrouwelijk])
def test_from_vertrouwelijk_on_neither_matter_nor_department_is_named(level: Confidentiality) -> None:
    words = compose(EVERYTHING, about(level, dated()), TOWN.document)
    assert "ergunning" not in words.subject + words.body
    assert "matter=uw bericht" in words.body
    assert "department=Gemeente Proefstad" in words.body


@pytest.mark.parametrize("level", [level for level in Confidentiality if level < Confidentiality.vertrouwelijk])
def test_below_vertrouwelijk_both_are_named(level: Confidentiality) -> None:
    words = compose(EVERYTHING, about(level), TOWN.document)
    assert "matter=een vergunning" in words.body
    assert "department=Vergunningen" in words.body


def test_a_subject_is_one_line_whatever_the_configuration_holds() -> None:
    odd = TOWN.document.model_copy(
        update={"organisation": TOWN.document.organisation.model_copy(update={"name": "A\r\nBcc: x@y.test\u2028\x85B"})}
    )
    subject = compose(EVERYTHING, about(), odd).subject
    assert len(subject.splitlines()) == 1
    assert "\r" not in subject


def test_what_is_filled_in_is_not_filled_in_again() -> None:
    odd = TOWN.document.model_copy(
        update={"organisation": TOWN.document.organisation.model_copy(update={"name": "{phone}"})}
    )
    assert "organisation={phone}\n" in compose(EVERYTHING, about(), odd).body


def test_no_space_is_left_at_the_end_of_a_line() -> None:
    assert compose(Text(subject="x", body="uiterlijk {date} \nklaar\t\n"), about(), TOWN.document).body == (
        "uiterlijk\nklaar\n"
    )


def test_no_text_of_the_town_leaves_a_brace_or_an_unfinished_sentence() -> None:
    for category in TOWN.document.categories:
        composed = compose_acknowledgement(
            item_facts(reading()), assignment_facts(category, TOWN), TOWN, RECEIVED_AT + timedelta(minutes=1)
        )
        if composed is None:
            assert category == "intern"
            continue
        words, _ = composed
        assert not set("{}") & set(words.subject + words.body)
        assert "  " not in words.body
        assert " ." not in words.body


def test_an_acknowledgement_tells_the_date_that_it_promises() -> None:
    composed = compose_acknowledgement(
        item_facts(reading()), assignment_facts("lantaarn", TOWN), TOWN, RECEIVED_AT + timedelta(minutes=1)
    )
    assert composed is not None
    words, told = composed
    assert told is not None
    assert "uiterlijk maandag 23 november 2026 (binnen 5 werkdagen)" in words.body


def test_a_date_that_has_passed_is_never_told_the_plain_receipt_is() -> None:
    late = RECEIVED_AT + timedelta(days=30)
    composed = compose_acknowledgement(item_facts(reading()), assignment_facts("lantaarn", TOWN), TOWN, late)
    assert composed is not None
    words, told = composed
    assert told is None
    assert "uiterlijk" not in words.body
    assert "2026 (" not in words.body


def test_a_dated_matter_of_which_we_got_a_copy_is_told_without_a_date() -> None:
    facts = replace(assignment_facts("lantaarn", TOWN), answer=Answer.receipt_only, promise=None)
    composed = compose_acknowledgement(item_facts(reading()), facts, TOWN, RECEIVED_AT)
    assert composed is not None
    words, told = composed
    assert told is None
    assert "uiterlijk" not in words.body
    assert (
        words.body
        == compose_acknowledgement(
            item_facts(reading()), assignment_facts("lantaarn", TOWN), TOWN, RECEIVED_AT + timedelta(days=30)
        )[0].body
    )  # type: ignore[index]


def test_the_last_second_of_the_last_day_is_not_told_any_more() -> None:
    facts = assignment_facts("lantaarn", TOWN)
    assert facts.promise is not None
    composed = compose_acknowledgement(item_facts(reading()), facts, TOWN, facts.promise.due_at)
    assert composed is not None
    assert composed[1] is None


def test_without_a_plain_receipt_text_a_late_message_has_no_acknowledgement() -> None:
    town = TOWN.document.model_copy(
        update={"texts": {key: text for key, text in TOWN.document.texts.items() if key != "receipt_only"}}
    )
    without = compiled()
    without.document = town
    late = RECEIVED_AT + timedelta(days=30)
    assert compose_acknowledgement(item_facts(reading()), assignment_facts("lantaarn", TOWN), without, late) is None


def test_a_confidential_item_stays_unnamed_in_every_notice() -> None:
    item = item_facts(reading(), confidentiality=Confidentiality.geheim)
    for category in ("vergunning", "lantaarn", "bezwaar"):
        facts = assignment_facts(category, TOWN)
        composed = compose_acknowledgement(item, facts, TOWN, RECEIVED_AT)
        assert composed is not None
        told = composed[0].subject + composed[0].body
        if facts.promise:
            told += compose_correction(item, facts, TOWN).body
        told += compose_looked_at(item, TOWN, TRIAGE).body
        for word in ("vergunning", "lantaarn", "bezwaar", "klantcontactcentrum", "juridische"):
            assert word not in told.lower()


@given(readings)
@quick
def test_no_word_of_the_sender_changes_a_notice(read: Reading) -> None:
    facts = assignment_facts("vergunning", TOWN)
    nobody = item_facts(Reading(channel=read.channel, is_envelope=read.is_envelope))
    item = item_facts(read)
    assert compose_acknowledgement(item, facts, TOWN, RECEIVED_AT) == compose_acknowledgement(
        nobody, facts, TOWN, RECEIVED_AT
    )
    assert compose_correction(item, facts, TOWN) == compose_correction(nobody, facts, TOWN)
    assert compose_looked_at(item, TOWN, TRIAGE) == compose_looked_at(nobody, TOWN, TRIAGE)


def test_a_sender_who_writes_placeholders_gets_none_filled_in() -> None:
    hostile = reading(
        "{phone}{reference}",
        "{date}",
        sender=Sender(address="x@y.test", name="{organisation}"),
        parts=(Part(name="{term}", media_type="a/b", size_bytes=1),),
    )
    composed = compose_acknowledgement(item_facts(hostile), assignment_facts("vergunning", TOWN), TOWN, RECEIVED_AT)
    plain = compose_acknowledgement(item_facts(reading()), assignment_facts("vergunning", TOWN), TOWN, RECEIVED_AT)
    assert composed == plain


def test_the_town_of_the_tests_is_a_valid_configuration() -> None:
    assert Configuration.model_validate(document()).texts.keys() == TOWN.document.texts.keys()
    assert "{reference}" in SMALL_TOWN
