"""Batches as they come from the scanner of a mail room, and how each must be split."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import zxingcpp
from PIL import Image, ImageFilter

from adapters.post.reading.marks import SeparatorMarks
from adapters.post.separator_sheet import SheetKind, make_sheet
from adapters.post.splitting import PageKind, SplitAt
from tests.letters.degrade import degraded
from tests.letters.letter import letters
from tests.letters.sheet import HEIGHT, PAPER, WIDTH, LetterPage
from tests.letters.typeset import typeset


@dataclass(frozen=True)
class Scanned:
    """One page of a batch."""

    kind: PageKind
    letter: str = ""
    """Its letter's name; empty for separators and empty pages."""
    page: int = 0
    """Of its letter, from 1."""
    sheet: SheetKind | None = None
    text: str = "PATCHT"
    """What a separator says."""
    damages: tuple[str, ...] = ()
    code: str = ""
    """A foreign barcode that is printed on it: `qr` or `code128`."""

    def typeset(self) -> LetterPage | None:
        """Return the page as it was set, with its words; None for separators and empty pages."""
        return typeset(letters()[self.letter])[self.page - 1] if self.letter else None


@dataclass(frozen=True)
class Batch:
    """One scan file, as pages, with the truth of how it splits."""

    name: str
    pages: tuple[Scanned, ...]
    letters: tuple[tuple[int, ...], ...]
    """Page numbers from 1."""
    split_at: SplitAt = SplitAt.separators
    is_duplex: bool = False
    marks: SeparatorMarks = field(default_factory=SeparatorMarks)

    def images(self) -> Iterator[Image.Image]:
        """Yield the pages' pictures, the same each time."""
        for number, page in enumerate(self.pages, start=1):
            yield degraded(_clean(page, number), *page.damages, seed=number)

    @property
    def names(self) -> tuple[str, ...]:
        """The letters' names, in order."""
        return tuple(self.pages[pages[0] - 1].letter for pages in self.letters)


def _clean(page: Scanned, number: int) -> Image.Image:
    if page.sheet:
        return _sheet(page.sheet, page.text)
    set_page = page.typeset()
    if set_page is None:
        return _empty(number)
    return _with_code(set_page.image, page.code) if page.code else set_page.image


@lru_cache(maxsize=6)
def _sheet(kind: SheetKind, text: str) -> Image.Image:
    return make_sheet(kind, text).convert("L")


def _empty(seed: int) -> Image.Image:
    """Return the back of a sheet: the front shines through, and there is some dust."""
    names = list(letters())
    front = typeset(letters()[names[seed % len(names)]])[0].image
    through = front.transpose(Image.Transpose.FLIP_LEFT_RIGHT).filter(ImageFilter.GaussianBlur(5))
    random = np.random.default_rng(seed)
    levels = PAPER - (PAPER - np.asarray(through, dtype=np.float32)) * 0.06
    levels = levels + random.standard_normal(levels.shape, dtype=np.float32) * 2
    for _ in range(5):
        x, y = int(random.integers(50, WIDTH - 50)), int(random.integers(50, HEIGHT - 50))
        levels[y : y + 4, x : x + 3] = 90
    return Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))


def _with_code(image: Image.Image, code: str) -> Image.Image:
    """Print the sender's own barcode in the lower part of the page."""
    kinds = {"qr": zxingcpp.BarcodeFormat.QRCode, "code128": zxingcpp.BarcodeFormat.Code128}
    said = "https://betalen.voorbeeld.example/F-2026-0893" if code == "qr" else "INK-77120-0893"
    drawn = Image.fromarray(zxingcpp.write_barcode_to_image(zxingcpp.create_barcode(said, kinds[code]), scale=8))
    if code == "code128":
        drawn = drawn.resize((drawn.width, 180), Image.Resampling.NEAREST)
    out = image.copy()
    out.paste(drawn, (WIDTH - 300 - drawn.width, HEIGHT - 420 - drawn.height))
    return out


def _letter(name: str, *damages: str, code: str = "") -> tuple[Scanned, ...]:
    """Return every page of a letter."""
    pages = range(1, LONGER.get(name, 1) + 1)
    return tuple(Scanned(PageKind.words, name, page, damages=damages, code=code) for page in pages)


def _sheets(kind: SheetKind, *damages: str, text: str = "PATCHT", sides: int = 1) -> tuple[Scanned, ...]:
    return (Scanned(PageKind.separator, sheet=kind, damages=damages, text=text),) * sides


LONGER = {"viewpoint": 2}
"""Pages of the letters that have more than one: known without setting them, so that listing batches costs nothing."""
_QR, _C128, _BARS = SheetKind.qr, SheetKind.code128, SheetKind.patch_t
_EMPTY = (Scanned(PageKind.blank),)
_OWN = SeparatorMarks(texts=("HAVENDAM NIEUW",), patterns=(r"BAK-\d{1,3}",), patch_t=False)


def batches() -> tuple[Batch, ...]:
    """Return every batch."""
    return (
        Batch(
            "patch_t_sheets",
            (*_letter("objection"), *_sheets(_BARS), *_letter("viewpoint"), *_sheets(_BARS), *_letter("complaint")),
            ((1,), (3, 4), (6,)),
        ),
        Batch(
            "qr_sheets_on_top",
            (*_sheets(_QR), *_letter("application"), *_sheets(_QR), *_letter("viewpoint")),
            ((2,), (4, 5)),
        ),
        Batch(
            "code128_sheets",
            (*_letter("tree"), *_sheets(_C128), *_letter("lawyer"), *_sheets(_C128, "skewed"), *_letter("subsidy")),
            ((1,), (3,), (5,)),
        ),
        Batch(
            "sheets_of_ones_own",
            (
                *_letter("pavement"),
                *_sheets(_QR, text="HAVENDAM NIEUW"),
                *_letter("woo_request"),
                *_sheets(_C128, text="BAK-12"),
                *_letter("noise_english"),
            ),
            ((1,), (3,), (5,)),
            marks=_OWN,
        ),
        Batch(
            "empty_sheets",
            (*_letter("notice_of_default"), *_EMPTY, *_letter("viewpoint"), *_EMPTY, *_letter("tax_objection")),
            ((1,), (3, 4), (6,)),
            split_at=SplitAt.blank_sheets,
        ),
        Batch(
            "empty_sheets_both_sides",
            (
                *_letter("tree"),
                *_EMPTY,
                *_EMPTY,
                *_EMPTY,
                *_letter("viewpoint"),
                *_EMPTY,
                *_EMPTY,
                *_letter("complaint"),
            ),
            ((1,), (5, 6), (9,)),
            split_at=SplitAt.blank_sheets,
            is_duplex=True,
        ),
        Batch(
            "sheets_fed_any_way_round",
            (
                *_letter("objection", "rotated_180"),
                *_sheets(_BARS, "rotated_180"),
                *_letter("invoice"),
                *_sheets(_QR, "rotated_90", "gaussian"),
                *_letter("subsidy", "skewed"),
                *_sheets(_C128, "rotated_270", "fax"),
                *_letter("complaint", "fax"),
                *_sheets(_BARS, "skewed_left", "rotated_90"),
                *_letter("lawyer"),
            ),
            ((1,), (3,), (5,), (7,), (9,)),
        ),
        Batch(
            "foreign_barcodes",
            (
                *_letter("invoice", code="qr"),
                *_sheets(_QR),
                *_letter("lawyer", code="code128"),
                *_letter("woo_request", code="qr"),
                *_sheets(_BARS),
                *_letter("tree"),
            ),
            ((1,), (3, 4), (6,)),
        ),
        Batch(
            "two_sheets_in_a_row",
            (*_letter("application"), *_sheets(_QR), *_sheets(_BARS), *_letter("benefit_with_bsn")),
            ((1,), (4,)),
        ),
        Batch(
            "sheet_at_either_end",
            (*_sheets(_BARS), *_letter("newsletter"), *_sheets(_BARS), *_letter("pavement"), *_sheets(_BARS)),
            ((2,), (4,)),
        ),
        Batch(
            "both_sides",
            (
                *_sheets(_QR, sides=2),
                *_letter("viewpoint"),
                *_sheets(_QR, sides=2),
                *_letter("objection"),
                *_EMPTY,
                *_sheets(_QR, sides=2),
                *_letter("complaint"),
                *_EMPTY,
            ),
            ((3, 4), (7,), (11,)),
            is_duplex=True,
        ),
        Batch(
            "one_letter_a_file",
            (*_letter("viewpoint"), *_EMPTY, *_letter("objection")),
            ((1, 2, 4),),
            split_at=SplitAt.nothing,
        ),
        Batch(
            "damaged_letters",
            (
                *_letter("objection", "rotated_180"),
                *_sheets(_QR),
                *_letter("complaint", "skewed"),
                *_sheets(_QR),
                *_letter("notice_of_default", "salt_and_pepper"),
                *_sheets(_QR),
                *_letter("application", "low_contrast"),
                *_sheets(_QR),
                *_letter("woo_request", "fax"),
                *_sheets(_QR),
                *_letter("invoice", "coffee"),
                *_sheets(_QR),
                *_letter("newsletter", "jpeg"),
                *_sheets(_QR),
                *_letter("subsidy", "stamp"),
                *_sheets(_QR),
                *_letter("noise_english", "folded"),
                *_sheets(_QR),
                *_letter("lawyer", "rotated_90", "gaussian"),
            ),
            tuple((page,) for page in range(1, 20, 2)),
        ),
    )
