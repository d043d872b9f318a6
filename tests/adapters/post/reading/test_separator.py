"""Separator sheets are told from letters, however they were fed and scanned."""

from __future__ import annotations

import time

import numpy as np
import pytest
import zxingcpp
from PIL import Image

from adapters.post.reading.dark_spots import dark_spot
from adapters.post.reading.marks import SeparatorMarks
from adapters.post.reading.patch_code import has_patch_t
from adapters.post.reading.separator import SeparatorReader
from adapters.post.separator_sheet import SheetKind, make_sheet
from inbox.errors import PatternInvalid
from tests.letters.degrade import degraded

READER = SeparatorReader()
DAMAGES = [
    (),
    ("rotated_90",),
    ("rotated_180",),
    ("rotated_270",),
    ("skewed",),
    ("skewed_left", "rotated_180"),
    ("salt_and_pepper",),
    ("gaussian",),
    ("low_contrast",),
    ("jpeg",),
    ("folded",),
    ("coffee", "stamp"),
    ("fax",),
    ("skewed", "fax"),
    ("skewed", "gaussian", "rotated_90", "fax"),
    ("skewed_left", "salt_and_pepper", "rotated_180"),
]


@pytest.fixture(scope="module", params=list(SheetKind))
def sheet(request: pytest.FixtureRequest) -> Image.Image:
    return make_sheet(request.param).convert("L")


def with_code(text: str, kind: zxingcpp.BarcodeFormat, millimetres: int) -> Image.Image:
    """Return an A4 page at 300 dpi with one small code, such as an archive's own sheet."""
    page = Image.new("L", (2480, 3508), 250)
    plain = Image.fromarray(zxingcpp.write_barcode_to_image(zxingcpp.create_barcode(text, kind)))
    width = round(millimetres / 25.4 * 300)
    height = width if plain.height > plain.width * 0.8 else 180
    page.paste(plain.resize((width, height), Image.Resampling.NEAREST), (900, 700))
    return page


@pytest.mark.parametrize("names", DAMAGES, ids=lambda names: "+".join(names) or "clean")
def test_our_sheets_are_recognised_after_a_hard_life(sheet: Image.Image, names: tuple[str, ...]) -> None:
    assert READER.mark_on(degraded(sheet, *names, seed=3)) == "PATCHT"


@pytest.mark.parametrize("dpi", [150, 200, 240, 300])
def test_our_sheets_are_recognised_at_each_resolution(sheet: Image.Image, dpi: int) -> None:
    size = (sheet.width * dpi // 300, sheet.height * dpi // 300)
    assert READER.mark_on(sheet.resize(size, Image.Resampling.BILINEAR)) == "PATCHT"


@pytest.mark.parametrize("mode", ["1", "RGB", "RGBA", "P"])
def test_pages_in_any_mode_are_taken(mode: str) -> None:
    assert READER.mark_on(make_sheet().convert(mode)) == "PATCHT"


@pytest.mark.parametrize(
    ("kind", "millimetres"),
    [
        (zxingcpp.BarcodeFormat.QRCode, 14),
        (zxingcpp.BarcodeFormat.DataMatrix, 12),
        (zxingcpp.BarcodeFormat.Code128, 45),
        (zxingcpp.BarcodeFormat.Code39, 70),
    ],
)
def test_a_small_code_of_another_program_is_enough(kind: zxingcpp.BarcodeFormat, millimetres: int) -> None:
    page = with_code("PATCHT", kind, millimetres)
    assert READER.mark_on(page) == "PATCHT"
    assert READER.mark_on(degraded(page, "skewed", "rotated_270")) == "PATCHT"


def test_a_foreign_code_is_part_of_its_letter() -> None:
    for text in ("https://betalen.voorbeeld.example/F-2026-118", "PATCHT-2", "patcht", "3SABCD123456789"):
        assert READER.mark_on(with_code(text, zxingcpp.BarcodeFormat.QRCode, 30)) is None
        assert READER.mark_on(with_code(text, zxingcpp.BarcodeFormat.Code128, 80)) is None


def test_own_texts_and_patterns_replace_the_usual_one() -> None:
    reader = SeparatorReader(SeparatorMarks(texts=("NIEUWE BRIEF",), patterns=(r"BAK-\d{2}",), patch_t=False))
    seen = {
        text: reader.mark_on(with_code(text, zxingcpp.BarcodeFormat.QRCode, 25))
        for text in ("NIEUWE BRIEF", "BAK-07", "BAK-071", "xBAK-07", "PATCHT")
    }
    assert seen == {
        "NIEUWE BRIEF": "NIEUWE BRIEF",
        "BAK-07": "BAK-07",
        "BAK-071": None,
        "xBAK-07": None,
        "PATCHT": None,
    }
    assert reader.mark_on(make_sheet(SheetKind.patch_t)) is None


def test_a_pattern_that_re2_refuses_is_named() -> None:
    with pytest.raises(PatternInvalid, match=r"\(\?="):
        SeparatorReader(SeparatorMarks(patterns=("(?=x)",)))


def test_other_patch_codes_and_thick_lines_are_no_patch_t() -> None:
    for bars in ("wwnn", "wnnw", "nwwn", "nnww", "nnnn", "wwww"):
        page = Image.new("L", (2480, 3508), 255)
        top = 300
        for bar in bars:
            height = {"n": 24, "w": 60}[bar]
            page.paste(0, (800, top, 1700, top + height))
            top += height + 24
        assert READER.mark_on(page) is None, bars


@pytest.mark.parametrize("text", ["HAVENDAM NIEUW", "0000000000", "BAK-12", "11|11|11", "zzzzzz", "F-2026-0893"])
def test_large_barcodes_are_no_patch_t(text: str) -> None:
    for size in (300, 150):
        sheet = make_sheet(SheetKind.code128, text).convert("L").resize((2480 * size // 300, 3508 * size // 300))
        assert READER.mark_on(sheet) is None
        assert READER.mark_on(sheet.rotate(90, expand=True)) is None
        assert not has_patch_t(sheet, max(sheet.size) / 297)
    assert not has_patch_t(make_sheet(SheetKind.qr, text).convert("L"), 3508 / 297)


def test_a_page_of_noise_or_stripes_costs_little_and_is_no_separator() -> None:
    random = np.random.default_rng(1)
    noise = random.integers(0, 256, (3508, 2480), dtype=np.uint8)
    coarse = np.kron(random.integers(0, 2, (439, 310), dtype=np.uint8) * np.uint8(255), np.ones((8, 8), np.uint8))
    stripes = np.tile((np.arange(2480) // 24 % 2 * 255).astype(np.uint8), (3508, 1))
    for levels in (noise, np.where(noise > 127, 255, 0).astype(np.uint8), coarse, stripes):
        began = time.process_time()
        assert READER.mark_on(Image.fromarray(levels)) is None
        assert time.process_time() - began < 5  # most of it is the barcode library's; measured: 0.3 to 1.5


def test_an_empty_page_and_a_speck_of_a_page_have_no_dark_spot() -> None:
    assert dark_spot(Image.new("L", (2480, 3508), 240)) is None
    assert READER.mark_on(Image.new("L", (1, 1))) is None
    assert READER.mark_on(Image.new("L", (30, 3000))) is None
