"""Words that anybody may have written, made of characters that the letters' fonts can print."""

from __future__ import annotations

import unicodedata
from collections.abc import Container

MISSING = "\u25a1"
"""An empty square, where a character cannot be printed: a reader sees that something is missing."""
LEFT_OUT = "…"
"""Where words were left out."""
_NO_BREAK_SPACE = "\u00a0"
_NO_BREAK_SPACES = frozenset("\u00a0\u202f")
_MARKS_IN_A_ROW = 2
"""Accents on one letter. No language that we print has more; towers of them would run through other lines."""
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
"""Bidirectional classes (Unicode Standard Annex 9). We neither turn nor join letters: such words would read wrong."""


def printable_lines(text: str, glyphs: Container[int], *, at_most: int) -> list[str]:
    """Return the text's lines, single spaces between words. `at_most`: characters that are looked at.

    `glyphs`: the code points that can be printed. What cannot becomes its plain letter (ⓐ: a) or MISSING. Control
    and format characters, which hide text or turn it around, are left out.
    """
    composed = unicodedata.normalize("NFC", text[:at_most])
    return [_line(line, glyphs) for line in composed.splitlines()]


def printable_line(text: str, glyphs: Container[int], *, at_most: int) -> str:
    """Return the text on one line; `…` stands where more than `at_most` characters were cut off."""
    words = " ".join(line for line in printable_lines(text, glyphs, at_most=at_most) if line)
    return f"{words}{LEFT_OUT}" if len(text) > at_most else words


def _line(line: str, glyphs: Container[int]) -> str:
    marks = 0
    kept: list[str] = []
    for character in line:
        is_mark = unicodedata.category(character) in {"Mn", "Me"}
        marks = marks + 1 if is_mark else 0
        if marks <= _MARKS_IN_A_ROW:
            kept.append(_printed(character, glyphs))
    # Not split(): that would break at spaces that forbid it.
    return " ".join(word for word in "".join(kept).split(" ") if word)


def _printed(character: str, glyphs: Container[int]) -> str:
    category = unicodedata.category(character)
    if character in _NO_BREAK_SPACES:
        return _NO_BREAK_SPACE
    if category in {"Cc", "Zs"}:
        return " "
    if category == "Cf":
        return ""
    if category in {"Cs", "Co", "Cn"} or unicodedata.bidirectional(character) in _RIGHT_TO_LEFT:
        return MISSING
    if ord(character) in glyphs:
        return character
    plain = unicodedata.normalize("NFKD", character)
    return "".join(part for part in plain if ord(part) in glyphs and part.isalnum()) or MISSING
