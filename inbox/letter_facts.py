"""What a letter's fields say that the gateway acts on: marks, and the kind of its addressee."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from inbox.confidentiality import Confidentiality
from inbox.reading import LetterField, Reading

HIGH = 0.9
"""Confidence from which a field is believed: an address is only written to, and a term only counted, from there."""
LIKELY = 0.6
"""Confidence from which a field is taken for the letter's: it is shown, and rules may ask for it."""
ENVELOPE_WORDS = 60
"""Words of one side of an envelope, at most: two addresses, a postmark, a mark and what carriers print take 45."""


ENVELOPE_SIDE = "envelope"
"""Remark of a page that shows one side of an envelope."""


class Mark(StrEnum):
    """Who may open it, as the sender wrote on the outside."""

    personal = "persoonlijk"
    confidential = "vertrouwelijk"


class AddresseeKind(StrEnum):
    """To whom a letter or envelope is addressed."""

    council = "council"
    confidant = "confidant"
    person = "person"
    """Somebody by name."""
    organisation = "organisation"


_NONE = Confidentiality.openbaar
_OF_A_MARK = Confidentiality.vertrouwelijk
"""Whoever marks a letter, or writes to the confidant, expects that few read it."""


def marks_on(reading: Reading) -> frozenset[Mark]:
    """Return the marks that stand on it. Even a badly read one counts: to be careful for nothing harms nobody."""
    return frozenset(Mark(field.value) for field in _named(reading, "marked", 0.0))


def addressee_kinds(reading: Reading) -> frozenset[AddresseeKind]:
    """Return the kinds of its addressee: one, or none where nobody was found."""
    return frozenset(AddresseeKind(field.value) for field in _named(reading, "addressee_kind", LIKELY))


def likely_values(reading: Reading, name: str) -> tuple[str, ...]:
    """Return what a field of the letter likely holds; none where it was not found, or read poorly."""
    return tuple(field.value for field in _named(reading, name, LIKELY))


def confidentiality_of(reading: Reading) -> Confidentiality:
    """Return how confidential it is, at least, by what stands on the outside; `openbaar` where nothing says so."""
    is_for_confidant = any(field.value == AddresseeKind.confidant for field in _named(reading, "addressee_kind", 0.0))
    return _OF_A_MARK if is_for_confidant or marks_on(reading) else _NONE


def _named(reading: Reading, name: str, least: float) -> Iterator[LetterField]:
    return (field for field in reading.fields if field.name == name and field.value and field.confidence >= least)
