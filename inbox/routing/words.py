"""Matching words regardless of case and accents, in time linear in the text (RE2)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import Any

import re2

from inbox.errors import PatternInvalid
from inbox.routing.inflection import stem
from inbox.routing.phrases import How, Phrase, is_pattern, normalised, phrase, stands_in

_RE2_MEMORY_BYTES = 8 << 20
"""Enough for the longest pattern an administrator may write (500 characters), small enough for 500 rules."""


class Text:
    """A text to be searched. Each form is made when it is first asked for, and once."""

    def __init__(self, raw: str) -> None:
        """`raw`: the text as it is, for patterns."""
        self.raw = raw

    @cached_property
    def words(self) -> str:
        """The words, normalised."""
        return normalised(self.raw)

    @cached_property
    def sequence(self) -> tuple[str, ...]:
        """The normalised words in order."""
        return tuple(self.words.split())

    @cached_property
    def distinct(self) -> frozenset[str]:
        """The normalised words, each once."""
        return frozenset(self.sequence)

    @cached_property
    def stems(self) -> frozenset[str]:
        """The stems of the words."""
        return frozenset(map(stem, self.distinct))


class Wanted:
    """A list out of a rule, of which one is enough: words, words with `*` behind or `~` before them, or `/pattern/`.

    The plain words of a list are searched for in one go; which of them it was is found out only when there is a hit.
    """

    def __init__(self, written: tuple[str, ...]) -> None:
        """Compile. Raises PatternInvalid when a pattern is none, or nothing would be left to look for."""
        phrases = {one: None if is_pattern(one) else phrase(one) for one in written}
        self._each = [(one, _search(one, phrases[one])) for one in written]
        plain = [_expression(asked) for asked in phrases.values() if asked is not None and not _is_inflected(asked)]
        self._plain = compiled_pattern("|".join(plain), written[0]) if plain else None
        self._has_others = len(plain) < len(phrases)

    def first_in(self, text: Text) -> str | None:
        """Return the first of the list that stands in the text, as it was written in the rule, or None."""
        if not self._has_others and (self._plain is None or self._plain(text.words) is None):
            return None
        return next((one for one, is_in in self._each if is_in(text)), None)


def _search(written: str, asked: Phrase | None) -> Callable[[Text], bool]:
    if asked is None:
        search = compiled_pattern(pattern_expression(written), written)
        return lambda text: search(text.raw) is not None
    if _is_inflected(asked):
        stems = {word.word for word in asked if word.how is How.stem}
        return lambda text: stems <= text.stems and stands_in(asked, text.sequence)
    search = compiled_pattern(_expression(asked), written)
    return lambda text: search(text.words) is not None


def _is_inflected(asked: Phrase) -> bool:
    return any(word.how is How.stem for word in asked)


def pattern_expression(written: str) -> str:
    """Return the RE2 expression of a `/pattern/`: searched without regard to case."""
    return f"(?i){written[1:-1]}"


def _expression(asked: Phrase) -> str:
    steps = [re2.escape(word.word) + ("[^ ]*" if word.how is How.beginning else "") for word in asked]
    return f" {' '.join(steps)} "


@lru_cache(maxsize=20_000)
def compiled_pattern(expression: str, written: str) -> Callable[[str], Any]:
    """Return a search for an expression; its answer is None when it is not there. Raises PatternInvalid.

    `written`: what stands in the document, for the fault.
    """
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
