"""What every outward attempt has in common: claims, doubts, and when it is time to stop trying."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from inbox.errors import GatewayError, UnderWay, Unexpected

CLAIM_LASTS = timedelta(seconds=90)
"""Longer than the deadline of any attempt (SMTP 45 s, HTTP 20 s), shorter than the activity's 2 minutes: a claim
older than this belongs to an attempt that is dead."""

KEEPS_TRYING = timedelta(days=5)
"""After so long a person must look (RFC 5321 section 4.5.4.1 asks for at least 4 to 5 days)."""


def require_claim_over(row: Any) -> None:
    """Raise UnderWay while the row's claim may still belong to a living attempt."""
    left = (row.claimed_at + CLAIM_LASTS - datetime.now(UTC)).total_seconds()
    if left > 0:
        raise UnderWay(left)


WITHDRAWS_FOR = timedelta(hours=4)
"""How long we try to tell a department that something is no longer theirs: the next department waits for it."""


def is_over_time(made_at: datetime, term: timedelta = KEEPS_TRYING) -> bool:
    """Say whether trying has lasted long enough."""
    return datetime.now(UTC) - made_at > term


def named(error: Exception) -> GatewayError:
    """Return our own error as it is, and any other by its type alone."""
    return error if isinstance(error, GatewayError) else Unexpected(f"a fault in the gateway: {type(error).__name__}")
