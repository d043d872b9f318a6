"""Whether a sender's address is proven, by a server that we trust."""

from __future__ import annotations

import re

from inbox.reading import Reading

_HEADER = "authentication-results"
_DMARC = re.compile(r"\s*dmarc\s*(?:/\s*\d+\s*)?=\s*([\w-]+)", re.IGNORECASE)
"""A result of DMARC (RFC 8601 section 2.2, `methodspec`); its keyword is the first group."""


def is_authenticated(reading: Reading, trusted_authserv_ids: frozenset[str]) -> bool:
    """Say whether the topmost Authentication-Results field is our own border's and says `dmarc=pass`.

    RFC 8601 section 4.1: a field counts only when its authserv-id is configured; the border removes forged ones and
    writes its own on top. With none configured nobody is authenticated. The border repeats words of the sender's
    (`smtp.mailfrom`, comments): a result counts only where results stand, and only when it is the one of its kind.
    """
    values = reading.headers.get(_HEADER, ())
    if not values or not trusted_authserv_ids:
        return False
    authserv_id, *results = _statements(values[0])
    name = authserv_id.split()[0].lower() if authserv_id.split() else ""
    said = [found[1].lower() for found in map(_DMARC.match, results) if found]
    return name in trusted_authserv_ids and said == ["pass"]


def _statements(field: str) -> list[str]:
    """Return what stands between the semicolons; comments and quoted strings (RFC 5322 section 3.2) are left out."""
    statements = [""]
    depth, is_quoted, is_escaped = 0, False, False
    kept: list[str] = []
    for letter in field:
        if is_escaped:
            is_escaped = False
        elif letter == "\\" and (depth or is_quoted):
            is_escaped = True
        elif is_quoted:
            is_quoted = letter != '"'
        elif letter in "()":
            depth = max(0, depth + (1 if letter == "(" else -1))
            kept.append(" ")
        elif depth:
            continue
        elif letter == '"':
            is_quoted = True
        elif letter == ";":
            statements[-1] = "".join(kept)
            statements.append("")
            kept = []
        else:
            kept.append(letter)
    statements[-1] = "".join(kept)
    return statements
