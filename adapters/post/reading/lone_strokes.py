"""The English "I", which tesseract often reads as a bar when it stands alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from adapters.post.reading.word import Word

_STROKES = frozenset("|!")


def with_pronouns(words: Sequence[Word]) -> tuple[Word, ...]:
    """Return the words, with "I" for each lone stroke before a word in small letters on the same line.

    For pages in English alone. A bar between the parts of a letter's foot stands before a name or a number, and stays.
    """
    return (*(_pronoun(word, following) for word, following in pairwise(words)), *words[-1:])


def _pronoun(word: Word, following: Word) -> Word:
    is_one = (
        word.text in _STROKES and word.line == following.line and following.text.isalpha() and following.text.islower()
    )
    return replace(word, text="I") if is_one else word
