"""What a department's employee reads of what a letter says of itself, in Dutch."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from adapters.departments.plain_text import one_line
from inbox.letter_facts import HIGH
from inbox.norms.promise import date_words
from inbox.reading import LetterField

_NAMES = {
    "stamped_on": "Datumstempel",
    "posted_on": "Poststempel",
    "written_on": "Datum van de brief",
    "marked": "Opschrift",
    "addressee": "Gericht aan",
}
"""Fields that tell who may open it and from when terms count; all others stand in the letter itself."""
_DATES = ("stamped_on", "posted_on", "written_on")
_VALUE = 100
_VALUES = 3
"""Of one name; what is beyond stands in the scan."""


def letter_facts(fields: Sequence[LetterField]) -> dict[str, str]:
    """Return name → what the letter says, each on one line; a value that was not surely read says so."""
    return {words: _all_of(name, [field for field in fields if field.name == name]) for name, words in _NAMES.items()}


def _all_of(name: str, fields: Sequence[LetterField]) -> str:
    # Both marks may stand there; of two dates or addressees one was misread.
    joint = " en " if name == "marked" else " of "
    return joint.join(_said(field) for field in fields[:_VALUES])


def _said(field: LetterField) -> str:
    if not field.value:
        return "staat er wel, maar is niet te lezen"
    value = one_line(field.value, _VALUE)
    said = _day(value) if field.name in _DATES else value
    return said if field.confidence >= HIGH else f"{said} (niet zeker gelezen)"


def _day(value: str) -> str:
    try:
        return date_words(date.fromisoformat(value))
    except ValueError:
        return value
