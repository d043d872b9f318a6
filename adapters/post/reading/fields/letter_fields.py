"""All fields of a letter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from adapters.post.reading.fields.address import blocks_of
from adapters.post.reading.fields.bsn import bsns_in, masked
from adapters.post.reading.fields.closing import frame_of, signed_by
from adapters.post.reading.fields.dated import dates_of
from adapters.post.reading.fields.email_address import email_addresses_of
from adapters.post.reading.fields.evidence import VALUE_LIMIT, unreadable
from adapters.post.reading.fields.iban import ibans_of
from adapters.post.reading.fields.kvk import kvks_of
from adapters.post.reading.fields.lines import Lines
from adapters.post.reading.fields.marks import addressee_of, marks_of
from adapters.post.reading.fields.ours import NOBODY, Ours
from adapters.post.reading.fields.phone import phones_of
from adapters.post.reading.fields.references import references_of
from adapters.post.reading.fields.sender import parties_of, sender_fields
from adapters.post.reading.fields.subject import subject_of
from adapters.post.reading.word import PageWords
from inbox.reading import LetterField

_FIELDS = 60
"""Fields of one letter; a long one has twenty-five."""
_PROSE = frozenset(["subject", "sender_name", "signed_by", "addressee", "street", "city"])
"""Values with words around a masked number; any other value that holds one is unreadable."""


def letter_fields(pages: Sequence[PageWords], received_on: date, ours: Ours = NOBODY) -> tuple[LetterField, ...]:
    """Return what the letter says of itself, in reading order, at most sixty fields. Pure, linear, never raises.

    A value whose check fails is empty. `bsn` says that a citizen service number stands there; its value is always
    empty, and no value holds one. Confidences follow the rule in `evidence.py`.
    """
    lines = Lines(pages)
    kept: dict[tuple[str, str], LetterField] = {}
    for field in map(_without_bsn, _fields(lines, received_on, ours)):
        key = (field.name, field.value)
        if key not in kept or field.confidence > kept[key].confidence:
            kept[key] = field
    readable = {name for name, value in kept if value}
    single = [field for field in kept.values() if field.value or field.name not in readable or field.name in _MANY]
    ordered = sorted(single, key=lambda field: (field.page, field.box[1], field.box[0]))
    return tuple(ordered[:_FIELDS])


_MANY = frozenset(["iban", "kvk", "phone", "email"])
"""Names of which one may be readable and another not."""


def _fields(lines: Lines, received_on: date, ours: Ours) -> Iterator[LetterField]:
    frame = frame_of(lines)
    blocks = blocks_of(lines, frame)
    parties = parties_of(blocks, lines, frame, ours)
    yield from sender_fields(parties, signed_by(lines, frame))
    yield from addressee_of(lines, parties, frame)
    yield from marks_of(lines)
    yield from dates_of(lines, received_on)
    yield from references_of(lines)
    yield from subject_of(lines)
    yield from email_addresses_of(lines)
    yield from phones_of(lines)
    yield from ibans_of(lines)
    yield from kvks_of(lines)
    for line in lines.all:
        for start, end in bsns_in(line.text):
            field = unreadable("bsn", line, start, end)
            weakest = min(word.confidence for word in line.words_of(start, end))
            yield field.model_copy(update={"confidence": round(0.95 * weakest, 3)})


def _without_bsn(field: LetterField) -> LetterField:
    """Return the field with a value that holds no citizen service number."""
    value = masked(field.value)
    if value == field.value:
        return field
    if field.name in _PROSE:
        return field.model_copy(update={"value": value[:VALUE_LIMIT]})
    return field.model_copy(update={"value": "", "confidence": min(field.confidence, 0.2)})
