"""What looks like writing and belongs to no word: tesseract can be sure of what it read, and skip the body of a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from adapters.post.reading.ink import EDGE, ink_of
from adapters.post.reading.word import Word

_CELL = 12
"""Small pixels on each side: 4 mm, about a line of type."""
_INKED = (0.04, 0.6)
"""Share of ink of a cell with writing in it."""
_FEW, _SOME = 25, 40
"""Cells; a line of type has about 40."""
_SKIPPED, _SKIPPED_MUCH = 0.2, 0.3
"""Shares of the written cells. A clean page's logo, signature and ruled lines are at most 0.09 of it."""


@dataclass(frozen=True)
class Unread:
    """How much writing belongs to no word."""

    cells: int
    of: int
    """Cells with writing."""

    @property
    def deserves_another_look(self) -> bool:
        """Whether reading the page as one block may find more. That costs as much as the first look."""
        return self.cells >= _FEW and self.cells > _SKIPPED * self.of

    @property
    def is_much(self) -> bool:
        """Whether so much was skipped that the words cannot stand for the page."""
        return self.cells >= _SOME and self.cells > _SKIPPED_MUCH * self.of


def unread(picture: Image.Image, words: Sequence[Word]) -> Unread:
    """Return what of an upright picture (mode L) was skipped. Takes about 15 ms for A4."""
    writing = ink_of(picture).loose
    rows, columns = (side // _CELL for side in writing.shape)
    if not rows or not columns:
        return Unread(0, 0)
    cells = writing[: rows * _CELL, : columns * _CELL].reshape(rows, _CELL, columns, _CELL).mean(axis=(1, 3))
    low, high = _INKED
    is_written = (cells >= low) & (cells <= high)
    is_read = np.zeros((rows, columns), dtype=bool)
    for word in words:
        top, bottom = _cell(word.top, rows), _cell(word.bottom, rows)
        left, right = _cell(word.left, columns), _cell(word.right, columns)
        is_read[max(0, top) : max(0, bottom + 1), max(0, left) : max(0, right + 1)] = True
    return Unread(int((is_written & ~is_read).sum()), int(is_written.sum()))


def _cell(thousandths: int, count: int) -> int:
    """Return the cell of a place: words are told from the edge of the page, ink without its margin."""
    return int((thousandths / 1000 - EDGE) / (1 - 2 * EDGE) * count)
