"""One HTTP request and its answer, bounded in time and size, with what is known when it fails: sent, or perhaps sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import cast

import httpx

from inbox.errors import AnswerLost, DestinationUnavailable, GatewayError

HEADERS = {
    "accept": "application/json",
    # We read a bounded number of bytes; compressed ones could unfold to any size.
    "accept-encoding": "identity",
    "user-agent": "inbox-gateway",
}
_BODY_WITHIN_SECONDS = 4.0
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.WriteTimeout)
"""What goes wrong before the whole request has left."""


def terms(answer_within_seconds: float) -> httpx.Timeout:
    """Return the terms of a request: connecting (pool, TCP, TLS) has shorter ones of its own, so that whatever exceeds
    the first one went wrong after the request was sent. With the body they come to 4 seconds more.
    """
    return httpx.Timeout(answer_within_seconds, connect=5, pool=3)


async def exchange(
    client: httpx.AsyncClient, request: httpx.Request, limit_bytes: int, unmakeable: GatewayError
) -> tuple[httpx.Response, bytes]:
    """Send the request; return its answer and the beginning of the body. Redirects are not followed.

    Raises DestinationUnavailable (it did not leave), `unmakeable` (it can never leave), AnswerLost (it may have acted).
    """
    host = request.url.host
    try:
        async with asyncio.timeout(request.extensions["timeout"]["read"]):
            response = await client.send(request, stream=True, follow_redirects=False)
    except _NOT_SENT as error:
        raise DestinationUnavailable(f"no connection to {host}: {type(error).__name__} {error}") from error
    except (httpx.LocalProtocolError, httpx.UnsupportedProtocol, UnicodeError) as error:
        raise unmakeable from error
    except (httpx.HTTPError, TimeoutError) as error:
        raise AnswerLost(f"{host} gave no answer to the request: {type(error).__name__}") from error
    try:
        return response, await _beginning(response, limit_bytes)
    finally:
        with suppress(httpx.HTTPError):
            await response.aclose()


async def _beginning(response: httpx.Response, limit_bytes: int) -> bytes:
    """Return the first bytes of the body. The status says it all already, so a body that breaks off is no error."""
    kept = bytearray()
    raw = cast("AsyncGenerator[bytes]", response.aiter_raw())  # httpx declares less than it gives
    with suppress(httpx.HTTPError, TimeoutError):
        async with asyncio.timeout(_BODY_WITHIN_SECONDS), aclosing(raw) as pieces:
            async for piece in pieces:
                kept += piece
                if len(kept) >= limit_bytes:
                    break
    return bytes(kept[:limit_bytes])
