"""Waiting for mail: woken by a real server, ended by another thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from adapters.email import imap_connection
from inbox.errors import SourceUnreachable
from inbox.ports import Connection
from tests.servers.line import Line
from tests.servers.mailbox import Mailbox, letter

WITHOUT_IDLE = "IMAP4rev1 SASL-IR UIDPLUS MOVE LITERAL+"


def seconds_of(call: Callable[[], object]) -> float:
    """Return how long a call takes."""
    start = time.monotonic()
    call()
    return time.monotonic() - start


def later(seconds: float, call: Callable[[], object]) -> threading.Timer:
    """Call it from another thread after a while."""
    timer = threading.Timer(seconds, call)
    timer.start()
    return timer


def test_new_mail_wakes_the_wait_within_two_seconds(mailbox: Mailbox) -> None:
    with mailbox.opened() as connection:
        connection.look()
        timer = later(0.5, lambda: mailbox.deliver(letter("een")))
        assert seconds_of(lambda: connection.wait(20)) < 2.5
        timer.join()
        assert connection.look().positions == ("1",)


def test_the_wait_ends_by_itself(mailbox: Mailbox) -> None:
    with mailbox.opened() as connection:
        connection.look()
        assert 0.3 <= seconds_of(lambda: connection.wait(0.3)) < 10


def test_idle_is_renewed_and_still_wakes(mailbox: Mailbox) -> None:
    with Line(mailbox.server.port) as line, mailbox.opened(port=line.port, idle_seconds=0.2) as connection:
        connection.look()
        connection.wait(1)
        assert line.said.count(b" IDLE\r\n") >= 3
        timer = later(0.3, lambda: mailbox.deliver(letter("een")))
        assert seconds_of(lambda: connection.wait(20)) < 10
        timer.join()


def test_mail_that_came_between_look_and_wait_wakes_at_once(mailbox: Mailbox) -> None:
    with mailbox.opened() as connection:
        connection.look()
        mailbox.deliver(letter("een"))
        assert seconds_of(lambda: connection.wait(20)) < 10


def test_mail_that_the_server_told_of_during_a_fetch_is_not_forgotten(mailbox: Mailbox) -> None:
    mailbox.deliver(letter("een"))
    with mailbox.opened(after_keep="flag") as connection:
        connection.look()
        mailbox.deliver(letter("twee"))
        connection.confirm("1")  # its answer carries the news
        assert seconds_of(lambda: connection.wait(20)) < 10


def test_own_moves_do_not_wake(mailbox: Mailbox) -> None:
    mailbox.deliver(letter("een"))
    with mailbox.opened() as connection:
        for position in connection.look().positions:
            connection.confirm(position)
        assert seconds_of(lambda: connection.wait(1)) >= 1


def test_a_server_without_idle_is_asked_by_noop(
    make_mailbox: Callable[..., Mailbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap_connection, "_NOOP_SECONDS", 0.2)
    mailbox = make_mailbox(capabilities=WITHOUT_IDLE)
    with Line(mailbox.server.port) as line, mailbox.opened(port=line.port) as connection:
        connection.look()
        assert seconds_of(lambda: connection.wait(0.5)) >= 0.5
        timer = later(0.3, lambda: mailbox.deliver(letter("een")))
        assert seconds_of(lambda: connection.wait(20)) < 10
        timer.join()
        assert connection.look().positions == ("1",)
        assert b"IDLE" not in line.said


@pytest.mark.parametrize("capabilities", ["", WITHOUT_IDLE])
def test_close_from_another_thread_ends_the_wait_at_once(
    make_mailbox: Callable[..., Mailbox], capabilities: str
) -> None:
    mailbox = make_mailbox(capabilities=capabilities)
    with mailbox.opened() as connection:
        connection.look()
        timer = later(0.3, connection.close)
        start = time.monotonic()
        with pytest.raises(SourceUnreachable, match="post"):
            connection.wait(20)
        assert time.monotonic() - start < 10
        timer.join()
        with pytest.raises(SourceUnreachable):
            connection.look()


def test_close_from_another_thread_ends_a_stalled_fetch_at_once(mailbox: Mailbox) -> None:
    mailbox.deliver(letter("groot", "x" * 70 + "\r\n" + ("y" * 70 + "\r\n") * 40_000))
    with Line(mailbox.server.port) as line, mailbox.opened(port=line.port) as connection:
        fetched = connection.fetch(connection.look().positions[0])
        assert fetched is not None
        next(fetched.chunks)
        line.hold()
        timer = later(0.3, connection.close)
        start = time.monotonic()
        with pytest.raises(SourceUnreachable):
            next(fetched.chunks)
        assert time.monotonic() - start < 10
        timer.join()


def test_close_over_tls_ends_the_wait_at_once(make_mailbox: Callable[..., Mailbox]) -> None:
    mailbox = make_mailbox(tls=True)
    changes: dict[str, Any] = {"tls": "implicit", "port": mailbox.server.tls_port, "ca_file": mailbox.server.ca_file}
    with mailbox.opened(**changes) as connection:
        connection.look()
        timer = later(0.5, lambda: mailbox.deliver(letter("een")))
        assert seconds_of(lambda: connection.wait(20)) < 10
        timer.join()
        connection.look()
        timer = later(0.3, connection.close)
        start = time.monotonic()
        with pytest.raises(SourceUnreachable):
            connection.wait(20)
        assert time.monotonic() - start < 10
        timer.join()


def test_a_server_that_goes_away_ends_the_wait(mailbox: Mailbox) -> None:
    with Line(mailbox.server.port) as line, mailbox.opened(port=line.port) as connection:
        connection.look()
        timer = later(0.3, line.cut)
        start = time.monotonic()
        with pytest.raises(SourceUnreachable):
            connection.wait(20)
        assert time.monotonic() - start < 10
        timer.join()


def test_a_silent_server_ends_the_wait_when_idle_is_renewed(mailbox: Mailbox) -> None:
    with (
        Line(mailbox.server.port) as line,
        mailbox.opened(port=line.port, idle_seconds=0.3, timeout_seconds=0.5) as connection,
    ):
        connection.look()
        line.hold()
        start = time.monotonic()
        with pytest.raises(SourceUnreachable, match="timeout_seconds"):
            connection.wait(20)
        assert time.monotonic() - start < 10


def test_closing_never_raises_and_may_be_repeated(mailbox: Mailbox) -> None:
    with Line(mailbox.server.port) as line:
        connection: Connection = mailbox.source(port=line.port).open()
        line.cut()
        connection.close()
        connection.close()
