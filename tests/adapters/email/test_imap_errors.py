"""What goes wrong at a mailbox comes out as an error of ours that names what to mend."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.email.imap import ImapSource
from adapters.email.settings import ImapSettings
from inbox.errors import (
    CredentialsRefused,
    FolderMissing,
    GatewayError,
    PermanentError,
    SettingsInvalid,
    SourceUnreachable,
    TransientError,
)
from inbox.ports import Connection
from tests.servers.line import Line
from tests.servers.mailbox import Mailbox, letter
from tests.servers.ports import free_port
from tests.servers.scripted_imap import Answer, ScriptedImap

PASSWORD = "zeer-geheim-woord"


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)


def settings_for(port: int, **changes: object) -> ImapSource:
    """Return a source on a server that we play ourselves."""
    usual = {"host": "127.0.0.1", "port": port, "tls": "none", "user": "post", "password_env": "MAIL_PASSWORD"}
    return ImapSource("post", ImapSettings.model_validate({**usual, "timeout_seconds": 1, **changes}), observes=False)


def answering(**answers: bytes) -> Answer:
    """Answer the commands whose first words are named (`_` for a space); the rest as an ordinary server."""
    said = {words.replace("_", " "): answer for words, answer in answers.items()}
    return lambda command: next((answer for words, answer in said.items() if command.startswith(words)), None)


def body(content: bytes, offset: int = 0) -> bytes:
    """Return the answer to a BODY.PEEK of UID 1."""
    return b"* 1 FETCH (UID 1 BODY[]<%d> {%d}\r\n%s)\r\n" % (offset, len(content), content)


def size(size_bytes: int, date: bytes = b"17-Jul-2026 02:44:25 +0200") -> bytes:
    """Return the answer about size and date of UID 1."""
    return b'* 1 FETCH (UID 1 RFC822.SIZE %d INTERNALDATE "%s")\r\n' % (size_bytes, date)


def pieces_of(mail: bytes, announced: int) -> Answer:
    """Serve a mail whose size is announced wrongly."""

    def answer(command: str) -> bytes | None:
        if "RFC822.SIZE" in command:
            return size(announced)
        if "BODY.PEEK" in command:
            offset, _, length = command[command.index("<") + 1 : command.index(">")].partition(".")
            return body(mail[int(offset) : int(offset) + int(length)], int(offset))
        return None

    return answer


def fetched(port: int) -> bytes:
    """Fetch UID 1 whole."""
    connection = settings_for(port).open()
    try:
        delivery = connection.fetch("1")
        assert delivery is not None
        return b"".join(delivery.chunks)
    finally:
        connection.close()


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
        settings_for(server.port, user='po st"1').open().close()
    assert 'LOGIN "po st\\"1" "ge\\"heim\\\\x y"' in server.commands


def test_a_password_that_login_cannot_carry_is_refused_without_showing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", "wàchtwoord")
    with (
        ScriptedImap(answering(CAPABILITY=b"* CAPABILITY IMAP4rev1\r\n")) as server,
        pytest.raises(CredentialsRefused) as raised,
    ):
        settings_for(server.port).open()
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
        settings_for(server.port).open()


def test_a_line_that_breaks_while_signing_in_is_no_refusal(mailbox: Mailbox) -> None:
    with Line(mailbox.server.port) as line:
        line.cut_after(700)  # after greeting and capabilities
        with pytest.raises(SourceUnreachable):
            mailbox.source(port=line.port).open()


def test_a_password_that_is_not_set_names_setting_and_source(
    mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MAIL_PASSWORD")
    with pytest.raises(SettingsInvalid, match="source post.*`password_env`"):
        mailbox.source(password_env="MAIL_PASSWORD").open()


# Reaching the server


def test_a_port_where_nobody_listens_names_host_port_and_setting() -> None:
    port = free_port()
    with pytest.raises(SourceUnreachable, match=f"source post.*127.0.0.1:{port}.*`port`"):
        settings_for(port).open()


def test_a_host_that_does_not_exist_is_unreachable() -> None:
    with pytest.raises(SourceUnreachable, match="`host`"):
        settings_for(993, host="bestaat-niet.invalid", tls="implicit").open()


def test_a_server_that_never_greets_is_unreachable_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(SourceUnreachable, match="timeout_seconds"):
        settings_for(listener.getsockname()[1], timeout_seconds=0.3).open()


@pytest.mark.parametrize("greeting", [b"", b"* BYE busy\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff\x00\r\n"])
def test_a_server_that_greets_strangely_is_unreachable(greeting: bytes) -> None:
    with ScriptedImap(lambda _: b"BAD", greeting=greeting) as server, pytest.raises(SourceUnreachable):
        settings_for(server.port, timeout_seconds=0.3).open()


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
    with pytest.raises(SourceUnreachable, match="certificate.*`ca_file`"):
        mailbox.source(tls=tls, port=port).open()


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
        settings_for(server.port).open()


def test_a_folder_that_may_only_be_read_names_the_settings() -> None:
    select = b"* 0 EXISTS\r\n* OK [READ-ONLY] .\r\n* OK [UIDVALIDITY 7] .\r\n"
    with ScriptedImap(answering(SELECT=select)) as server, pytest.raises(FolderMissing, match="`after_keep`"):
        settings_for(server.port).open()


# Answers that are not to be believed


def test_a_server_without_uidvalidity_is_not_read() -> None:
    with ScriptedImap(answering(SELECT=b"* 0 EXISTS\r\n")) as server, pytest.raises(SourceUnreachable):
        settings_for(server.port).open()


def test_a_mailbox_that_counts_mail_and_lists_none_is_not_believed() -> None:
    with ScriptedImap(answering(UID_SEARCH=b"* SEARCH\r\n")) as server:
        connection = settings_for(server.port).open()
        with pytest.raises(SourceUnreachable):
            connection.look()
        connection.close()


@pytest.mark.parametrize("announced", [0, 1, 1999, 2000, 2001, 5_000_000])
def test_no_byte_is_lost_when_the_announced_size_is_wrong(announced: int) -> None:
    mail = letter("maat").ljust(2000, b"x")
    with ScriptedImap(pieces_of(mail, announced)) as server:
        assert fetched(server.port) == mail


@pytest.mark.parametrize("announced", [2_000_000, 2_500_000, 3_000_000])
def test_no_tail_is_lost_when_a_large_mail_is_announced_wrongly(announced: int) -> None:
    mail = letter("maat").ljust(2_500_000, b"x")
    with ScriptedImap(pieces_of(mail, announced)) as server:
        assert fetched(server.port) == mail


def test_an_empty_body_is_asked_for_again_and_then_not_believed() -> None:
    with (
        ScriptedImap(pieces_of(b"", 500)) as server,
        pytest.raises(SourceUnreachable, match="500 bytes"),
    ):
        fetched(server.port)
    assert sum("BODY.PEEK" in command for command in server.commands) == 2


def test_a_body_that_is_empty_once_is_read_the_second_time() -> None:
    mail, asked = letter("eens leeg"), iter([b"* 1 FETCH (UID 1 BODY[]<0> NIL)\r\n"])
    honest = pieces_of(mail, len(mail))
    def answer(command: str) -> bytes | None:
        return (next(asked, None) if "BODY.PEEK" in command else None) or honest(command)

    with ScriptedImap(answer) as server:
        assert fetched(server.port) == mail


def test_a_mail_that_is_listed_and_not_given_is_not_called_gone() -> None:
    with ScriptedImap(answering(UID_FETCH=b"")) as server:
        connection = settings_for(server.port).open()
        with pytest.raises(SourceUnreachable):
            connection.fetch("1")
        connection.close()


def test_flags_of_another_mail_are_not_taken_for_an_answer() -> None:
    with ScriptedImap(
        answering(UID_FETCH=b"* 1 FETCH (FLAGS (\\Seen))\r\n", UID_SEARCH=b"* SEARCH 4\r\n")
    ) as server:
        connection = settings_for(server.port).open()
        assert connection.fetch("1") is None
        connection.close()


def test_a_mail_that_vanishes_between_two_pieces_is_reported() -> None:
    mail = letter("weg").ljust(2_000_000, b"x")
    honest = pieces_of(mail, len(mail))
    with (
        ScriptedImap(lambda command: b"" if "<1048576." in command else honest(command)) as server,
        pytest.raises(SourceUnreachable, match="vanished"),
    ):
        fetched(server.port)


def test_a_server_that_knows_no_ranges_is_read_whole() -> None:
    mail = letter("heel").ljust(2_500_000, b"x")
    answer = b"* 1 FETCH (UID 1 BODY[] {%d}\r\n%s)\r\n" % (len(mail), mail)
    with ScriptedImap(lambda command: answer if "BODY.PEEK" in command else pieces_of(mail, 1)(command)) as server:
        connection = settings_for(server.port).open()
        delivery = connection.fetch("1")
        assert delivery is not None
        chunks = list(delivery.chunks)
        connection.close()
    assert b"".join(chunks) == mail
    assert max(map(len, chunks)) <= 1024 * 1024


@pytest.mark.parametrize("date", [b"nonsense", b"31-Dec-9999 23:59:59 -1400", b"99-Foo-2026 99:99:99 +9999"])
def test_a_date_that_makes_no_sense_is_no_date(date: bytes) -> None:
    mail = letter("datum")
    with ScriptedImap(
        lambda command: size(len(mail), date) if "RFC822.SIZE" in command else pieces_of(mail, 1)(command)
    ) as server:
        connection = settings_for(server.port).open()
        delivery = connection.fetch("1")
        connection.close()
    assert delivery is not None
    assert delivery.source_received_at is None


def test_copy_without_proof_removes_nothing() -> None:
    """A server may say OK to a COPY of what is not there; then nothing may be expunged on the strength of it."""
    capability = b"* CAPABILITY IMAP4rev1 AUTH=PLAIN UIDPLUS\r\n"
    with ScriptedImap(answering(CAPABILITY=capability, UID_COPY=b"")) as server:
        connection = settings_for(server.port).open()
        connection.confirm("1")
        connection.close()
    assert not any("EXPUNGE" in command or "Deleted" in command for command in server.commands)
    assert "UID STORE 1 +FLAGS.SILENT (\\Flagged)" in server.commands


@pytest.mark.parametrize(
    ("permanent", "flag"),
    [(b"(\\Seen \\*)", "$InboxGatewayKept"), (b"($inboxgatewaykept)", "$InboxGatewayKept"), (b"(\\Seen)", "\\Flagged")],
)
def test_a_server_that_takes_no_keywords_gets_the_flag(permanent: bytes, flag: str) -> None:
    select = b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] .\r\n* OK [PERMANENTFLAGS %s] .\r\n" % permanent
    with ScriptedImap(answering(SELECT=select)) as server:
        connection = settings_for(server.port, after_keep="flag").open()
        connection.confirm("1")
        connection.close()
    assert f"UID STORE 1 +FLAGS.SILENT ({flag})" in server.commands


def test_idle_that_is_offered_and_refused_falls_back_to_noop() -> None:
    capability = b"* CAPABILITY IMAP4rev1 AUTH=PLAIN IDLE\r\n"
    with ScriptedImap(answering(CAPABILITY=capability, IDLE=b"NO not today")) as server:
        connection = settings_for(server.port).open()
        connection.wait(0.2)
        connection.wait(0.2)
        connection.close()
    assert sum(command == "IDLE" for command in server.commands) == 1
    assert "NOOP" in server.commands


NONSENSE = st.one_of(
    st.binary(max_size=60).map(lambda words: b"* " + words.replace(b"\n", b"") + b"\r\n"),
    st.sampled_from(
        [
            b"* 1 FETCH\r\n",
            b"* 1 FETCH (\r\n",
            b"* x FETCH (UID 1)\r\n",
            b"* 1 FETCH (UID x RFC822.SIZE y)\r\n",
            b"* 1 FETCH (UID 1 RFC822.SIZE)\r\n",
            b"* 1 FETCH ((((((UID 1\r\n",
            b"* 1 FETCH " + b"(" * 3000 + b"\r\n",
            b"* 1 FETCH (UID 1 BODY[]<0> 5)\r\n",
            b"* 1 FETCH (UID 1 BODY[]<0> (1 2))\r\n",
            b"* 1 FETCH (UID 1 ENVELOPE NIL)\r\n",
            b'* 1 FETCH (UID 1 BODY[]<0> "abc)\r\n',
            b"* SEARCH x y\r\n",
            b"* SEARCH 1\r\n* SEARCH 2\r\n",
            b"* OK [UIDVALIDITY x] .\r\n",
            b"+ go on\r\n",
            b"A1 OK not yours\r\n",
        ]
    ),
)


@given(words=NONSENSE, command=st.sampled_from(["SELECT", "UID SEARCH", "UID FETCH", "UID MOVE", "CAPABILITY"]))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_answer_gives_a_result_or_an_error_of_ours(words: bytes, command: str) -> None:
    with ScriptedImap(lambda said: words if said.startswith(command) else None) as server:
        try:
            _use_everything(settings_for(server.port, timeout_seconds=0.05).open())
        except GatewayError as error:
            assert isinstance(error, TransientError | PermanentError)
            assert error.__cause__ is None
            assert error.__suppress_context__ or error.__context__ is None


def _use_everything(connection: Connection) -> None:
    try:
        connection.look()
        delivery = connection.fetch("1")
        if delivery is not None:
            list(delivery.chunks)
        connection.confirm("1")
        connection.wait(0.01)
    finally:
        connection.close()


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
        _use_everything(connection)
    with pytest.raises(CredentialsRefused):
        mailbox.source(password_env="MAIL_PASSWORD").open()
    said = everything_logged.text + "".join(capfd.readouterr())
    assert "GEHEIMWOORD" not in said
    assert PASSWORD not in said
    assert mailbox.server.password not in said


def test_an_error_never_quotes_what_the_server_sent() -> None:
    answer = b"* 1 FETCH (UID 1 RFC822.SIZE GEHEIMWOORD (\r\n"
    with ScriptedImap(answering(UID_FETCH=answer)) as server:
        connection = settings_for(server.port).open()
        with pytest.raises(SourceUnreachable) as raised:
            connection.fetch("1")
        connection.close()
    assert "GEHEIMWOORD" not in raised.value.detail
