"""An SMTP relay that keeps what it takes, and fails where it is told to."""

from __future__ import annotations

import asyncio
import base64
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.servers.ports import LOOPBACK, free_port

Stage = Literal["greeting", "AUTH", "MAIL", "RCPT", "DATA", "body", "final", "QUIT"]
"""Where it fails: `DATA` before 354, `body` while the message arrives, `final` after the last dot."""
DROP = "drop"
STALL = "stall"


@dataclass(frozen=True)
class Taken:
    """A message that was answered with 250."""

    mail_from: str
    rcpt_to: tuple[str, ...]
    message: bytes
    smtp_utf8: bool
    at: float = field(default_factory=time.time)
    """When its last dot came, in seconds since the epoch."""


@dataclass
class SmtpServer:
    """`fails[stage]` is a reply such as `450 4.2.0 later`, or DROP, or STALL. `taken`: what it took, in order."""

    password: str | None = None
    """Who signs in needs this password; None: nobody can."""
    opens: Callable[[str, str], bool] | None = None
    """Says whether an access token opens the mailbox of a user (XOAUTH2); None: there is no such sign-in."""
    size_limit: int = 50_000_000
    """What it announces as SIZE."""
    tls: ssl.SSLContext | None = None
    implicit_tls: bool = False
    smtp_utf8: bool = True
    port: int = field(default_factory=free_port)
    fails: dict[Stage, str] = field(default_factory=dict)
    taken: list[Taken] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    """The commands that came, in order, and `final` for the last dot."""
    dropped: list[Taken] = field(default_factory=list)
    """What arrived whole, but was not answered with 250."""
    conversations: list[_Conversation] = field(default_factory=list)
    _controller: _Controller | None = None

    def start(self) -> None:
        """Start; return when it answers."""
        self._controller = _Controller(self)
        self._controller.start()

    def stop(self) -> None:
        """Stop it and end every connection."""
        if self._controller is not None:
            # aiosmtpd itself leaves open connections behind.
            asyncio.run_coroutine_threadsafe(self._hang_up(), self._controller.loop).result(5)
            self._controller.stop()
            self._controller = None

    async def _hang_up(self) -> None:
        for conversation in self.conversations:
            if isinstance(conversation.transport, asyncio.WriteTransport):
                conversation.transport.abort()
        for _ in range(3):  # the loop's turns until every connection is told
            await asyncio.sleep(0)

    def authenticate(self, login: LoginPassword) -> AuthResult:
        """Say whether the password is right."""
        right = self.password is not None and login.password == self.password.encode()
        return AuthResult(success=right, handled=False)


class _Handler:
    def __init__(self, server: SmtpServer) -> None:
        self._server = server

    async def handle_DATA(self, server: _Conversation, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """aiosmtpd's hook after the last dot."""
        content = envelope.original_content or b""
        mail_from = "" if envelope.mail_from in {None, "<>"} else str(envelope.mail_from)
        message = Taken(mail_from, tuple(envelope.rcpt_tos), content, bool(envelope.smtp_utf8))
        self._server.heard.append("final")
        failure = self._server.fails.get("final")
        if failure is None:
            self._server.taken.append(message)
            return "250 2.0.0 Ok: queued as 4711"
        self._server.dropped.append(message)
        return failure if failure[0].isdigit() else await server.vanish(failure)


class _Conversation(SMTP):
    def __init__(self, server: SmtpServer, **options: Any) -> None:
        self._told = server
        super().__init__(_Handler(server), **options)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._told.conversations.append(self)
        super().connection_made(transport)

    async def vanish(self, failure: str) -> str:
        """Cut the line, or be silent for ever."""
        if failure == DROP and isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()
        await asyncio.sleep(3600)
        return ""

    async def _fails(self, stage: Stage) -> bool:
        if stage != "greeting":
            self._told.heard.append(stage)
        failure = self._told.fails.get(stage)
        if failure is None:
            return False
        await self.push(failure if failure[0].isdigit() else await self.vanish(failure))
        return True

    async def _handle_client(self) -> None:
        if not await self._fails("greeting"):
            await super()._handle_client()
        elif self.transport is not None:
            self.transport.close()

    async def smtp_AUTH(self, arg: str) -> None:  # noqa: N802  # aiosmtpd's name, as below
        if not await self._fails("AUTH"):
            await super().smtp_AUTH(arg)

    async def auth_XOAUTH2(self, _: SMTP, words: list[str]) -> AuthResult:  # noqa: N802
        """aiosmtpd's hook for the mechanism: one answer with user and token; a refusal says why before it says no."""
        assert self._told.opens is not None
        user, bearer = base64.b64decode(words[1]).decode().removesuffix("\1\1").split("\1")
        if self._told.opens(user.removeprefix("user="), bearer.removeprefix("auth=Bearer ")):
            return AuthResult(success=True)
        await self.challenge_auth(b'{"status":"401"}')
        return AuthResult(success=False, handled=False)

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802
        if not await self._fails("MAIL"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        if not await self._fails("RCPT"):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        if await self._fails("DATA"):
            return
        if failure := self._told.fails.get("body"):
            await self.push("354 go on")
            await self._reader.readuntil(b"\r\n")
            await self.vanish(failure)
        await super().smtp_DATA(arg)

    async def smtp_QUIT(self, arg: str) -> None:  # noqa: N802
        if not await self._fails("QUIT"):
            await super().smtp_QUIT(arg)


class _Controller(Controller):
    def __init__(self, server: SmtpServer) -> None:
        self._told = server
        super().__init__(
            None, hostname=LOOPBACK, port=server.port, ssl_context=server.tls if server.implicit_tls else None
        )

    def factory(self) -> SMTP:
        return _Conversation(
            self._told,
            hostname="relay.test",
            tls_context=None if self._told.implicit_tls else self._told.tls,
            enable_SMTPUTF8=self._told.smtp_utf8,
            auth_require_tls=False,
            auth_exclude_mechanism=[
                *(() if self._told.password is not None else ("LOGIN", "PLAIN")),
                *(() if self._told.opens is not None else ("XOAUTH2",)),
            ],
            authenticator=lambda _server, _session, _envelope, _mechanism, login: self._told.authenticate(login),
            data_size_limit=self._told.size_limit,
        )
