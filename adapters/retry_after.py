"""The wish of a server that asks us to come back later."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_LONGEST_WAIT_SECONDS = 86_400.0
"""A day, the longest pause in the retry schedule of Standard Webhooks: no server may park us for a year."""


def retry_after_seconds(written: str) -> float | None:
    """Read Retry-After: seconds or a date (RFC 9110 section 10.2.3). None when it is neither."""
    if re.fullmatch(r"[0-9]+", written):
        # More than nine digits is beyond the longest wait anyhow.
        return min(float(written[:10]), _LONGEST_WAIT_SECONDS)
    try:
        at = parsedate_to_datetime(written)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    # "-0000" gives a naive moment; RFC 9110 has UTC only.
    wait = (at if at.tzinfo else at.replace(tzinfo=UTC)) - datetime.now(UTC)
    return min(max(wait.total_seconds(), 0.0), _LONGEST_WAIT_SECONDS)
