"""Telling a real mailbox that a mail is kept: moved, flagged or left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from inbox.errors import FolderMissing, SourceUnreachable
from tests.servers.line import Line
from tests.servers.mailbox import Mailbox, letter

FULL = "IMAP4rev1 SASL-IR IDLE UIDPLUS MOVE LITERAL+"
WITHOUT_MOVE = "IMAP4rev1 SASL-IR IDLE UIDPLUS LITERAL+"
WITHOUT_UIDPLUS = "IMAP4rev1 SASL-IR IDLE LITERAL+"
BARE = "IMAP4rev1"


def confirm_twice(mailbox: Mailbox, position: str, **changes: Any) -> None:
    """Confirm one delivery, and once more on a new connection."""
    for _ in range(2):
        with mailbox.opened(**changes) as connection:
            connection.look()
            connection.confirm(position)
            connection.confirm(position)


@pytest.mark.parametrize("capabilities", ["", FULL, WITHOUT_MOVE])
def test_a_kept_mail_moves_once_to_a_folder_that_is_made_for_it(
    make_mailbox: Callable[..., Mailbox], capabilities: str
) -> None:
    mailbox = make_mailbox(capabilities=capabilities)
    mailbox.deliver(letter("een"), letter("twee"), letter("drie"))
    confirm_twice(mailbox, "2")
    assert mailbox.subjects() == ["een", "drie"]
    assert mailbox.subjects("Verwerkt") == ["twee"]
    assert mailbox.flags("Verwerkt") == [set()]
    with mailbox.server.client(mailbox.user) as client:
        assert "Verwerkt" in {name for _, _, name in client.list_sub_folders()}


def test_a_server_that_can_move_is_asked_to_move(mailbox: Mailbox) -> None:
    mailbox.deliver(letter("een"))
    with Line(mailbox.server.port) as line, mailbox.opened(port=line.port) as connection:
        connection.confirm(connection.look().positions[0])
        assert b"UID MOVE 1" in line.said
        assert b"EXPUNGE" not in line.said


def test_the_folder_name_may_hold_any_letters(mailbox: Mailbox) -> None:
    mailbox.deliver(letter("een"))
    confirm_twice(mailbox, "1", processed_folder='Gereed & "wél"')
    assert mailbox.subjects('Gereed & "wél"') == ["een"]


def test_without_move_nobody_elses_deleted_mail_is_removed(make_mailbox: Callable[..., Mailbox]) -> None:
    mailbox = make_mailbox(capabilities=WITHOUT_MOVE)
    mailbox.deliver(letter("een"), letter("twee"))
    with mailbox.server.client(mailbox.user, "INBOX") as client:
        client.delete_messages([1])  # marked, not removed, by somebody in Outlook
    confirm_twice(mailbox, "2")
    assert mailbox.subjects() == ["een"]
    assert mailbox.flags() == [{"\\Deleted"}]


@pytest.mark.parametrize("capabilities", [WITHOUT_UIDPLUS, BARE])
def test_without_uidplus_a_kept_mail_is_flagged_and_nothing_is_expunged(
    make_mailbox: Callable[..., Mailbox], capabilities: str
) -> None:
    mailbox = make_mailbox(capabilities=capabilities)
    mailbox.deliver(letter("een"), letter("twee"))
    with Line(mailbox.server.port) as line:
        confirm_twice(mailbox, "1", port=line.port)
        assert b"EXPUNGE" not in line.said
        assert b"COPY" not in line.said
    assert mailbox.flags() == [{"$InboxGatewayKept"}, set()]


def test_flag_marks_the_mail_and_leaves_it_unread(mailbox: Mailbox) -> None:
    mailbox.deliver(letter("een"), letter("twee"))
    confirm_twice(mailbox, "2", after_keep="flag")
    assert mailbox.flags() == [set(), {"$InboxGatewayKept"}]


def test_leave_changes_nothing(mailbox: Mailbox) -> None:
    mailbox.deliver(letter("een"))
    with Line(mailbox.server.port) as line:
        confirm_twice(mailbox, "1", after_keep="leave", port=line.port)
        assert b"EXAMINE" in line.said
    assert (mailbox.subjects(), mailbox.flags()) == (["een"], [set()])


@pytest.mark.parametrize("after_keep", ["move", "flag", "leave"])
def test_an_observed_mailbox_is_opened_read_only_and_nothing_changes(mailbox: Mailbox, after_keep: str) -> None:
    mailbox.deliver(letter("een"))
    with (
        Line(mailbox.server.port) as line,
        mailbox.opened(observes=True, after_keep=after_keep, port=line.port) as connection,
    ):
        fetched = connection.fetch(connection.look().positions[0])
        assert fetched is not None
        assert b"een" in b"".join(fetched.chunks)
        connection.confirm("1")
        connection.wait(0.05)
        said = bytes(line.said)
    for command in (b"SELECT", b"STORE", b"MOVE", b"COPY", b"EXPUNGE", b"CREATE"):
        assert command not in said
    assert (mailbox.subjects(), mailbox.flags(), mailbox.subjects("Verwerkt")) == (["een"], [set()], [])


@pytest.mark.parametrize("after_keep", ["move", "flag"])
def test_confirming_what_is_gone_is_no_error(mailbox: Mailbox, after_keep: str) -> None:
    mailbox.deliver(letter("een"), letter("twee"))
    with mailbox.opened(after_keep=after_keep) as connection:
        connection.look()
        with mailbox.server.client(mailbox.user, "INBOX") as client:
            client.delete_messages([1])
            client.uid_expunge([1])
        connection.confirm("1")
        connection.confirm("99")
    assert mailbox.subjects() == ["twee"]
    assert mailbox.flags() == [set()]


def test_a_folder_that_cannot_be_made_names_its_setting(mailbox: Mailbox) -> None:
    mailbox.deliver(letter("een"))
    with mailbox.opened(processed_folder="a/b") as connection:
        connection.look()
        with pytest.raises(FolderMissing, match="processed_folder"):
            connection.confirm("1")
        assert connection.look().positions == ("1",)
    assert mailbox.subjects() == ["een"]


def test_a_line_that_breaks_while_confirming_is_reported_and_may_be_repeated(mailbox: Mailbox) -> None:
    mailbox.deliver(letter("een"))
    with Line(mailbox.server.port) as line, mailbox.opened(port=line.port) as connection:
        connection.look()
        line.cut_after(0)
        with pytest.raises(SourceUnreachable):
            connection.confirm("1")
    confirm_twice(mailbox, "1")
    assert (mailbox.subjects(), mailbox.subjects("Verwerkt")) == ([], ["een"])
