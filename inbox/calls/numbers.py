"""Telephone numbers that a message names, however they are written."""

from __future__ import annotations

import re

import phonenumbers

from inbox.mobile_number import as_e164
from inbox.reading import Reading

_LOOKED_AT = 20_000
"""Characters of each text: people write their number near the beginning or in a signature, and texts come from anybody."""

_NUMBERS_LIMIT = 50
"""Of one message. A list of numbers is nobody's own."""

_MAY_BE_NUMBER = re.compile(r"(?:\d[\s().\-/–]{0,3}){9}", re.ASCII)
"""What holds no nine digits close together holds no number: most texts are passed over at once."""


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
    if not _MAY_BE_NUMBER.search(looked_at):
        return set()
    found = phonenumbers.PhoneNumberMatcher(looked_at, "NL", max_tries=_NUMBERS_LIMIT * 4)
    return {phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164) for match in found}
