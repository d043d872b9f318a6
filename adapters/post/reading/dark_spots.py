"""The cheap look for a barcode: whether and where a page is as dark as bars are, and text is not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

A4_LENGTH_MM = 297.0
"""The long side of a page: with it pixels become millimetres, near enough for a code that may have any size."""

_CELL_MM = 3.0
"""A code of 10 mm covers two cells each way, wherever it lies; a line of text fills no cell."""
_LOOK_PIXELS_PER_MM = 4.0
"""About 100 dpi: enough to see how dark, little enough to take milliseconds."""
_DARK = 0.33
"""Share of a cell that is nearer to ink than to paper. Bars and QR codes have about half; small print has less than
0.3, and shadows and stains have none."""
_NEIGHBOURS = 2
"""Dark cells around a dark one: a thick letter or a comma of toner stands alone."""
_MARGIN_CELLS = 4
"""Around what was found: the quiet zone and the edges of the code, whose cells are half full."""
_INK_SHARE = 0.0003
"""Of a page, by which ink is known: less than the bars of a code of 10 mm on an empty sheet."""
_CONTRAST = 40
"""Grey levels between paper and ink; below that there is nothing on the page."""


@dataclass(frozen=True)
class DarkSpot:
    """The smallest box around everything that may be a code, in pixels of the page."""

    left: int
    top: int
    right: int
    bottom: int


def dark_spot(grey: Image.Image) -> DarkSpot | None:
    """Return where bars may be on a page in grey (mode L), or None: then no code of 10 mm or more is there."""
    per_mm = max(grey.size) / A4_LENGTH_MM
    factor = max(1, int(per_mm / _LOOK_PIXELS_PER_MM))
    small = np.asarray(grey.reduce(factor) if factor > 1 else grey)
    cell = max(2, round(per_mm / factor * _CELL_MM))
    rows, columns = small.shape[0] // cell, small.shape[1] // cell
    if rows < 3 or columns < 3:
        return None
    counts = np.cumsum(np.bincount(small.ravel(), minlength=256))
    ink = int(np.searchsorted(counts, _INK_SHARE * small.size))
    paper = int(np.searchsorted(counts, 0.8 * small.size))
    if paper - ink < _CONTRAST:
        return None
    inked = small[: rows * cell, : columns * cell] < (paper + ink) // 2
    dark = inked.reshape(rows, cell, columns, cell).mean(axis=(1, 3)) > _DARK
    padded = np.pad(dark, 1).astype(np.int8)
    around = sum(padded[1 + y : 1 + y + rows, 1 + x : 1 + x + columns] for y in (-1, 0, 1) for x in (-1, 0, 1)) - dark
    found = np.argwhere(dark & (around >= _NEIGHBOURS))
    if not len(found):
        return None
    top, left = (found.min(axis=0) - _MARGIN_CELLS).clip(min=0)
    bottom, right = found.max(axis=0) + 1 + _MARGIN_CELLS
    scale = cell * factor
    return DarkSpot(
        int(left * scale),
        int(top * scale),
        min(grey.width, int(right * scale)),
        min(grey.height, int(bottom * scale)),
    )
