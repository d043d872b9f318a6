"""Mobile numbers: where a text message can go."""

from __future__ import annotations

import phonenumbers

_MAY_BE_MOBILE = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE)
"""Where a country's numbers do not tell, as in North America, a number may be either."""


def is_mobile(number: str) -> bool:
    """Say whether it is a mobile number in use somewhere, written as E.164: `+31612345678`."""
    return bool(mobile_region(number))


def mobile_region(number: str) -> str:
    """Return the region of a mobile number that is written as E.164, by ISO 3166: `NL`; `001` for one of no country, as
    satellites have; empty when it is no mobile number.
    """
    if not (number.startswith("+") and number[1:].isascii() and number[1:].isdigit()):
        return ""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(parsed) or phonenumbers.number_type(parsed) not in _MAY_BE_MOBILE:
        return ""
    return str(phonenumbers.region_code_for_number(parsed) or "")


def as_e164(written: str) -> str:
    """Return a number as E.164, of the Netherlands where it names no country; empty when it is none."""
    try:
        parsed = phonenumbers.parse(written, "NL")
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(parsed):
        return ""
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))
