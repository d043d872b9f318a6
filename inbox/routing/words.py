"""Matching words regardless of case and accents, in time linear in the text (RE2)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

import re2

from inbox.errors import PermanentError

_WORD = re.compile(r"[^\W_]+", re.UNICODE)
_RE2_MEMORY_BYTES = 8 << 20
"""Enough for the longest pattern an administrator may write (500 characters), small enough for 500 rules."""


class PatternInvalid(PermanentError):
    """A pattern or word of a rule cannot be used; the detail quotes it."""

    code = "pattern_invalid"


def normalised(text: str) -> str:
    """Return the words in lower case without accents, one space around each: ` losse stoeptegel `."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    return f" {' '.join(_WORD.findall(plain))} "


class Wanted:
    """One string out of a rule: words, words with `*`, or `/pattern/`."""

    def __init__(self, written: str) -> None:
        """Compile. Raises PatternInvalid when the pattern is none, or nothing would be left to look for."""
        self.written = written
        self.is_pattern = len(written) > 2 and written.startswith("/") and written.endswith("/")
        if self.is_pattern:
            self.expression = f"(?i){written[1:-1]}"
        else:
            self.expression = _expression(written)
        self.search = _compiled(self.expression, written)

    def is_in(self, raw: str, words: str) -> bool:
        """Say whether it stands in the text, given raw and normalised."""
        return self.search(raw if self.is_pattern else words) is not None


def _expression(written: str) -> str:
    steps = []
    for word in written.split():
        stem = normalised(word.rstrip("*")).strip()
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
        return re2.compile(expression, options).search
    except re2.error as error:
        raise PatternInvalid(f"the pattern `{written}` cannot be used: {_words_of(error)}") from None


def _words_of(error: Exception) -> str:
    reason = error.args[0] if error.args else error
    return reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)


def first_in(wanted: Iterable[Wanted], raw: str, words: str) -> str | None:
    """Return the first that stands in the text, as it was written in the rule, or None."""
    return next((one.written for one in wanted if one.is_in(raw, words)), None)
