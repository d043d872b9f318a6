"""Fixtures for the servers; load them with `pytest_plugins = ("tests.servers.fixtures",)`.

A server that is not installed makes its tests fail, never skip.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.servers.clamd import Clamd
from tests.servers.department import Department
from tests.servers.dovecot import Dovecot
from tests.servers.mailbox import Mailbox
from tests.servers.ports import open_folder
from tests.servers.postgres import Postgres
from tests.servers.smtp_server import SmtpServer
from tests.servers.sshd import Sshd
from tests.servers.temporal import Temporal


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """Give one IMAP server; take a user name of your own, and its mailbox is empty."""
    with open_folder("dovecot") as folder:
        server = Dovecot(folder)
        try:
            server.start()
            yield server
        finally:
            server.kill()


@pytest.fixture(scope="session")
def clamd() -> Iterator[Clamd]:
    """Give one virus scanner."""
    with open_folder("clamd") as folder:
        server = Clamd(folder)
        try:
            server.start()
            yield server
        finally:
            server.kill()


@pytest.fixture
def mailbox(dovecot: Dovecot) -> Mailbox:
    """Give an empty mailbox on the shared server."""
    return Mailbox(dovecot, f"{uuid.uuid4().hex}@gemeente.test")


@pytest.fixture(scope="module")
def make_mailbox() -> Iterator[Callable[..., Mailbox]]:
    """Give a maker of mailboxes on servers of their own; arguments as Dovecot's. The servers live for the module."""
    servers: dict[str, Dovecot] = {}
    with ExitStack() as stack:

        def make(**options: Any) -> Mailbox:
            name = repr(sorted(options.items()))
            if name not in servers:
                server = Dovecot(stack.enter_context(open_folder("dovecot")), **options)
                stack.callback(server.kill)
                server.start()
                servers[name] = server
            return Mailbox(servers[name], f"{uuid.uuid4().hex}@gemeente.test")

        yield make


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Give one cluster; ask it for a fresh database."""
    with open_folder("postgres") as folder:
        server = Postgres(folder)
        try:
            server.start()
            yield server
        finally:
            server.stop()


@pytest.fixture(scope="session")
def sshd() -> Iterator[Sshd]:
    """Give one SFTP server, which lets the present user in."""
    with open_folder("sshd") as folder:
        server = Sshd(folder)
        try:
            server.start()
            yield server
        finally:
            server.kill()


@pytest.fixture
def smtp_server() -> Iterator[SmtpServer]:
    """Give a relay that takes everything until told otherwise."""
    server = SmtpServer()
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def department() -> Iterator[Department]:
    """Give a department's web service that takes everything until told otherwise."""
    server = Department()
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def temporal_server(temporal_of_session: Temporal) -> Temporal:
    """Give one Temporal server; take a namespace of your own."""
    temporal_of_session.renew_when_used_up()
    return temporal_of_session


@pytest.fixture(scope="session")
def temporal_of_session() -> Iterator[Temporal]:
    """Give the server that the tests take in turn."""
    with open_folder("temporal") as folder:
        server = Temporal(folder)
        try:
            server.start()
            yield server
        finally:
            server.kill()
