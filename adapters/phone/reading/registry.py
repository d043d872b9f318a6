"""The formats of call records, in the order in which a file is held against them."""

from __future__ import annotations

from adapters.phone.reading.asterisk import Asterisk
from adapters.phone.reading.format import CallFormat

FORMATS: tuple[CallFormat, ...] = (Asterisk(),)

BEGINNING_BYTES = 65_536
"""What `recognise` wants to see of a file."""


def recognise(beginning: bytes, formats: tuple[CallFormat, ...] = FORMATS) -> CallFormat | None:
    """Return the format of a file that begins so; None when it is surely of none."""
    return next((known for known in formats if known.recognises(beginning)), None)
