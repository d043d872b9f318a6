"""NotifyNL's API of version 2: one notification, handed over once, and what became of it.

NotifyNL (Worth Systems, begun as GOV.UK Notify) does not know a repeat by its `reference`. So each attempt first asks
what it holds under ours, and posts nothing that is there. It answers for as long as it keeps notifications, seven days
unless the service says otherwise; a doubt is settled long before that.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx

from adapters.http_exchange import HEADERS, exchange, terms
from adapters.notify_nl.key import NotifyKey, notify_key
from adapters.notify_nl.settings import NotifyNlSettings
from adapters.retry_after import retry_after_seconds
from inbox.errors import AnswerLost, DestinationRefused, DestinationUnavailable, SettingsInvalid
from inbox.ports import Claim, Taken, Whereabouts

# With the body 52 seconds: a claim on a notice lasts 90.
_TERMS = terms(48.0)
_BODY_LIMIT_BYTES = 256 * 1024
_LATER = frozenset({408, 425, 429})
_NOT_THERE = 404
_MAY_HAVE_ACTED = frozenset({502, 504})
"""A machine before the API says so; the API itself may have taken it (RFC 9110 sections 15.6.3 and 15.6.5)."""
_FAILED = frozenset(
    {
        "validation-failed",
        "virus-scan-failed",
        "permanent-failure",
        "temporary-failure",
        "technical-failure",
        "cancelled",
    }
)
"""Statuses of what NotifyNL took and will not bring. The same once more would end the same way, or come twice."""
_ARRIVED = frozenset({"delivered", "received", "sent"})
"""Statuses after which no other follows: `received` of a letter that was printed and posted, `sent` of a text message
abroad, of which nobody hears more."""
_NOBODY = "inbox-gateway-check"
"""A reference that nothing has."""


@dataclass(frozen=True)
class _Answer:
    status: int
    content: Any
    """The JSON, or None when it is none."""
    words: str
    retry_after: str


class NotifyNl:
    """Hands notifications to NotifyNL, whatever their kind."""

    def __init__(
        self, client: httpx.AsyncClient, settings: NotifyNlSettings, resolve_secret: Callable[[str], str], setting: str
    ) -> None:
        """Keep what is needed.

        `setting`: how the settings are called in the settings file, for faults.
        `client`: verifies certificates, as httpx does unless told otherwise; terms and redirects are set here.
        `resolve_secret`: gives the secret that stands under `env:NAME`, or raises SettingsInvalid.
        """
        self._client = client
        self._settings = settings
        self._resolve_secret = resolve_secret
        self._setting = setting

    async def send(self, kind: str, name: str, content: dict[str, Any], claim: Claim) -> Taken:
        """Hand it over, unless NotifyNL holds one under this name; return NotifyNL's id for it.

        `kind`: the last word of the API's path, `letter` or `sms`. `content`: what it wants beside the reference.
        Raises DestinationUnavailable (not reached, 408, 425, 429 with the wish of Retry-After, 5xx), SettingsInvalid
        (the key: 401, 403; the address: 3xx, 404), DestinationRefused (any other answer, or what it will not bring),
        AnswerLost.
        """
        key = self._key()
        held = await self._held(key, name)
        await claim()
        if held is not None:
            return _was_there(name, held)
        request = self._request(key, "POST", f"/v2/notifications/{kind}", json={"reference": name, **content})
        answer = await self._answer(request)
        if answer.status in _MAY_HAVE_ACTED:
            raise AnswerLost(f"{request.url.host} answered {answer.status}; it may have taken it")
        self._require_success(answer, request.url.host)
        remote_id = _text(answer.content, "id")
        return Taken(remote_id or f"{answer.status} without an id", remote_id)

    async def look_up(self, name: str) -> Taken | None:
        """Return what NotifyNL holds under this name; None when it holds nothing. Raises as `send`, never AnswerLost."""
        held = await self._held(self._key(), name)
        return None if held is None else _was_there(name, held)

    async def whereabouts(self, remote_id: str) -> Whereabouts | None:
        """Return what became of a notification; None when NotifyNL keeps it no longer. Raises as `send`, never
        AnswerLost.
        """
        request = self._request(self._key(), "GET", f"/v2/notifications/{quote(remote_id, safe='')}")
        answer = await self._looked(request)
        if answer.status == _NOT_THERE and isinstance(answer.content, dict):
            return None
        self._require_success(answer, request.url.host)
        status = _text(answer.content, "status")
        return Whereabouts(status, has_failed=status in _FAILED, is_final=status in _FAILED | _ARRIVED)

    async def check(self) -> None:
        """Ask for what is not there: proves address and key. Raises as `send`, never AnswerLost."""
        await self._held(self._key(), _NOBODY)

    async def _held(self, key: NotifyKey, name: str) -> str | None:
        """Return the id of what stands under this reference, or None. Raises DestinationRefused when it stands there
        and will not be brought.
        """
        request = self._request(key, "GET", "/v2/notifications", params={"reference": name})
        answer = await self._looked(request)
        self._require_success(answer, request.url.host)
        found = answer.content.get("notifications") if isinstance(answer.content, dict) else None
        if not isinstance(found, list):
            raise DestinationUnavailable(f"{request.url.host} answered without a list of notifications")
        ours = [one for one in found if isinstance(one, dict) and one.get("reference") == name]
        good = next((one for one in ours if one.get("status") not in _FAILED), None)
        if good is not None:
            return _text(good, "id")
        if ours:
            status, remote_id = _text(ours[0], "status"), _text(ours[0], "id")
            raise DestinationRefused(f"NotifyNL took it as {remote_id} and does not bring it: {status}")
        return None

    def _key(self) -> NotifyKey:
        return notify_key(self._resolve_secret(self._settings.api_key), f"{self._setting}.api_key")

    async def _looked(self, request: httpx.Request) -> _Answer:
        """Send a request that only looks. Raises DestinationUnavailable."""
        try:
            return await self._answer(request)
        except AnswerLost as error:
            raise DestinationUnavailable(error.detail) from error

    def _request(self, key: NotifyKey, method: str, path: str, **content: Any) -> httpx.Request:
        headers = {**HEADERS, "authorization": f"Bearer {key.token(datetime.now(UTC))}"}
        try:
            return self._client.build_request(
                method, self._settings.url + path, headers=headers, timeout=_TERMS, **content
            )
        except (httpx.InvalidURL, UnicodeError):
            raise SettingsInvalid(f"{self._setting}.url is no address") from None

    async def _answer(self, request: httpx.Request) -> _Answer:
        """Send; return the answer. Redirects are not followed. Raises DestinationUnavailable, AnswerLost."""
        unmakeable = SettingsInvalid(f"the request to {request.url.host} cannot be made; correct {self._setting}.url")
        response, body = await exchange(self._client, request, _BODY_LIMIT_BYTES, unmakeable)
        content = _json(body)
        return _Answer(response.status_code, content, _words(content), response.headers.get("retry-after", ""))

    def _require_success(self, answer: _Answer, host: str) -> None:
        if 200 <= answer.status < 300:
            return
        said = f"{host} answered {answer.status}: {answer.words}"
        if answer.status in _LATER or answer.status >= 500:
            raise DestinationUnavailable(said, retry_after_seconds(answer.retry_after))
        if answer.status in {401, 403}:
            where = f"look at {self._setting}.api_key, the service at NotifyNL and this machine's clock"
            raise SettingsInvalid(f"{said}; {where}")
        if answer.status == _NOT_THERE or 300 <= answer.status < 400:
            where = f"redirects are not followed: put the final address into {self._setting}.url"
            raise SettingsInvalid(f"{said}; {where}")
        raise DestinationRefused(said)


def _was_there(name: str, held: str) -> Taken:
    return Taken(f"{held or name} was there already", held)


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _words(content: Any) -> str:
    """Return what NotifyNL says of an error: `{"errors": [{"error": …, "message": …}]}`."""
    errors = content.get("errors") if isinstance(content, dict) else None
    told = [_text(error, "message") for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []
    return "; ".join(part for part in told if part)[:500] or "without a reason"


def _text(content: Any, field: str) -> str:
    """Return a field's text on one line, bounded; empty when there is none."""
    found = content.get(field) if isinstance(content, dict) else None
    return "".join(letter for letter in found if letter.isprintable())[:200] if isinstance(found, str) else ""
