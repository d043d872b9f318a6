"""Message-IDs and what a mail answers (RFC 5322 section 3.6.4)."""

from __future__ import annotations

import re

from adapters.email.reading.clean import one_line
from adapters.email.reading.fields import Fields
from adapters.email.reading.limits import MESSAGE_ID_LIMIT, REPLY_TO_LIMIT, VALUE_LIMIT

_BRACKETED = re.compile(r"<([^<>]+)>")


def message_id(fields: Fields) -> str:
    """Return the Message-ID without its brackets, or nothing."""
    found = _identifiers(fields.first("message-id"))
    return found[0] if found else ""


def reply_to_ids(fields: Fields) -> tuple[str, ...]:
    """Return the ids of References and In-Reply-To without brackets, each once, nearest last; at most the last 100."""
    named = [*_identifiers(fields.first("references")), *_identifiers(fields.first("in-reply-to"))]
    # Of the same id twice the last place counts: it is the nearer one.
    nearest_first = list(dict.fromkeys(reversed(named)))
    return tuple(reversed(nearest_first[:REPLY_TO_LIMIT]))


def _identifiers(value: str) -> list[str]:
    """Return what stands in angle brackets; without any, a lone word with an @, as some mailers forget them."""
    found = _BRACKETED.findall(value)
    if not found and "@" in value and len(value.split()) == 1:
        found = [value.strip("<> \t")]
    cleaned = (one_line("".join(identifier.split()), VALUE_LIMIT) for identifier in found)
    return [identifier for identifier in cleaned if 0 < len(identifier) <= MESSAGE_ID_LIMIT]
