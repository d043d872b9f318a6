"""Words of strangers made harmless: no control characters, no line breaks where none belong, bounded in length."""

from __future__ import annotations

import unicodedata

_BECOMES_SPACE = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Control characters, lone surrogates, line and paragraph separators (Unicode general categories)."""
_JOINERS = "\u200c\u200d"
"""The two format characters that writing needs; the others hide text or turn its direction around."""


def one_line(text: str, limit: int) -> str:
    """Return the words on one line, at most `limit` characters."""
    # Four times the limit is plenty of text to look at: a hostile name may be megabytes of spaces.
    return _cut(" ".join(_plain(text[: 4 * limit]).split()), limit)


def some_lines(text: str, limit: int) -> str:
    """Return the text with newlines only, no blank lines in a row, at most `limit` characters."""
    kept: list[str] = []
    for written in text[: 4 * limit].splitlines():
        line = " ".join(_plain(written).split())
        if line or (kept and kept[-1]):
            kept.append(line)
    return _cut("\n".join(kept).strip(), limit)


def _plain(text: str) -> str:
    return "".join(_plain_character(character) for character in text)


def _plain_character(character: str) -> str:
    category = unicodedata.category(character)
    if category in _BECOMES_SPACE:
        return " "
    return "" if category == "Cf" and character not in _JOINERS else character


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
