"""What becomes a Reading of the words of a letter."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from adapters.post.reading.bar import QualityBar
from adapters.post.reading.letter import reading_of
from gateway.commands.read import reading_document
from inbox.channel import Channel
from inbox.reading import Page, PageSource, Reading, Sender
from tests.adapters.post.reading.letters import BODY, LETTERS, OURS, RECEIVED_ON
from tests.adapters.post.reading.typesetting import Put, typeset

GOOD = Page(number=1, read_from=PageSource.ocr, confidence=0.95, weak_share=0.02, dutch_share=0.7, words=120)


def read(name: str, *qualities: Page) -> Reading:
    letter = next(letter for letter in LETTERS if letter.name == name)
    return reading_of(letter.pages, qualities or (GOOD,), RECEIVED_ON, OURS)


def test_a_letter_becomes_a_reading() -> None:
    reading = read("company_letterhead_right")
    assert reading.channel is Channel.post
    assert reading.sender == Sender(address="info@dewitbouw.example", name="Bouwbedrijf De Wit B.V.")
    assert reading.subject == "bouwhekken Stationsstraat"
    assert reading.sent_at == datetime(2026, 11, 10, 12, tzinfo=UTC)
    assert reading.language == "nl"
    assert reading.may_acknowledge
    assert reading.pages == (GOOD,)
    assert reading.remarks == ()
    assert "Industrieweg" in reading.text


def test_new_words_are_without_letterhead_and_closing() -> None:
    reading = read("company_letterhead_right")
    assert reading.new_text.startswith("Geachte heer/mevrouw,")
    assert BODY in reading.new_text
    assert "Hoogachtend" not in reading.new_text
    assert "Industrieweg" not in reading.new_text


def test_without_salutation_or_closing_the_whole_text_is_new() -> None:
    reading = reading_of(typeset([Put(110, 200, BODY)]), [GOOD], RECEIVED_ON)
    assert reading.new_text == reading.text == BODY
    assert reading.subject == BODY.split("\n")[0]


def test_persons_who_are_addressed_are_named() -> None:
    assert read("company_foot").addressed_to == ("K. Jansen", "Jansen")
    assert read("envelope_person").addressed_to == ("J. Timmermans",)
    assert read("resident").addressed_to == ()


def test_an_address_is_written_to_only_when_it_is_surely_the_senders() -> None:
    puts = [Put(110, 400, f"Geachte heer,\n\n{BODY}"), Put(110, 600, "Groeten,\n\nJ. Maas")]
    ours = Put(110, 300, "E-mail: post@zevenbergen.example")
    theirs, other = Put(110, 700, "E-mail: j.maas@post.example"), Put(110, 720, "E-mail: k.maas@post.example")
    assert reading_of(typeset([ours, *puts, theirs]), [GOOD], RECEIVED_ON, OURS).sender.address == "j.maas@post.example"
    assert reading_of(typeset([*puts, theirs, other]), [GOOD], RECEIVED_ON, OURS).sender.address == ""
    assert reading_of(typeset([ours, *puts]), [GOOD], RECEIVED_ON, OURS).sender.address == ""
    assert read("wrong_checks").sender.address == ""


def test_an_english_letter_is_english_and_not_held_to_dutch_words() -> None:
    reading = read("english", GOOD.model_copy(update={"dutch_share": 0.05}))
    assert reading.language == "en"
    assert reading.remarks == ()


@pytest.mark.parametrize(
    "change",
    [
        {"confidence": 0.69},
        {"weak_share": 0.36},
        {"dutch_share": 0.39},
        {"words": 4},
        {"read_from": PageSource.unreadable},
    ],
)
def test_below_the_bar_it_is_a_poor_scan(change: dict[str, object]) -> None:
    assert read("resident", GOOD.model_copy(update=change)).remarks == ("poor_scan",)


def test_blank_and_separator_pages_do_not_count() -> None:
    blank = Page(number=2, read_from=PageSource.blank)
    assert read("resident", GOOD, blank, Page(number=3, read_from=PageSource.separator)).remarks == ()


def test_a_bad_page_does_not_hide_behind_good_ones() -> None:
    bad = GOOD.model_copy(update={"number": 2, "confidence": 0.5})
    assert "poor_scan" in read("two_pages", GOOD, bad, GOOD).remarks


def test_the_bar_can_be_set() -> None:
    pages = typeset([Put(110, 200, BODY)])
    page = GOOD.model_copy(update={"confidence": 0.6})
    assert reading_of(pages, [page], RECEIVED_ON, bar=QualityBar(confidence=0.5)).remarks == ()


def test_handwriting_is_passed_on() -> None:
    assert "handwriting" in read("resident", GOOD.model_copy(update={"remarks": ("handwriting",)})).remarks


def test_no_words_give_a_reading_all_the_same() -> None:
    reading = reading_of([], [], RECEIVED_ON)
    assert (reading.text, reading.fields, reading.remarks) == ("", (), ("poor_scan",))


def test_the_read_command_shows_pages_and_fields_of_scans_only() -> None:
    document = reading_document(read("resident"))
    assert document["pages"] == [
        {"number": 1, "from": "ocr", "confidence": 0.95, "weak_share": 0.02, "dutch_share": 0.7, "words": 120}
    ]
    assert set(document["fields"][0]) == {"name", "value", "page", "box", "confidence"}
    assert "pages" not in reading_document(Reading(channel=Channel.email))
