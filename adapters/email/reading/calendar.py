"""Invitations (RFC 5545 inside mail: RFC 6047), as far as they are words."""

from __future__ import annotations

import re

from adapters.email.reading.charset import decoded
from adapters.email.reading.clean import printable
from adapters.email.reading.entity import Entity
from adapters.email.reading.limits import CALENDAR_LIMIT
from adapters.email.reading.remarks import Remark

_FOLD = re.compile(r"\n[ \t]")
_PROPERTY = re.compile(
    r'(?P<name>[A-Z-]{1,40})(?:;(?:[^":\n]|"[^"\n]*")*+)?:(?P<value>.*)', re.IGNORECASE
)  # fmt: skip
_ESCAPED = re.compile(r"\\([\\;,nN])")
_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(?:\d\d)?(Z)?)?")
_SHOWN = ("SUMMARY", "DTSTART", "LOCATION", "DESCRIPTION")
_METHODS = {
    "REQUEST": Remark.calendar_request,
    "REPLY": Remark.calendar_reply,
    "CANCEL": Remark.calendar_cancel,
}


def calendar_words(leaf: Entity) -> str:
    """Return summary, start, place and description of the first event, a line each. Never raises."""
    found: dict[str, str] = {}
    is_event = False
    for name, value in _properties(leaf):
        if name == "BEGIN":
            is_event = value.strip().upper() == "VEVENT"
        elif name == "END" and value.strip().upper() == "VEVENT":
            break
        elif is_event and name in _SHOWN:
            found.setdefault(name, _moment(value) if name == "DTSTART" else _ESCAPED.sub(_letter, value))
    return printable("\n".join(found[name].strip() for name in _SHOWN if found.get(name, "").strip()))


def calendar_method(leaf: Entity) -> Remark:
    """Return what the calendar wants: from its media type (RFC 6047 section 2.4), else from within."""
    method = leaf.parameters.get("method", "") or next(
        (value for name, value in _properties(leaf) if name == "METHOD"), ""
    )
    return _METHODS.get(method.strip().upper(), Remark.calendar)


def _properties(leaf: Entity) -> list[tuple[str, str]]:
    content, _ = leaf.content(CALENDAR_LIMIT)
    text, _ = decoded(content, leaf.parameters.get("charset", "") or "utf-8")
    lines = _FOLD.sub("", text.replace("\r\n", "\n")).split("\n")
    return [(found["name"].upper(), found["value"]) for line in lines if (found := _PROPERTY.fullmatch(line))]


def _letter(escaped: re.Match[str]) -> str:
    return "\n" if escaped[1] in "nN" else escaped[1]


def _moment(value: str) -> str:
    found = _MOMENT.fullmatch(value.strip())
    if not found:
        return value
    day = f"{found[1]}-{found[2]}-{found[3]}"
    return f"{day} {found[4]}:{found[5]}{' UTC' if found[6] else ''}" if found[4] else day
