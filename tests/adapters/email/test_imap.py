"""Looking into a real mailbox and fetching from it."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest

from inbox.errors import SourceUnreachable
from inbox.ports import Connection
from tests.servers.line import Line
from tests.servers.mailbox import Mailbox, letter

MIB = 1024 * 1024


def whole(connection: Connection, position: str) -> bytes:
    """Return the bytes of a delivery that is there."""
    fetched = connection.fetch(position)
    assert fetched is not None
    return b"".join(fetched.chunks)


def without_trace(raw: bytes) -> bytes:
    """Return the mail as it was put in, without the lines that LMTP put on top."""
    return raw[raw.index(b"From: Jan") :]


def large_mail(size_bytes: int) -> bytes:
    """Return a mail of about this size that repeats nowhere, with lines of every kind of length."""
    dice = random.Random(7)  # a test
    mail = bytearray(letter("groot"))
    while len(mail) < size_bytes:
        mail += dice.randbytes(dice.randint(0, 490)).hex().encode() + b"\r\n"
    return bytes(mail)


def test_a_look_shows_every_mail_oldest_first(mailbox: Mailbox) -> None:
    mailbox.deliver(*(letter(str(number)) for number in range(12)))
    with mailbox.opened() as connection:
        sighting = connection.look()
        subjects = [without_trace(whole(connection, position)).split(b"\r\n")[2] for position in sighting.positions]
    assert sighting.positions == tuple(str(uid) for uid in range(1, 13))
    assert subjects == [b"Subject: %d" % number for number in range(12)]
    assert sighting.next_position == "13"


def test_an_empty_mailbox_shows_nothing(mailbox: Mailbox) -> None:
    with mailbox.opened() as connection:
        sighting = connection.look()
    assert (sighting.positions, sighting.next_position) == ((), "1")


def test_a_second_look_sees_what_came_after_the_first(mailbox: Mailbox) -> None:
    mailbox.deliver(letter("een"))
    with mailbox.opened() as connection:
        first = connection.look()
        mailbox.deliver(letter("twee"))
        second = connection.look()
    assert (first.positions, second.positions) == (("1",), ("1", "2"))
    assert first.key_space == second.key_space


def test_a_look_shows_mail_that_somebody_has_read(mailbox: Mailbox) -> None:
    mailbox.deliver(letter("een"))
    with mailbox.server.client(mailbox.user, "INBOX") as client:
        client.add_flags([1], [b"\\Seen"])
    with mailbox.opened() as connection:
        assert connection.look().positions == ("1",)


def test_the_key_space_is_an_imap_url_with_uidvalidity(mailbox: Mailbox) -> None:
    with mailbox.server.client(mailbox.user) as client:
        client.create_folder("Post.bij ons;één")
        validity = client.folder_status("Post.bij ons;één", ["UIDVALIDITY"])[b"UIDVALIDITY"]
    with mailbox.opened(folder="Post.bij ons;één") as connection:
        key_space = connection.look().key_space
    user = mailbox.user.replace("@", "%40")
    folder = "Post.bij%20ons%3B%C3%A9%C3%A9n"
    assert key_space == f"imap://{user}@127.0.0.1:{mailbox.server.port}/{folder};UIDVALIDITY={validity}"


def test_a_folder_made_anew_is_another_key_space(mailbox: Mailbox) -> None:
    with mailbox.server.client(mailbox.user) as client:
        client.create_folder("Post")
        with mailbox.opened(folder="Post") as connection:
            before = connection.look().key_space
            client.rename_folder("Post", "Oud")
            time.sleep(1.1)  # UIDVALIDITY counts seconds
            client.create_folder("Post")
            try:
                after = connection.look().key_space
            except SourceUnreachable:  # Dovecot may also cut the line, then a new connection sees it
                with mailbox.opened(folder="Post") as again:
                    after = again.look().key_space
    assert before != after
    assert before.partition(";")[0] == after.partition(";")[0]


def test_a_large_mail_comes_in_pieces_and_byte_identical(mailbox: Mailbox) -> None:
    mail = large_mail(5 * MIB)
    mailbox.deliver(mail)
    with mailbox.opened() as connection:
        fetched = connection.fetch(connection.look().positions[0])
        assert fetched is not None
        chunks = list(fetched.chunks)
    assert len(mail) > 5 * MIB
    assert without_trace(b"".join(chunks)) == mail
    assert len(chunks) > 5
    assert max(map(len, chunks)) <= MIB


@pytest.mark.parametrize("beyond", [-1, 0, 1])
def test_a_mail_of_exactly_one_piece_loses_no_byte(mailbox: Mailbox, beyond: int) -> None:
    with mailbox.server.client(mailbox.user) as client:
        mail = letter("precies").ljust(MIB + beyond - 2, b"x") + b"\r\n"
        client.append("INBOX", mail)
    with mailbox.opened() as connection:
        assert whole(connection, "1") == mail


def test_any_bytes_that_the_server_holds_come_through(mailbox: Mailbox) -> None:
    mail = (
        letter("bytes") + bytes(range(1, 256)).replace(b"\n", b"").replace(b"\r", b"") + b')"{5}\r\n* 1 EXISTS\r\n)\r\n'
    )
    with mailbox.server.client(mailbox.user) as client:
        client.append("INBOX", mail)
    with mailbox.opened() as connection:
        assert whole(connection, "1") == mail


def test_fetching_leaves_a_mail_unread(mailbox: Mailbox) -> None:
    mailbox.deliver(letter("een"), letter("twee"))
    with mailbox.opened() as connection:
        for position in connection.look().positions:
            whole(connection, position)
    assert mailbox.flags() == [set(), set()]
    with mailbox.server.client(mailbox.user, "INBOX") as client:
        assert client.search("UNSEEN") == [1, 2]


def test_fetching_what_is_gone_returns_nothing(mailbox: Mailbox) -> None:
    mailbox.deliver(letter("een"), letter("twee"))
    with mailbox.opened() as connection:
        connection.look()
        with mailbox.server.client(mailbox.user, "INBOX") as client:
            client.delete_messages([1])
            client.uid_expunge([1])
        assert connection.fetch("1") is None
        assert connection.fetch("99") is None
        assert b"twee" in whole(connection, "2")


def test_a_mail_that_vanishes_midway_is_reported(mailbox: Mailbox) -> None:
    mailbox.deliver(large_mail(3 * MIB))
    with mailbox.opened() as connection:
        fetched = connection.fetch(connection.look().positions[0])
        assert fetched is not None
        next(fetched.chunks)
        with mailbox.server.client(mailbox.user, "INBOX") as client:
            client.delete_messages([1])
            client.uid_expunge([1])
        # Dovecot may serve what it holds open; then the mail is whole, which is right as well.
        connection_says = _rest_or_error(fetched.chunks)
    assert isinstance(connection_says, SourceUnreachable) or connection_says > 2 * MIB


def _rest_or_error(chunks: Iterator[bytes]) -> SourceUnreachable | int:
    try:
        return sum(len(chunk) for chunk in chunks)
    except SourceUnreachable as error:
        return error


def test_a_line_that_breaks_midway_is_reported_and_the_next_connection_has_it_all(mailbox: Mailbox) -> None:
    mail = large_mail(3 * MIB)
    mailbox.deliver(mail)
    with Line(mailbox.server.port) as line, mailbox.opened(port=line.port) as connection:
        fetched = connection.fetch(connection.look().positions[0])
        assert fetched is not None
        next(fetched.chunks)
        line.cut_after(MIB // 2)
        with pytest.raises(SourceUnreachable, match=f"post.*{line.port}"):
            list(fetched.chunks)
        with pytest.raises(SourceUnreachable):
            connection.look()
    with mailbox.opened() as connection:
        assert without_trace(whole(connection, "1")) == mail


@pytest.mark.parametrize("zone_here", ["UTC", "Asia/Kathmandu", "America/New_York"])
def test_the_moment_of_receipt_is_right_in_every_time_zone(
    make_mailbox: Callable[..., Mailbox], monkeypatch: pytest.MonkeyPatch, zone_here: str
) -> None:
    mailbox = make_mailbox(time_zone="Pacific/Chatham")
    summer = datetime(2026, 7, 14, 23, 30, 5, tzinfo=timezone(timedelta(hours=-3, minutes=-30)))
    with mailbox.server.client(mailbox.user) as client:
        client.append("INBOX", letter("zomer"), msg_time=summer)
        client.append("INBOX", letter("winter"), msg_time=datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC))
    monkeypatch.setenv("TZ", zone_here)
    time.tzset()
    try:
        with mailbox.opened() as connection:
            moments = [fetched.source_received_at for number in "12" if (fetched := connection.fetch(number))]
    finally:
        monkeypatch.undo()
        time.tzset()
    assert moments == [datetime(2026, 7, 15, 3, 0, 5, tzinfo=UTC), datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC)]
    assert all(moment is not None and moment.tzinfo is UTC for moment in moments)
