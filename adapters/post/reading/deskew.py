"""How far the lines of a page lean, read from its ink."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

FURTHEST = 6.0
"""Degrees to either side that are looked at: a feeder that leans more jams."""
LEAST = 0.4
"""Degrees from which a page is straightened: tesseract follows lines that lean less, and as well."""
_COARSE, _FINE = 0.5, 0.1
_POINTS = 30_000
"""As many pixels of ink say it as well as all of them."""

Points = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Across and down, of each pixel of ink."""


def points_of(dark: NDArray[np.bool_]) -> Points:
    """Return where the ink is; of much ink a fixed share, so that the same page always gives the same answer."""
    down, across = np.nonzero(dark)
    step = max(1, len(down) // _POINTS)
    return across[::step].astype(np.float32), down[::step].astype(np.float32)


def lean_of(points: Points) -> tuple[float, float]:
    """Return how far the lines lean counter-clockwise, in degrees, and how sharply lines stand out at that lean.

    Seen along its lines a page is black and white, seen across them grey: the sum of the squared steps between
    neighbouring rows is largest where the rows are the lines (projection profile).
    """
    coarse = np.arange(-FURTHEST, FURTHEST + _COARSE / 2, _COARSE)
    sharp = _sharpness(points, coarse)
    about = float(coarse[int(sharp.argmax())])
    fine = np.arange(about - _COARSE + _FINE, about + _COARSE - _FINE / 2, _FINE)
    sharp = _sharpness(points, fine)
    best = int(sharp.argmax())
    return float(fine[best]), float(sharp[best])


def straightened(picture: Image.Image, lean_degrees: float) -> Image.Image:
    """Return it turned about its centre so that its lines lie level; same size, white where it had nothing."""
    return picture.rotate(-lean_degrees, Image.Resampling.BILINEAR, fillcolor=255)


def _sharpness(points: Points, leans: NDArray[np.float64]) -> NDArray[np.float64]:
    across, down = points
    if not len(across):
        return np.zeros(len(leans))
    slopes = np.array([math.tan(math.radians(lean)) for lean in leans], dtype=np.float32)
    rows = (down[None, :] + slopes[:, None] * across[None, :]).astype(np.int32)
    rows -= int(rows.min())
    length = int(rows.max()) + 2
    rows += np.arange(len(leans), dtype=np.int32)[:, None] * length
    profiles = np.bincount(rows.ravel(), minlength=length * len(leans)).reshape(len(leans), length).astype(np.float64)
    sharpness: NDArray[np.float64] = (np.diff(profiles, axis=1) ** 2).sum(axis=1)
    return sharpness
