"""A mailbox on a real server, from both sides: as the gateway opens it, and as a person sees it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from adapters.email.imap import ImapSource
from adapters.email.settings import ImapSettings
from inbox.ports import Connection
from tests.servers.dovecot import Dovecot
from tests.servers.ports import LOOPBACK


class Mailbox:
    """One user's mail."""

    def __init__(self, server: Dovecot, user: str) -> None:
        """Nothing is made: on these servers every user exists."""
        self.server = server
        self.user = user

    def deliver(self, *mails: bytes, sender: str = "jan@inwoner.test") -> None:
        """Put mails in the INBOX, in this order. `sender`: of the envelope, empty for the null path."""
        for mail in mails:
            self.server.deliver(mail, self.user, sender)

    def settings(self, **changes: Any) -> ImapSettings:
        """Return settings that work, with changes."""
        usual = {"host": LOOPBACK, "port": self.server.port, "tls": "none", "user": self.user}
        if not {"password_env", "oauth"} & changes.keys():
            usual["password_file"] = self.server.password_file
        return ImapSettings.model_validate({**usual, **changes})

    def source(self, *, observes: bool = False, **changes: Any) -> ImapSource:
        """Return it as a source, with changed settings."""
        return ImapSource("post", self.settings(**changes), observes)

    @contextmanager
    def opened(self, *, observes: bool = False, **changes: Any) -> Iterator[Connection]:
        """Give an open connection; close it afterwards."""
        connection = self.source(observes=observes, **changes).open()
        try:
            yield connection
        finally:
            connection.close()

    def flags(self, folder: str = "INBOX") -> list[set[str]]:
        """Return the flags of each mail in the folder, in order of arrival."""
        with self.server.client(self.user) as client:
            client.select_folder(folder, readonly=True)
            found = client.get_flags(client.search())
            return [{flag.decode() for flag in found[uid]} - {"\\Recent"} for uid in sorted(found)]

    def subjects(self, folder: str = "INBOX") -> list[str]:
        """Return the subject of each mail in the folder, in order of arrival; empty when there is no such folder."""
        with self.server.client(self.user) as client:
            if not client.folder_exists(folder):
                return []
            client.select_folder(folder, readonly=True)
            found = client.fetch(client.search(), ["ENVELOPE"])
            return [found[uid][b"ENVELOPE"].subject.decode() for uid in sorted(found)]


def letter(subject: str, body: str = "Goedendag,\r\n\r\nDe lantaarn is stuk.\r\n") -> bytes:
    """Return a small mail, as it stands on the wire."""
    headers = f"From: Jan <jan@inwoner.test>\r\nTo: info@gemeente.test\r\nSubject: {subject}\r\n"
    return f"{headers}\r\n{body}".encode()


def played(port: int, **changes: Any) -> ImapSource:
    """Return a source on a server that a test plays itself; any password will do, so PATH is it."""
    usual = {"host": LOOPBACK, "port": port, "tls": "none", "user": "post", "password_env": "PATH"}
    return ImapSource("post", ImapSettings.model_validate({**usual, "timeout_seconds": 1, **changes}), observes=False)


def use_everything(connection: Connection) -> None:
    """Do all that can be done with a connection, then close it."""
    try:
        connection.look()
        delivery = connection.fetch("1")
        if delivery is not None:
            list(delivery.chunks)
        connection.confirm("1")
        connection.wait(0.01)
    finally:
        connection.close()
