"""A field with its evidence, and how sure it is.

One rule: `confidence = sureness x words`. *Sureness* (0 to 1) is what the pattern and the place are worth: 0.99 for a
value behind its label, less where it stands alone, 0.8 of that where a misread character was put right. *Words* is the
lowest confidence of the words it stands in: one weak word makes the whole value doubtful. Where a check digit holds
(IBAN, our own references), misreadings show by themselves, and the words count for a tenth only. What comes to 0.9 or
more is meant to be right in 98 of 100.
"""

from __future__ import annotations

from dataclasses import dataclass

from adapters.post.reading.fields.lines import Line
from inbox.reading import LetterField

VALUE_LIMIT = 200
"""Characters of a field's value."""

REPAIRED = 0.8
"""What is left of the sureness when a misread character was put right: always below high confidence."""

_UNREADABLE = 0.2
"""Confidence of a field that is there, and whose value failed its check."""
_CHECKED = 0.1
"""Share of the words' doubt that stays when a check digit holds."""


@dataclass(frozen=True)
class Spot:
    """A value and where it stands: from start up to end in a line."""

    value: str
    line: Line
    start: int
    end: int
    sure: float


def found(name: str, spot: Spot, *, is_checked: bool = False) -> LetterField:
    """Return the field, its confidence as the rule above says."""
    words = spot.line.words_of(spot.start, spot.end)
    weakest = min(word.confidence for word in words)
    if is_checked:
        weakest = 1 - (1 - weakest) * _CHECKED
    return LetterField(
        name=name,
        value=spot.value[:VALUE_LIMIT],
        page=spot.line.page,
        box=_box(spot),
        confidence=round(spot.sure * weakest, 3),
    )


def unreadable(name: str, line: Line, start: int, end: int) -> LetterField:
    """Return the field as one that is there and has no value."""
    spot = Spot("", line, start, end, 0.0)
    return LetterField(name=name, value="", page=line.page, box=_box(spot), confidence=_UNREADABLE)


def whole(line: Line, sure: float, value: str | None = None) -> Spot:
    """Return all that the line says, or the value that stands in all of it."""
    return Spot(line.text if value is None else value, line, 0, len(line.text), sure)


def _box(spot: Spot) -> tuple[int, int, int, int]:
    words = spot.line.words_of(spot.start, spot.end)
    return (
        min(word.left for word in words),
        min(word.top for word in words),
        max(word.right for word in words),
        max(word.bottom for word in words),
    )
