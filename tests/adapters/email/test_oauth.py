"""Access tokens: when they are fetched, how long they are used, and what goes wrong at the token endpoint."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.email import oauth
from adapters.email.oauth import Tokens
from adapters.email.oauth_settings import OAuthSettings
from adapters.email.settings import ImapSettings, SmtpSettings
from inbox.errors import CredentialsRefused, SettingsInvalid, SourceUnreachable
from tests.servers.ports import free_port
from tests.servers.token_endpoint import CLIENT_ID, CLIENT_SECRET, SCOPE, TokenEndpoint


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenEndpoint]:
    monkeypatch.setenv("CLIENT_SECRET", CLIENT_SECRET)
    with TokenEndpoint() as endpoint:
        yield endpoint


def settings(token_url: str = "https://login.example/token", **changes: Any) -> OAuthSettings:
    """Return settings by secret, with changes; a change to None takes one away."""
    usual = {"token_url": token_url, "client_id": CLIENT_ID, "scope": SCOPE, "client_secret_env": "CLIENT_SECRET"}
    said = {key: value for key, value in {**usual, **changes}.items() if value is not None}
    return OAuthSettings.model_validate(said)


def tokens(said: OAuthSettings) -> Tokens:
    return Tokens(said, user="post@gemeente.test", owner="source post", unavailable=SourceUnreachable)


def test_many_who_ask_at_once_cause_one_request(endpoint: TokenEndpoint) -> None:
    source = tokens(settings(endpoint.token_url))
    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(lambda _: source.token(), range(24)))) == 1
    assert len(endpoint.given) == 1


@pytest.mark.parametrize(
    ("said", "good_for"), [(3600, 3480), ("3600", 3480), (100, 50), (None, 180), ("x", 180), (-5, 180), (1e400, 180)]
)
def test_a_token_is_used_until_shortly_before_its_end(
    endpoint: TokenEndpoint, monkeypatch: pytest.MonkeyPatch, said: object, good_for: float
) -> None:
    present = 1000.0
    monkeypatch.setattr(oauth.time, "monotonic", lambda: present)
    endpoint.seconds = said
    source = tokens(settings(endpoint.token_url))
    first = source.token()
    present = 1000.0 + good_for - 1
    assert source.token() == first
    present = 1000.0 + good_for + 1
    assert source.token() != first


def test_only_the_token_that_was_refused_is_forgotten(endpoint: TokenEndpoint) -> None:
    source = tokens(settings(endpoint.token_url))
    first = source.token()
    source.forget("an older one")
    assert source.token() == first
    source.forget(first)
    assert source.token() != first


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"client_id": "somebody else"}, "`oauth.client_id`"),
        ({"client_secret_env": "PATH"}, "`oauth.client_secret_env`"),
        ({"scope": "other"}, "`oauth.scope`"),
    ],
)
def test_a_refusal_names_the_settings_and_no_word_of_the_endpoint(
    endpoint: TokenEndpoint, changes: dict[str, str], named: str
) -> None:
    with pytest.raises(CredentialsRefused) as raised:
        tokens(settings(endpoint.token_url, **changes)).token()
    assert named in raised.value.detail
    assert "source post" in raised.value.detail
    assert "PERSOONSGEGEVEN" not in raised.value.detail


@pytest.mark.parametrize(
    "answer",
    [
        (500, b"{}"),
        (429, b'{"error": "temporarily_unavailable"}'),
        (302, b""),
        (200, b"no json"),
        (200, b"[1]"),
        (200, b'{"access_token": "a b\\r\\nc", "token_type": "Bearer"}'),
        (200, b'{"access_token": "abc", "token_type": "mac"}'),
        (200, b'{"token_type": "Bearer"}'),
        (200, json.dumps({"access_token": "x" * 20_000, "token_type": "Bearer"}).encode()),
    ],
)
def test_an_endpoint_that_answers_strangely_is_tried_again_later(
    endpoint: TokenEndpoint, answer: tuple[int, bytes]
) -> None:
    endpoint.answers = lambda: answer
    source = tokens(settings(endpoint.token_url))
    with pytest.raises(SourceUnreachable, match=r"source post.*`oauth.token_url`"):
        source.token()
    endpoint.answers = None
    assert source.token() == endpoint.given[-1]


def test_an_endpoint_that_is_away_is_named() -> None:
    with pytest.raises(SourceUnreachable, match=r"`oauth.token_url`"):
        tokens(settings(f"http://127.0.0.1:{free_port()}/token", client_secret_env="PATH")).token()


def test_a_key_that_is_none_names_the_setting(endpoint: TokenEndpoint, tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    by_key = settings(endpoint.token_url, client_secret_env=None, private_key_file=path)
    with pytest.raises(SettingsInvalid, match=r"source post.*`oauth.private_key_file`"):
        tokens(by_key).token()
    path.write_text("no key")
    with pytest.raises(SettingsInvalid, match=r"source post.*`oauth.private_key_file`"):
        tokens(by_key).token()


def test_a_secret_that_is_not_set_names_the_setting(endpoint: TokenEndpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLIENT_SECRET")
    with pytest.raises(SettingsInvalid, match=r"source post.*`oauth.client_secret_env`"):
        tokens(settings(endpoint.token_url)).token()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"token_url": "http://login.example/token"}, "https"),
        ({"token_url": "login.example"}, "no address"),
        ({"token_url": "https://user:secret@login.example/"}, "no address"),
        ({"client_secret_env": None}, "exactly one"),
        ({"client_secret_file": "/run/secrets/x"}, "exactly one"),
        ({"grant": "jwt_bearer"}, "private_key_file"),
        ({"certificate_thumbprint": "ab" * 20}, "private_key_file"),
        ({"certificate_thumbprint": "ab"}, "certificate_thumbprint"),
        ({"grant": "password"}, "grant"),
        ({"client_secret": "geheim"}, "client_secret"),
    ],
)
def test_a_faulty_setting_is_refused_and_shows_no_secret(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words) as raised:
        settings(**changes)
    assert "geheim" not in str(raised.value)


def test_a_mailbox_and_a_relay_sign_in_by_one_way_only() -> None:
    by_token = settings().model_dump(exclude_none=True)
    imap = {"host": "imap.example", "user": "post", "oauth": by_token}
    smtp = {"host": "smtp.example", "from_address": "info@gemeente.test", "oauth": by_token}
    assert ImapSettings.model_validate(imap).oauth == settings()
    with pytest.raises(ValidationError, match="exactly one"):
        ImapSettings.model_validate({**imap, "password_env": "X"})
    assert SmtpSettings.model_validate({**smtp, "user": "post"}).oauth == settings()
    with pytest.raises(ValidationError, match="without user none"):
        SmtpSettings.model_validate(smtp)
