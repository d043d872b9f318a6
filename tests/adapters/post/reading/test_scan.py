"""A scan file gives its pages, or says in one word why not."""

from __future__ import annotations

import time
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from adapters.post.reading.scan import open_scan, pages_of
from adapters.post.reading.settings import PageReaderSettings
from inbox.errors import (
    EmptyFile,
    NotAScan,
    PictureTooLarge,
    ScanDamaged,
    ScanLocked,
    TooLarge,
    TooManyPages,
    UnreadableError,
)
from tests.adapters.post.reading.sheets import packed, pdf, png_bomb, sheet, tiff

SMALL = sheet("Geachte heer", size=(600, 400))
SEEDS = [
    packed(SMALL),
    packed(SMALL, "JPEG"),
    tiff([SMALL, SMALL]),
    tiff([SMALL.convert("1")] * 3, compression="group4"),
    pdf(["Geachte heer, mevrouw", SMALL]),
]


@pytest.mark.parametrize(
    ("content", "kind", "count"),
    [
        (packed(SMALL), "PNG", 1),
        (packed(SMALL, "JPEG"), "JPEG", 1),
        (tiff([SMALL] * 3), "TIFF", 3),
        (b"junk before\n" + pdf(["een", "twee"]), "PDF", 2),
    ],
)
def test_the_kind_is_told_by_content_and_pages_are_counted(content: bytes, kind: str, count: int) -> None:
    with closing(open_scan(content)) as scan:
        assert (scan.kind, len(scan)) == (kind, count)
        pictures = [page.picture() for page in pages_of(scan)]
        assert all(picture.mode == "L" for picture in pictures)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (b"", EmptyFile),
        (b"PK\x03\x04 a letter.docx", NotAScan),
        (pdf(["Geachte heer"], encrypted=True), ScanLocked),
        (b"%PDF-1.7\nno more came", ScanDamaged),
        (pdf([SMALL])[:100], ScanDamaged),
        (packed(SMALL)[:20], ScanDamaged),
        (packed(SMALL, "JPEG")[:30], ScanDamaged),
        (tiff([SMALL])[:60], ScanDamaged),
        (png_bomb(), PictureTooLarge),
        (png_bomb(9_100, 9_100), PictureTooLarge),
    ],
)
def test_what_is_no_good_scan_has_a_name(content: bytes, named: type[UnreadableError]) -> None:
    started = time.process_time()
    with pytest.raises(named):
        open_scan(content)
    assert time.process_time() - started < 2


def test_limits_are_kept_before_any_page_is_unpacked() -> None:
    few = PageReaderSettings(pages=2)
    with pytest.raises(TooManyPages):
        open_scan(pdf(["een"] * 3), few)
    with pytest.raises(TooManyPages):
        open_scan(tiff([SMALL] * 3), few)
    with pytest.raises(TooLarge):
        open_scan(packed(SMALL), PageReaderSettings(size_bytes=100))


def test_two_thousand_pages_are_refused_at_once() -> None:
    content = pdf(["x"] * 2000)
    started = time.process_time()
    with pytest.raises(TooManyPages):
        open_scan(content)
    assert time.process_time() - started < 2


def test_the_limit_on_pictures_of_everybody_else_stays_what_it_was() -> None:
    before = Image.MAX_IMAGE_PIXELS
    with pytest.raises(PictureTooLarge):
        open_scan(png_bomb())
    assert before == Image.MAX_IMAGE_PIXELS


def test_a_truncated_picture_is_a_damaged_page() -> None:
    for content in (packed(sheet(), "JPEG"), packed(sheet())):
        with closing(open_scan(content[: len(content) // 2])) as scan, pytest.raises(ScanDamaged):
            scan.page(1).picture()


def test_the_good_pages_of_a_broken_tiff_are_kept() -> None:
    whole = tiff([SMALL, SMALL, SMALL], compression="raw")
    with closing(open_scan(whole[: len(whole) - 50_000])) as scan:
        assert len(scan) >= 2
        assert scan.page(1).picture().size == SMALL.size
        with pytest.raises(ScanDamaged):
            scan.page(len(scan)).picture()


def test_a_bomb_inside_a_pdf_is_a_page_that_is_not_drawn() -> None:
    with (
        closing(open_scan(pdf([SMALL]), PageReaderSettings(pixels_per_page=10_000))) as scan,
        pytest.raises(PictureTooLarge),
    ):
        scan.page(1).picture()


def test_pictures_come_at_300_dots_per_inch_with_square_pixels() -> None:
    fax = Image.new("1", (1728, 1150), 1)
    with closing(open_scan(packed(fax, "TIFF", dpi=(204, 98)))) as scan:
        width, height = scan.page(1).picture().size
    assert abs(width - 1728 * 300 / 204) < 3
    assert abs(height - 1150 * 300 / 98) < 3


@settings(max_examples=120, deadline=10_000, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_any_bytes_give_pages_or_a_named_error(data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(SEEDS)))
    for _ in range(data.draw(st.integers(0, 12))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))
    _walk(bytes(content[:cut]))


@settings(max_examples=100, deadline=10_000, suppress_health_check=list(HealthCheck))
@given(
    st.sampled_from([b"", b"%PDF-", b"II*\x00", b"MM\x00*", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"]),
    st.binary(max_size=400),
)
def test_any_bytes_behind_any_mark_give_pages_or_a_named_error(mark: bytes, rest: bytes) -> None:
    _walk(mark + rest)


def _walk(content: bytes) -> None:
    limits = PageReaderSettings(pages=20, pixels_per_page=4_000_000)
    try:
        scan = open_scan(content, limits)
    except UnreadableError:
        return
    with closing(scan):
        for page in pages_of(scan):
            try:
                page.layer()
                page.picture()
                page.facsimile()
            except UnreadableError:
                continue
