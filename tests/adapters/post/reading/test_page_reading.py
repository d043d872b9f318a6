"""Pages as scanners deliver them, through real tesseract."""

from __future__ import annotations

import time
from contextlib import closing

import pytest
from PIL import Image, ImageFilter

from adapters.post.reading.ocr import recognise
from adapters.post.reading.page_reading import PageReading, read_page
from adapters.post.reading.scan import open_scan
from adapters.post.reading.settings import PageReaderSettings
from inbox.errors import OutOfTime, SettingsInvalid
from inbox.reading import PageSource
from tests.adapters.post.reading.sheets import LETTER, noise, packed, pdf, scrawl, sheet, speckled, turned
from tests.adapters.post.reading.test_text_layer import SPACED

WORDS = LETTER.split()


def read(content: bytes, settings: PageReaderSettings | None = None) -> PageReading:
    with closing(open_scan(content, settings)) as scan:
        return read_page(scan.page(1), settings)


def found_share(reading: PageReading) -> float:
    """Return the share of the letter's words that were read, letter by letter."""
    there = reading.words.text.split()
    return sum(word in there for word in WORDS) / len(WORDS)


def test_an_upright_page_is_read_with_figures_that_say_so() -> None:
    reading = read(packed(sheet()))
    page = reading.page
    assert found_share(reading) > 0.95
    assert page.read_from is PageSource.ocr
    assert page.confidence > 0.9
    assert page.weak_share < 0.1
    assert page.dutch_share > 0.8
    assert page.remarks == ()
    first = reading.words.words[0]
    assert first.text == "Gemeente"
    assert abs(first.left - 1000 * 150 / 1500) < 10


@pytest.mark.parametrize("clockwise", [90, 180, 270])
def test_a_page_that_lay_otherwise_is_turned(clockwise: int) -> None:
    reading = read(packed(turned(sheet(), clockwise)))
    assert f"rotated_{clockwise}" in reading.page.remarks
    assert found_share(reading) > 0.95


@pytest.mark.parametrize("lean", [3, -3])
def test_a_page_that_leans_is_straightened(lean: int) -> None:
    reading = read(packed(turned(sheet(), lean)))
    assert "skewed" in reading.page.remarks
    assert abs(reading.placed.lean_degrees + lean) <= 0.2
    assert found_share(reading) > 0.9


def test_a_sideways_page_that_leans_is_both() -> None:
    reading = read(packed(turned(turned(sheet(), 2), 270)))
    assert {"rotated_270", "skewed"} <= set(reading.page.remarks)
    assert found_share(reading) > 0.9


def test_a_letter_in_english_is_read_in_english() -> None:
    english = (
        "Dear Sir or Madam,\n\nI am writing to you about the noise in our street.\nThe neighbours should know better."
    )
    reading = read(packed(sheet(english)))
    assert reading.words.text.split() == english.split()
    assert reading.page.dutch_share < 0.6


def test_specks_are_taken_away() -> None:
    reading = read(packed(speckled(sheet())))
    assert "speckled" in reading.page.remarks
    assert found_share(reading) > 0.85


def test_a_pale_page_is_stretched() -> None:
    reading = read(packed(sheet(grey=190, paper=225)))
    assert "pale" in reading.page.remarks
    assert found_share(reading) > 0.9


def test_a_page_in_uneven_light_is_evened() -> None:
    light = Image.linear_gradient("L").resize(sheet().size).point(lambda grey: 90 + grey * 150 // 255)
    shaded = Image.composite(light, Image.new("L", light.size, 40), sheet().filter(ImageFilter.GaussianBlur(0.5)))
    reading = read(packed(shaded))
    assert "uneven" in reading.page.remarks
    assert found_share(reading) > 0.85


def test_nothing_is_recognised_on_a_blank_page() -> None:
    dusty = speckled(Image.new("L", (1500, 1650), 250), 0.0005)
    for picture in (Image.new("L", (1500, 1650), 255), dusty):
        reading = read(packed(picture))
        assert reading.page.read_from is PageSource.blank
        assert reading.page.words == 0


def test_a_page_with_one_word_is_not_blank() -> None:
    assert read(packed(sheet("Nee"))).page.read_from is PageSource.ocr


def test_noise_gives_no_words_to_trust() -> None:
    page = read(packed(noise())).page
    assert page.read_from in (PageSource.ocr, PageSource.blank)
    assert page.words == 0 or page.weak_share > 0.5
    assert "handwriting" not in page.remarks


def test_handwriting_is_known_by_its_figures() -> None:
    page = read(packed(scrawl())).page
    assert "handwriting" in page.remarks
    assert "handwriting" not in read(packed(sheet())).page.remarks


def test_a_real_text_layer_is_read_without_ocr() -> None:
    reading = read(pdf([LETTER]), PageReaderSettings(languages=("xyz",)))
    assert reading.page.read_from is PageSource.text_layer
    assert reading.page.confidence == 1
    assert reading.page.dutch_share > 0.8
    assert reading.words.text.split() == WORDS


def test_behind_a_broken_text_layer_the_picture_is_read() -> None:
    reading = read(pdf([(sheet(), SPACED)]))
    assert reading.page.read_from is PageSource.ocr
    assert found_share(reading) > 0.95


def test_a_broken_page_is_unreadable_and_says_why() -> None:
    content = packed(sheet(), "JPEG")
    reading = read(content[: len(content) // 2])
    assert reading.page.read_from is PageSource.unreadable
    assert reading.page.remarks == ("scan_damaged",)


def test_a_page_that_takes_too_long_is_left() -> None:
    started = time.monotonic()
    reading = read(packed(sheet()), PageReaderSettings(seconds_per_page=0.15))
    assert time.monotonic() - started < 3
    assert reading.page.read_from is PageSource.unreadable
    assert reading.page.remarks == ("out_of_time",)


def test_tesseract_is_ended_when_its_time_is_up() -> None:
    started = time.monotonic()
    with pytest.raises(OutOfTime):
        recognise(sheet(), ("nld",), 0.1)
    assert time.monotonic() - started < 2


def test_a_language_without_data_is_a_fault_of_the_settings() -> None:
    with pytest.raises(SettingsInvalid, match="xyz"):
        read(packed(sheet()), PageReaderSettings(languages=("nld", "xyz")))


def test_a_separator_sheet_is_not_recognised_further() -> None:
    with closing(open_scan(packed(sheet()))) as scan:
        reading = read_page(scan.page(1), separator_code=lambda picture: "PATCHT" if picture.width > 100 else "")
    assert (reading.page.read_from, reading.separator) == (PageSource.separator, "PATCHT")
