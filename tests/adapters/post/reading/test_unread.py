"""What tesseract skips is noticed: a sure page without its body is no read page."""

from __future__ import annotations

import pytest
from PIL import Image

from adapters.post.reading import page_reading
from adapters.post.reading.bar import is_below
from adapters.post.reading.ink import ink_of
from adapters.post.reading.ocr import Recognised, recognise
from adapters.post.reading.page_reading import PageReading, read_page
from adapters.post.reading.scan import open_scan
from adapters.post.reading.unread import unread
from adapters.post.reading.upright import lie_of
from adapters.post.reading.word import Word
from inbox.errors import OutOfTime
from inbox.reading import UNREAD_INK
from tests.adapters.post.reading.sheets import tiff
from tests.letters.degrade import degraded
from tests.letters.letter import letters
from tests.letters.typeset import typeset

LETTERS = letters()


def page(name: str, *damages: str, seed: int = 1) -> Image.Image:
    return degraded(typeset(LETTERS[name])[0].image, *damages, seed=seed)


def read(picture: Image.Image) -> PageReading:
    scan = open_scan(tiff([picture]))
    try:
        return read_page(scan.page(1))
    finally:
        scan.close()


@pytest.mark.parametrize("damages", [("skewed", "folded"), ("skewed_left", "folded"), ("folded", "skewed_left")])
def test_the_shadow_of_a_fold_is_no_line_to_lie_level_by(damages: tuple[str, ...]) -> None:
    picture = page("lawyer", *damages, seed=42)
    lie = lie_of(picture, ink_of(picture))
    assert abs(abs(lie.lean_degrees) - 3) < 0.3


@pytest.mark.parametrize(
    ("name", "damage", "seed", "words"),
    [
        # The body stood under a stain or a stamp, and was taken for a picture: 47, 73 and 57 words came out, all of them sure.
        ("application", "coffee", 3, ("supermarkt", "verlaagde stoep")),
        ("benefit_with_bsn", "stamp", 3, ("inkomen",)),
        ("tax_objection", "coffee", 5, ("bezwaar",)),
    ],
)
def test_what_lies_under_a_stain_is_read(name: str, damage: str, seed: int, words: tuple[str, ...]) -> None:
    found = read(page(name, damage, seed=seed))
    assert found.page.words > 100
    said = found.words.text.lower()
    assert all(word in said for word in words), said
    assert UNREAD_INK not in found.page.remarks


def test_a_page_whose_body_stays_unread_is_given_to_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    def only_the_head(
        picture: Image.Image, languages: list[str], seconds: float, *, is_one_block: bool = False
    ) -> Recognised:
        whole = recognise(picture, languages, seconds, is_one_block=is_one_block)
        return Recognised(tuple(word for word in whole.words if word.bottom < 350), whole.text_pdf)

    monkeypatch.setattr(page_reading, "recognise", only_the_head)
    found = read(page("complaint"))
    # Everything that was read is sure.
    assert found.page.confidence > 0.9
    assert found.page.weak_share < 0.1
    assert UNREAD_INK in found.page.remarks
    assert is_below([found.page], "nl")


def test_no_time_for_another_look_keeps_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0

    def once(picture: Image.Image, languages: list[str], seconds: float, *, is_one_block: bool = False) -> Recognised:
        nonlocal looks
        looks += 1
        if looks > 1:
            raise OutOfTime("the page took longer than it may")
        whole = recognise(picture, languages, seconds)
        return Recognised(tuple(word for word in whole.words if word.bottom < 350), whole.text_pdf)

    monkeypatch.setattr(page_reading, "recognise", once)
    found = read(page("complaint"))
    assert looks > 1
    assert found.page.words > 10
    assert UNREAD_INK in found.page.remarks


@pytest.mark.parametrize("name", sorted(LETTERS))
def test_logos_signatures_and_tables_are_no_skipped_writing(name: str) -> None:
    picture = page(name)
    words = recognise(picture, ["nld"], 60).words
    left = unread(picture, words)
    assert not left.deserves_another_look, left


def test_an_empty_sheet_has_nothing_unread() -> None:
    white = Image.new("L", (2480, 3508), 255)
    assert unread(white, ()).of == 0
    assert unread(Image.new("L", (8, 8), 0), [Word("x", 0, 0, 1000, 1000, 1.0)]).cells == 0
