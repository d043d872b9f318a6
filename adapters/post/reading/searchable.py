"""The searchable PDF of a letter: its pages as they were scanned, with the words behind the picture."""

from __future__ import annotations

import contextlib
import io
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pypdfium2  # type: ignore[import-untyped]
from numpy.typing import NDArray
from pypdfium2 import raw

from adapters.post.reading.page_reading import PageReading
from adapters.post.reading.pdf_scan import PDFIUM, PdfScan
from adapters.post.reading.scan import Scan
from inbox.errors import ScanDamaged, UnreadableError

_A4_POINTS = (595.28, 841.89)
_LOOK_SCALE = 0.5
"""36 dots per inch: enough to see that words are gone."""
_SAME_GREY = 0.2
"""Mean grey levels between two looks at one page. A line of words that is gone makes 0.5 and more."""
_INVISIBLE = raw.FPDF_TEXTRENDERMODE_INVISIBLE


def searchable_pdf(scan: Scan, pages: Sequence[PageReading]) -> bytes:
    """Return a PDF of these pages of the scan, in this order, as many as there are.

    Each shows the original picture, pixel for pixel: a page of a PDF as it is, a JPEG or PNG by its own bytes, a page of a
    TIFF packed again without loss. A page that lay sideways or upside down is shown upright by the page's own /Rotate, so
    nothing of the picture is changed; a page that leaned stays as it leaned, and the words lean with it. Words are
    invisible text above the picture (text rendering mode 3, ISO 32000-1 section 9.3.6). A page whose picture cannot be
    unpacked is an empty sheet. Nothing that only other pages show is in it. Raises ScanDamaged when PDFium refuses.
    """
    with PDFIUM:
        target = pypdfium2.PdfDocument.new()
        try:
            if not _add_together(target, scan, pages):
                for reading in pages:
                    _add(target, scan, reading)
            is_part = isinstance(scan, PdfScan) and len(pages) < len(scan)
            looks = _looks(target, [0] * len(pages)) if is_part else {}
            for place, reading in enumerate(pages):
                if reading.text_pdf or reading.placed.quarters:
                    _lay_words(target, place, reading)
            if is_part:
                target = _without_others(target)
                _refuse_changed(looks, _looks(target, [reading.placed.quarters for reading in pages]))
            out = io.BytesIO()
            target.save(out)
            return out.getvalue()
        except pypdfium2.PdfiumError:
            raise ScanDamaged("no searchable PDF can be made of these pages") from None
        finally:
            target.close()


def _add_together(target: Any, scan: Scan, pages: Sequence[PageReading]) -> bool:
    """Add pages of a PDF in one go, so that what they share, such as fonts, is there once; False when none was added."""
    if not isinstance(scan, PdfScan):
        return False
    # One of them may not come out: then they are tried one by one.
    with contextlib.suppress(pypdfium2.PdfiumError):
        target.import_pages(scan.document, [reading.page.number - 1 for reading in pages])
    if len(target) == len(pages):
        return True
    while len(target):
        target.del_page(0)
    return False


def _add(target: Any, scan: Scan, reading: PageReading) -> None:
    number = reading.page.number
    before = len(target)
    try:
        if isinstance(scan, PdfScan):
            target.import_pages(scan.document, [number - 1])
        else:
            facsimile = scan.page(number).facsimile()
            if facsimile is not None:
                picture = pypdfium2.PdfDocument(facsimile)
                target.import_pages(picture)
                picture.close()
    except (UnreadableError, pypdfium2.PdfiumError):
        pass
    if len(target) == before:
        # As many pages as there were, so that nobody looks for one.
        target.new_page(*_A4_POINTS).close()


def _without_others(target: Any) -> Any:
    """Return it without what none of its pages shows; the one given is closed.

    Some programs give all pages of a file one dictionary of resources, which holds the pictures of every letter. PDFium
    takes out of it what a page does not use when the page's content has changed, and leaves what nobody names behind
    when it copies pages.
    """
    alone = pypdfium2.PdfDocument.new()
    try:
        for place in range(len(target)):
            page = target[place]
            nothing = raw.FPDFPageObj_CreateNewPath(0, 0)
            raw.FPDFPath_SetDrawMode(nothing, raw.FPDF_FILLMODE_NONE, False)
            raw.FPDFPage_InsertObject(page, nothing)
            page.gen_content()
            page.close()
        alone.import_pages(target)
    except BaseException:
        alone.close()
        raise
    target.close()
    return alone


def _looks(target: Any, quarters: Sequence[int]) -> dict[int, NDArray[np.uint8]]:
    """Return how each page looks that draws a part of itself by name, by place; turned clockwise by so many quarters."""
    looks = {}
    for place, turns in enumerate(quarters):
        page = target[place]
        if any(True for _ in page.get_objects(filter=[raw.FPDF_PAGEOBJ_FORM], max_depth=1)):
            looks[place] = (
                page.render(scale=_LOOK_SCALE, grayscale=True, rotation=90 * turns).to_numpy().squeeze().copy()
            )
        page.close()
    return looks


def _refuse_changed(before: dict[int, NDArray[np.uint8]], after: dict[int, NDArray[np.uint8]]) -> None:
    """Raise ScanDamaged when a page looks otherwise: old files let such parts use the page's fonts, unnamed."""
    for place, look in before.items():
        now = after.get(place)
        if now is None or now.shape != look.shape or np.abs(now.astype(int) - look).mean() > _SAME_GREY:
            raise ScanDamaged("a page looks otherwise without what belongs to other letters")


def _lay_words(target: Any, place: int, reading: PageReading) -> None:
    """Lay the invisible text over the page, turned as the page lies, and show the page upright."""
    page = target[place]
    rotated = page.get_rotation()
    if reading.text_pdf:
        _drop_invisible(page)
        text = pypdfium2.PdfDocument(reading.text_pdf)
        laid = text.page_as_xobject(0, target).as_pageobject()
        width, height = text[0].get_size()
        # How wide the page is seen before it is set upright, against how wide the words' own page is then.
        seen = page.get_width() / (height if reading.placed.quarters % 2 else width)
        turn = rotated - 90 * reading.placed.quarters + reading.placed.lean_degrees
        left, bottom, right, top = page.get_cropbox()
        laid.set_matrix(_about((width / 2, height / 2), ((left + right) / 2, (bottom + top) / 2), turn, seen))
        page.insert_obj(laid)
        page.gen_content()
        text.close()
    page.set_rotation((rotated - 90 * reading.placed.quarters) % 360)
    page.close()


def _drop_invisible(page: Any) -> None:
    """Take away invisible text that was not real, else a search would find both. What can be seen stays."""
    for item in list(page.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT], max_depth=1)):
        if raw.FPDFTextObj_GetTextRenderMode(item) == _INVISIBLE:
            page.remove_obj(item)


def _about(centre: tuple[float, float], onto: tuple[float, float], degrees: float, scale: float) -> pypdfium2.PdfMatrix:
    """Return the matrix that turns counter-clockwise and scales about one point and brings it onto another."""
    cosine, sine = scale * math.cos(math.radians(degrees)), scale * math.sin(math.radians(degrees))
    across = onto[0] - (cosine * centre[0] - sine * centre[1])
    up = onto[1] - (sine * centre[0] + cosine * centre[1])
    return pypdfium2.PdfMatrix(cosine, sine, -sine, cosine, across, up)
