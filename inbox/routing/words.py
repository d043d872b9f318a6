"""Matching words regardless of case and accents, in time linear in the text (RE2)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import re2

from inbox.errors import PatternInvalid

_WORD = re.compile(r"[^\W_]+", re.UNICODE)
_RE2_MEMORY_BYTES = 8 << 20
"""Enough for the longest pattern an administrator may write (500 characters), small enough for 500 rules."""


def normalised(text: str) -> str:
    """Return the words in lower case without accents, one space around each: ` losse stoeptegel `."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    return f" {' '.join(_WORD.findall(plain))} "


class Wanted:
    """A list out of a rule, of which one is enough: words, words with `*` at their end, or `/pattern/`.

    The words of a list are searched for in one go; which of them it was is found out only when there is a hit.
    """

    def __init__(self, written: tuple[str, ...]) -> None:
        """Compile. Raises PatternInvalid when a pattern is none, or nothing would be left to look for."""
        expressions = [(one, _expression(one), _is_pattern(one)) for one in written]
        self._each = [(one, _compiled(expression, one), raw) for one, expression, raw in expressions]
        words = [expression for _, expression, raw in expressions if not raw]
        self._words = _compiled("|".join(words), written[0]) if words else None
        self._has_patterns = any(raw for _, _, raw in expressions)

    def first_in(self, raw: str, words: str) -> str | None:
        """Return the first of the list that stands in the text, as it was written in the rule, or None.

        `raw`: the text as it is, for patterns; `words`: the same text normalised.
        """
        if not self._has_patterns and (self._words is None or self._words(words) is None):
            return None
        return next((one for one, search, is_raw in self._each if search(raw if is_raw else words)), None)


def _is_pattern(written: str) -> bool:
    return len(written) > 2 and written.startswith("/") and written.endswith("/")


def _expression(written: str) -> str:
    if _is_pattern(written):
        return f"(?i){written[1:-1]}"
    steps = []
    for word in written.split():
        stem = normalised(word.rstrip("*")).strip()
        if "*" in word.rstrip("*"):
            raise PatternInvalid(f"`{written}`: a `*` stands only at the end of a word; else write a /pattern/")
        if not stem:
            raise PatternInvalid(f"`{written}` holds no word to look for")
        steps.append(re2.escape(stem) + ("[^ ]*" if word.endswith("*") else ""))
    if not steps:
        raise PatternInvalid("an empty word would match everything")
    return f" {' '.join(steps)} "


@lru_cache(maxsize=10_000)
def _compiled(expression: str, written: str) -> Callable[[str], Any]:
    options = re2.Options()
    options.max_mem = _RE2_MEMORY_BYTES
    options.log_errors = False
    try:
        search = re2.compile(expression, options).search
    except re2.error as error:
        raise PatternInvalid(f"the pattern `{written}` cannot be used: {_words_of(error)}") from None
    # Bytes: a text may hold half a character, which RE2's own encoding refuses.
    return lambda text: search(text.encode("utf-8", "replace"))


def _words_of(error: Exception) -> str:
    reason = error.args[0] if error.args else error
    return reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
