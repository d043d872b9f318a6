"""Patch T: the four bars by which document scanners have told documents apart since long before QR codes.

Two wide bars of 0.20 inch and two narrow ones of 0.08 inch, with spaces of 0.08 inch, 0.8 inch together and at least
2 inches long (Kodak). Patch T is narrow, wide, narrow, wide. A sheet that lies the other way round shows wide, narrow,
wide, narrow, which is Patch 3: it is taken for Patch T too, since sheets are fed both ways.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_PIXELS_PER_MM = 3.0
"""The narrow bar is then 6 pixels: enough for a skewed one, and quick."""
_STEP = 3
"""Every third line is looked at, 1 mm apart."""
_TOTAL_MM = (12.0, 34.0)
"""Of the four bars together; 20.3 mm by the book. Prints are scaled, and an A5 sheet is taken for an A4."""
_NARROW = (0.45, 1.65)
_WIDE = (1.75, 3.3)
"""In tenths of the whole: 1 and 2.5 by the book. Copiers thicken bars, noise thins them."""
_QUIET = 2.0
"""Tenths of the whole that are light on either side, or beyond the edge: the bars of a barcode stand closer."""
_LENGTH_MM = 25.0
"""That the pattern must go on along the bars; 51 mm by the book, less where an edge is cut off."""
_MOST_EDGES = 160
"""On a line: with more of them it is noise, or small print from edge to edge."""
_DRIFT = 0.2
"""Pixels sideways per pixel along the bars: 11 degrees."""
_HOLE = 3
"""Lines in a row that dirt may spoil."""


def has_patch_t(grey: Image.Image, pixels_per_mm: float) -> bool:
    """Say whether the four bars of Patch T stand on this picture in grey (mode L), upright or on their side."""
    factor = max(1, round(pixels_per_mm / _PIXELS_PER_MM))
    small = np.asarray(grey.reduce(factor) if factor > 1 else grey)
    per_mm = pixels_per_mm / factor
    low, high = (float(level) for level in np.percentile(small, (2, 90)))
    dark = small < (low + high) / 2
    return _crosses(dark, per_mm) or _crosses(dark.T, per_mm)


def _crosses(dark: NDArray[np.bool_], per_mm: float) -> bool:
    """Say whether lines along the first axis cross the pattern, side by side for long enough."""
    chains: list[tuple[int, float, int]] = []  # last line, where it starts there, lines so far
    wanted = round(_LENGTH_MM * per_mm / _STEP)
    for line in range(0, dark.shape[0], _STEP):
        for start in _starts(dark[line], per_mm):
            near = [
                chain
                for chain in chains
                if chain[0] < line and abs(chain[1] - start) <= (line - chain[0]) * _DRIFT + per_mm
            ]
            lines = 1 + max((chain[2] for chain in near), default=0)
            if lines >= wanted:
                return True
            chains.append((line, start, lines))
        chains = [chain for chain in chains if line - chain[0] <= _HOLE * _STEP]
    return False


def _starts(line: NDArray[np.bool_], per_mm: float) -> list[int]:
    """Return where the pattern starts on one line of pixels."""
    edges = np.flatnonzero(np.diff(line, prepend=False, append=False))
    if not 8 <= len(edges) <= _MOST_EDGES:
        return []
    edges = _without_specks(edges)
    found: list[int] = []
    for first in range(0, len(edges) - 7, 2):
        seen = edges[first : first + 8]
        total = float(seen[7] - seen[0])
        if not _TOTAL_MM[0] * per_mm <= total <= _TOTAL_MM[1] * per_mm:
            continue
        one, _, two, _, three, _, four = widths = np.diff(seen) * 10.0 / total
        spaces = widths[1::2]
        bars = ((one, two), (three, four))
        if not all(_NARROW[0] <= space <= _NARROW[1] for space in spaces):
            continue
        before = seen[0] - edges[first - 1] if first else np.inf
        after = edges[first + 8] - seen[7] if first + 8 < len(edges) else np.inf
        if min(before, after) < _QUIET * total / 10:
            continue
        if any(all(_is_narrow_wide(*pair[::way]) for pair in bars) for way in (1, -1)):
            found.append(int(seen[0]))
    return found


def _is_narrow_wide(narrow: float, wide: float) -> bool:
    return _NARROW[0] <= narrow <= _NARROW[1] and _WIDE[0] <= wide <= _WIDE[1]


def _without_specks(edges: NDArray[np.intp]) -> NDArray[np.intp]:
    """Drop runs of one pixel, dark or light: no bar is as narrow as that."""
    while len(edges) > 1:
        short = np.flatnonzero(np.diff(edges) < 2)
        if not len(short):
            break
        edges = np.delete(edges, [short[0], short[0] + 1])
    return edges
