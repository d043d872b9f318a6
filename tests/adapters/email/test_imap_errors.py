"""What goes wrong at a mailbox comes out as an error of ours that names what to mend."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from inbox.errors import (
    CredentialsRefused,
    FolderMissing,
    GatewayError,
    SettingsInvalid,
    SourceUnreachable,
)
from tests.servers.dovecot import make_certificates
from tests.servers.line import Line
from tests.servers.mailbox import Mailbox, letter, played, use_everything
from tests.servers.ports import free_port
from tests.servers.scripted_imap import ScriptedImap, answering

PASSWORD = "zeer-geheim-woord"


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)


# Signing in


def test_a_wrong_password_names_the_setting_and_not_the_password(mailbox: Mailbox) -> None:
    with pytest.raises(CredentialsRefused) as raised:
        mailbox.source(password_env="MAIL_PASSWORD").open()
    detail = raised.value.detail
    assert all(words in detail for words in ("source post", "`user`", "`password_env`"))
    assert PASSWORD not in detail


def test_a_password_of_any_letters_signs_in(make_mailbox: Callable[..., Mailbox]) -> None:
    for mechanisms in ("plain", "plain login"):
        mailbox = make_mailbox(password="wàchtwoord€ß", mechanisms=mechanisms)
        with mailbox.opened() as connection:
            assert connection.look().positions == ()


def test_without_authenticate_plain_the_login_command_quotes_what_it_must(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", 'ge"heim\\x y')
    with ScriptedImap(answering(CAPABILITY=b"* CAPABILITY IMAP4rev1\r\n")) as server:
        played(server.port, user='po st"1', password_env="MAIL_PASSWORD").open().close()
    assert 'LOGIN "po st\\"1" "ge\\"heim\\\\x y"' in server.commands


def test_a_password_that_login_cannot_carry_is_refused_without_showing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", "wàchtwoord")
    with (
        ScriptedImap(answering(CAPABILITY=b"* CAPABILITY IMAP4rev1\r\n")) as server,
        pytest.raises(CredentialsRefused) as raised,
    ):
        played(server.port, password_env="MAIL_PASSWORD").open()
    assert "chtwoord" not in raised.value.detail


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"NO [AUTHENTICATIONFAILED] Authentication failed.", CredentialsRefused),
        (b"NO LOGIN failed.", CredentialsRefused),
        (b"NO [UNAVAILABLE] Temporary authentication failure.", SourceUnreachable),
        (b"NO [INUSE] too many", SourceUnreachable),
        (b"BAD what", SourceUnreachable),
        (b"* BYE too busy\r\n", SourceUnreachable),
    ],
)
def test_a_refused_sign_in_is_permanent_only_when_the_server_means_it(answer: bytes, error: type[GatewayError]) -> None:
    with ScriptedImap(answering(AUTHENTICATE=answer)) as server, pytest.raises(error):
        played(server.port).open()


def test_a_line_that_breaks_while_signing_in_is_no_refusal(mailbox: Mailbox) -> None:
    with Line(mailbox.server.port) as line:
        line.cut_after(700)  # after greeting and capabilities
        with pytest.raises(SourceUnreachable):
            mailbox.source(port=line.port).open()


def test_a_password_that_is_not_set_names_setting_and_source(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAIL_PASSWORD")
    with pytest.raises(SettingsInvalid, match=r"source post.*`password_env`"):
        mailbox.source(password_env="MAIL_PASSWORD").open()


# Reaching the server


def test_a_port_where_nobody_listens_names_host_port_and_setting() -> None:
    port = free_port()
    with pytest.raises(SourceUnreachable, match=f"source post.*127.0.0.1:{port}.*`port`"):
        played(port).open()


def test_a_host_that_does_not_exist_is_unreachable() -> None:
    with pytest.raises(SourceUnreachable, match="`host`"):
        played(993, host="bestaat-niet.invalid", tls="implicit").open()


def test_a_server_that_never_greets_is_unreachable_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(SourceUnreachable, match="timeout_seconds"):
        played(listener.getsockname()[1], timeout_seconds=0.3).open()


@pytest.mark.parametrize("greeting", [b"", b"* BYE busy\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff\x00\r\n"])
def test_a_server_that_greets_strangely_is_unreachable(greeting: bytes) -> None:
    with ScriptedImap(lambda _: b"BAD", greeting=greeting) as server, pytest.raises(SourceUnreachable):
        played(server.port, timeout_seconds=0.3).open()


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_tls_with_a_private_authority_works(make_mailbox: Callable[..., Mailbox], tls: str) -> None:
    mailbox = make_mailbox(tls=True)
    mailbox.deliver(letter("een"))
    port = mailbox.server.tls_port if tls == "implicit" else mailbox.server.port
    with mailbox.opened(tls=tls, port=port, ca_file=mailbox.server.ca_file) as connection:
        delivery = connection.fetch(connection.look().positions[0])
        assert delivery is not None
        assert b"een" in b"".join(delivery.chunks)


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_a_certificate_that_is_not_trusted_names_ca_file(make_mailbox: Callable[..., Mailbox], tls: str) -> None:
    mailbox = make_mailbox(tls=True)
    port = mailbox.server.tls_port if tls == "implicit" else mailbox.server.port
    with pytest.raises(SourceUnreachable, match=r"certificate.*`ca_file`"):
        mailbox.source(tls=tls, port=port).open()


def test_a_certificate_that_vouches_for_itself_is_not_trusted(tmp_path: Path) -> None:
    make_certificates(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(
        tmp_path / "ca.pem", tmp_path / "ca.key"
    )  # an authority's own certificate is signed by itself
    refused = []

    def greet(listener: socket.socket) -> None:
        line, _ = listener.accept()
        with line:
            try:
                context.wrap_socket(line, server_side=True).recv(1)
            except OSError as error:
                refused.append(error)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=greet, args=(listener,))
        server.start()
        with pytest.raises(SourceUnreachable, match=r"certificate.*`ca_file`"):
            played(listener.getsockname()[1], tls="implicit").open()
        server.join(10)
    assert refused


def test_the_password_never_crosses_a_line_whose_certificate_is_not_trusted(
    make_mailbox: Callable[..., Mailbox],
) -> None:
    mailbox = make_mailbox(tls=True)
    with Line(mailbox.server.port) as line:
        with pytest.raises(SourceUnreachable):
            mailbox.source(tls="starttls", port=line.port).open()
        assert b"AUTHENTICATE" not in line.said


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_a_server_without_tls_is_never_talked_to_plainly(mailbox: Mailbox, tls: str) -> None:
    with Line(mailbox.server.port) as line:
        with pytest.raises(SourceUnreachable, match="`tls`"):
            mailbox.source(tls=tls, port=line.port, timeout_seconds=2).open()
        assert b"AUTHENTICATE" not in line.said


# Folders


def test_a_missing_folder_names_its_setting(mailbox: Mailbox) -> None:
    with pytest.raises(FolderMissing, match=r"source post.*'Post'.*`folder`"):
        mailbox.source(folder="Post").open()


def test_a_folder_that_goes_missing_later_is_noticed(mailbox: Mailbox) -> None:
    with mailbox.server.client(mailbox.user) as client:
        client.create_folder("Post")
    with mailbox.opened(folder="Post") as connection:
        connection.look()
        with mailbox.server.client(mailbox.user) as client:
            client.delete_folder("Post")
        with pytest.raises((FolderMissing, SourceUnreachable)):
            connection.look()
    with pytest.raises(FolderMissing):
        mailbox.source(folder="Post").open()


def test_a_folder_that_cannot_be_opened_now_is_not_called_missing() -> None:
    answer = answering(SELECT=b"NO [SERVERBUG] internal error", LIST=b'* LIST () "/" INBOX\r\n')
    with ScriptedImap(answer) as server, pytest.raises(SourceUnreachable):
        played(server.port).open()


def test_a_folder_that_may_only_be_read_names_the_settings() -> None:
    select = b"* 0 EXISTS\r\n* OK [READ-ONLY] .\r\n* OK [UIDVALIDITY 7] .\r\n"
    with ScriptedImap(answering(SELECT=select)) as server, pytest.raises(FolderMissing, match="`after_keep`"):
        played(server.port).open()


# What is said about it elsewhere


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Log all that any library wants to say."""
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, "imapclient"):
        yield caplog


def test_no_word_of_a_mail_nor_the_password_reaches_a_log(
    mailbox: Mailbox, everything_logged: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    mailbox.deliver(letter("GEHEIMWOORD", "GEHEIMWOORD\r\n"))
    with mailbox.opened() as connection:
        use_everything(connection)
    with pytest.raises(CredentialsRefused):
        mailbox.source(password_env="MAIL_PASSWORD").open()
    said = everything_logged.text + "".join(capfd.readouterr())
    assert "GEHEIMWOORD" not in said
    assert PASSWORD not in said
    assert mailbox.server.password not in said


def test_an_error_never_quotes_what_the_server_sent() -> None:
    answer = b"* 1 FETCH (UID 1 RFC822.SIZE GEHEIMWOORD (\r\n"
    with ScriptedImap(answering(UID_FETCH=answer)) as server:
        connection = played(server.port).open()
        with pytest.raises(SourceUnreachable) as raised:
            connection.fetch("1")
        connection.close()
    assert "GEHEIMWOORD" not in raised.value.detail
