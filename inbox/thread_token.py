"""Our signed token in the Message-IDs that we send: it proves that an answer belongs to an item.

A Message-ID of ours is `<gw.REFERENCE.TOKEN@domain>`; TOKEN is the first 20 base32 letters (100 bits) of
HMAC-SHA256 over the reference. Somebody who only knows a reference cannot make one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable

from inbox.reference import parse_reference

# ASCII: without it `ſ` counts as an `s` here, and nowhere else.
_OURS = re.compile(
    r"^gw\.([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z])\.([a-z2-7]{20})(?:\.[a-z0-9-]{1,40})?@", re.IGNORECASE | re.ASCII
)
_MARK = re.compile(r"^\s*([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z])\.([a-z2-7]{20})\s*$", re.IGNORECASE | re.ASCII)
_LENGTH = 20
_THREAD = "thread"
_LOOP = "loop"


def token(reference: str, key: bytes) -> str:
    """Return the token of a reference. `key`: the installation's secret, at least 32 bytes."""
    return signature(_THREAD, reference, key)


def signature(purpose: str, subject: str, key: bytes) -> str:
    """Return 20 base32 letters, lower case, that only the key's holder can make. One made for another purpose differs.

    `subject`: ASCII.
    """
    digest = hmac.new(key, f"{purpose}:{subject}".encode("ascii"), hashlib.sha256).digest()
    return base64.b32encode(digest).decode("ascii").lower()[:_LENGTH]


def loop_mark(reference: str, key: bytes) -> str:
    """Return what marks every mail about an item as ours: `REFERENCE.TOKEN`. The token of another purpose than that of
    threads: departments see it, and it is to open nothing.
    """
    return f"{reference}.{signature(_LOOP, reference, key)}"


def proven_loop(marks: Iterable[str], key: bytes) -> str | None:
    """Return the reference of the first mark that we made ourselves; None when there is none."""
    found = (_proven(_MARK.match(mark), _LOOP, key) for mark in marks)
    return next((reference for reference in found if reference), None)


def message_id(reference: str, key: bytes, domain: str, suffix: str) -> str:
    """Return a Message-ID of ours, without brackets (RFC 5322 section 3.6.4). `suffix` tells notices apart."""
    return f"gw.{reference}.{token(reference, key)}.{suffix}@{domain}"


def is_ours(identifier: str, key: bytes) -> bool:
    """Say whether we made this Message-ID."""
    return proven_reference((identifier,), key) is not None


def proven_reference(reply_to_ids: Iterable[str], key: bytes) -> str | None:
    """Return the reference that a valid token among the ids proves, the nearest first; None when there is none."""
    found = (_proven(_OURS.match(identifier), _THREAD, key) for identifier in reversed(list(reply_to_ids)))
    return next((reference for reference in found if reference), None)


def _proven(found: re.Match[str] | None, purpose: str, key: bytes) -> str | None:
    """Return the reference in the first group when the token in the second is ours, for this purpose."""
    reference = parse_reference(found[1]) if found else None
    is_ours = found and reference and hmac.compare_digest(signature(purpose, reference, key), found[2].lower())
    return reference if is_ours else None
