"""What the chain of the audit trail is made of: salted digests of each field, a commitment to them, a link to the rest.

A field that is erased loses its value and its salt. Its digest stays, from which nobody can guess the value without
the salt, and the commitment still verifies.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

ERASABLE = ("actor", "subject", "reason", "about")
"""Fields that may hold a person's data, in the order of the column `digests`."""

BEGINNING = "0" * 64
"""What the first entry is linked to."""

_SALT_BYTES = 16


def new_salts() -> dict[str, str]:
    """Return a salt for each erasable field: 128 random bits, as hexadecimal digits."""
    drawn = secrets.token_hex(_SALT_BYTES * len(ERASABLE))
    width = 2 * _SALT_BYTES
    return {name: drawn[width * place : width * (place + 1)] for place, name in enumerate(ERASABLE)}


def field_digest(name: str, value: Any, salt: str) -> str:
    """Return the salted SHA-256 of a field. `value`: text, or what JSON can hold."""
    written = value if isinstance(value, str) else canonical(value)
    return hashlib.sha256(f"{name}\0{salt}\0{written}".encode()).hexdigest()


def commitment_of(entry: Mapping[str, Any]) -> str:
    """Return the SHA-256 to which an entry is held: over its fields in the open, and the digests of the others."""
    at: datetime = entry["at"]
    fixed = [at.astimezone(UTC).isoformat(), entry["kind"], entry["from_version"], entry["to_version"]]
    return hashlib.sha256(canonical([*fixed, entry["digests"]]).encode()).hexdigest()


def link_of(before: str, sequence: int, entry_id: int, commitment: str) -> str:
    """Return the chain's digest at this entry. `before`: that of the entry before it."""
    return hashlib.sha256(f"{before}\0{sequence}\0{entry_id}\0{commitment}".encode()).hexdigest()


def canonical(value: Any) -> str:
    """Return the value as JSON in its one form: sorted keys, no spaces."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
