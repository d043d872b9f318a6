"""What a mailbox's settings refuse, and where a password comes from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.email.settings import ImapSettings
from inbox.errors import SettingsInvalid

USUAL = {"host": "imap.gemeente.test", "user": "post", "password_env": "MAIL_PASSWORD"}


def settings(**changes: Any) -> ImapSettings:
    """Return the usual settings with changes; a change to None takes one away."""
    return ImapSettings.model_validate({key: value for key, value in {**USUAL, **changes}.items() if value is not None})


def test_what_is_not_said_is_safe() -> None:
    said = settings()
    assert (said.port, said.tls, said.folder, said.after_keep, said.processed_folder) == (
        993,
        "implicit",
        "INBOX",
        "move",
        "Verwerkt",
    )
    assert (said.idle_seconds, said.timeout_seconds, said.addresses) == (290, 60, ())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"password_env": None}, "exactly one"),
        ({"password_file": "/run/secrets/mail"}, "exactly one"),
        ({"tls": "none"}, "this machine only"),
        ({"tls": "maybe"}, "tls"),
        ({"idle_seconds": 301}, "idle_seconds"),
        ({"idle_seconds": 0}, "idle_seconds"),
        ({"timeout_seconds": 0}, "timeout_seconds"),
        ({"port": 0}, "port"),
        ({"host": "a b"}, "host"),
        ({"host": "imap://x"}, "host"),
        ({"folder": "a\r\nb"}, "control character"),
        ({"user": "a\0b"}, "control character"),
        ({"folder": ""}, "folder"),
        ({"folder": "Verwerkt"}, "processed_folder"),
        ({"folder": "inbox", "processed_folder": "INBOX"}, "processed_folder"),
        ({"addresses": ["no address"]}, "addresses"),
        ({"adresses": ["a@x.test"]}, "adresses"),
    ],
)
def test_a_faulty_setting_is_refused_and_named(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        settings(**changes)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "::1"])
def test_without_tls_this_machine_is_allowed(host: str) -> None:
    assert settings(host=host, tls="none").host == host


def test_without_tls_another_machine_needs_a_word_more() -> None:
    assert settings(tls="none", allow_insecure=True).tls == "none"


def test_a_password_in_the_wrong_place_is_not_shown_in_the_error() -> None:
    with pytest.raises(ValidationError) as raised:
        settings(password="geheimwoord")
    assert "geheimwoord" not in str(raised.value)


def test_host_and_addresses_are_lower_case() -> None:
    said = settings(host="IMAP.Gemeente.test", addresses=["Info@Gemeente.test"])
    assert (said.host, said.addresses) == ("imap.gemeente.test", ("info@gemeente.test",))


def test_the_password_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", " met spaties ")
    assert settings().password("post") == " met spaties "


def test_the_password_comes_from_a_file_without_its_line_end(tmp_path: Path) -> None:
    (tmp_path / "password").write_bytes("wàchtwoord\r\n".encode())
    assert settings(password_env=None, password_file=tmp_path / "password").password("post") == "wàchtwoord"


@pytest.mark.parametrize("content", [None, b"", b"\n", b"a\nb\n", b"\xff\xfe"])
def test_a_password_file_that_is_no_use_names_setting_and_source(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "password").write_bytes(content)
    with pytest.raises(SettingsInvalid, match=r"source post.*`password_file`"):
        settings(password_env=None, password_file=tmp_path / "password").password("post")


def test_a_ca_file_that_is_no_use_names_the_setting(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    for path in (tmp_path / "missing.pem", tmp_path / "empty.pem"):
        with pytest.raises(SettingsInvalid, match=r"source post.*`ca_file`"):
            settings(ca_file=path).tls_context("source post")
