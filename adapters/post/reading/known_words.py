"""Which words are words: Dutch and English ones, from Debian's list where it is installed."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from adapters.post.reading.frequent_words import DUTCH, ENGLISH

_LIST = Path("/usr/share/dict/dutch")
"""The Debian package `wdutch`: 413,000 words, 50 MB in memory and 0.2 s to load, once and only where a page is read."""
_AROUND = ".,;:!?()[]{}<>\"'`´‘’“”„«»…*/\\|_-–—•"
_SHORTEST = 2
"""Letters of a word that says something; single letters are known by anybody."""


@lru_cache(maxsize=1)
def dutch_words() -> frozenset[str]:
    """Return the words that count as Dutch, in lower case: the installed list, else the most frequent ones."""
    try:
        listed = _LIST.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return DUTCH
    return DUTCH | frozenset(listed.lower().split("\n"))


def telling(words: Iterable[str]) -> list[str]:
    """Return those that a list can know, bare and in lower case: two letters at least, nothing but letters."""
    bare = (word.strip(_AROUND).lower() for word in words)
    return [word for word in bare if len(word) >= _SHORTEST and word.replace("-", "").replace("'", "").isalpha()]


def dutch_share(words: Iterable[str]) -> float:
    """Return the share of the telling words that are Dutch, 0 to 1; 0 when none is telling."""
    asked = telling(words)
    known = dutch_words()
    return sum(word in known for word in asked) / len(asked) if asked else 0.0


def known_share(words: Iterable[str]) -> float:
    """Return the share of the telling words that are Dutch or frequent English ones, 0 to 1."""
    asked = telling(words)
    known = dutch_words()
    return sum(word in known or word in ENGLISH for word in asked) / len(asked) if asked else 0.0
