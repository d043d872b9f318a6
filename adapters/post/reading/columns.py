"""Whether a page is set in columns: a lane without ink runs down between its lines."""

from __future__ import annotations

import numpy as np

from adapters.post.reading.ink import Ink

_BETWEEN = (0.3, 0.7)
"""Share of the width in which the lane between two columns lies."""
_LANE = 10
"""Small pixels: a third of a centimetre, three spaces."""
_ROWS = 0.56
"""Share of the inked rows that have ink on both sides of the lane and none in it. Two columns have 0.75, and 0.58 below a
stain; a letter's head and labels give 0.1 to 0.3, and up to 0.55 where a stain leaves a lane."""


def has_columns(ink: Ink) -> bool:
    """Say whether a level, upright page has two columns of text or more."""
    writing = ink.loose
    has_writing = writing.any(axis=1)
    rows, all_ink = writing[has_writing], ink.dark[has_writing]
    if not rows.size or rows.shape[1] < 3 * _LANE:
        return False
    before, dark = (np.cumsum(marked, axis=1, dtype=np.int32) for marked in (rows, all_ink))
    width = rows.shape[1]
    first, last = (int(share * width) for share in _BETWEEN)
    lanes = np.arange(first, last)
    # No ink at all: what touches a stain is no lane because it is no writing.
    in_lane = dark[:, lanes + _LANE] - dark[:, lanes]
    is_split = (in_lane == 0) & (before[:, lanes] > 0) & (before[:, -1:] > before[:, lanes + _LANE])
    return bool(is_split.mean(axis=0).max() >= _ROWS)
