"""What of a page is ink: one small picture of it, made once, from which every cheap sign is read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SMALLER = 4
"""From 300 to 75 dots per inch: letters melt into lines, and single specks vanish."""
_DARKER = 50
"""Grey steps below the paper from which something is ink; what shines through from the back is lighter."""
_LEAST_DARKER = 12
FAINTEST = 25
"""Grey steps between paper and ink: below that it is the paper's own grain, or the back shining through."""
_FEW = 20
EDGE = 0.025
"""Share of each side that is left out: shadows of the scanner's lid, and holes."""
_SOILED = 0.06
"""Share of solid ink of a soiled page. Clean letters have up to 0.055, bold headings and logos among it."""
_SOLID_REACH, _SOLID_FULL, _NEAR_SOLID = 4, 0.85, 6
"""A square of nine small pixels (3 mm) that is so full is no letter; its edge reaches so far."""


@dataclass(frozen=True)
class Ink:
    """A page at a quarter of its size, told into paper and ink."""

    dark: NDArray[np.bool_]
    """Rows by columns, without the edges of the page."""
    paper: int
    """Grey of the paper, 0 to 255: the median."""
    darkest: int
    """Grey of the strongest ink: one pixel in 500 is darker, or 20 where there is little ink. Holes alone are fewer."""

    def box(self, size: tuple[int, int]) -> tuple[int, int, int, int]:
        """Return left, top, right and bottom of what is inked, in pixels of a picture of this size, with a little around.

        Ink in the outermost part of the page, which is not looked at, stands outside.
        """
        (rows,), (columns,) = np.nonzero(self.dark.any(axis=1)), np.nonzero(self.dark.any(axis=0))
        if not len(rows):
            return 0, 0, 0, 0
        (width, height), smaller = size, min(SMALLER, *size)
        left, top = (round(side * EDGE) for side in (-(-width // smaller), -(-height // smaller)))
        edges = left + columns[0] - 1, top + rows[0] - 1, left + columns[-1] + 2, top + rows[-1] + 2
        across, down = np.clip(edges[::2], 0, width // smaller), np.clip(edges[1::2], 0, height // smaller)
        return int(across[0]) * smaller, int(down[0]) * smaller, int(across[1]) * smaller, int(down[1]) * smaller

    @property
    def share(self) -> float:
        """How much of the page is ink, 0 to 1."""
        return float(self.dark.mean()) if self.dark.size else 0.0

    @property
    def stroke_share(self) -> float:
        """Share of the ink that hangs together: strokes have above 0.8, noise below 0.5."""
        return self._share_with(3)

    @cached_property
    def solid_share(self) -> float:
        """Share of the ink with nothing but ink around it: pictures have above 0.5, pens and print below 0.3."""
        return self._share_with(9)

    def _share_with(self, least: int) -> float:
        """Return the share of ink that has at least so many pixels of ink in its square of nine, itself counted."""
        if not self.pixels or min(self.dark.shape) < 3:
            return 0.0
        dark = self.dark.astype(np.uint8)
        rows = dark[:-2] + dark[1:-1] + dark[2:]
        around = rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]
        inner = self.dark[1:-1, 1:-1]
        return float((inner & (around >= least)).sum() / max(1, int(inner.sum())))

    @property
    def is_soiled(self) -> bool:
        """Whether something lies over the page, or beside its words: a stain, a stamp, a shadow, a picture."""
        return self.solid_share > _SOILED

    @property
    def loose(self) -> NDArray[np.bool_]:
        """The ink that may be writing: without bars, pictures and the shadows of folds, and what touches those."""
        if not self.is_soiled:
            return self.dark
        is_solid = _around(self.dark, _SOLID_REACH) > _SOLID_FULL * (2 * _SOLID_REACH + 1) ** 2
        loose: NDArray[np.bool_] = self.dark & (_around(is_solid, _NEAR_SOLID) == 0)
        return loose

    @property
    def pixels(self) -> int:
        """How many small pixels are ink; one letter of a letter has about ten."""
        return int(self.dark.sum())


def ink_of(picture: Image.Image) -> Ink:
    """Return the ink of a grey picture (mode L). Takes about 5 ms for A4 at 300 dpi."""
    small = np.asarray(picture.reduce(min(SMALLER, *picture.size)))
    rows, columns = (round(side * EDGE) for side in small.shape)
    inner = small[rows : small.shape[0] - rows, columns : small.shape[1] - columns]
    counts = np.cumsum(np.bincount(inner.ravel(), minlength=256))
    paper = int(np.searchsorted(counts, counts[-1] / 2))
    darkest = int(np.searchsorted(counts, counts[-1] / 500))
    if paper - darkest < FAINTEST:
        darkest = int(np.searchsorted(counts, min(_FEW, counts[-1] / 500)))
    # On a pale page the ink is no darker than this below its paper.
    darker = max(_LEAST_DARKER, min(_DARKER, (paper - darkest) // 2))
    return Ink(inner.astype(np.int16) < paper - darker, paper, darkest)


def _around(marked: NDArray[np.bool_], reach: int) -> NDArray[np.int32]:
    """Return for each pixel how many are marked in the square that reaches so far to all sides."""
    sums = np.pad(marked.astype(np.int32), ((reach + 1, reach), (reach + 1, reach))).cumsum(0).cumsum(1)
    side = 2 * reach + 1
    around: NDArray[np.int32] = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    return around
