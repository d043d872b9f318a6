"""A scan file, opened: its pages one by one, each as a picture, whatever the kind of file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from adapters.post.reading.settings import PageReaderSettings
from inbox.errors import EmptyFile, NotAScan, TooLarge

if TYPE_CHECKING:
    from PIL.Image import Image

    from adapters.post.reading.word import Word

DPI = 300
"""Of every picture that is read: what tesseract was trained for."""

_PDF_WITHIN_BYTES = 1024
"""Readers accept junk before `%PDF-` up to here (ISO 32000-1 annex H.3.4.1)."""
_TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_PICTURES = ((b"\xff\xd8\xff", "JPEG"), (b"\x89PNG\r\n\x1a\n", "PNG"), *((mark, "TIFF") for mark in _TIFF))
_SERIES = b"PK\x03\x04"
MEDIA_TYPES = {
    "PDF": "application/pdf",
    "TIFF": "image/tiff",
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "ZIP": "application/zip",
}
"""By the kind of a scan."""


class ScanPage(Protocol):
    """One page of a scan. Nothing is unpacked before it is asked for; safe from any thread."""

    number: int
    """In the scan file, from 1."""

    def layer(self) -> tuple[Word, ...]:
        """Return the words of its text layer if it has one that is real, else none. Raises UnreadableError."""

    def picture(self) -> Image:
        """Return the page as it lies in the file, grey (mode L), at DPI. Raises UnreadableError."""

    def facsimile(self) -> bytes | None:
        """Return a PDF of one page with the original picture, pixel for pixel; None when the scan itself is a PDF.

        Raises UnreadableError.
        """


class Scan(Protocol):
    """An opened scan file; the bytes are held until it is closed."""

    kind: str
    """`PDF`, `TIFF`, `JPEG`, `PNG`, or `ZIP` of a series, by its content."""
    content: bytes

    def __len__(self) -> int:
        """Return the number of pages."""

    def page(self, number: int) -> ScanPage:
        """Return a page, from 1."""

    def close(self) -> None:
        """Let go of it. Safe to call twice."""


def pages_of(scan: Scan) -> Iterator[ScanPage]:
    """Yield every page, in order; nothing of a page is unpacked by that."""
    for number in range(1, len(scan) + 1):
        yield scan.page(number)


def kind_of(content: bytes) -> str:
    """Return `PDF`, `TIFF`, `JPEG`, `PNG` or `ZIP`, or nothing when the bytes are none of them."""
    for mark, kind in (*_PICTURES, (_SERIES, "ZIP")):
        if content.startswith(mark):
            return kind
    return "PDF" if b"%PDF-" in content[:_PDF_WITHIN_BYTES] else ""


def refuse_size(size_bytes: int, settings: PageReaderSettings) -> None:
    """Raise TooLarge when a file has more bytes than are read."""
    if size_bytes > settings.size_bytes:
        raise TooLarge(f"{size_bytes} bytes: scans are read up to {settings.size_bytes}")


def open_scan(content: bytes, settings: PageReaderSettings | None = None) -> Scan:
    """Return the scan that the bytes hold; `contextlib.closing` closes it.

    Raises EmptyFile, NotAScan, ScanLocked, ScanDamaged, TooManyPages or PictureTooLarge, and TooLarge over the limit
    of bytes; nothing of the pages is unpacked before.
    """
    settings = settings or PageReaderSettings()
    if not content:
        raise EmptyFile("the file holds no bytes")
    refuse_size(len(content), settings)
    kind = kind_of(content)
    if kind == "PDF":
        from adapters.post.reading.pdf_scan import PdfScan

        return PdfScan(content, settings)
    if kind == "ZIP":
        from adapters.post.reading.series_scan import SeriesScan

        return SeriesScan(content, settings)
    if kind:
        from adapters.post.reading.picture_scan import PictureScan

        return PictureScan(content, kind, settings)
    raise NotAScan("the file is no PDF, TIFF, JPEG or PNG, whatever its name says")
