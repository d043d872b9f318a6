"""Telephone numbers that a message names, however they are written.

By hand, and not by a search of the library of numbers: on a text of numbers alone that takes seconds, and texts come from
anybody. What is found is still judged by the library.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from inbox.mobile_number import as_e164
from inbox.reading import Reading

_LOOKED_AT = 20_000
"""Characters of each text: people write their number near the beginning or in a signature, and texts come from anybody."""

_NUMBERS_LIMIT = 50
"""Of one message. A list of numbers is nobody's own."""

_FIGURES = re.compile(r"(?<![\d+])[+0]\d?(?:[\s().\-/–]{0,3}\d{1,15}){2,12}", re.ASCII)
"""Groups of figures close together that begin as a number does: with 0 or +."""

_FEWEST, _MOST = 9, 17
"""Figures of a number that can be rung from elsewhere: a Dutch one without its 0, the longest with 00 and (0)."""

_TRIED_LIMIT = 300
"""Of one text: a page of figures is no letter."""


def numbers_in(reading: Reading) -> frozenset[str]:
    """Return the numbers that the message names, as E.164; of the Netherlands where they name no country."""
    passed_on = reading.forwarded.text if reading.forwarded else ""
    found = {as_e164(field.value) for field in reading.fields if field.name == "phone" and field.value}
    for text in (reading.subject, reading.text, reading.attached_text, passed_on):
        found |= _numbers_in(text)
    found.discard("")
    return frozenset(sorted(found)[:_NUMBERS_LIMIT])


def _numbers_in(text: str) -> set[str]:
    looked_at = text if len(text) <= 2 * _LOOKED_AT else f"{text[:_LOOKED_AT]}\n{text[-_LOOKED_AT:]}"
    known: dict[str, str] = {}
    found: set[str] = set()
    at = 0
    while (match := _FIGURES.search(looked_at, at)) and len(known) < _TRIED_LIMIT:
        at = match.end()
        for figures, length in _readings_of(match.group()):
            if figures not in known:
                known[figures] = as_e164(figures)
            if known[figures]:
                found.add(known[figures])
                at = match.start() + length
                break
    return found


def _readings_of(written: str) -> Iterator[tuple[str, int]]:
    """Yield the figures that may be the number, the most first, with how far they reach: behind them may stand a time, or
    another number.
    """
    groups = list(re.finditer(r"\+?\d+", written, re.ASCII))
    for end in range(len(groups), 0, -1):
        figures = "".join(group.group() for group in groups[:end])
        if _FEWEST <= len(figures.lstrip("+")) <= _MOST:
            yield figures, groups[end - 1].end()
