"""Signing in at the relay, and the encryption around it."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.email.settings import SmtpSettings
from adapters.email.smtp import SmtpSender
from inbox.errors import CredentialsRefused, GatewayError, MailRelayUnavailable, SettingsInvalid
from inbox.ports import Envelope
from tests.servers.dovecot import make_certificates
from tests.servers.ports import open_folder
from tests.servers.smtp_server import SmtpServer

PASSWORD = "zeer-geheim-é€"
ENVELOPE = Envelope("", ("jan@inwoner.test",))
MESSAGE = b"Subject: x\r\n\r\nGEHEIMWOORD\r\n"


@pytest.fixture(scope="module")
def certificates() -> Iterator[Path]:
    """Give a folder with a private authority and a certificate of it."""
    with open_folder("certificates") as folder:
        make_certificates(folder)
        yield folder


@pytest.fixture
def start() -> Iterator[Any]:
    """Give a starter of relays; they stop after the test."""
    servers = []

    def start_one(**options: Any) -> SmtpServer:
        server = SmtpServer(**options)
        servers.append(server)
        server.start()
        return server

    yield start_one
    for server in servers:
        server.stop()


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELAY_PASSWORD", PASSWORD)


@pytest.fixture(autouse=True)
async def _transports_are_closed() -> AsyncIterator[None]:
    """Let the loop turn once more: what was refused in the middle of TLS is closed then, and not in somebody's next test."""
    yield
    await asyncio.sleep(0.02)


def sender(server: SmtpServer, **changes: Any) -> SmtpSender:
    """Return a sender that signs in at this relay."""
    usual = {"host": "127.0.0.1", "port": server.port, "tls": "none", "from_address": "info@gemeente.test"}
    signing_in = {"user": "gateway", "password_env": "RELAY_PASSWORD"}
    return SmtpSender(SmtpSettings.model_validate({**usual, **signing_in, "timeout_seconds": 5, **changes}))


def tls_of(certificates: Path) -> ssl.SSLContext:
    """Return the server's side of TLS."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificates / "server.pem", certificates / "server.key")
    return context


async def never() -> None:
    """Be a claim that must not be called."""
    raise AssertionError("claimed")


async def gladly() -> None:
    """Be a claim that succeeds."""


async def test_a_password_of_any_letters_signs_in(start: Any) -> None:
    server = start(password=PASSWORD)
    await sender(server).check()
    await sender(server).send(ENVELOPE, MESSAGE, gladly)
    assert len(server.taken) == 1


async def test_a_wrong_password_names_the_settings_and_not_the_password(start: Any) -> None:
    server = start(password="een ander")
    with pytest.raises(CredentialsRefused, match=r"535.*`user`") as raised:
        await sender(server).send(ENVELOPE, MESSAGE, never)
    assert "geheim" not in raised.value.detail
    with pytest.raises(CredentialsRefused):
        await sender(server).check()


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ("535 5.7.8 no", CredentialsRefused),
        ("534 5.7.9 stronger", CredentialsRefused),
        ("454 4.7.0 later", MailRelayUnavailable),
        ("421 4.7.0 busy", MailRelayUnavailable),
    ],
)
async def test_a_refused_sign_in_is_permanent_only_when_the_relay_means_it(
    start: Any, reply: str, error: type[GatewayError]
) -> None:
    server = start(password=PASSWORD)
    server.fails["AUTH"] = reply
    with pytest.raises(error):
        await sender(server).send(ENVELOPE, MESSAGE, never)


async def test_a_relay_that_wants_a_sign_in_says_nothing_about_the_recipient(start: Any) -> None:
    server = start()
    server.fails["MAIL"] = "530 5.7.0 Authentication required"
    with pytest.raises(CredentialsRefused, match="`user`"):
        await sender(server, user=None, password_env=None).send(ENVELOPE, MESSAGE, never)


async def test_a_relay_without_sign_in_names_the_setting(start: Any) -> None:
    with pytest.raises(CredentialsRefused, match="`user`"):
        await sender(start()).check()


async def test_a_password_that_is_not_set_names_the_setting(start: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RELAY_PASSWORD")
    with pytest.raises(SettingsInvalid, match="`password_env`"):
        await sender(start(password=PASSWORD)).send(ENVELOPE, MESSAGE, never)


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
async def test_tls_with_a_private_authority_works(start: Any, certificates: Path, tls: str) -> None:
    server = start(password=PASSWORD, tls=tls_of(certificates), implicit_tls=tls == "implicit")
    await sender(server, tls=tls, ca_file=certificates / "ca.pem").send(ENVELOPE, MESSAGE, gladly)
    assert server.taken[0].message == MESSAGE


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
async def test_a_certificate_that_is_not_trusted_names_ca_file(start: Any, certificates: Path, tls: str) -> None:
    server = start(password=PASSWORD, tls=tls_of(certificates), implicit_tls=tls == "implicit")
    with pytest.raises(MailRelayUnavailable, match=r"certificate.*`ca_file`"):
        await sender(server, tls=tls).send(ENVELOPE, MESSAGE, never)
    assert "AUTH" not in server.heard


async def test_a_relay_without_starttls_is_never_talked_to_plainly(start: Any) -> None:
    server = start(password=PASSWORD)
    with pytest.raises(MailRelayUnavailable, match="`tls`"):
        await sender(server, tls="starttls").send(ENVELOPE, MESSAGE, never)
    assert "AUTH" not in server.heard


async def test_no_word_of_a_message_nor_the_password_reaches_a_log(
    start: Any, caplog: pytest.LogCaptureFixture
) -> None:
    server = start(password=PASSWORD)
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.INFO, "mail.log"):
        await sender(server).send(ENVELOPE, MESSAGE, gladly)
    assert "GEHEIMWOORD" not in caplog.text
    assert "geheim" not in caplog.text
