"""Inflections of Dutch words: what a stemmer takes for one word."""

from __future__ import annotations

from functools import lru_cache
from threading import local

import Stemmer

_LONGEST = 60
"""Characters of the longest word that is stemmed; a longer one is no word that anybody inflects."""

_of_thread = local()
"""A stemmer keeps its work between calls, so each thread has its own."""


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """Return what a normalised word shares with its inflections: `lantaarntjes` gives `lantaarn`.

    By Snowball's Dutch stemmer (Kraaij and Pohlmann). A compound is a word of its own: `lantaarnpaal` is no `lantaarn`.
    """
    if len(word) > _LONGEST:
        return word
    stemmer = getattr(_of_thread, "stemmer", None)
    if stemmer is None:
        stemmer = _of_thread.stemmer = Stemmer.Stemmer("dutch")
    return str(stemmer.stemWord(word))
