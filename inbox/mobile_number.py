"""Mobile numbers: where a text message can go."""

from __future__ import annotations

import phonenumbers

_MAY_BE_MOBILE = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
"""Where a country's numbers do not tell, as in North America, a number may be either."""


def is_mobile(number: str) -> bool:
    """Say whether it is a mobile number in use somewhere, written as E.164: `+31612345678`."""
    if not (number.startswith("+") and number[1:].isascii() and number[1:].isdigit()):
        return False
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number(parsed) and phonenumbers.number_type(parsed) in _MAY_BE_MOBILE


def as_e164(written: str) -> str:
    """Return a number as E.164, of the Netherlands where it names no country; empty when it is none."""
    try:
        parsed = phonenumbers.parse(written, "NL")
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(parsed):
        return ""
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))
