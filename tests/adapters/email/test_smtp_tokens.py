"""Signing in at the relay with an access token (XOAUTH2), and certificates that must not be believed."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from adapters.email.settings import SmtpSettings
from adapters.email.smtp import SmtpSender
from inbox.errors import CredentialsRefused, MailRelayUnavailable
from inbox.ports import Envelope
from tests.servers.smtp_server import SmtpServer
from tests.servers.token_endpoint import CLIENT_ID, CLIENT_SECRET, SCOPE, TokenEndpoint

USER = "kcc@gemeente.test"
ENVELOPE = Envelope("", ("jan@inwoner.test",))
MESSAGE = b"Subject: x\r\n\r\nDank u.\r\n"


async def gladly() -> None:
    """Be a claim that succeeds."""


async def never() -> None:
    """Be a claim that must not be called."""
    raise AssertionError("claimed")


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenEndpoint]:
    monkeypatch.setenv("CLIENT_SECRET", CLIENT_SECRET)
    with TokenEndpoint() as made:
        made.may_open = {USER}
        yield made


@pytest.fixture
def relay(endpoint: TokenEndpoint) -> Iterator[SmtpServer]:
    """Give a relay that believes the endpoint's tokens and nothing else."""
    server = SmtpServer(opens=lambda user, token: user in endpoint.may_open and token in endpoint._good)
    server.start()
    yield server
    server.stop()


def sender(relay: SmtpServer, endpoint: TokenEndpoint, **changes: Any) -> SmtpSender:
    """Return a sender that signs in with a token."""
    oauth = {"token_url": endpoint.token_url, "client_id": CLIENT_ID, "scope": SCOPE}
    usual = {"host": "127.0.0.1", "port": relay.port, "tls": "none", "from_address": USER, "user": USER}
    made = {**usual, "oauth": {**oauth, "client_secret_env": "CLIENT_SECRET"}, "timeout_seconds": 5, **changes}
    return SmtpSender(SmtpSettings.model_validate(made))


async def test_one_token_signs_in_for_many_messages(relay: SmtpServer, endpoint: TokenEndpoint) -> None:
    speaking = sender(relay, endpoint)
    await speaking.check()
    for _ in range(3):
        await speaking.send(ENVELOPE, MESSAGE, gladly)
    assert len(relay.taken) == 3
    assert len(endpoint.given) == 1


async def test_a_token_that_was_revoked_is_replaced_within_the_same_attempt(
    relay: SmtpServer, endpoint: TokenEndpoint
) -> None:
    speaking = sender(relay, endpoint)
    await speaking.send(ENVELOPE, MESSAGE, gladly)
    endpoint.revoke()
    await speaking.send(ENVELOPE, MESSAGE, gladly)
    assert len(relay.taken) == 2
    assert len(endpoint.given) == 2


async def test_a_mailbox_that_may_not_be_used_is_said_after_one_more_token_and_no_more(
    relay: SmtpServer, endpoint: TokenEndpoint
) -> None:
    endpoint.may_open.clear()
    with pytest.raises(CredentialsRefused, match=r"535.*`user` and `oauth`") as raised:
        await sender(relay, endpoint).send(ENVELOPE, MESSAGE, never)
    assert len(endpoint.given) == 2
    assert not any(token in raised.value.detail for token in endpoint.given)
    assert relay.heard.count("AUTH") == 2


async def test_an_endpoint_that_refuses_or_is_away_is_told_for_what_it_is(
    relay: SmtpServer, endpoint: TokenEndpoint
) -> None:
    endpoint.answers = lambda: (400, b'{"error": "invalid_client"}')
    with pytest.raises(CredentialsRefused, match=r"oauth\.client_id"):
        await sender(relay, endpoint).send(ENVELOPE, MESSAGE, never)
    assert len(endpoint.asked) == 1
    endpoint.answers = lambda: (503, b"")
    with pytest.raises(MailRelayUnavailable, match=r"oauth\.token_url"):
        await sender(relay, endpoint).send(ENVELOPE, MESSAGE, never)


async def test_a_relay_without_such_a_sign_in_names_the_setting(endpoint: TokenEndpoint) -> None:
    server = SmtpServer(password="iets anders")
    server.start()
    try:
        with pytest.raises(CredentialsRefused, match="`user`"):
            await sender(server, endpoint).send(ENVELOPE, MESSAGE, never)
    finally:
        server.stop()


def _certificates(folder: Path, kind: str) -> Path:
    """Write what the relay shows (`server.pem` with its key) and return the authority that we trust."""
    present = datetime.now(UTC)
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(3)]
    ours, other, server = keys

    def name(words: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, words)])

    def signed(subject: str, own: ec.EllipticCurvePrivateKey, by: ec.EllipticCurvePrivateKey, *, is_ca: bool) -> bytes:
        until = present - timedelta(days=1) if kind == "expired" and not is_ca else present + timedelta(days=2)
        host: x509.GeneralName = x509.DNSName("elders.test") if kind == "other name" else x509.IPAddress(_LOOPBACK)
        made = (
            x509.CertificateBuilder()
            .subject_name(name(subject))
            .issuer_name(name("Test authority"))
            .public_key(own.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(present - timedelta(days=3))
            .not_valid_after(until)
            .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), critical=False)
        )
        made = made if is_ca else made.add_extension(x509.SubjectAlternativeName([host]), critical=False)
        return made.sign(by, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    key = server.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    signer = other if kind == "other authority" else ours
    (folder / "server.pem").write_bytes(signed("relay", server, signer, is_ca=False) + key)
    (folder / "ca.pem").write_bytes(signed("Test authority", ours, ours, is_ca=True))
    return folder / "ca.pem"


_LOOPBACK = ip_address("127.0.0.1")


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
@pytest.mark.parametrize("kind", ["good", "other authority", "expired", "other name"])
async def test_only_a_certificate_of_our_authority_that_holds_now_and_for_this_host_is_believed(
    endpoint: TokenEndpoint, tmp_path: Path, kind: str, tls: str
) -> None:
    ca_file = _certificates(tmp_path, kind)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(tmp_path / "server.pem")
    relay = SmtpServer(opens=lambda _, token: token in endpoint.given, tls=context, implicit_tls=tls == "implicit")
    relay.start()
    try:
        speaking = sender(relay, endpoint, tls=tls, ca_file=ca_file)
        if kind == "good":
            await speaking.send(ENVELOPE, MESSAGE, gladly)
            assert len(relay.taken) == 1
        else:
            with pytest.raises(MailRelayUnavailable, match=r"certificate is not trusted.*`ca_file`"):
                await speaking.send(ENVELOPE, MESSAGE, never)
            assert relay.heard == []
            assert endpoint.given == []
    finally:
        relay.stop()
