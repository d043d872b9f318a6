"""What an endpoint's answer means for a forward."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from adapters.departments.plain_text import one_line
from inbox.errors import DestinationRefused, DestinationUnavailable
from inbox.ports import Delivered

_LATER = frozenset({408, 425, 429})
"""Answers below 500 that ask to come back (RFC 9110 section 15.5.9, RFC 8470 section 5.2, RFC 6585 section 4)."""
_LONGEST_WAIT_SECONDS = 86_400.0
"""A day, the longest pause in the retry schedule of Standard Webhooks: no endpoint may park us for a year."""
_REPLY_LIMIT = 500
_REMOTE_ID_LIMIT = 200


def outcome(response: httpx.Response, body: bytes, *, host: str, ours: str) -> Delivered:
    """Return what was delivered, or raise DestinationUnavailable or DestinationRefused.

    `ours`: the id to remember when the endpoint gives none.
    """
    reply = one_line(body.decode("utf-8", "replace"), _REPLY_LIMIT)
    if response.is_success:
        remote_id = _body_id(body) or one_line(response.headers.get("location", ""), _REMOTE_ID_LIMIT) or ours
        return Delivered(remote_id=remote_id, remote_reply=one_line(f"{response.status_code} {reply}", _REPLY_LIMIT))
    said = f"{host} answered {response.status_code}"
    if response.status_code in _LATER or response.is_server_error:
        raise DestinationUnavailable(f"{said}: {reply}", _retry_after_seconds(response.headers.get("retry-after", "")))
    if response.is_redirect:
        raise DestinationRefused(f"{said}; redirects are not followed: put the final address in the webhook's `url`")
    raise DestinationRefused(f"{said}: {reply}")


def _body_id(body: bytes) -> str:
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    found = content.get("id") if isinstance(content, dict) else None
    is_id = isinstance(found, str | int) and not isinstance(found, bool)
    return one_line(str(found), _REMOTE_ID_LIMIT) if is_id else ""


def _retry_after_seconds(written: str) -> float | None:
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
