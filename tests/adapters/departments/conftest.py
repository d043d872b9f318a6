"""A handover to hand over, and three real places that take it: an HTTP server, an SMTP server, a folder."""

from __future__ import annotations

import asyncio
import hashlib
import smtplib
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from aiosmtpd import smtp

from adapters.departments.folder import FolderSystem
from adapters.departments.mailbox import MailboxSystem
from adapters.departments.webhook import WebhookSystem
from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from inbox.configuration.model import Destination, FolderDestination, MailboxDestination, Norm, Unit, WebhookDestination
from inbox.configuration.rule import Priority
from inbox.errors import AnswerLost, Conflict, MailRelayUnavailable, RecipientRefused
from inbox.handover import Handover, HandoverKind, ScanFile
from inbox.item import ForwardRole
from inbox.norms.promise import Promise
from inbox.ports import Delivered, DepartmentSystem, Envelope
from inbox.reading import Part, Sender

MakeHandover = Callable[..., Handover]

SECRET = "whsec_" + "QUJD" * 8
SOURCE = "urn:nld:oin:00000001:systeem:inbox-gateway"
_PROMISE = Promise(
    due_on=date(2026, 11, 30),
    due_at=datetime(2026, 11, 30, 22, 59, 59, tzinfo=UTC),
    norm=Norm(within=5, unit=Unit.working_days),
    words="binnen 5 werkdagen",
)
_HANDOVER = Handover(
    forward_id="0b6c7a50-53a9-4a28-8ac0-7b5c1d6e2f11",
    kind=HandoverKind.item,
    role=ForwardRole.acting,
    round=1,
    item_id="6f1d1a60-1f57-4a5c-9f53-8c2f0c7d9e01",
    reference="7K3M-9QXA-D",
    channel=Channel.email,
    category="losse-stoeptegel",
    category_name="een losse stoeptegel",
    department="wegen",
    department_name="Wegen en groen",
    priority=Priority.normal,
    confidentiality=Confidentiality.zaakvertrouwelijk,
    received_at=datetime(2026, 11, 23, 13, 5, tzinfo=UTC),
    promise=_PROMISE,
    sender=Sender(address="a.devries@example.nl", name="Anja de Vries"),
    subject="Stoeptegel los voor nummer 12",
    excerpt="Goedemiddag,\n\nVoor ons huis ligt een stoeptegel los.",
    language="nl",
    parts=(Part(name="foto.jpg", media_type="image/jpeg", size_bytes=1_234_567, sha256="ab" * 32),),
    destination=FolderDestination(kind="folder", path="wegen"),
    original_name="7K3M-9QXA-D.eml",
    original_media_type="message/rfc822",
)
SCANNED = b"II*\x00 a whole scan \xff\x00\r\n." * 100
SCAN = ScanFile(
    delivery_id="7d1c0f5e-2f0e-4a53-8a34-0b9f2a1c3d4e",
    name="7K3M-9QXA-D-scan.tif",
    media_type="image/tiff",
    size_bytes=len(SCANNED),
    sha256=hashlib.sha256(SCANNED).hexdigest(),
)
ORIGINAL = b"From: Anja de Vries <a.devries@example.nl>\r\nSubject: Stoeptegel\r\n\r\nGoedemiddag,\r\n"


@pytest.fixture(scope="session")
def make_handover() -> MakeHandover:
    """Return a factory: the handover of an ordinary item, with changes."""

    def make(**changes: Any) -> Handover:
        return _HANDOVER.model_copy(update=changes)

    return make


@pytest.fixture(scope="session")
def original() -> bytes:
    return ORIGINAL


class Claims:
    """Counts claims; refuses them when told to, as the ledger does when somebody was first."""

    def __init__(self) -> None:
        self.count = 0
        self.is_refused = False

    async def __call__(self) -> None:
        if self.is_refused:
            raise Conflict("somebody was first")
        self.count += 1


@pytest.fixture
def claim() -> Claims:
    return Claims()


@dataclass
class Reply:
    """What the endpoint answers."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    hangs_up: bool = False
    """Take the request, then close without an answer."""
    waits_seconds: float = 0
    body_breaks_off: bool = False


class _QuietServer(ThreadingHTTPServer):
    """Says nothing when a client goes away in the middle of an answer: that is what the tests are about."""

    def handle_error(self, *_: object) -> None:
        return


class Endpoint:
    """A department's HTTP endpoint on this host: remembers requests, answers as told."""

    def __init__(self) -> None:
        self.reply = Reply()
        self.requests: list[tuple[str, str, Message, bytes]] = []
        """Method, path, headers, body."""
        self.connections = 0
        self._let_go = threading.Event()
        self.server = _QuietServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/items"

    @property
    def bodies(self) -> list[bytes]:
        return [body for *_, body in self.requests]

    def close(self) -> None:
        self._let_go.set()
        self.server.shutdown()
        self.server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def setup(self) -> None:
                endpoint.connections += 1
                super().setup()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                endpoint.requests.append((self.command, self.path, self.headers, body))
                endpoint._let_go.wait(endpoint.reply.waits_seconds)
                if not endpoint.reply.hangs_up:
                    self._answer(endpoint.reply)
                self.close_connection = True

            def _answer(self, reply: Reply) -> None:
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(reply.body) + 10 * reply.body_breaks_off))
                self.end_headers()
                self.wfile.write(reply.body)

            def log_message(self, *_: object) -> None:
                return

        return Handler


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    made = Endpoint()
    yield made
    made.close()


@dataclass
class PostOffice:
    """The department's mail server: keeps each message's bytes as they came over the wire."""

    port: int = 0
    messages: list[bytes] = field(default_factory=list)
    envelopes: list[tuple[str | None, list[str]]] = field(default_factory=list)
    refuses_recipient: bool = False

    async def handle_RCPT(self, server: Any, session: Any, envelope: smtp.Envelope, address: str, options: Any) -> str:  # noqa: N802 aiosmtpd's name
        if self.refuses_recipient:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: smtp.Envelope) -> str:  # noqa: N802 aiosmtpd's name
        assert isinstance(envelope.content, bytes)
        self.messages.append(envelope.content)
        self.envelopes.append((envelope.mail_from, list(envelope.rcpt_tos)))
        return "250 2.0.0 taken as 42"


@pytest_asyncio.fixture
async def post_office() -> AsyncIterator[PostOffice]:
    office = PostOffice()
    server = await asyncio.get_running_loop().create_server(lambda: smtp.SMTP(office), "127.0.0.1", 0)
    office.port = server.sockets[0].getsockname()[1]
    yield office
    server.close()
    await server.wait_closed()


class LoopbackSender:
    """A MailSender that keeps the port's promise, with the standard library."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def send(self, envelope: Envelope, message: bytes, claim: Callable[[], Any]) -> str:
        connection = await asyncio.to_thread(self._named, envelope)
        try:
            await claim()
            code, reply = await asyncio.to_thread(connection.data, message)
        except (smtplib.SMTPServerDisconnected, ConnectionError) as error:
            raise AnswerLost("the relay hung up") from error
        finally:
            await asyncio.to_thread(connection.close)
        if code >= 500:
            raise RecipientRefused(f"{code}")
        return f"{code} {reply.decode()}"

    async def check(self) -> None:
        (await asyncio.to_thread(self._connected)).close()

    def _connected(self) -> smtplib.SMTP:
        try:
            return smtplib.SMTP("127.0.0.1", self.port, timeout=5)
        except OSError as error:
            raise MailRelayUnavailable("no connection") from error

    def _named(self, envelope: Envelope) -> smtplib.SMTP:
        connection = self._connected()
        connection.ehlo()
        connection.mail(envelope.mail_from)
        for address in envelope.rcpt_to:
            code, _ = connection.rcpt(address)
            if code >= 500:
                connection.close()
                raise RecipientRefused(f"{code}")
        return connection


@pytest.fixture
def relay(post_office: PostOffice) -> LoopbackSender:
    return LoopbackSender(post_office.port)


@pytest.fixture
def to_mailbox() -> MailboxDestination:
    return MailboxDestination(kind="mailbox", address="wegen@gemeente.example")


@pytest.fixture
def to_endpoint(endpoint: Endpoint) -> WebhookDestination:
    return to_url(endpoint.url)


def to_url(url: str) -> WebhookDestination:
    return WebhookDestination.model_construct(kind="webhook", url=url, secret="env:WEGEN_SECRET")


@pytest_asyncio.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as opened:
        yield opened


class Department:
    """Delivers handovers of ordinary items, with changes, to one system."""

    def __init__(self, system: DepartmentSystem, to: Destination, original: bytes, claim: Claims) -> None:
        self.system, self.to, self.original, self.claim = system, to, original, claim

    async def deliver(self, **changes: Any) -> Delivered:
        handover = _HANDOVER.model_copy(update={"destination": self.to} | changes)
        scan = SCANNED if handover.scan and self.system.encloses else b""
        prepared = self.system.prepare(handover, self.original, scan)
        return await self.system.deliver(handover, self.original, prepared, self.claim, scan)


@pytest.fixture
def webhook_department(client: httpx.AsyncClient, to_endpoint: WebhookDestination, claim: Claims) -> Department:
    system = WebhookSystem(client, {"env:WEGEN_SECRET": SECRET}.__getitem__, SOURCE)
    return Department(system, to_endpoint, ORIGINAL, claim)


@pytest.fixture
def folder_department(tmp_path: Path, claim: Claims) -> Department:
    return Department(FolderSystem(tmp_path), _HANDOVER.destination, ORIGINAL, claim)


@pytest.fixture
def mailbox_department(relay: LoopbackSender, to_mailbox: MailboxDestination, claim: Claims) -> Department:
    system = MailboxSystem(relay, "inbox@gemeente.example", "Gemeente Moerdijk", "gemeente.example", "bounce@g.example")
    return Department(system, to_mailbox, ORIGINAL, claim)
