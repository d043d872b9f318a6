"""TIFF, JPEG and PNG as a scan."""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING

from PIL import Image, ImageOps, UnidentifiedImageError

from adapters.post.reading.facsimile import as_pdf
from adapters.post.reading.resolution import at_reading_size, dots_per_inch
from adapters.post.reading.settings import PageReaderSettings
from inbox.errors import PictureTooLarge, ScanDamaged, TooManyPages, UnreadableError

if TYPE_CHECKING:
    from adapters.post.reading.word import Word

_BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)


class PictureScan:
    """A picture file, opened: a TIFF has any number of pages, the others one."""

    def __init__(self, content: bytes, kind: str, settings: PageReaderSettings) -> None:
        """Read the headers. Raises ScanDamaged, TooManyPages or PictureTooLarge."""
        self.kind = kind
        self.content = content
        self.settings = settings
        self._lock = threading.RLock()
        self._broken_from: int | None = None
        if kind == "PNG":
            # Its size stands at a fixed place: nobody need open it to refuse it.
            self.refuse_bomb(int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big"))
        try:
            self._picture = Image.open(io.BytesIO(content), formats=(kind,))
        except _BOMBS:
            raise PictureTooLarge("the picture is too large to be unpacked") from None
        except UnidentifiedImageError:
            raise ScanDamaged(f"the {kind} cannot be opened") from None
        except Exception:  # noqa: BLE001 - decoders raise what they like on broken headers
            raise ScanDamaged(f"the header of the {kind} is broken") from None
        try:
            self._count = self._counted()
            if self._count == 1:
                self.refuse_bomb(*self._picture.size)
        except UnreadableError:
            self.close()
            raise

    def __len__(self) -> int:
        """Return the number of pages; where the chain of a TIFF's pages is broken, the rest counts as one."""
        return self._count

    def page(self, number: int) -> PictureScanPage:
        """Return a page, from 1."""
        return PictureScanPage(self, number)

    def close(self) -> None:
        """Let go of it. Safe to call twice."""
        with self._lock:
            self._picture.close()

    def refuse_bomb(self, width: int, height: int) -> None:
        """Raise PictureTooLarge when the picture has more pixels than are unpacked."""
        if width * height > self.settings.pixels_per_page:
            raise PictureTooLarge(
                f"{width} by {height} pixels: pictures are unpacked up to {self.settings.pixels_per_page}"
            )

    def unpacked(self, number: int) -> Image.Image:
        """Return a copy of a page's picture, unpacked. Raises ScanDamaged or PictureTooLarge."""
        # One thread at a time: all pages of a TIFF are read through one file.
        with self._lock:
            try:
                if number == self._broken_from:
                    raise ScanDamaged(f"the file is broken from page {number} on")
                picture = self._picture
                if self.kind == "TIFF":
                    picture.seek(number - 1)
                else:
                    picture = Image.open(io.BytesIO(self.content), formats=(self.kind,))
                self.refuse_bomb(*picture.size)
                picture.load()
                unpacked = picture.copy()
                unpacked.info = dict(picture.info)
                return unpacked
            except UnreadableError:
                raise
            except _BOMBS:
                raise PictureTooLarge(f"page {number} is too large to be unpacked") from None
            except Exception:  # noqa: BLE001 - decoders raise what they like on broken bytes
                raise ScanDamaged(f"page {number} cannot be unpacked") from None

    def _counted(self) -> int:
        if self.kind != "TIFF":
            return 1
        count = 1
        while True:
            try:
                self._picture.seek(count)
            except EOFError:
                return count
            except Exception:  # noqa: BLE001 - as above; the pages before are good
                count += 1
                self._broken_from = count
                return count
            count += 1
            if count > self.settings.pages:
                raise TooManyPages(f"more than {self.settings.pages} pages: scan files are read up to there")


class PictureScanPage:
    """One page of a picture file."""

    def __init__(self, scan: PictureScan, number: int) -> None:
        """Remember which."""
        self.number = number
        self._scan = scan

    def layer(self) -> tuple[Word, ...]:
        """Return none: a picture has no text layer."""
        return ()

    def picture(self) -> Image.Image:
        """Return the page, upright as its camera says (Exif), grey, at DPI. Raises ScanDamaged or PictureTooLarge."""
        unpacked = self._scan.unpacked(self.number)
        try:
            return at_reading_size(ImageOps.exif_transpose(unpacked), self._scan.settings.pixels_per_page)
        except Exception:  # noqa: BLE001 - odd modes and odder Exif
            raise ScanDamaged(f"page {self.number} cannot be made grey") from None

    def facsimile(self) -> bytes:
        """Return a PDF of one page with the original picture, pixel for pixel. Raises ScanDamaged or PictureTooLarge."""
        unpacked = self._scan.unpacked(self.number)
        try:
            return as_pdf(unpacked, self._scan.content if self._scan.kind != "TIFF" else b"", dots_per_inch(unpacked))
        except Exception:  # noqa: BLE001 - as above
            raise ScanDamaged(f"page {self.number} cannot be put into a PDF") from None
