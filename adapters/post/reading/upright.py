"""Which way up a page lies, by signs that cost a hundredth of reading it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from adapters.post.reading.deskew import lean_of, points_of
from adapters.post.reading.ink import Ink

_CLEARLY = 1.5
"""How much sharper lines must be one way than the other before a page counts as lying so."""
_UPWARD, _DOWNWARD = 0.58, 0.42
"""Share of what stands out of the lines that stands out above: Dutch has 0.7 (b d f h k l t and capitals against g j p)."""
_FEWEST_LINES = 4
_LINE_ROWS = (6, 60)
"""Of the picture at 150 dpi: from 6 to 20 points of type, with what stands out."""

_TURN = {1: Image.Transpose.ROTATE_90, 2: Image.Transpose.ROTATE_180, 3: Image.Transpose.ROTATE_270}


@dataclass(frozen=True)
class Lie:
    """How a page lies in the scan."""

    quarters: int
    """Quarter turns counter-clockwise, 0 to 3, after which it stands upright."""
    lean_degrees: float
    """How far its lines lean counter-clockwise once it stands upright."""
    is_sure: bool
    """Several signs say so; else reading shows it."""


def lie_of(picture: Image.Image, ink: Ink) -> Lie:
    """Return how the page lies: sideways by the sharpness of its lines, upside down by what stands out of them."""
    # The shadow of a fold is the sharpest line of all, and leans as the paper was folded.
    dark = ink.loose
    level, level_sharp = lean_of(points_of(dark))
    # Turned by a quarter counter-clockwise, as Pillow does.
    upended, upended_sharp = lean_of(points_of(np.rot90(dark)))
    is_sideways = upended_sharp > level_sharp
    low, high = sorted((level_sharp, upended_sharp))
    lean = upended if is_sideways else level
    lines, upward = _upward_share(turned(picture.reduce(2), int(is_sideways)), lean)
    quarters = int(is_sideways) + (2 if lines >= _FEWEST_LINES and upward < _DOWNWARD else 0)
    is_told = lines >= _FEWEST_LINES and not _DOWNWARD <= upward <= _UPWARD
    return Lie(quarters, lean, is_told and high > _CLEARLY * low)


def turned(picture: Image.Image, quarters: int) -> Image.Image:
    """Return it after so many quarter turns counter-clockwise; nothing is lost."""
    way = _TURN.get(quarters % 4)
    return picture if way is None else picture.transpose(way)


def _upward_share(half: Image.Image, lean_degrees: float) -> tuple[int, float]:
    """Return how many lines were seen, and which share of what stands out of them stands out above."""
    grey = np.asarray(half)
    dark = grey < int(np.median(grey[::8, ::8])) * 0.6
    down, across = np.nonzero(dark)
    if not len(down):
        return 0, 0.5
    rows = (down + np.tan(np.radians(lean_degrees)) * across).astype(np.int64)
    rows -= rows.min()
    profile = np.bincount(rows).astype(np.float64)
    lines, above, below = 0, 0.0, 0.0
    for line in _lines(profile):
        core = np.flatnonzero(line > 0.45 * line.max())
        first, last = int(core[0]), int(core[-1])
        lines += 1
        above += float(line[:first].sum())
        below += float(line[last + 1 :].sum())
    return lines, above / (above + below) if above + below else 0.5


def _lines(profile: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """Return the stretches of rows between empty ones that are as high as a line of type."""
    least = 0.04 * float(np.percentile(profile, 98))
    inked = np.concatenate(([False], profile > least, [False]))
    edges = np.flatnonzero(np.diff(inked.astype(np.int8)))
    low, high = _LINE_ROWS
    return [
        profile[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True) if low <= end - start <= high
    ]
