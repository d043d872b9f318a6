"""The outermost ring: what is true of every answer, whatever happened inside."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.api.problems import UNEXPECTED, new_instance, problem_response

log = structlog.get_logger()

API_VERSION = "1.0.0"
"""Semantic version of the API; its major number stands in each path."""

BODY_LIMIT_BYTES = 1 << 20
"""A bulk release of a thousand items takes 40 kB; nothing that we accept needs more than this, but
for what is handed in with its attachments."""

DOCUMENT_LIMIT_BYTES = 8 << 20
"""A configuration of 5,000 rules with notes takes about 2 MB as YAML."""

_ALWAYS = {
    "API-Version": API_VERSION,
    "Cache-Control": "no-store",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}
_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
"""For answers that bring no policy of their own: nothing in them may run or load anything."""


class Edge:
    """Adds the headers, bounds the body, and turns what nobody expected into a problem without its words."""

    def __init__(self, app: ASGIApp, intake_bytes: int, calls_bytes: Callable[[], int]) -> None:
        """`app`: everything inside. `intake_bytes`: what handing in an item may take. `calls_bytes`: returns the same of
        call records, which changes with their sources.
        """
        self._app = app
        self._intake_bytes = intake_bytes
        self._calls_bytes = calls_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        has_begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal has_begun
            if message["type"] == "http.response.start":
                has_begun = True
                headers = MutableHeaders(scope=message)
                for name, value in _ALWAYS.items():
                    headers[name] = value
                headers.setdefault("Content-Security-Policy", _POLICY)
            await send(message)

        limit = self._limit(scope)
        if _announced_bytes(scope) > limit:
            await problem_response("body_too_large", _too_large(limit))(scope, receive, send_with_headers)
            return
        try:
            await self._app(scope, _bounded(receive, limit), send_with_headers)
        except Exception as error:  # noqa: BLE001  # the last place where anything can be caught
            instance = new_instance()
            log.error("request_failed", type=type(error).__name__, operation=_operation(scope), instance=instance)
            if has_begun:
                # Too late for a problem: the connection breaks off, so that nobody takes half an answer for a whole.
                raise ConnectionAbortedError("the answer broke off") from None
            await problem_response("unexpected", UNEXPECTED, instance=instance)(scope, receive, send_with_headers)

    def _limit(self, scope: Scope) -> int:
        if scope["path"].endswith("/simulations"):
            return max(self._intake_bytes, DOCUMENT_LIMIT_BYTES)
        if scope["path"].startswith("/v1/drafts"):
            return DOCUMENT_LIMIT_BYTES
        if scope["method"] != "POST":
            return BODY_LIMIT_BYTES
        if scope["path"].startswith("/v1/call-records/"):
            return max(self._calls_bytes(), BODY_LIMIT_BYTES)
        return self._intake_bytes if scope["path"] == "/v1/items" else BODY_LIMIT_BYTES


def _too_large(limit: int) -> str:
    return f"a request may hold at most {limit} bytes"


def _announced_bytes(scope: Scope) -> int:
    announced = Headers(scope=scope).get("content-length", "0")
    return int(announced) if announced.isdecimal() else 0


def _bounded(receive: Receive, limit: int) -> Receive:
    read_bytes = 0

    async def bounded() -> Message:
        nonlocal read_bytes
        message = await receive()
        read_bytes += len(message.get("body", b""))
        if read_bytes > limit:
            raise HTTPException(413, _too_large(limit))
        return message

    return bounded


def _operation(scope: Scope) -> str:
    """Return the operation's id; never its path, which could hold anything."""
    return str(getattr(scope.get("route"), "operation_id", None) or "none")
