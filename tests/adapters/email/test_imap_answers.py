"""Answers of an IMAP server that are wrong, impossible or nonsense."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inbox.errors import GatewayError, SourceUnreachable
from tests.servers.mailbox import letter, played, use_everything
from tests.servers.scripted_imap import Answer, ScriptedImap, answering


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
    connection = played(port).open()
    try:
        delivery = connection.fetch("1")
        assert delivery is not None
        return b"".join(delivery.chunks)
    finally:
        connection.close()


def test_a_server_without_uidvalidity_is_not_read() -> None:
    with ScriptedImap(answering(SELECT=b"* 0 EXISTS\r\n")) as server, pytest.raises(SourceUnreachable):
        played(server.port).open()


def test_a_mailbox_that_counts_mail_and_lists_none_is_not_believed() -> None:
    with ScriptedImap(answering(UID_SEARCH=b"* SEARCH\r\n")) as server:
        connection = played(server.port).open()
        with pytest.raises(SourceUnreachable):
            connection.look()
        connection.close()


def test_the_uids_of_a_very_large_mailbox_come_in_one_long_line() -> None:
    uids = range(1, 400_001)
    listing = b"* SEARCH " + b" ".join(b"%d" % uid for uid in reversed(uids)) + b"\r\n"
    with ScriptedImap(answering(UID_SEARCH=listing)) as server:
        connection = played(server.port).open()
        sighting = connection.look()
        connection.close()
    assert len(listing) > 2_000_000
    assert sighting.positions == tuple(str(uid) for uid in uids)
    assert sighting.next_position == "400001"


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
        connection = played(server.port).open()
        with pytest.raises(SourceUnreachable):
            connection.fetch("1")
        connection.close()


def test_flags_of_another_mail_are_not_taken_for_an_answer() -> None:
    with ScriptedImap(answering(UID_FETCH=b"* 1 FETCH (FLAGS (\\Seen))\r\n", UID_SEARCH=b"* SEARCH 4\r\n")) as server:
        connection = played(server.port).open()
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


def test_a_mail_that_ends_early_because_it_was_removed_is_not_taken_for_a_short_one() -> None:
    mail = letter("weg").ljust(2_000_000, b"x")
    short = pieces_of(mail[: 1024 * 1024], len(mail))
    with (
        ScriptedImap(lambda command: b"* SEARCH\r\n" if "UID SEARCH UID 1" in command else short(command)) as server,
        pytest.raises(SourceUnreachable, match="vanished"),
    ):
        fetched(server.port)


def test_a_server_that_knows_no_ranges_is_read_whole() -> None:
    mail = letter("heel").ljust(2_500_000, b"x")
    answer = b"* 1 FETCH (UID 1 BODY[] {%d}\r\n%s)\r\n" % (len(mail), mail)
    with ScriptedImap(lambda command: answer if "BODY.PEEK" in command else pieces_of(mail, 1)(command)) as server:
        connection = played(server.port).open()
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
        connection = played(server.port).open()
        delivery = connection.fetch("1")
        connection.close()
    assert delivery is not None
    assert delivery.source_received_at is None


def test_copy_without_proof_removes_nothing() -> None:
    """A server may say OK to a COPY of what is not there; then nothing may be expunged on the strength of it."""
    capability = b"* CAPABILITY IMAP4rev1 AUTH=PLAIN UIDPLUS\r\n"
    with ScriptedImap(answering(CAPABILITY=capability, UID_COPY=b"")) as server:
        connection = played(server.port).open()
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
        connection = played(server.port, after_keep="flag").open()
        connection.confirm("1")
        connection.close()
    assert f"UID STORE 1 +FLAGS.SILENT ({flag})" in server.commands


def test_idle_that_is_offered_and_refused_falls_back_to_noop() -> None:
    capability = b"* CAPABILITY IMAP4rev1 AUTH=PLAIN IDLE\r\n"
    with ScriptedImap(answering(CAPABILITY=capability, IDLE=b"NO not today")) as server:
        connection = played(server.port).open()
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
@settings(max_examples=80, deadline=None)
def test_any_answer_gives_a_result_or_an_error_of_ours(words: bytes, command: str) -> None:
    with ScriptedImap(lambda said: words if said.startswith(command) else None) as server:
        error = error_of(lambda: use_everything(played(server.port, timeout_seconds=0.05).open()))
    assert error is None or error.__cause__ is None
    assert error is None or error.__suppress_context__ or error.__context__ is None


def error_of(call: Callable[[], object]) -> GatewayError | None:
    """Return the error of ours that a call ends in; any other goes on."""
    try:
        call()
    except GatewayError as error:
        return error
    return None
