"""Where other programs lost mail at the pickup: each failure that we know of, and what ours does.

What is proven elsewhere: a server without IDLE, IDLE that stalls or is cut, and mail that came between look and wait in
test_imap_wait.py; without MOVE or UIDPLUS in test_imap_confirm.py; read mail, mail without Message-ID and a mailbox that
counts anew (n8n forgets UIDVALIDITY) in tests/workflows/test_people_in_the_mailbox.py; failing mail that blocks or is
skipped in tests/workflows/test_sweeping.py and test_poison.py; the oldest starving, and page limits, in
tests/workflows/test_first_connection.py; mail marked before it was kept in tests/workflows/test_losses.py; a failure
that counts as done for ever (paperless #8329) in tests/store/test_acting.py; a Message-ID that is used again (GLPI, iTop
#253) in tests/workflows/test_kinds_of_mail.py and tests/inbox/duplicates/test_fingerprint.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.email.settings import ImapSettings
from inbox.errors import SourceUnreachable
from tests.servers.mailbox import Mailbox, letter, played
from tests.servers.scripted_imap import ScriptedImap, answering

IDLING = b"* CAPABILITY IMAP4rev1 AUTH=PLAIN IDLE\r\n"
SECONDS = 20


def waited(server: ScriptedImap, seconds: float = SECONDS, **changes: Any) -> float:
    """Return how long a wait took."""
    connection = played(server.port, **changes).open()
    try:
        connection.look()
        started = time.monotonic()
        connection.wait(seconds)
        return time.monotonic() - started
    finally:
        connection.close()


def test_exists_without_recent_wakes() -> None:
    """mailsuite #41."""
    with ScriptedImap(answering(CAPABILITY=IDLING, IDLE=b"+ idling\r\n* 2 EXISTS\r\n")) as server:
        assert waited(server) < SECONDS / 2
    assert server.commands.count("IDLE") == 1


def test_a_still_here_wakes_nobody() -> None:
    with ScriptedImap(answering(CAPABILITY=IDLING, IDLE=b"+ idling\r\n* OK Still here\r\n")) as server:
        assert waited(server, 0.5) >= 0.4


def test_idle_is_never_nested() -> None:
    """mailsuite #45: each IDLE is ended by DONE before anything else is said, also over several waits."""
    with ScriptedImap(answering(CAPABILITY=IDLING, IDLE=b"+ idling\r\n")) as server:
        connection = played(server.port, idle_seconds=0.1).open()
        for _ in range(3):
            connection.look()
            connection.wait(0.35)
        connection.close()
    said = [command for command in server.commands if command in ("IDLE", "DONE")]
    assert len(said) > 8
    assert said == ["IDLE", "DONE"] * (len(said) // 2)


def test_idle_is_renewed_at_least_every_five_minutes() -> None:
    """imapclient #349, php-imap #44: a connection in IDLE hangs after half an hour, or two."""
    usual = {"host": "imap.gemeente.test", "user": "post", "password_env": "X"}
    assert ImapSettings.model_validate(usual).idle_seconds <= 300
    with pytest.raises(ValidationError, match="idle_seconds"):
        ImapSettings.model_validate({**usual, "idle_seconds": 301})


def test_idle_that_is_offered_and_refused_is_replaced_by_asking() -> None:
    with ScriptedImap(answering(CAPABILITY=IDLING, IDLE=b"NO not now", NOOP=b"* 2 EXISTS\r\n")) as server:
        assert waited(server) < SECONDS / 2
    assert "NOOP" in server.commands


@pytest.mark.parametrize(
    ("options", "words"), [({"names": ["mail.elders.test"]}, "certificate"), ({"days": -1}, "expired")]
)
@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_a_certificate_with_another_name_or_past_its_time_is_not_trusted(
    make_mailbox: Callable[..., Mailbox], tls: str, options: dict[str, Any], words: str
) -> None:
    mailbox = make_mailbox(tls=True, **options)
    mailbox.deliver(letter("een"))
    port = mailbox.server.tls_port if tls == "implicit" else mailbox.server.port
    with pytest.raises(SourceUnreachable, match=rf"{words}.*`host` and `ca_file`"):
        mailbox.source(tls=tls, port=port, ca_file=mailbox.server.ca_file).open()


def test_mail_of_years_ago_is_shown_however_long_nobody_looked(mailbox: Mailbox) -> None:
    """FreeScout asks for three days, libredesk for two, Chatwoot for one: what came in a longer outage is never seen."""
    with mailbox.server.client(mailbox.user) as client:
        for day, subject in ((datetime(2019, 1, 1, tzinfo=UTC), "oud"), (datetime(2036, 1, 1, tzinfo=UTC), "straks")):
            client.append("INBOX", letter(subject), msg_time=day)
    mailbox.deliver(letter("nu"))
    with mailbox.opened() as connection:
        fetched = [connection.fetch(position) for position in connection.look().positions]
    assert [one is not None for one in fetched] == [True, True, True]


def test_what_others_remove_meanwhile_shifts_no_mail(mailbox: Mailbox) -> None:
    """Chatwoot counts by sequence numbers: each mail that goes makes the ones behind it another."""
    mailbox.deliver(letter("een"), letter("twee"), letter("drie"))
    with mailbox.opened() as connection:
        positions = connection.look().positions
        with mailbox.server.client(mailbox.user, "INBOX") as client:
            client.delete_messages([1])
            client.uid_expunge([1])
        fetched = connection.fetch(positions[1])
        assert fetched is not None
        assert b"Subject: twee" in b"".join(fetched.chunks)


def test_mail_that_came_while_the_line_was_down_is_shown_at_once(mailbox: Mailbox) -> None:
    """n8n and parsedmarc fetch only what IDLE tells of, or what a new connection happens to show as unseen."""
    mailbox.deliver(letter("een"))
    with mailbox.opened() as connection:
        assert len(connection.look().positions) == 1
    mailbox.deliver(letter("twee"))
    with mailbox.server.client(mailbox.user, "INBOX") as client:
        client.add_flags(client.search(), ["\\Seen"])
    with mailbox.opened() as connection:
        assert len(connection.look().positions) == 2
