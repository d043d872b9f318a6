"""Dutch postcodes: four digits, not beginning with 0, and two letters, not SA, SD or SS."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from adapters.post.reading.fields.evidence import REPAIRED

_POSTCODE = re.compile(r"[1-9][0-9]{3} (?!SA|SD|SS)[A-Z]{2}")
_CANDIDATE = re.compile(
    r"(?<![\w/€-])(?<!\d[.,])(?:NL[ -])?(?P<digits>[0-9OIl]{4})(?P<between>[ -]?)(?P<letters>[A-Z01]{2}|[A-Z] [A-Z](?= [A-Z'’])|[a-z]{2}(?= [A-Z'’]))"
    r"(?P<joined>(?=[A-Z'’][A-Za-z'’]{2}))?(?(joined)|(?![\w.-]))"
)
_DIGITS = str.maketrans({"O": "0", "I": "1", "l": "1"})
_LETTERS = str.maketrans({"0": "O", "1": "I"})
_FEWEST_DIGITS = 3
_SMALL_LETTERS = 0.9


@dataclass(frozen=True)
class Postcode:
    """A postcode as it stands in a text, from start up to end."""

    value: str
    """`4761 AB`; empty when what stands there is none."""
    start: int
    end: int
    sure: float
    """1, or less when a character was put right or the letters are small."""


def postcodes_in(text: str) -> Iterator[Postcode]:
    """Yield each, in order.

    In a place for digits O is read as 0, I and l as 1; in a place for letters 0 as O and 1 as I: nothing else can be
    meant there. At most one character is put right; a dash between them is a speck.
    """
    for match in _CANDIDATE.finditer(text):
        digits, letters = match["digits"], match["letters"].replace(" ", "")
        if sum(sign.isdigit() for sign in digits) < _FEWEST_DIGITS:
            continue
        value = f"{digits.translate(_DIGITS)} {letters.upper().translate(_LETTERS)}"
        wrong = sum(not sign.isdigit() for sign in digits) + sum(not sign.isalpha() for sign in letters)
        wrong += match["between"] == "-"
        is_one = _POSTCODE.fullmatch(value) is not None and wrong <= 1
        sure = (REPAIRED if wrong else 1.0) * (_SMALL_LETTERS if letters.islower() else 1.0)
        yield Postcode(value if is_one else "", match.start("digits"), match.end("letters"), sure)
