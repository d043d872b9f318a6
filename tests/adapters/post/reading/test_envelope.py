"""What is an envelope that nobody opened, and what must never be taken for one."""

from __future__ import annotations

from datetime import date

import pytest

from adapters.post.reading.letter import reading_of
from adapters.post.reading.read import read_scan
from inbox.letter_facts import AddresseeKind, Mark, addressee_kinds, marks_on
from inbox.reading import Page, PageSource, Reading
from tests.adapters.post.reading.letters import LETTERS, OURS, RECEIVED_ON, WINDOW
from tests.adapters.post.reading.typesetting import Put, misread, typeset
from tests.letters.degrade import degraded
from tests.letters.envelopes import Envelope, envelope
from tests.letters.files import as_pdf
from tests.letters.letter import letters as all_letters
from tests.letters.typeset import typeset as set_on_paper

COUNCIL = Envelope(
    ("De gemeenteraad van Havendam", "t.a.v. de griffie", "Postbus 40", "4790 AA Havendam"),
    ("H. Bakker", "Molenweg 3", "4761 CD Zevenbergen"),
    "PERSOONLIJK",
    posted_on=date(2026, 11, 20),
    stamped_on=date(2026, 11, 23),
)
SENDER = Put(110, 60, "J. de Vries\nDorpsstraat 12\n4761 AB Zevenbergen")
POSTNL = Put(700, 60, "PostNL\n10.11.2026")
MARK = Put(420, 430, "PERSOONLIJK")
TO = Put(420, 500, WINDOW)


def quality(number: int, words: int, *remarks: str) -> Page:
    source = PageSource.ocr if words else PageSource.blank
    return Page(
        number=number,
        read_from=source,
        confidence=0.95,
        weak_share=0.02,
        dutch_share=0.1,
        words=words,
        remarks=remarks,
    )


def read(*puts: Put, remarks: tuple[str, ...] = (), holds_envelopes: bool = False) -> Reading:
    pages = typeset(list(puts))
    qualities = [quality(page.number, len(page.words), *remarks) for page in pages]
    return reading_of(pages, qualities, RECEIVED_ON, OURS, holds_envelopes=holds_envelopes)


def scanned(written: Envelope, *damages: str) -> Reading:
    image = envelope(written).image
    [reading] = read_scan(as_pdf([degraded(image, *damages, seed=1) if damages else image]), date(2026, 11, 26)).letters
    return reading


@pytest.mark.parametrize("letter", LETTERS, ids=lambda letter: letter.name)
def test_of_all_letters_only_the_marked_and_posted_envelopes_are_envelopes(letter: object) -> None:
    reading = read(*letter.puts)  # type: ignore[attr-defined]
    assert reading.is_envelope == letter.name.startswith("envelope_")  # type: ignore[attr-defined]


@pytest.mark.parametrize("rate", [0.05, 0.15, 0.3])
def test_no_letter_becomes_an_envelope_for_being_misread(rate: float) -> None:
    for seed, letter in enumerate(letter for letter in LETTERS if not letter.name.startswith("envelope_")):
        pages = misread(letter.pages, rate, seed)
        qualities = [quality(page.number, len(page.words)) for page in pages]
        assert not reading_of(pages, qualities, RECEIVED_ON, OURS).is_envelope, letter.name


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("Hierbij zeg ik mijn abonnement op.\nGroet, J. de Vries", id="with a closing"),
        pytest.param("Hierbij zeg ik mijn abonnement op.", id="one line"),
        pytest.param("Abonnement opzeggen", id="two words"),
        pytest.param("OPZEGGEN", id="one word"),
        pytest.param("Graag bellen", id="a request"),
        pytest.param("Geachte heer,", id="only a salutation"),
        pytest.param("Groeten", id="only a closing"),
        pytest.param("Betreft: Z/26/004512", id="only a subject"),
        pytest.param("Uw kenmerk: Z/26/004512", id="only a reference"),
        pytest.param("Jaarrekening 2025", id="a title"),
        pytest.param("Op 3 november kreeg ik geen post van PostNL", id="a carrier in a sentence"),
    ],
)
def test_a_short_letter_is_no_envelope_whatever_else_stands_on_it(words: str) -> None:
    assert read(SENDER, POSTNL, MARK, TO).is_envelope
    assert not read(SENDER, POSTNL, MARK, TO, Put(110, 650, words)).is_envelope


@pytest.mark.parametrize(
    ("puts", "is_one"),
    [
        ([POSTNL, TO], True),
        ([MARK, TO], True),
        ([SENDER, TO], False),
        ([POSTNL, MARK], False),
        ([POSTNL, TO, Put(110, 40, "Woonkwartier", 1.6)], True),
        ([POSTNL, TO, Put(110, 700, "Niet vouwen\n\nPort betaald\n\nNederland")], True),
    ],
)
def test_it_bears_an_address_and_a_mark_or_a_postmark(puts: list[Put], is_one: bool) -> None:
    assert read(*puts).is_envelope is is_one


def test_a_back_with_nothing_but_an_address_belongs_to_it() -> None:
    back = Put(300, 100, "Afz. J. de Vries, Dorpsstraat 12, 4761 AB Zevenbergen", page=2)
    assert read(POSTNL, MARK, TO, back).is_envelope
    assert not read(POSTNL, MARK, TO, Put(300, 100, "Ik wil u graag spreken.", page=2)).is_envelope
    assert not read(POSTNL, MARK, TO, back, Put(300, 100, "4761 AB Zevenbergen", page=3)).is_envelope


def test_what_is_written_by_hand_is_left_to_a_person() -> None:
    reading = read(POSTNL, MARK, TO, remarks=("handwriting",))
    assert not reading.is_envelope
    assert "handwriting" in reading.remarks


def test_its_source_may_say_so_whatever_it_looks_like() -> None:
    reading = read(Put(420, 500, "Mevrouw A. Smit"), holds_envelopes=True)
    assert reading.is_envelope
    assert reading.remarks == ()


def test_more_pages_than_sides_may_be_several() -> None:
    reading = read(TO, Put(420, 500, WINDOW, page=2), Put(420, 500, WINDOW, page=3), holds_envelopes=True)
    assert reading.remarks == ("several_envelopes",)


def test_nothing_upon_it_passes_for_what_it_is_about() -> None:
    reading = read(SENDER, POSTNL, MARK, TO)
    assert (reading.subject, reading.new_text) == ("", "")
    assert "Dorpsstraat" in reading.text


def test_few_and_unknown_words_are_no_fault_of_an_envelope_but_a_bad_picture_is() -> None:
    assert read(POSTNL, MARK, TO).remarks == ()
    bad = quality(1, 20).model_copy(update={"confidence": 0.6})
    assert reading_of(typeset([POSTNL, MARK, TO]), [bad], RECEIVED_ON, OURS).remarks == ("poor_scan",)


@pytest.mark.parametrize("damages", [(), ("skewed",), ("gaussian",), ("jpeg",)])
def test_a_scanned_envelope_says_who_may_open_it_and_when_it_was_posted(damages: tuple[str, ...]) -> None:
    reading = scanned(COUNCIL, *damages)
    assert reading.is_envelope
    assert reading.remarks == ()
    assert marks_on(reading) == {Mark.personal}
    assert addressee_kinds(reading) == {AddresseeKind.council}
    said = {field.name: field.value for field in reading.fields}
    assert (said["posted_on"], said["stamped_on"]) == ("2026-11-20", "2026-11-23")


def test_no_scanned_letter_is_an_envelope() -> None:
    for name in ("pavement", "complaint"):
        [reading] = read_scan(as_pdf([set_on_paper(all_letters()[name])[0].image]), date(2026, 11, 26)).letters
        assert not reading.is_envelope
