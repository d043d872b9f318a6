"""What is wrong with the shape of a value, in words for an administrator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inbox.configuration.model import FROM_ENVIRONMENT, LINE, URL
from inbox.configuration.rule import LANGUAGE, MEDIA_TYPE, POSTCODE
from inbox.configuration.shapes import ADDRESS, HOUR, KEY

FORMS: dict[str, str] = {
    KEY: "should begin with a letter and hold only `a-z`, `0-9`, `_` and `-`, at most 60 characters",
    ADDRESS: "should be a mail address such as `jan@example.nl`, without a name beside it",
    HOUR: "should be a time such as `09:00`, in quotes",
    POSTCODE: "should be a postcode such as `4761AB`, or an area such as `4761` or `476*`",
    MEDIA_TYPE: "should be a media type such as `application/pdf`, or a kind such as `image/*`",
    LANGUAGE: "should be a language of two letters, such as `nl`",
    URL: "should be an address on the web such as `https://example.nl/inbox`",
    FROM_ENVIRONMENT: "should name where the secret stands, as `env:NAME` in capitals; the document holds no secret",
    LINE: "should be a telephone number of 2 to 20 digits, such as `+31165300000`",
}
"""By its pattern, what a word should be."""

_DATE = "should be a date such as `2026-12-24`"
_SWITCH = "should be `true` or `false`"
_KEYS = "should hold keys with values"
_KINDS = {
    "extra_forbidden": "is not a known key",
    "missing": "is missing",
    "dict_type": _KEYS,
    "model_type": _KEYS,
    "model_attributes_type": _KEYS,
    "tuple_type": "should be a list",
    "string_type": "should be text: put numbers and dates in quotes",
    "bool_type": _SWITCH,
    "bool_parsing": _SWITCH,
    "union_tag_not_found": "has no `kind`",
    **dict.fromkeys(
        ("date_type", "date_parsing", "date_from_datetime_parsing", "date_from_datetime_inexact"),
        _DATE,
    ),
}


def shape_sentence(fault: Mapping[str, Any]) -> str:
    """Return what a fault says that pydantic found (`ValidationError.errors`). It follows the name of the place."""
    kind, about = str(fault["type"]), fault.get("ctx", {})
    if kind == "string_pattern_mismatch" and about["pattern"] in FORMS:
        return FORMS[about["pattern"]]
    if kind == "union_tag_invalid":
        return f"has a `kind` that is not known; known are {about['expected_tags']}"
    if kind == "too_short":
        return f"should list at least {about['min_length']}"
    if kind == "too_long":
        return f"should list at most {about['max_length']}"
    return _KINDS.get(kind) or str(fault["msg"]).removeprefix("Value error, ")
