"""A department's HTTP endpoint: CloudEvents 1.0 in structured JSON, signed as Standard Webhooks says.

For the receiver: `webhook-id` is the event's id and stays the same when we repeat; what was seen before is answered
with 2xx and left alone.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from ipaddress import ip_address
from urllib.parse import quote

import httpx

from adapters.departments.document import as_utf8, document, moment
from adapters.departments.response import outcome
from adapters.departments.signature import Signer
from adapters.http_exchange import HEADERS, exchange, terms
from inbox.configuration.model import WebhookDestination
from inbox.errors import DestinationRefused, DestinationUnavailable, SettingsInvalid
from inbox.handover import Handover, HandoverKind
from inbox.ports import Claim, Delivered

_TYPES = {
    HandoverKind.item: "nl.inbox-gateway.item.forwarded.v1",
    HandoverKind.addition: "nl.inbox-gateway.item.added.v1",
    HandoverKind.withdrawal: "nl.inbox-gateway.item.withdrawn.v1",
}

# With the body 20 seconds.
_TERMS = terms(16.0)
_BODY_LIMIT_BYTES = 64 * 1024
_HEADERS = {**HEADERS, "content-type": "application/cloudevents+json"}


class WebhookSystem:
    """Posts handovers to departments' endpoints."""

    kind = "webhook"
    repeats_safely = True
    encloses = False

    def __init__(
        self,
        client: httpx.AsyncClient,
        secrets: Callable[[str], str],
        source: str,
        *,
        allows_plain_http: bool = False,
    ) -> None:
        """Keep what is needed.

        `client`: verifies certificates, as httpx does unless told otherwise; terms and redirects are set here.
        `secrets`: gives the secret that stands under `env:NAME`, or raises SettingsInvalid.
        `source`: the event's source, `urn:nld:oin:<oin>:systeem:inbox-gateway` (NL GOV profile for CloudEvents).
        `allows_plain_http`: also http:// to other hosts than this one.
        """
        if not source:
            raise SettingsInvalid("the source of CloudEvents is empty")
        self._client = client
        self._secrets = secrets
        self._source = source
        self._allows_plain_http = allows_plain_http

    def prepare(self, handover: Handover, original: bytes, scan: bytes = b"") -> bytes:
        """Render the event, dated now. The context attributes hold no personal data: they get logged."""
        data = document(handover, original)
        if handover.kind is not HandoverKind.withdrawal:
            item_path = f"/v1/items/{quote(handover.item_id, safe='')}"
            data["originalPath"] = f"{item_path}/original"
            data["scanPath"] = f"{item_path}/scan" if handover.scan else None
        event = {
            "specversion": "1.0",
            "id": event_id(handover),
            "source": self._source,
            "type": _TYPES[handover.kind],
            "time": moment(datetime.now(UTC)),
            "datacontenttype": "application/json",
            "data": data,
        }
        return as_utf8(event)

    async def deliver(
        self, handover: Handover, original: bytes, prepared: bytes, claim: Claim, scan: bytes = b""
    ) -> Delivered:
        """Post the event; the original is fetched by the department from `originalPath`, a scan file from
        `scanPath`.

        Raises DestinationUnavailable (no connection, 408, 425, 429, 5xx; with the wish of Retry-After),
        DestinationRefused (any other answer but 2xx), AnswerLost, SettingsInvalid (the secret).
        """
        destination = _webhook(handover.destination)
        url = self._url(destination)
        headers = self._signer(destination).headers(event_id(handover), prepared, datetime.now(UTC))
        request = self._client.build_request("POST", url, content=prepared, headers=headers | _HEADERS, timeout=_TERMS)
        await claim()
        unmakeable = DestinationRefused(f"the request to {url.host} cannot be made; correct `url`")
        response, body = await exchange(self._client, request, _BODY_LIMIT_BYTES, unmakeable)
        return outcome(response, body, host=url.host, ours=handover.forward_id)

    async def look_up(self, handover: Handover) -> Delivered | None:
        """Return None: an endpoint cannot be asked. It recognises a repeated `webhook-id` instead."""
        return None

    async def check(self, destination: object) -> None:
        """Open a connection, of https with its TLS and certificate, and close it; the secret must be usable. No request
        is made.

        Raises DestinationUnavailable, DestinationRefused, SettingsInvalid.
        """
        known = _webhook(destination)
        url = self._url(known)
        self._signer(known)
        host, port = url.raw_host.decode("ascii"), url.port or {"http": 80, "https": 443}[url.scheme]
        # What the client trusts, too, unless it is told otherwise.
        tls = await asyncio.to_thread(httpx.create_ssl_context) if url.scheme == "https" else None
        try:
            async with asyncio.timeout(_TERMS.connect):
                _, writer = await asyncio.open_connection(host, port, ssl=tls)
        except ssl.SSLCertVerificationError as error:
            raise DestinationUnavailable(
                f"{host}:{port} answers, and its certificate is not trusted: {error.verify_message}"
            ) from error
        except ssl.SSLError as error:
            raise DestinationUnavailable(f"{host}:{port} answers, and not in TLS: does `url` begin rightly?") from error
        except (OSError, TimeoutError, ValueError) as error:
            raise DestinationUnavailable(f"no connection to {host}:{port}") from error
        # A peer may leave the end of TLS unanswered.
        writer.transport.abort()
        with suppress(OSError):
            await writer.wait_closed()

    def _signer(self, destination: WebhookDestination) -> Signer:
        return Signer(self._secrets(destination.secret), destination.secret)

    def _url(self, destination: WebhookDestination) -> httpx.URL:
        try:
            url = httpx.URL(destination.url)
        except (httpx.InvalidURL, UnicodeError):
            raise DestinationRefused("the webhook's `url` is not a URL; correct it in the configuration") from None
        if not url.host:
            raise DestinationRefused("the webhook's `url` names no host; correct it in the configuration")
        if url.scheme != "https" and not (self._allows_plain_http or _is_this_host(url.host)):
            raise DestinationRefused(f"the webhook at {url.host} must be https://: a handover holds personal data")
        return url


def event_id(handover: Handover) -> str:
    """Return the id of the event, unique per source: a withdrawal has the id of its forward too."""
    return f"{handover.forward_id}.withdrawn" if handover.kind is HandoverKind.withdrawal else handover.forward_id


def _webhook(destination: object) -> WebhookDestination:
    if not isinstance(destination, WebhookDestination):
        raise SettingsInvalid("this destination is no webhook")
    return destination


def _is_this_host(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
