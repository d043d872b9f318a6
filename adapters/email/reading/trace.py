"""The way a mail came: its Received fields (RFC 5321 section 4.4)."""

from __future__ import annotations

import re

from adapters.email.reading.comments import without_comments
from adapters.email.reading.fields import Fields
from adapters.email.reading.limits import TRACE_LIMIT
from adapters.email.reading.moment import moment_of
from inbox.reading import Hop

_VALUE_LIMIT = 2_000
_BY = re.compile(r"(?:^|\s)by\s+(?P<host>[a-z0-9._:-]{1,255}|\[[a-z0-9.:]{1,80}\])(?=[\s;]|$)", re.IGNORECASE)


def trace(fields: Fields) -> tuple[Hop, ...]:
    """Return the hops, topmost (latest) first, at most TRACE_LIMIT. Whatever is not said stays empty. Never raises.

    Only what our own servers wrote is to be believed; everything below may be forged.
    """
    return tuple(_hop(value[:_VALUE_LIMIT]) for value in fields.all("received")[:TRACE_LIMIT])


def _hop(value: str) -> Hop:
    # A comment may say `by` and hold semicolons.
    said, _, moment = without_comments(value).rpartition(";")
    by = _BY.search(said or moment)
    return Hop(by=by["host"].lower().rstrip(".") if by else "", at=moment_of(moment.strip()))
