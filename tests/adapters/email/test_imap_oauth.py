"""Signing in at a mailbox with an access token, at a real server and a token endpoint that checks what it is asked."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.email.imap import ImapSource
from inbox.errors import CredentialsRefused, SourceUnreachable
from tests.servers.dovecot import Dovecot
from tests.servers.mailbox import Mailbox, letter, played
from tests.servers.ports import open_folder
from tests.servers.scripted_imap import ScriptedImap, answering
from tests.servers.token_endpoint import CLIENT_ID, CLIENT_SECRET, SCOPE, TokenEndpoint


@pytest.fixture(scope="module")
def server_and_endpoint() -> Iterator[tuple[Dovecot, TokenEndpoint]]:
    with TokenEndpoint() as endpoint, open_folder("dovecot") as folder:
        server = Dovecot(folder, introspection_url=endpoint.introspection_url)
        try:
            server.start()
            yield server, endpoint
        finally:
            server.kill()


@pytest.fixture
def endpoint(server_and_endpoint: tuple[Dovecot, TokenEndpoint], monkeypatch: pytest.MonkeyPatch) -> TokenEndpoint:
    monkeypatch.setenv("CLIENT_SECRET", CLIENT_SECRET)
    endpoint = server_and_endpoint[1]
    endpoint.revoke()
    for asked in (endpoint.given, endpoint.asked, endpoint.headers):
        asked.clear()
    return endpoint


@pytest.fixture
def mailbox(server_and_endpoint: tuple[Dovecot, TokenEndpoint], endpoint: TokenEndpoint) -> Mailbox:
    """Give a mailbox that the application may open."""
    mailbox = Mailbox(server_and_endpoint[0], f"{uuid.uuid4().hex}@gemeente.test")
    endpoint.may_open = {mailbox.user}
    return mailbox


def by_secret(endpoint: TokenEndpoint, **changes: Any) -> dict[str, Any]:
    """Return the settings of an application with a secret."""
    usual = {"token_url": endpoint.token_url, "client_id": CLIENT_ID, "scope": SCOPE}
    return {**usual, "client_secret_env": "CLIENT_SECRET", **changes}


def by_key(endpoint: TokenEndpoint, folder: Path, **changes: Any) -> dict[str, Any]:
    """Return the settings of an application with a key."""
    (folder / "key.pem").write_text(endpoint.key_pem)
    usual = {"token_url": endpoint.token_url, "client_id": CLIENT_ID, "scope": SCOPE}
    return {**usual, "private_key_file": folder / "key.pem", **changes}


def require_mail(source: ImapSource, words: bytes) -> None:
    connection = source.open()
    try:
        fetched = connection.fetch(connection.look().positions[0])
        assert fetched is not None
        assert words in b"".join(fetched.chunks)
    finally:
        connection.close()


def test_an_application_with_a_secret_opens_a_mailbox(mailbox: Mailbox, endpoint: TokenEndpoint) -> None:
    mailbox.deliver(letter("een"))
    require_mail(mailbox.source(oauth=by_secret(endpoint)), b"een")
    assert len(endpoint.given) == 1


@pytest.mark.parametrize(
    ("thumbprint", "algorithm", "header"), [("AB" * 32, "PS256", "x5t#S256"), ("ab" * 20, "RS256", "x5t")]
)
def test_an_application_with_a_certificate_opens_a_shared_mailbox(
    mailbox: Mailbox, endpoint: TokenEndpoint, tmp_path: Path, thumbprint: str, algorithm: str, header: str
) -> None:
    mailbox.deliver(letter("een"))
    oauth = by_key(endpoint, tmp_path, certificate_thumbprint=thumbprint)
    require_mail(mailbox.source(oauth=oauth), b"een")
    (said,) = endpoint.headers
    assert said["alg"] == algorithm
    assert {"x5t", "x5t#S256"} & said.keys() == {header}


def test_a_service_account_opens_the_mailbox_of_a_user(
    mailbox: Mailbox, endpoint: TokenEndpoint, tmp_path: Path
) -> None:
    endpoint.may_open = set()
    mailbox.deliver(letter("een"))
    require_mail(mailbox.source(oauth=by_key(endpoint, tmp_path, grant="jwt_bearer", key_id="nr1")), b"een")
    assert endpoint.headers[0]["kid"] == "nr1"


def test_a_token_serves_for_several_connections(mailbox: Mailbox, endpoint: TokenEndpoint) -> None:
    source = mailbox.source(oauth=by_secret(endpoint))
    for _ in range(3):
        source.open().close()
    assert len(endpoint.given) == 1


def test_a_token_that_was_revoked_is_fetched_afresh_once(mailbox: Mailbox, endpoint: TokenEndpoint) -> None:
    source = mailbox.source(oauth=by_secret(endpoint))
    source.open().close()
    endpoint.revoke()
    source.open().close()
    assert len(endpoint.given) == 2


def test_an_application_that_may_not_open_this_mailbox_is_refused_after_two_tokens(
    mailbox: Mailbox, endpoint: TokenEndpoint
) -> None:
    endpoint.may_open = {"iemand.anders@gemeente.test"}
    with pytest.raises(CredentialsRefused, match=r"source post.*`user` and `oauth`") as raised:
        mailbox.source(oauth=by_secret(endpoint)).open()
    assert len(endpoint.given) == 2  # Dovecot explains by a base64 challenge first, as Exchange and Gmail do
    assert not any(token in raised.value.detail for token in endpoint.given)


def test_a_server_that_is_busy_costs_no_second_token(endpoint: TokenEndpoint) -> None:
    with (
        ScriptedImap(answering(AUTHENTICATE=b"NO [UNAVAILABLE] later")) as server,
        pytest.raises(SourceUnreachable),
    ):
        played(server.port, password_env=None, oauth=by_secret(endpoint)).open()
    assert len(endpoint.given) == 1
