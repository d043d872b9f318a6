"""Signatures, which tesseract reads as a few doubtful letters where the name below them should stand."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from itertools import groupby

from adapters.post.reading.word import Word

_TALL = 2.5
"""Heights of the page's words. A scrawl has 3.5; a heading may have so much, and is longer and surely read."""
_DOUBTFUL = 0.8
"""Scrawls are read with up to 0.7, print of that size with 0.9 and more."""
_LETTERS = 4
"""At most, on one line: a stamp's month stands beside its day, and no mark on an envelope is so short."""


def without_scrawls(words: Sequence[Word]) -> tuple[Word, ...]:
    """Return the words without those lines that hold nothing but a few tall and doubtful letters, and no digit.

    For pages that are read well: handwriting is as doubtful and as tall all over.
    """
    if not words:
        return ()
    tall = _TALL * statistics.median(word.bottom - word.top for word in words)
    lines = (tuple(line) for _, line in groupby(words, key=lambda word: word.line))
    return tuple(word for line in lines if not _is_scrawl(line, tall) for word in line)


def _is_scrawl(line: Sequence[Word], tall: float) -> bool:
    said = "".join(word.text for word in line)
    return (
        len(said) <= _LETTERS
        and not any(sign.isdigit() for sign in said)
        and all(word.bottom - word.top > tall and word.confidence < _DOUBTFUL for word in line)
    )
