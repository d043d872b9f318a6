"""Separator sheets: whether a page only says that another letter begins."""

from __future__ import annotations

from collections.abc import Iterator

import zxingcpp
from PIL import Image

from adapters.post.reading.dark_spots import A4_LENGTH_MM, dark_spot
from adapters.post.reading.marks import PATCH_T, SeparatorMarks, compiled
from adapters.post.reading.patch_code import has_patch_t

_FORMATS = zxingcpp.BarcodeFormats(
    [
        zxingcpp.BarcodeFormat.QRCode,
        zxingcpp.BarcodeFormat.Code128,
        zxingcpp.BarcodeFormat.Code39,
        zxingcpp.BarcodeFormat.DataMatrix,
    ]
)
"""What separator sheets are printed with. Others, such as those of parcels and invoices, are not even looked for."""

_LONGEST_TEXT = 500
"""Characters of a code that are compared: a QR code may hold thousands, from anybody."""
_LOOKS_PIXELS_PER_MM = (6.0, 3.0, 12.0)
"""About 150, 75 and 300 dpi. Most sheets are read at the first; a coarse look sees through noise, a fine one small
codes."""


class SeparatorReader:
    """Tells separator sheets from other pages. Holds nothing of the pages it saw."""

    def __init__(self, marks: SeparatorMarks | None = None) -> None:
        """Take the marks; by default Patch T, as bars or as text. Raises PatternInvalid for a pattern RE2 refuses."""
        self._marks = marks or SeparatorMarks()
        self._patterns = [compiled(pattern) for pattern in self._marks.patterns]

    def mark_on(self, page: Image.Image) -> str | None:
        """Return the mark that makes this page a separator sheet (`PATCHT` or the code's text), or None.

        The page may lie any way round. Resolutions from 150 to 300 dpi are what this is made for.
        """
        grey = page if page.mode == "L" else page.convert("L")
        spot = dark_spot(grey)
        if spot is None:
            return None
        part = grey.crop((spot.left, spot.top, spot.right, spot.bottom))
        per_mm = max(grey.size) / A4_LENGTH_MM
        if self._marks.patch_t and has_patch_t(part, per_mm):
            return PATCH_T
        for text in _texts(part, per_mm):
            if self._is_mark(text):
                return text
        return None

    def _is_mark(self, text: str) -> bool:
        if len(text) > _LONGEST_TEXT:
            return False
        return text in self._marks.texts or any(matches(text.encode("utf-8", "replace")) for matches in self._patterns)


def _texts(part: Image.Image, per_mm: float) -> Iterator[str]:
    """Yield the text of each code, the quickest way of looking first; one text may come more than once."""
    for factor in dict.fromkeys(max(1, round(per_mm / look)) for look in _LOOKS_PIXELS_PER_MM):
        yield from _read(part.reduce(factor) if factor > 1 else part)


def _read(image: Image.Image) -> Iterator[str]:
    for code in zxingcpp.read_barcodes(image, formats=_FORMATS, try_invert=False, try_downscale=False):
        yield code.text
