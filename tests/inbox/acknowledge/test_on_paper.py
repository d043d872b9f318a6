"""The address on an envelope: whole and surely read, or none."""

from __future__ import annotations

import pytest

from inbox.acknowledge.on_paper import on_paper
from inbox.channel import Channel
from inbox.reading import LetterField, Reading, Sender

STATED = {
    "sender_name": "A. van den Berghe",
    "street": "Kastanjelaan",
    "house_number": "14",
    "postcode": "4791 KB",
    "city": "Havendam",
}


def letter(*more: LetterField, email: str = "", sure: float = 0.95, **changes: str) -> Reading:
    stated = {**STATED, **changes}
    fields = tuple(field(name, value, sure) for name, value in stated.items() if value)
    return Reading(channel=Channel.post, sender=Sender(address=email), fields=(*fields, *more))


def field(name: str, value: str, sure: float = 0.95) -> LetterField:
    return LetterField(name=name, value=value, page=1, box=(0, 0, 10, 10), confidence=sure)


def test_a_whole_address_is_written_as_on_an_envelope() -> None:
    lines = on_paper(letter(), is_statutory=False)
    assert lines == ("A. van den Berghe", "Kastanjelaan 14", "4791 KB Havendam")
    addition = on_paper(letter(field("house_number_addition", "b")), is_statutory=False)
    assert addition[1] == "Kastanjelaan 14 b"


def test_a_box_comes_before_a_street() -> None:
    assert on_paper(letter(field("po_box", "12")), is_statutory=False)[1] == "Postbus 12"


@pytest.mark.parametrize("name", STATED)
def test_without_any_part_of_it_nobody_is_written_to(name: str) -> None:
    assert on_paper(letter(**{name: ""}), is_statutory=True) == ()


@pytest.mark.parametrize("name", STATED)
def test_of_two_values_none_is_sure(name: str) -> None:
    assert on_paper(letter(field(name, "iets anders")), is_statutory=True) == ()


def test_what_is_not_surely_read_is_not_written_to() -> None:
    assert on_paper(letter(sure=0.8), is_statutory=True) == ()


def test_a_postcode_must_be_read_more_surely_than_words() -> None:
    words = [field(name, value, 0.83) for name, value in STATED.items() if name != "postcode"]
    nothing = letter(**dict.fromkeys(STATED, ""))
    for sure, lines in ((0.83, 0), (0.87, 3)):
        stated = (*words, field("postcode", STATED["postcode"], sure))
        assert len(on_paper(nothing.model_copy(update={"fields": stated}), is_statutory=True)) == lines


@pytest.mark.parametrize(
    "addition", [field("house_number_addition", "b", 0.8), field("house_number_addition", "", 0.2)]
)
def test_a_number_whose_addition_is_not_surely_read_is_another_households(addition: LetterField) -> None:
    assert on_paper(letter(addition), is_statutory=True) == ()


def test_who_states_an_email_address_hears_by_it_unless_the_law_wants_paper() -> None:
    stated = letter(email="a@inwoner.test")
    assert on_paper(stated, is_statutory=False) == ()
    assert on_paper(stated, is_statutory=True) != ()


def test_mail_is_never_answered_on_paper() -> None:
    assert on_paper(letter().model_copy(update={"channel": Channel.email}), is_statutory=True) == ()
