"""A whole scan file: its pages in order, and the PDF that is made of them."""

from __future__ import annotations

import io
from contextlib import closing

import numpy as np
import pdfplumber
import pypdfium2
import pytest
from PIL import Image

from adapters.post.reading.page_reading import PageReading
from adapters.post.reading.pages import read_pages
from adapters.post.reading.scan import open_scan
from adapters.post.reading.searchable import searchable_pdf
from adapters.post.reading.settings import PageReaderSettings
from inbox.errors import SettingsInvalid
from inbox.reading import PageSource
from tests.adapters.post.reading.sheets import LETTER, packed, pdf, sheet, tiff, turned
from tests.adapters.post.reading.test_text_layer import SPACED

BLANK = Image.new("L", (1500, 1650), 255)


def made_of(content: bytes) -> tuple[list[PageReading], bytes]:
    with closing(open_scan(content)) as scan:
        readings = list(read_pages(scan))
        return readings, searchable_pdf(scan, readings)


def drawn(content: bytes, place: int = 0) -> Image.Image:
    document = pypdfium2.PdfDocument(content)
    picture = document[place].render(scale=300 / 72, grayscale=True).to_pil().copy()
    document.close()
    return picture


def test_pages_come_in_order_and_progress_is_told() -> None:
    told: list[tuple[int, int]] = []
    pages = [sheet("Dit is de eerste bladzijde"), BLANK, sheet("Dit is de derde bladzijde"), BLANK]
    with closing(open_scan(tiff(pages))) as scan:
        readings = list(read_pages(scan, progress=lambda done, of: told.append((done, of))))
    assert [reading.page.number for reading in readings] == [1, 2, 3, 4]
    assert [reading.words.text for reading in readings] == [
        "Dit is de eerste bladzijde", "", "Dit is de derde bladzijde", "",
    ]  # fmt: skip
    assert told == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_broken_page_among_good_ones_loses_none_of_them() -> None:
    content = pdf([sheet("Dit is de brief"), sheet("Kapot"), BLANK])
    start = content.index(b"/DCTDecode", content.index(b"/DCTDecode") + 20)
    broken = content[: start + 60] + b"\x00" * 400 + content[start + 460 :]
    readings, joined = made_of(broken)
    assert [reading.page.number for reading in readings] == [1, 2, 3]
    assert readings[0].words.text == "Dit is de brief"
    assert readings[2].page.read_from is PageSource.blank
    assert len(pypdfium2.PdfDocument(joined)) == 3


def test_a_language_without_data_is_said_before_any_page() -> None:
    with closing(open_scan(packed(BLANK))) as scan, pytest.raises(SettingsInvalid):
        next(read_pages(scan, PageReaderSettings(languages=("xyz",))))


def test_no_more_pages_are_held_than_are_being_read() -> None:
    asked: list[int] = []
    with closing(open_scan(tiff([BLANK.convert("1")] * 40))) as scan:
        page_of = scan.page
        scan.page = lambda number: (asked.append(number), page_of(number))[1]  # type: ignore[method-assign]
        walk = read_pages(scan, PageReaderSettings(at_once=2))
        next(walk)
        assert max(asked) <= 5
        walk.close()


LIES = [0, 90, 180, 270, 3]


@pytest.mark.parametrize(
    ("kind", "clockwise"),
    [("PDF", lie) for lie in LIES]
    + [("PNG", lie) for lie in LIES]
    + [(kind, 90) for kind in ("JPEG", "TIFF", "TIFF of two tones")],
)
def test_the_searchable_pdf_shows_the_original_and_finds_the_words(kind: str, clockwise: int) -> None:
    text = "Geachte heer mevrouw\nik maak bezwaar tegen\nuw besluit van gisteren\nde vergunning voor het\nbouwen van een huis"
    picture = turned(sheet(text), clockwise)
    if kind == "TIFF of two tones":
        picture = picture.convert("1", dither=Image.Dither.NONE)
    contents = {"PDF": lambda: pdf([picture]), "TIFF of two tones": lambda: packed(picture, "TIFF")}
    (reading,), joined = made_of(contents.get(kind, lambda: packed(picture, kind))())
    with pdfplumber.open(io.BytesIO(joined)) as document:
        words = document.pages[0].extract_text()
    assert "bezwaar" in words
    quarter = clockwise if clockwise % 90 == 0 else 0
    shown, lay = drawn(joined), turned(picture.convert("L"), -quarter)
    assert abs(shown.width - lay.width) <= 2
    assert abs(shown.height - lay.height) <= 2
    difference = np.abs(np.asarray(shown.resize(lay.size)).astype(int) - np.asarray(lay).astype(int))
    assert difference.mean() < 3
    # The word lies where its ink is.
    page = pypdfium2.PdfDocument(joined)[0]
    search = page.get_textpage().search("bezwaar")
    index, count = search.get_next()
    boxes = [page.get_textpage().get_charbox(place) for place in range(index, index + count)]
    assert all(right > left and top > bottom for left, bottom, right, top in boxes)
    ink = np.asarray(picture.convert("L")) < 128
    height = page.get_mediabox()[3]
    scale = 300 / 72
    covered = [
        ink[int((height - top) * scale) : int((height - bottom) * scale) + 1, int(left * scale) : int(right * scale) + 1].any()
        for left, bottom, right, top in boxes
    ]  # fmt: skip
    assert sum(covered) >= len(covered) - 1
    assert reading.page.words > 10


def test_the_bytes_of_a_png_and_a_jpeg_go_into_the_pdf_as_they_are() -> None:
    jpeg, png = packed(sheet(), "JPEG"), packed(sheet())
    assert jpeg in made_of(jpeg)[1]
    assert png[png.index(b"IDAT") + 4 :][:2000] in made_of(png)[1]


def test_invisible_text_that_was_not_real_is_replaced() -> None:
    _, joined = made_of(pdf([(sheet(), SPACED)]))
    with pdfplumber.open(io.BytesIO(joined)) as document:
        words = document.pages[0].extract_text()
    assert "bezwaar" in words
    assert "b e z w a a r" not in words


def test_a_page_with_a_text_layer_goes_out_as_it_came() -> None:
    (reading,), joined = made_of(pdf([LETTER]))
    assert reading.text_pdf == b""
    with pdfplumber.open(io.BytesIO(joined)) as document:
        assert document.pages[0].extract_text().split() == LETTER.split()
