"""Dates as letters write them, in Dutch, English, German and French."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from adapters.post.reading.fields.evidence import REPAIRED

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "januari january januar janvier jan jän", "februari february februar février fevrier feb febr fév",
            "maart march märz mars mrt mar maa mär", "april avril apr avr", "mei may mai",
            "juni june juin jun", "juli july juillet jul juil", "augustus august août aout aug",
            "september septembre sep sept", "oktober october octobre okt oct", "november novembre nov",
            "december dezember décembre decembre dec dez déc",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
_DAY = r"(?<![\w.,'’/-])(?P<day>[0-3OIl]?[\dOIl])"
_YEAR = r"(?P<year>(?:19|2[0O])[\dOIl]{2}|['’‘`][\dOIl]{2})(?![\dOIl])"
_WORDS = re.compile(rf"{_DAY}(?:e|ste|de|st|nd|rd|th|\.)?[ -]?(?P<month>[^\W\d_][^\W2-9_]{{2,10}})\.?,?[ -]?{_YEAR}")
_MONTH_FIRST = re.compile(
    rf"(?<![^\W_])(?P<month>[^\W\d_][^\W2-9_]{{2,9}})\.? (?P<day>[0-3OIl]?[\dOIl])(?:st|nd|rd|th)?,? {_YEAR}"
)
_NUMBERS = re.compile(
    rf"{_DAY} ?(?P<sign>[-/.]) ?(?P<month>[01OIl]?[\dOIl]) ?(?P=sign) ?"
    r"(?P<year>(?:19|2[0O])[\dOIl]{2}|['’‘`]?[\dOIl]{2})(?![\dOIl])"
)
_ISO = re.compile(r"(?<![\w-])(?P<year>(?:19|20)\d{2})-(?P<month>\d{2})-(?P<day>\d{2})(?!\d)")
_LOOKALIKES = str.maketrans({"O": "0", "I": "1", "l": "1", "o": "0"})
_LOOKALIKES_OF_LETTERS = (("rn", "m"), ("0", "o"), ("1", "l"), ("vv", "w"))
_CENTURY = 2000
_AMBIGUOUS = 0.85
"""Numbers with a slash, both of which may be the month: American letters write the month first."""


@dataclass(frozen=True)
class Written:
    """A date as it stands in a text, from start up to end."""

    day: date | None
    """None for one that no calendar has."""
    start: int
    end: int
    sure: float
    """1, or less when characters were put right or day and month may have changed places."""


def dates_in(text: str) -> Iterator[Written]:
    """Yield each date, once. Numbers are day before month; two figures of a year are of this century."""
    taken: list[tuple[int, int]] = []
    for pattern in (_ISO, _WORDS, _MONTH_FIRST, _NUMBERS):
        for match in pattern.finditer(text):
            if any(match.start() < end and match.end() > start for start, end in taken):
                continue
            if written := _written(match):
                taken.append(match.span())
                yield written


def _written(match: re.Match[str]) -> Written | None:
    sure = 1.0
    month = match["month"]
    if month[0].isdigit() or len(month) < 3:
        number = _number(month)
        if match.groupdict().get("sign") == "/" and number <= 12 and _number(match["day"]) <= 12:
            sure = _AMBIGUOUS
        letters = f"{match['day']}{month}{match['year']}"
    else:
        number, sure = _month(month)
        letters = f"{match['day']}{match['year']}"
        if not number:
            return None
    if any(letter.isalpha() for letter in letters):
        sure *= REPAIRED
    year = _number(match["year"].lstrip("'’‘`"))
    try:
        day = date(year if year >= 100 else year + _CENTURY, number, _number(match["day"]))
    except ValueError:
        day = None
    return Written(day, match.start(), match.end(), sure)


def _month(word: str) -> tuple[int, float]:
    plain = word.casefold().rstrip(".")
    if plain in _MONTHS:
        return _MONTHS[plain], 1.0
    for wrong, right in _LOOKALIKES_OF_LETTERS:
        plain = plain.replace(wrong, right)
    return _MONTHS.get(plain, 0), REPAIRED


def _number(digits: str) -> int:
    return int(digits.translate(_LOOKALIKES))
