"""Dutch postcodes, and the areas that rules name."""

from __future__ import annotations

import re

from inbox.channel import Channel
from inbox.letter_facts import likely_values
from inbox.reading import Reading

_WRITTEN = re.compile(r"(?<![0-9A-Za-z])([1-9][0-9]{3}) ?([A-Z]{2})(?![0-9A-Za-z])")
"""Capitals alone: in small letters `2026 en` would be one."""


def area(written: str) -> str:
    """Return with what all postcodes of an area begin: `476*` gives `476`, `4761 ab` gives `4761AB`."""
    return written.rstrip("*").replace(" ", "").upper()


def postcodes_of(reading: Reading, said: str) -> frozenset[str]:
    """Return the postcodes of who wrote it: of a letter its sender's, else all that stand in what was said.

    A letter's words hold our own postcode, so they do not count.
    """
    fields = likely_values(reading, "postcode")
    if fields or reading.channel is Channel.post:
        return frozenset(area(value) for value in fields)
    return frozenset(digits + letters for digits, letters in _WRITTEN.findall(said))
