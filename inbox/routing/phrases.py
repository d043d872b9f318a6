"""The words of a rule, taken apart: what each must be, and what stands next to it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from inbox.errors import PatternInvalid
from inbox.routing.inflection import stem

_WORD = re.compile(r"[^\W_]+", re.UNICODE)


def normalised(text: str) -> str:
    """Return the words in lower case without accents, one space around each: ` losse stoeptegel `."""
    # Once more afterwards: taking apart gives capitals, too, of mathematical letters for instance.
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text.casefold()).casefold())
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    return f" {' '.join(_WORD.findall(plain))} "


class How(StrEnum):
    """How a word of a rule meets a word of a text."""

    whole = "whole"
    beginning = "beginning"
    """`vergunning*`"""
    stem = "stem"
    """`~vergunning`; the word is kept as its stem."""


class Asked(NamedTuple):
    """One word of a rule, normalised."""

    word: str
    how: How

    def meets(self, word: str) -> bool:
        """Say whether a normalised word of a text is what is asked for."""
        if self.how is How.whole:
            return word == self.word
        return word.startswith(self.word) if self.how is How.beginning else stem(word) == self.word

    def covers(self, other: Asked) -> bool:
        """Say whether each word that meets the other surely meets this one."""
        if self == other:
            return True
        if other.how is How.whole:
            return self.meets(other.word)
        return self.how is How.beginning and other.how is How.beginning and other.word.startswith(self.word)


Phrase = tuple[Asked, ...]
"""Words that must stand in this order, next to each other."""


def is_pattern(written: str) -> bool:
    """Say whether it is a `/pattern/` and no words."""
    return len(written) > 2 and written.startswith("/") and written.endswith("/")


def phrase(written: str) -> Phrase:
    """Take apart what stands in a rule. Raises PatternInvalid when nothing would be left to look for."""
    if written.startswith("/"):
        raise PatternInvalid(f"`{written}` begins as a /pattern/: end it with a `/`, or leave the first one out")
    asked: list[Asked] = []
    for part in written.split():
        is_stem = part.startswith("~")
        bare = part.lstrip("~")
        is_beginning = bare.endswith("*")
        if "*" in bare.rstrip("*"):
            raise PatternInvalid(f"`{written}`: a `*` stands only at the end of a word; else write a /pattern/")
        if is_stem and is_beginning:
            raise PatternInvalid(f"`{written}`: a word has either `~` before it or `*` behind it")
        words = normalised(bare.rstrip("*")).split()
        if not words:
            raise PatternInvalid(f"`{written}` holds no word to look for")
        if is_stem:
            asked += [Asked(stem(word), How.stem) for word in words]
        else:
            asked += [Asked(word, How.whole) for word in words]
            if is_beginning:
                asked[-1] = Asked(words[-1], How.beginning)
    if not asked:
        raise PatternInvalid("an empty word would match everything")
    return tuple(asked)


def stands_in(wanted: Phrase, words: Sequence[str]) -> bool:
    """Say whether the words stand in a text, which is given as its normalised words."""
    first, rest = wanted[0], wanted[1:]
    for at, word in enumerate(words):
        if first.meets(word) and len(words) - at > len(rest):
            following = words[at + 1 : at + 1 + len(rest)]
            if all(asked.meets(word) for asked, word in zip(rest, following, strict=True)):
                return True
    return False


def phrase_covers(wide: Phrase, narrow: Phrase) -> bool:
    """Say whether each text with the narrow phrase surely has the wide one."""
    return any(
        all(asked.covers(other) for asked, other in zip(wide, narrow[at:], strict=False))
        for at in range(len(narrow) - len(wide) + 1)
    )
