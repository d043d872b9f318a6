"""Whether a sender's address is proven, or refuted, by a server that we trust."""

from __future__ import annotations

import re

from inbox.reading import Reading

_HEADER = "authentication-results"
_RESULT = re.compile(r"\s*(dmarc|dkim|spf)\s*(?:/\s*\d+\s*)?=\s*([\w-]+)", re.IGNORECASE)
"""A result (RFC 8601 section 2.2, `methodspec`): method and keyword."""

_SIGNER = re.compile(r"\bheader\.d\s*=\s*([a-z0-9.-]+)(?=\s|$)", re.IGNORECASE)
"""Who signed (section 2.7.1)."""


def is_authenticated(reading: Reading, trusted_authserv_ids: frozenset[str]) -> bool:
    """Say whether the topmost Authentication-Results field is our own border's and proves the address in From.

    It does by `dmarc=pass`, or, where the domain has no policy (`dmarc=none`), by DKIM signatures that all pass and are
    all of that domain or one above it: what DMARC calls aligned (RFC 7489 section 3.1.1), but never by a signer below.

    RFC 8601 section 4.1: a field counts only when its authserv-id is configured; the border removes forged ones and
    writes its own on top. With none configured nobody is authenticated. The border repeats words of the sender's
    (`smtp.mailfrom`, comments): a result counts only where results stand, and only when no other of its kind says
    something else.
    """
    said = _said(reading, trusted_authserv_ids)
    dmarc = [keyword for method, keyword, _ in said if method == "dmarc"]
    if dmarc != ["none"]:
        return dmarc == ["pass"]
    domain = reading.sender.address.lower().rpartition("@")[2]
    signed = [keyword == "pass" and _is_aligned(result, domain) for method, keyword, result in said if method == "dkim"]
    return bool(signed) and all(signed)


def is_refuted(reading: Reading, trusted_authserv_ids: frozenset[str]) -> bool:
    """Say whether our own border found that the address in From is not whose the message is.

    It did when DMARC failed and the domain wants such mail stopped, and when nothing at all spoke for the sender: DMARC
    failed or there is no policy, SPF failed, and no signature passed. Not to be proven is not to be refuted: small
    associations sign nothing.
    """
    said = _said(reading, trusted_authserv_ids)
    found = {method: {keyword for other, keyword, _ in said if other == method} for method in ("dmarc", "spf", "dkim")}
    if "pass" in found["dmarc"]:
        # A border writes one result; of two that disagree one is a word of the sender's.
        return "fail" in found["dmarc"]
    if "fail" in found["dmarc"] and not _is_only_watched(reading):
        return True
    return "fail" in found["spf"] and "pass" not in found["dkim"]


def has_verdict(reading: Reading, trusted_authserv_ids: frozenset[str]) -> bool:
    """Say whether our own border looked at the sender: what colleagues send inside never meets it."""
    return bool(_said(reading, trusted_authserv_ids))


_WATCHED = re.compile(r"\b(?:p|action)\s*=\s*none\b", re.IGNORECASE)
_DMARC = re.compile(r"\bdmarc\s*=\s*fail\b([^;]{0,200})", re.IGNORECASE)


def _is_only_watched(reading: Reading) -> bool:
    """Say whether the domain's policy asks for nothing (`p=none`): borders write it in a comment or as `action`."""
    found = _DMARC.search(reading.headers[_HEADER][0])
    return found is not None and _WATCHED.search(found[1]) is not None


def _said(reading: Reading, trusted_authserv_ids: frozenset[str]) -> list[tuple[str, str, str]]:
    """Return method, keyword and the whole result of what our own border wrote; nothing where it is another's."""
    values = reading.headers.get(_HEADER, ())
    if not values or not trusted_authserv_ids:
        return []
    authserv_id, *results = _statements(values[0])
    name = authserv_id.split()[0].lower() if authserv_id.split() else ""
    if name not in trusted_authserv_ids:
        return []
    return [(found[1].lower(), found[2].lower(), result) for result in results if (found := _RESULT.match(result))]


def _is_aligned(result: str, domain: str) -> bool:
    signers = [signer.lower() for signer in _SIGNER.findall(result)]
    return bool(domain) and len(signers) == 1 and "." in signers[0] and f".{domain}".endswith(f".{signers[0]}")


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
