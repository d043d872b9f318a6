"""The letters' truth is true, and making them gives the same each time."""

from __future__ import annotations

import re
from itertools import pairwise

import pypdfium2  # type: ignore[import-untyped]
import pytest

from tests.letters.batches import LONGER, batches
from tests.letters.degrade import DAMAGES, degraded
from tests.letters.files import as_bilevel, as_jpeg, as_pdf, as_png, as_tiff
from tests.letters.letter import Letter, letters
from tests.letters.pdf import TextLayer, pdf_with_text
from tests.letters.typeset import typeset

MONTHS = [
    "januari",
    "februari",
    "maart",
    "april",
    "mei",
    "juni",
    "juli",
    "augustus",
    "september",
    "oktober",
    "november",
    "december",
]
BSNS = ("123456782", "999990342")


def written(letter: Letter) -> str:
    return " ".join(page.text for page in typeset(letter)).replace("\n", " ")


@pytest.fixture(params=letters().values(), ids=lambda letter: letter.name)
def letter(request: pytest.FixtureRequest) -> Letter:
    found: Letter = request.param
    return found


def test_there_are_enough_of_each_kind() -> None:
    assert len(letters()) >= 14
    assert {one.layout for one in letters().values()} == {"classic", "plain", "modern", "columns"}
    assert [one.name for one in letters().values() if one.language == "en"] == ["noise_english"]
    counted = {one.name: len(typeset(one)) for one in letters().values()}
    assert {name: pages for name, pages in counted.items() if pages > 1} == LONGER


def test_the_fields_stand_in_the_letter(letter: Letter) -> None:
    text, truth = written(letter), letter.truth
    for said in (
        truth.sender_name,
        truth.postcode,
        truth.our_reference,
        truth.your_reference,
        truth.subject,
        truth.email,
        truth.phone,
        truth.kvk,
    ):
        assert said in text
    assert truth.iban in text.replace(" ", "")
    assert bool(truth.our_reference) == bool(re.search("Ons kenmerk", text))
    assert bool(truth.your_reference) == bool(re.search("Uw kenmerk", text))
    assert re.fullmatch(r"\d{4} [A-Z]{2}", truth.postcode)
    street, town = letter.address_lines
    assert street.endswith(f" {truth.house_number}")
    assert town.startswith(truth.postcode)


def test_the_date_is_the_one_that_is_written(letter: Letter) -> None:
    if not letter.truth.written_on:
        assert not re.search(r"\d{1,2}[ -]", letter.date)
        return
    year, month, day = letter.truth.written_on.split("-")
    assert re.search(rf"\b0?{int(day)}\b", letter.date)
    assert year[2:] in letter.date
    name = MONTHS[int(month) - 1][:3]
    assert name in letter.date.lower() or re.search(rf"-{int(month):02d}-", letter.date)


def test_numbers_pass_their_checks_and_bsns_are_invented(letter: Letter) -> None:
    truth = letter.truth
    if truth.iban:
        moved = truth.iban[4:] + truth.iban[:4]
        assert int("".join(str(int(sign, 36)) for sign in moved)) % 97 == 1
    assert all(re.fullmatch(r"\d{8}", number) for number in (truth.kvk,) if number)
    assert truth.has_bsn == any(number in written(letter) for number in BSNS)
    assert set(re.findall(r"\b\d{9}\b", written(letter))) <= set(BSNS)


def test_every_word_lies_on_its_page_and_no_word_on_another(letter: Letter) -> None:
    for page in typeset(letter):
        for word in page.words:
            left, top, right, bottom = word.box
            assert 0 < left < right < page.image.width
            assert 0 < top < bottom < page.image.height
            assert min(page.image.crop(word.box).tobytes()) < 130, word
        for line in page.lines:
            assert all(one.box[2] <= other.box[0] for one, other in pairwise(line))


def test_the_whole_text_is_set_in_order(letter: Letter) -> None:
    text = written(letter)
    at = -1
    for paragraph in (*letter.paragraphs, *letter.after, letter.signed):
        found = text.find(" ".join(paragraph.split()), at + 1)
        if letter.name != "viewpoint":  # page numbers stand between its pages
            assert found > at
            at = found


def test_damages_are_the_same_for_the_same_seed() -> None:
    page = typeset(letters()["complaint"])[0].image.reduce(3)
    for name in DAMAGES:
        one = degraded(page, name, seed=4)
        assert one.tobytes() == degraded(page, name, seed=4).tobytes(), name
        assert one.tobytes() != page.tobytes(), name
    for name in ("salt_and_pepper", "gaussian", "coffee", "stamp", "folded", "fax"):
        assert degraded(page, name, seed=4).tobytes() != degraded(page, name, seed=5).tobytes(), name


def test_files_hold_their_pages_and_are_the_same_each_time() -> None:
    pages = [page.image for page in typeset(letters()["viewpoint"])]
    for write in (as_pdf, as_tiff):
        assert write(pages) == write(pages)
    assert as_jpeg(pages[0])[:3] == b"\xff\xd8\xff"
    assert as_png(as_bilevel(pages[0]))[1:4] == b"PNG"
    assert len(pypdfium2.PdfDocument(as_pdf([as_bilevel(page) for page in pages]))) == 2


def words_in(pdf: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(pdf)
    return [word for page in document for word in page.get_textpage().get_text_bounded().split()]


@pytest.mark.parametrize("is_scan", [True, False])
def test_a_real_text_layer_gives_the_words_back(is_scan: bool) -> None:
    for name in ("viewpoint", "invoice", "newsletter"):
        pages = typeset(letters()[name])
        true = [word.text for page in pages for word in page.words]
        assert words_in(pdf_with_text(pages, is_scan=is_scan)) == true


def test_broken_text_layers_do_not() -> None:
    pages = typeset(letters()["objection"])
    true = {word.text for page in pages for word in page.words if len(word.text) > 3}
    for layer in (TextLayer.spaced, TextLayer.garbled, TextLayer.empty):
        assert not true & set(words_in(pdf_with_text(pages, layer)))
    assert len(words_in(pdf_with_text(pages, TextLayer.spaced))) > 500
    assert words_in(pdf_with_text(pages, TextLayer.empty)) == []


def test_batches_say_the_same_of_their_pages_and_their_letters() -> None:
    assert len({batch.name for batch in batches()}) == len(batches()) >= 8
    for batch in batches():
        kinds = [page.kind.value for page in batch.pages]
        assert [page for letter in batch.letters for page in letter] == [
            number for number, kind in enumerate(kinds, start=1) if kind == "words"
        ]
        assert all(batch.names)
