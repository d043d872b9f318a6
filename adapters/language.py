"""In which language a text is written."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lingua import LanguageDetector

LANGUAGE_CHARACTERS = 2_000
"""How much of a text is looked at."""

FEWEST_LETTERS = 20
"""Fewer tell nothing: `OK, bedankt` is as good as Danish."""

SMALLEST_LEAD = 0.2
"""By how much the likeliest language must lead the next (0 to 1); below that we do not know."""

# Addresses look English whatever the language, and quoted lines may be in somebody else's.
_NOT_THEIR_WORDS = re.compile(r"https?://\S+|www\.\S+|[^\s@<>]{1,64}@[^\s@<>]{1,255}|^>.*$", re.MULTILINE)


def language_of(text: str) -> str:
    """Return the ISO 639-1 code among nl, en, de, fr, pl, tr, ar and uk, or nothing when it cannot be told.

    Looks at the first 2,000 characters. A language outside the eight is mistaken for its nearest neighbour.
    """
    words = _NOT_THEIR_WORDS.sub(" ", text[:LANGUAGE_CHARACTERS])
    if sum(letter.isalpha() for letter in words) < FEWEST_LETTERS:
        return ""
    language = _detector().detect_language_of(words)
    return language.iso_code_639_1.name.lower() if language else ""


@functools.cache
def _detector() -> LanguageDetector:
    """Build once; its models are read at the first text (0.1 s, 15 MB)."""
    # Heavy: the command line should start without it.
    from lingua import Language, LanguageDetectorBuilder

    languages = (
        Language.DUTCH,
        Language.ENGLISH,
        Language.GERMAN,
        Language.FRENCH,
        Language.POLISH,
        Language.TURKISH,
        Language.ARABIC,
        Language.UKRAINIAN,
    )
    # Letter triples only: 15 MB and 0.1 s in place of 200 MB and 2 s, and right on sentences all the same.
    return (
        LanguageDetectorBuilder.from_languages(*languages)
        .with_low_accuracy_mode()
        .with_minimum_relative_distance(SMALLEST_LEAD)
        .build()
    )
