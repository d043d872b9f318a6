"""A moment as mail programs write it in words: `dinsdag 3 maart 2026 10:12`."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from adapters.email.reading.moment import moment_of

_MONTHS = (
    ("jan",), ("feb", "fév", "fev"), ("maa", "mrt", "mar", "mär", "mae"), ("apr", "avr"), ("mei", "may", "mai"),
    ("jun", "juin"), ("jul", "juil"), ("aug", "aoû", "aou"), ("sep",), ("okt", "oct"), ("nov",),
    ("dec", "dez", "déc"),
)  # fmt: skip
_WORD = re.compile(r"[^\W\d_]{3,12}")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
_DAY = re.compile(r"(?<![\d:.])(\d{1,2})(?![\d:h])")
_CLOCK = re.compile(r"(?<!\d)(\d{1,2})[:.h](\d{2})(?:[:.](\d{2}))?(?!\d)\s?([ap]\.?m\.?)?", re.IGNORECASE)
_NUMERIC = re.compile(r"(?<!\d)(\d{1,2})[-/.](\d{1,2})[-/.]((?:19|20)\d{2})(?!\d)")
_ISO = re.compile(r"(?<!\d)((?:19|20)\d{2})-(\d{2})-(\d{2})(?!\d)")
_OFFSET = re.compile(r"[+-]\d{4}\b")
_UTC = re.compile(r"\b(?:UTC|GMT)\b(?!\s?[+-])")
_HERE = ZoneInfo("Europe/Amsterdam")
"""A forward in words names no time zone: it shows its forwarder's, and that one mailed a Dutch municipality."""

_LIMIT = 120


def written_moment(value: str) -> datetime | None:
    """Return the moment as aware UTC, or None when it cannot be told. Numbers are day before month. Never raises."""
    value = value[:_LIMIT]
    if _OFFSET.search(value) and (sent := moment_of(value)):
        return sent
    day = _date(value)
    clock = _CLOCK.search(_NUMERIC.sub(" ", value))
    if day is None or clock is None:
        return None
    hour, minute, second = int(clock[1]), int(clock[2]), int(clock[3] or 0)
    half = (clock[4] or "").lower()[:1]
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    zone = UTC if _UTC.search(value) else _HERE
    try:
        return datetime(*day, hour, minute, second, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _date(value: str) -> tuple[int, int, int] | None:
    """Return year, month and day."""
    if found := _ISO.search(value):
        return int(found[1]), int(found[2]), int(found[3])
    if found := _NUMERIC.search(value):
        return int(found[3]), int(found[2]), int(found[1])
    month = next((number for word in _WORD.findall(value) if (number := _month(word))), 0)
    year = _YEAR.search(value)
    day = _DAY.search(_CLOCK.sub(" ", value))
    return (int(year[0]), month, int(day[1])) if month and year and day else None


def _month(word: str) -> int:
    """Return the month's number, 0 for another word; `dinsdag` and `donderdag` are no months, `maandag` is none."""
    start = word.casefold()
    if start.startswith(("maandag", "mardi", "march\u00e9")):
        return 0
    return next((number for number, stems in enumerate(_MONTHS, start=1) if start.startswith(stems)), 0)
