"""Where a webhook may go: https with a trusted certificate, or this host."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
import pytest_asyncio

from adapters.departments.webhook import WebhookSystem
from inbox.configuration.model import WebhookDestination
from inbox.errors import DestinationRefused, DestinationUnavailable, GatewayError

if TYPE_CHECKING:
    from tests.adapters.departments.conftest import Claims, Department

SECRET = "whsec_" + "QUJD" * 8
SOURCE = "urn:nld:oin:00000001:systeem:inbox-gateway"

pytestmark = pytest.mark.asyncio


@pytest.fixture
def department(webhook_department: Department) -> Department:
    return webhook_department


async def test_no_listener_is_unavailable(department: Department) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(DestinationUnavailable):
        await department.deliver(destination=_to(f"http://127.0.0.1:{port}/"))


async def test_an_untrusted_certificate_sends_nothing(department: Department, self_signed: tuple[Path, int]) -> None:
    received, port = self_signed

    with pytest.raises(DestinationUnavailable, match=r"(?i)certificate"):
        await department.deliver(destination=_to(f"https://127.0.0.1:{port}/"))

    assert not received.exists()


@pytest_asyncio.fixture
async def self_signed(tmp_path: Path) -> AsyncIterator[tuple[Path, int]]:
    """A TLS server with a certificate nobody vouches for; what it receives lands in the file."""
    received = tmp_path / "received"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -keyout key.pem -out cert.pem"
    # dovecot-core brings openssl along; without it this fails and is not skipped.
    process = await asyncio.create_subprocess_exec(*command.split(), cwd=tmp_path, stderr=asyncio.subprocess.DEVNULL)
    assert await process.wait() == 0
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        received.write_bytes(await reader.read())
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0, ssl=context)
    yield received, server.sockets[0].getsockname()[1]
    server.close()


@pytest.mark.parametrize(
    "url",
    [
        "http://gemeente.example/",
        "http://127.0.0.1.gemeente.example/",
        "http://192.0.2.1/",
        "https://:443/",
        "https://[::/",
        "https://gemeente.example:notaport/",
        "https://\udc80/",
    ],
)
async def test_plain_http_elsewhere_and_nonsense_are_refused_before_the_claim(
    url: str, department: Department, claim: Claims
) -> None:
    with pytest.raises(DestinationRefused):
        await department.deliver(destination=_to(url))

    assert claim.count == 0


@pytest.mark.parametrize("url", ["https://" + "a" * 70 + ".example/", "https://a..b/"])
async def test_a_host_that_no_name_server_can_know_is_our_own_error(url: str, department: Department) -> None:
    with pytest.raises((DestinationRefused, DestinationUnavailable)):
        await department.deliver(destination=_to(url))
    with pytest.raises((DestinationRefused, DestinationUnavailable)):
        await department.system.check(_to(url))


async def test_plain_http_elsewhere_can_be_allowed(client: httpx.AsyncClient) -> None:
    system = WebhookSystem(client, lambda _: SECRET, SOURCE, allows_plain_http=True)

    with pytest.raises(DestinationUnavailable):
        await system.check(_to("http://gemeente.invalid/"))


async def test_passwords_in_the_url_stay_out_of_the_detail(department: Department) -> None:
    with pytest.raises(GatewayError) as caught:
        await department.deliver(destination=_to("http://user:hunter2@127.0.0.1:1/token-abc?key=xyz"))

    assert not any(word in caught.value.detail for word in ("hunter2", "token-abc", "xyz"))


def _to(url: str) -> WebhookDestination:
    return WebhookDestination.model_construct(kind="webhook", url=url, secret="env:WEGEN_SECRET")
