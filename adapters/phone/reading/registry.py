"""The formats of call records, in the order in which a file is held against them."""

from __future__ import annotations

from adapters.phone.reading.asterisk import Asterisk
from adapters.phone.reading.cucm import Cucm
from adapters.phone.reading.format import CallFormat
from adapters.phone.reading.freeswitch_csv import FreeswitchCsv
from adapters.phone.reading.freeswitch_json import FreeswitchJson
from adapters.phone.reading.teams import Teams
from adapters.phone.reading.three_cx import ThreeCx

FORMATS: tuple[CallFormat, ...] = (Asterisk(), FreeswitchJson(), FreeswitchCsv(), ThreeCx(), Cucm(), Teams())

BEGINNING_BYTES = 65_536
"""What `recognise` wants to see of a file."""


def recognise(beginning: bytes, formats: tuple[CallFormat, ...] = FORMATS) -> CallFormat | None:
    """Return the format of a file that begins so; None when it is surely of none."""
    return next((known for known in formats if known.recognises(beginning)), None)
