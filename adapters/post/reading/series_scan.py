"""A series as a scan: a ZIP with a picture file for each page, or for some pages, in order."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING
from zipfile import ZIP_STORED, BadZipFile, ZipFile

from adapters.post.reading.picture_scan import PictureScan
from adapters.post.reading.scan import kind_of
from adapters.post.reading.settings import PageReaderSettings
from inbox.errors import NotAScan, ScanDamaged, TooManyPages, UnreadableError

if TYPE_CHECKING:
    from PIL.Image import Image

    from adapters.post.reading.scan import ScanPage
    from adapters.post.reading.word import Word

_PICTURES = frozenset({"TIFF", "JPEG", "PNG"})
"""A PDF may hold letters that belong apart: it comes as a file of its own. In a series it is a page that is not read."""
_WORDS_ABOUT = (".csv", ".ini", ".json", ".log", ".txt", ".xml")
"""Endings of what scanners write down about a scan: kept with it, and no page."""


class SeriesScan:
    """All pages of all files. A file that cannot be opened is a page that cannot be read: the others go on."""

    kind = "ZIP"

    def __init__(self, content: bytes, settings: PageReaderSettings) -> None:
        """Look into every file's header. Raises NotAScan, ScanDamaged or TooManyPages."""
        self.content = content
        self._scans: list[PictureScan] = []
        self._pages: list[ScanPage] = []
        try:
            for name, held in _files(content):
                if name.lower().endswith(_WORDS_ABOUT):
                    continue
                self._take(held, settings)
                if len(self._pages) > settings.pages:
                    raise TooManyPages(f"more than {settings.pages} pages: scan files are read up to there")
            if not self._scans:
                raise NotAScan("the series holds no TIFF, JPEG or PNG that can be opened")
        except UnreadableError:
            self.close()
            raise

    def _take(self, held: bytes, settings: PageReaderSettings) -> None:
        before = len(self._pages)
        kind = kind_of(held)
        try:
            if kind not in _PICTURES:
                raise NotAScan("a file of the series is no TIFF, JPEG or PNG")
            scan = PictureScan(held, kind, settings)
        except UnreadableError as error:
            self._pages.append(_ClosedPage(before + 1, error))
            return
        self._scans.append(scan)
        self._pages += [_SeriesPage(before + number, scan.page(number)) for number in range(1, len(scan) + 1)]

    def __len__(self) -> int:
        """Return the number of pages."""
        return len(self._pages)

    def page(self, number: int) -> ScanPage:
        """Return a page, from 1."""
        return self._pages[number - 1]

    def first(self) -> PictureScan:
        """Return the first file that could be opened."""
        return self._scans[0]

    def close(self) -> None:
        """Let go of all. Safe to call twice."""
        for scan in self._scans:
            scan.close()


class _SeriesPage:
    """One page, under its number in the whole series."""

    def __init__(self, number: int, page: ScanPage) -> None:
        self.number = number
        self._page = page

    def layer(self) -> tuple[Word, ...]:
        return self._page.layer()

    def picture(self) -> Image:
        return self._page.picture()

    def facsimile(self) -> bytes | None:
        return self._page.facsimile()


class _ClosedPage:
    """A file that cannot be opened."""

    def __init__(self, number: int, error: UnreadableError) -> None:
        self.number = number
        self._error = error

    def layer(self) -> tuple[Word, ...]:
        raise self._error

    def picture(self) -> Image:
        raise self._error

    def facsimile(self) -> bytes | None:
        raise self._error


def _files(content: bytes) -> list[tuple[str, bytes]]:
    """Return name and bytes of each file. Raises NotAScan for a ZIP that is no series of ours, ScanDamaged."""
    try:
        archive = ZipFile(io.BytesIO(content))
    except (BadZipFile, OSError, ValueError, NotImplementedError):
        raise NotAScan("the file begins as a ZIP and is none, whatever its name says") from None
    with archive:
        # Ours packs nothing, so that nothing can unfold to any size.
        if any(info.compress_type != ZIP_STORED or info.is_dir() for info in archive.infolist()):
            raise NotAScan("the file is a ZIP, and no series of pages that was taken from a folder")
        try:
            return [(info.filename, archive.read(info)) for info in archive.infolist()]
        except (BadZipFile, OSError, ValueError, EOFError, RuntimeError, NotImplementedError):
            raise ScanDamaged("the series cannot be taken apart") from None
