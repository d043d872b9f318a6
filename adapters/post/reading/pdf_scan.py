"""A PDF as a scan."""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING, Any

import pypdfium2  # type: ignore[import-untyped]
from pypdfium2 import raw

from adapters.post.reading.scan import DPI
from adapters.post.reading.settings import PageReaderSettings
from adapters.post.reading.text_layer import has_enough, is_real, layer_words
from adapters.post.reading.word import Word
from inbox.errors import PictureTooLarge, ScanDamaged, ScanLocked, TooManyPages

if TYPE_CHECKING:
    from pdfplumber.pdf import PDF
    from PIL.Image import Image

PDFIUM = threading.RLock()
"""PDFium must be called from one thread at a time (its own documentation)."""

_POINTS = 72
_PICTURE_PIXELS = 20_000_000
"""A page larger than A3 is rendered at fewer dots per inch, so that it has at most so many."""
_LAYER_CHARACTERS = 30_000
"""A page of the smallest print holds 15,000; more is an attack or a drawing."""
_OWN_FIELDS = ("Operator", "PaperBox")
"""Further fields of the information dictionary, for scanning programs that can be told what to write."""
_COVERING = 0.5
"""Share of the page from which a picture on it is the page itself, scanned."""


class PdfScan:
    """A PDF, opened. Pages are loaded one at a time."""

    kind = "PDF"

    def __init__(self, content: bytes, settings: PageReaderSettings) -> None:
        """Open it. Raises ScanLocked, ScanDamaged or TooManyPages."""
        self.content = content
        self.settings = settings
        self.plumbing = threading.RLock()
        self._plumbed: PDF | None = None
        with PDFIUM:
            try:
                self.document = pypdfium2.PdfDocument(content)
                self._count = len(self.document)
            except pypdfium2.PdfiumError as error:
                if "assword" in str(error) or "ecurity" in str(error):
                    raise ScanLocked("the PDF asks for a password") from None
                raise ScanDamaged("the PDF cannot be taken apart") from None
        if not self._count:
            self.close()
            raise ScanDamaged("the PDF holds no page")
        if self._count > settings.pages:
            self.close()
            raise TooManyPages(f"{self._count} pages: scan files are read up to {settings.pages}")

    def __len__(self) -> int:
        """Return the number of pages."""
        return self._count

    def page(self, number: int) -> PdfScanPage:
        """Return a page, from 1."""
        return PdfScanPage(self, number)

    def close(self) -> None:
        """Let go of it. Safe to call twice."""
        with PDFIUM:
            self.document.close()
        with self.plumbing:
            # Its own close takes the whole file apart once more, and may fail at that; memory is all it holds.
            self._plumbed = None

    def information(self) -> dict[str, str]:
        """Return what its information dictionary says (ISO 32000-1 section 14.3.3), also under the names of ours."""
        with PDFIUM:
            said = dict(self.document.get_metadata_dict(skip_empty=True))
            return said | {name: self.document.get_metadata_value(name) for name in _OWN_FIELDS}

    def first_picture(self) -> tuple[float, int, bool]:
        """Return dots per inch, bits per pixel and whether it has a palette, of the first page's largest picture.

        Zeros when there is none.
        """
        with PDFIUM:
            page = self.document[0]
            try:
                items = list(page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=2))
                if not items:
                    return 0.0, 0, False
                said = max(items, key=lambda item: item.get_px_size()[0] * item.get_px_size()[1]).get_metadata()
                return (
                    float(said.horizontal_dpi),
                    int(said.bits_per_pixel),
                    said.colorspace == raw.FPDF_COLORSPACE_INDEXED,
                )
            finally:
                page.close()

    def words(self, number: int) -> tuple[Word, ...]:
        """Return the words of a page's text layer with their boxes; none when they cannot be taken out."""
        import pdfplumber

        # One thread at a time: the parser reads from one place in one file.
        with self.plumbing:
            try:
                if self._plumbed is None:
                    self._plumbed = pdfplumber.open(io.BytesIO(self.content))
                page = self._plumbed.pages[number - 1]
                try:
                    return layer_words(page)
                finally:
                    page.close()
            except Exception:  # noqa: BLE001 - the parser raises what it likes; OCR reads the page instead
                return ()


class PdfScanPage:
    """One page of a PDF."""

    def __init__(self, scan: PdfScan, number: int) -> None:
        """Remember which."""
        self.number = number
        self._scan = scan

    def layer(self) -> tuple[Word, ...]:
        """Return the words of its text layer if it has one that is real, else none. Raises ScanDamaged.

        PDFium says what the text is in a few milliseconds; only real text is worth pdfplumber's time for the boxes.
        """
        # Side by side it would only be slower: all of it holds the interpreter's lock.
        with self._scan.plumbing:
            said, is_covered = self._said()
            if not is_real(said) or (is_covered and not has_enough(said)):
                return ()
            words = self._scan.words(self.number)
        return words if is_real([word.text for word in words]) else ()

    def _said(self) -> tuple[list[str], bool]:
        """Return the words that PDFium finds, and whether a picture covers the page."""
        with PDFIUM:
            page = self._loaded()
            try:
                said = _text_of(page).split()
                return said, bool(said) and _covered_share(page) >= _COVERING
            finally:
                page.close()

    def picture(self) -> Image:
        """Return the page as it lies in the file, grey, at DPI. Raises ScanDamaged or PictureTooLarge."""
        with PDFIUM:
            page = self._loaded()
            try:
                self._refuse_bombs(page)
                width, height = page.get_size()
                if width < 1 or height < 1:
                    raise ScanDamaged(f"page {self.number} has no size")
                whole = width * height / _POINTS**2
                dpi = min(DPI, (min(_PICTURE_PIXELS, self._scan.settings.pixels_per_page) / whole) ** 0.5)
                # The bitmap's memory is PDFium's and ends with it: the copy is ours.
                picture: Image = page.render(scale=dpi / _POINTS, grayscale=True).to_pil().convert("L").copy()
                return picture
            except (pypdfium2.PdfiumError, ValueError, MemoryError, OSError):
                raise ScanDamaged(f"page {self.number} cannot be drawn") from None
            finally:
                page.close()

    def facsimile(self) -> None:
        """Return None: the page is in the PDF itself."""
        return

    def _loaded(self) -> Any:
        try:
            return self._scan.document[self.number - 1]
        except (pypdfium2.PdfiumError, IndexError):
            raise ScanDamaged(f"page {self.number} cannot be loaded") from None

    def _refuse_bombs(self, page: Any) -> None:
        for item in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=4):
            width, height = item.get_px_size()
            if width * height > self._scan.settings.pixels_per_page:
                raise PictureTooLarge(
                    f"page {self.number} holds a picture of {width} by {height} pixels: pictures are unpacked up to "
                    f"{self._scan.settings.pixels_per_page}"
                )


def _text_of(page: Any) -> str:
    try:
        text_page = page.get_textpage()
    except pypdfium2.PdfiumError:
        return ""
    try:
        count = text_page.count_chars()
        return str(text_page.get_text_range(0, count)) if 0 < count <= _LAYER_CHARACTERS else ""
    except (pypdfium2.PdfiumError, ValueError, UnicodeError):
        return ""
    finally:
        text_page.close()


def _covered_share(page: Any) -> float:
    """Return how much of the page its largest picture takes, 0 to 1."""
    width, height = page.get_size()
    largest = 0.0
    for item in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=1):
        try:
            left, bottom, right, top = item.get_bounds()
        except pypdfium2.PdfiumError:
            continue
        largest = max(largest, abs(right - left) * abs(top - bottom))
    return min(1.0, largest / (width * height)) if width * height else 0.0
