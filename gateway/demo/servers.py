"""The world around the gateway in the demo: mailboxes, a mail relay, and a department's web service."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError

from gateway.embedded.child import start_child, stop_child
from gateway.embedded.temporal import free_port
from inbox.errors import SettingsInvalid

PASSWORD_VARIABLE = "GATEWAY_DEMO_PASSWORD"  # noqa: S105  the name of a variable
_STARTS_WITHIN_SECONDS = 30.0
_POLLS_SECONDS = 0.1


@dataclass(frozen=True)
class DemoMailbox:
    """One mailbox on an embedded IMAP server."""

    name: str
    address: str
    port: int

    def put(self, mail: bytes) -> str:
        """Let a mail arrive now; return its UID (RFC 4315 section 3). Blocking."""
        with IMAPClient("127.0.0.1", self.port, ssl=False) as client:
            client.login(self.name, os.environ[PASSWORD_VARIABLE])
            answer: bytes = client.append("INBOX", mail)
        return answer.partition(b"APPENDUID ")[2].partition(b"]")[0].split()[1].decode()


@asynccontextmanager
async def imap_server(name: str, address: str, folder: Path) -> AsyncIterator[DemoMailbox]:
    """Run one pymap with one mailbox in memory, in a process of its own."""
    mailbox = DemoMailbox(name, address, free_port())
    process = await start_child(
        [
            str(Path(sys.executable).parent / "pymap"),
            *("--host", "127.0.0.1", "--port", str(mailbox.port), "--no-tls"),
            *("dict", "--demo-user", name, "--demo-password", os.environ[PASSWORD_VARIABLE]),
        ],
        folder / f"imap-{name}.log",
    )
    try:
        await _answers(mailbox, folder)
        yield mailbox
    finally:
        await stop_child(process)


async def _answers(mailbox: DemoMailbox, folder: Path) -> None:
    def try_it() -> None:
        with IMAPClient("127.0.0.1", mailbox.port, ssl=False, timeout=5) as client:
            client.login(mailbox.name, os.environ[PASSWORD_VARIABLE])

    until = asyncio.get_running_loop().time() + _STARTS_WITHIN_SECONDS
    while True:
        try:
            await asyncio.to_thread(try_it)
        except (OSError, IMAPClientError) as error:
            if asyncio.get_running_loop().time() > until:
                raise SettingsInvalid(f"the embedded IMAP server does not answer: see {folder}") from error
            await asyncio.sleep(_POLLS_SECONDS)
        else:
            return


@dataclass
class Relay:
    """The SMTP server that takes what we send; each message becomes a file, in a folder per recipient."""

    folder: Path
    port: int = field(default_factory=free_port)
    taken: Counter[str] = field(default_factory=Counter)
    """How many messages each address received."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  aiosmtpd's name
        """Write the message down."""
        message = message_from_bytes(envelope.content, policy=policy.default)
        for recipient in envelope.rcpt_tos:
            self.taken[recipient] += 1
            place = self.folder / re.sub(r"[^A-Za-z0-9@._-]", "_", recipient)
            place.mkdir(parents=True, exist_ok=True)
            name = re.sub(r"[^A-Za-z0-9-]+", "-", str(message["subject"] or "no-subject"))[:60].strip("-")
            (place / f"{self.taken[recipient]:02}-{name}.eml").write_bytes(envelope.content)
        return "250 taken"


@asynccontextmanager
async def smtp_relay(folder: Path) -> AsyncIterator[Relay]:
    """Run an SMTP server that writes each message below `folder`."""
    from aiosmtpd.controller import Controller

    relay = Relay(folder)
    controller = Controller(relay, hostname="127.0.0.1", port=relay.port, data_size_limit=100_000_000)
    await asyncio.to_thread(controller.start)
    try:
        yield relay
    finally:
        await asyncio.to_thread(controller.stop)


@asynccontextmanager
async def webhook_receiver(folder: Path, secret: str) -> AsyncIterator[int]:
    """Run a department's web service that checks each signature and writes each event below `folder`; yield its port."""
    import uvicorn
    from standardwebhooks import Webhook
    from standardwebhooks.webhooks import WebhookVerificationError
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)

    async def receive(request: Request) -> Response:
        body = await request.body()
        try:
            Webhook(secret).verify(body, dict(request.headers))
        except WebhookVerificationError:
            return Response(status_code=401)
        event = json.loads(body)
        target = folder / f"{event['id']}.json"
        await asyncio.to_thread(target.write_text, json.dumps(event, indent=2, ensure_ascii=False), "utf-8")
        return Response(json.dumps({"id": f"MELDING-{event['id'][:8]}"}), media_type="application/json")

    app = Starlette(routes=[Route("/{path:path}", receive, methods=["POST"])])
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, access_log=False, lifespan="off")
    )
    serving = asyncio.create_task(server.serve())
    try:
        while not server.started:  # noqa: ASYNC110  uvicorn tells it in no other way
            await asyncio.sleep(_POLLS_SECONDS)
        yield port
    finally:
        server.should_exit = True
        with suppress(asyncio.CancelledError):
            await serving
