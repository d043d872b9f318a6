"""A series gives the pages of all its files; one that cannot be opened costs its own page only."""

from __future__ import annotations

import io
from contextlib import closing, suppress
from datetime import date
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.post.reading.device import device_of
from adapters.post.reading.read import read_scan
from adapters.post.reading.scan import open_scan, pages_of
from adapters.post.reading.settings import PageReaderSettings
from inbox.errors import NotAScan, PictureTooLarge, ScanDamaged, TooManyPages, UnreadableError
from inbox.reading import PageSource
from tests.adapters.post.reading.sheets import packed, pdf, png_bomb, sheet, tiff
from tests.letters.files import as_jpeg, as_png
from tests.letters.letter import letters
from tests.letters.typeset import typeset

SMALL = sheet("Geachte heer", size=(600, 400))


def series(*files: tuple[str, bytes], packing: int = ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with ZipFile(out, "w", packing) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return out.getvalue()


THREE = series(("1.jpg", packed(SMALL, "JPEG")), ("2.tif", tiff([SMALL, SMALL])), ("3.png", packed(SMALL)))


def test_the_pages_of_all_files_are_counted_through() -> None:
    with closing(open_scan(THREE)) as scan:
        assert (scan.kind, len(scan)) == ("ZIP", 4)
        assert [page.number for page in pages_of(scan)] == [1, 2, 3, 4]
        assert all(page.picture().mode == "L" for page in pages_of(scan))
        assert all((page.facsimile() or b"").startswith(b"%PDF-") for page in pages_of(scan))
        assert {page.layer() for page in pages_of(scan)} == {()}


@pytest.mark.parametrize(
    ("held", "named"),
    [
        (b"", NotAScan),
        (packed(SMALL)[:20], ScanDamaged),
        (pdf(["Geachte heer, mevrouw"]), NotAScan),
        (png_bomb(), PictureTooLarge),
        (THREE, NotAScan),
    ],
)
def test_a_file_that_is_no_picture_is_one_page_that_cannot_be_read(held: bytes, named: type[UnreadableError]) -> None:
    with closing(open_scan(series(("1.png", packed(SMALL)), ("2.png", held), ("3.png", packed(SMALL))))) as scan:
        assert len(scan) == 3
        for ask in ("picture", "facsimile", "layer"):
            with pytest.raises(named):
                getattr(scan.page(2), ask)()
        scan.page(3).picture()


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (series(), NotAScan),
        (series(("index.xml", b"<scan/>")), NotAScan),
        (series(("1.png", b"")), NotAScan),
        (series(("1.png", packed(SMALL)), packing=ZIP_DEFLATED), NotAScan),
        (THREE[:-30], NotAScan),
        (THREE.replace(b"IHDR", b"IHDS"), ScanDamaged),
    ],
)
def test_what_is_no_series_has_a_name(content: bytes, named: type[UnreadableError]) -> None:
    with pytest.raises(named):
        open_scan(content)


def test_what_scanners_write_about_a_scan_is_no_page() -> None:
    with closing(open_scan(series(("1.png", packed(SMALL)), ("2.xml", b"<scan/>")))) as scan:
        assert len(scan) == 1


def test_too_many_pages_are_refused() -> None:
    with pytest.raises(TooManyPages):
        open_scan(THREE, PageReaderSettings(pages=3))


def test_its_first_file_says_what_scanned_it() -> None:
    with closing(open_scan(series(("1.jpg", b"broken"), ("2.png", packed(SMALL, dpi=(200, 200)))))) as scan:
        assert dict(device_of(scan))["dpi"] == "200"


def test_a_letter_of_two_files_is_read_as_one() -> None:
    first, second = (page.image for page in typeset(letters()["viewpoint"]))
    found = read_scan(series(("1.jpg", as_jpeg(first)), ("2.png", as_png(second))), date(2026, 11, 26))
    [letter] = found.letters
    assert [page.read_from for page in letter.pages] == [PageSource.ocr, PageSource.ocr]
    assert found.split.letters == ((1, 2),)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_damaged_ones_are_refused_by_name_or_give_their_pages(data: st.DataObject) -> None:
    content = bytearray(THREE)
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=20)):
        content[place] = data.draw(st.integers(0, 255))
    try:
        with closing(open_scan(bytes(content))) as scan:
            for page in pages_of(scan):
                with suppress(UnreadableError):
                    page.picture()
    except UnreadableError:
        pass
