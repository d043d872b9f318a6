"""Whether a webhook can be reached: over https that includes its TLS, for a handover would fail there."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from adapters.departments.webhook import WebhookSystem
from inbox.errors import DestinationUnavailable
from tests.adapters.departments.conftest import SECRET, SOURCE, to_url
from tests.servers.dovecot import make_certificates
from tests.servers.ports import LOOPBACK


@pytest.fixture
async def check() -> AsyncIterator[Callable[[str], object]]:
    """Give the check of a webhook at a URL."""
    async with httpx.AsyncClient() as client:
        system = WebhookSystem(client, lambda _: SECRET, SOURCE)
        yield lambda url: system.check(to_url(url))


@asynccontextmanager
async def listening(folder: Path | None, heard: list[bytes]) -> AsyncIterator[str]:
    """Give the address of a web server with the certificate in the folder; None: without TLS."""
    tls = None
    if folder is not None:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(folder / "server.pem", folder / "server.key")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if folder is None:
            await reader.read(1)
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        else:
            heard.append(await reader.read())
        writer.close()

    server = await asyncio.start_server(serve, LOOPBACK, 0, ssl=tls)
    async with server:
        yield f"https://{LOOPBACK}:{server.sockets[0].getsockname()[1]}/zaken"


async def test_a_certificate_that_is_trusted_works_and_no_request_is_made(
    check: Callable[[str], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_certificates(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    heard: list[bytes] = []
    async with listening(tmp_path, heard) as url:
        await check(url)
        await asyncio.sleep(0.05)
    assert b"".join(heard) == b""


@pytest.mark.parametrize(
    ("names", "days", "said"),
    [(("localhost", LOOPBACK), -1, "expired"), (("elders.example",), 2, "not valid for"), ((LOOPBACK,), 2, "issuer")],
)
async def test_a_certificate_that_is_not_trusted_is_told(
    check: Callable[[str], object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    names: tuple[str, ...],
    days: int,
    said: str,
) -> None:
    make_certificates(tmp_path, names, days=days)
    if said != "issuer":
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    async with listening(tmp_path, []) as url:
        with pytest.raises(DestinationUnavailable, match=rf"its certificate is not trusted: .*{said}"):
            await check(url)


async def test_https_to_a_server_without_tls_is_told(check: Callable[[str], object]) -> None:
    async with listening(None, []) as url:
        with pytest.raises(DestinationUnavailable, match="answers, and not in TLS"):
            await check(url)
