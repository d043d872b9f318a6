"""The PDF of one letter: searchable where that can be made, and always one that shows every page."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

import pypdfium2  # type: ignore[import-untyped]
from PIL import Image

from adapters.post.reading.page_reading import PageReading
from adapters.post.reading.pdf_scan import PDFIUM
from adapters.post.reading.scan import DPI, Scan
from adapters.post.reading.searchable import searchable_pdf
from inbox.errors import UnreadableError

_A4_PIXELS = (2480, 3508)


def letter_pdf(scan: Scan, pages: Sequence[PageReading]) -> tuple[bytes, bool]:
    """Return a PDF of these pages of the scan, as many as there are, and whether their words can be searched for.

    Searchable; else the original pages alone; else pictures of them in grey. A page that cannot even be drawn is an
    empty sheet. Never raises for what stands in the pages.
    """
    for made_of, is_searchable in ((pages, True), ([_bare(page) for page in pages], False)):
        try:
            made = searchable_pdf(scan, made_of)
        except Exception:  # noqa: BLE001, S112 - no letter is lost for its PDF: the next way shows it too
            continue
        if _shows(made, len(pages)):
            return made, is_searchable
    return _pictured(scan, pages), False


def _bare(page: PageReading) -> PageReading:
    """Return it without what would be laid over the picture."""
    return PageReading(page.page, page.words)


def _shows(content: bytes, pages: int) -> bool:
    """Return whether it can be opened and has so many pages."""
    with PDFIUM:
        try:
            document = pypdfium2.PdfDocument(content)
        except pypdfium2.PdfiumError:
            return False
        try:
            return len(document) == pages
        finally:
            document.close()


def _pictured(scan: Scan, pages: Sequence[PageReading]) -> bytes:
    pictures = _pictures(scan, pages)
    out = io.BytesIO()
    next(pictures).save(out, "PDF", resolution=DPI, save_all=True, append_images=pictures)
    return out.getvalue()


def _pictures(scan: Scan, pages: Sequence[PageReading]) -> Iterator[Image.Image]:
    for page in pages:
        try:
            yield scan.page(page.page.number).picture()
        except UnreadableError:
            yield Image.new("L", _A4_PIXELS, 255)
