"""Telephone numbers as telephone systems write them, in one form."""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers

_WITHHELD = frozenset(
    {
        "anoniem", "anonymous", "asserted", "blocked", "geheim", "nonumber", "onbekend", "private", "restricted",
        "unavailable", "unknown", "withheld",
        # "anonymous" on the keys of a telephone: how a network without words for it says so.
        "266696687",
    }
)  # fmt: skip
_IN_ANGLES = re.compile(r"<([^<>]*)>")
_SCHEME = re.compile(r"^(?:sips?|tel|callto):(?://)?", re.IGNORECASE)
_BETWEEN = re.compile(r"[\s/().\-\u2010-\u2015]")
_DIALLED = re.compile(r"\+?[0-9*#]+")
_TRUNK_ZERO = re.compile(r"^((?:\+|00)\s*[0-9]{1,3}\s*)\(\s*0\s*\)")
_MUNICIPAL = re.compile(r"(?:\+31|0031)?(140[0-9]{2,3})")
_SHORT = 6
"""Digits of the longest number that is an extension or a service, not a subscriber's (116123, 1850)."""
_LONGEST = 128
"""Characters kept of what is no number: the field is the caller's to fill."""


def written(number: str, region: str) -> str:
    """Give the number in E.164 where it is a valid one (ITU-T E.164), read as dialled in the region (ISO 3166-1).

    The municipal 14-numbers, short numbers and extensions are their digits. A withheld or unknown number is empty. `sip:`
    and `tel:` addresses count as their user part, without its parameters (RFC 3261 section 19.1, RFC 3966). What is none
    of these stays as it is written, at most 128 characters. Never raises.
    """
    # What is remembered is short: the field is the caller's to fill.
    return _remembered(number, region) if len(number) <= _LONGEST else _read(number, region)


def _read(number: str, region: str) -> str:
    bare = _address(number)
    joined = _BETWEEN.sub("", _TRUNK_ZERO.sub(r"\1", bare))
    if not joined.strip("+0") or joined.lstrip("+").lower() in _WITHHELD:
        return ""
    if not _DIALLED.fullmatch(joined):
        return bare[:_LONGEST]
    if municipal := _MUNICIPAL.fullmatch(joined):
        return municipal[1]
    if len(joined) <= _SHORT or "*" in joined or "#" in joined:
        return joined[:_LONGEST]
    return _e164(joined, region) or joined[:_LONGEST]


_remembered = lru_cache(maxsize=32_768)(_read)


def _address(number: str) -> str:
    """Give what a header or address says of the number alone."""
    angled = _IN_ANGLES.search(number)
    text = (angled[1] if angled else number).strip().strip("\"'")
    without = _SCHEME.sub("", text)
    user = without.partition(";")[0].strip()
    before, at, _ = user.partition("@")
    # A name at a domain is a person's address; digits, or the user part of a sip: address, are a number.
    is_number = without != text or _DIALLED.fullmatch(before) or before.lower() in _WITHHELD
    return before if at and is_number else user


def _e164(joined: str, region: str) -> str:
    try:
        parsed = phonenumbers.parse(joined, region)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(parsed):
        return ""
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))
