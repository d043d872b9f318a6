"""What an endpoint's answer means for a forward."""

from __future__ import annotations

import json

import httpx

from adapters.departments.plain_text import one_line
from adapters.retry_after import retry_after_seconds
from inbox.errors import DestinationRefused, DestinationUnavailable
from inbox.ports import Delivered

_LATER = frozenset({408, 425, 429})
"""Answers below 500 that ask to come back (RFC 9110 section 15.5.9, RFC 8470 section 5.2, RFC 6585 section 4)."""
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
        raise DestinationUnavailable(f"{said}: {reply}", retry_after_seconds(response.headers.get("retry-after", "")))
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
