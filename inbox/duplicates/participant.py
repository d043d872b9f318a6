"""Whether a sender's address is proven, by a server that we trust."""

from __future__ import annotations

import re

from inbox.reading import Reading

_HEADER = "authentication-results"
_DMARC_PASS = re.compile(r"\bdmarc\s*=\s*pass\b", re.IGNORECASE)


def is_authenticated(reading: Reading, trusted_authserv_ids: frozenset[str]) -> bool:
    """Say whether the topmost Authentication-Results field is our own border's and says `dmarc=pass`.

    RFC 8601 section 4.1: a field counts only when its authserv-id is configured; the border removes forged ones and
    writes its own on top. With none configured nobody is authenticated.
    """
    values = reading.headers.get(_HEADER, ())
    if not values or not trusted_authserv_ids:
        return False
    authserv_id, _, results = values[0].partition(";")
    name = authserv_id.split()[0].lower() if authserv_id.split() else ""
    return name in trusted_authserv_ids and _DMARC_PASS.search(_without_comments(results)) is not None


def _without_comments(results: str) -> str:
    # A comment may quote anything, `dmarc=pass` too.
    previous = None
    while previous != results:
        previous = results
        results = re.sub(r"\([^()]*\)", " ", results)
    return results
