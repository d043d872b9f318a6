"""What leaves the house of an entry in the audit trail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class AuditedEntry:
    """One thing that somebody did. Its reason, in their own words, stays in the ledger: there it can be erased."""

    sequence: int
    """Its place in the chain, from 1."""
    at: datetime
    actor: str | None
    """None: erased; so are the other fields that may be None, but for the versions."""
    kind: str
    subject: str | None
    from_version: int | None
    to_version: int | None
    about: Mapping[str, Any] | None
    chain: str
    """The chain's digest up to here, as hexadecimal digits."""
