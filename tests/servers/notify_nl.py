"""NotifyNL's API as far as letters and text messages go: strict about what it is asked, and it answers as it is told."""

from __future__ import annotations

import base64
import json
import re
import threading
import time
import uuid
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt

from tests.servers.ports import LOOPBACK

CUT = "cut"
"""Act, then hang up without an answer."""
SERVICE, SECRET = "26785a09-ab16-4eb0-8407-a37497a57506", "3d844edf-8d35-48ac-975b-e847b4f122b0"
KEY = f"proef-sleutel-{SERVICE}-{SECRET}"
TEMPLATE = "f33517ff-2a88-4f6e-b855-c550268ce08a"
_SMS_FIELDS = {"reference", "phone_number", "template_id", "personalisation"}


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing when a client goes away in the middle: that is what the tests are about."""


@dataclass(frozen=True)
class HeldLetter:
    """A letter that it took."""

    notification_id: str
    reference: str
    pdf: bytes


@dataclass(frozen=True)
class HeldSms:
    """A text message that it took."""

    notification_id: str
    reference: str
    number: str
    text: str
    sender_id: str | None


@dataclass
class NotifyNlServer:
    """`answers`: what the next requests get, in order: CUT, a status, or None for the usual one."""

    answers: list[str | int | None] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    waits_seconds: float = 0
    held: list[HeldLetter] = field(default_factory=list)
    texts: list[HeldSms] = field(default_factory=list)
    status: str = "created"
    """Of everything that it holds."""
    forgets: bool = False
    """It keeps what it took no longer."""
    notifications: Any = None
    """What a look-up gives instead of what it holds."""
    faults: list[str] = field(default_factory=list)
    """What was wrong with requests."""
    requests: list[tuple[str, str]] = field(default_factory=list)
    """Method and path with query, in order."""
    _server: _Quiet | None = None
    _let_go: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Listen."""
        self._server = _Quiet((LOOPBACK, 0), self._handler())
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Let everybody go, and listen no longer."""
        self._let_go.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    @property
    def url(self) -> str:
        """Where it listens."""
        assert self._server is not None
        return f"http://{LOOPBACK}:{self._server.server_address[1]}"

    def answer(self, method: str, target: str, headers: Any, body: bytes) -> tuple[int, Any] | None:
        """Return status and JSON; None: hang up."""
        self.requests.append((method, target))
        told = self.answers.pop(0) if self.answers else None
        if isinstance(told, int):
            return told, _error(told, "SomeError", "as it was told")
        refused = self._refused_token(headers)
        acted = refused or (self._post(target, headers, body) if method == "POST" else self._look_up(target))
        return None if told == CUT else acted

    def _refused_token(self, headers: Any) -> tuple[int, Any] | None:
        scheme, _, token = str(headers["authorization"]).partition(" ")
        try:
            assert scheme == "Bearer"
            assert jwt.get_unverified_header(token) == {"typ": "JWT", "alg": "HS256"}
            claims = jwt.decode(token, SECRET, algorithms=["HS256"], options={"require": ["iss", "iat"]})
            assert claims.keys() == {"iss", "iat"}
            assert claims["iss"] == SERVICE
        except (AssertionError, jwt.InvalidTokenError):
            return 403, _error(403, "AuthError", "Invalid token: API key not found")
        if abs(claims["iat"] - time.time()) > 30:
            return 403, _error(403, "AuthError", "Error: Your system clock must be accurate to within 30 seconds")
        return None

    def _post(self, target: str, headers: Any, body: bytes) -> tuple[int, Any]:
        return self._sms(headers, body) if target.endswith("/sms") else self._letter(headers, body)

    def _sms(self, headers: Any, body: bytes) -> tuple[int, Any]:
        """Take a text message; by the schema `post_sms_request` of the API's own source, with `sms_sender_id`."""
        content = json.loads(body)
        if headers["content-type"] != "application/json" or set(content) - {"sms_sender_id"} != _SMS_FIELDS:
            self.faults.append(f"{headers['content-type']} with {sorted(content)}")
            return 400, _error(400, "ValidationError", "Additional properties are not allowed")
        if content["template_id"] != TEMPLATE or set(content["personalisation"]) != {"body"}:
            self.faults.append(f"template {content['template_id']} with {sorted(content['personalisation'])}")
            return 400, _error(400, "BadRequestError", "Missing personalisation: body")
        if not re.fullmatch(r"\+[1-9]\d{6,14}", content["phone_number"]):
            self.faults.append(f"number {content['phone_number']}")
            return 400, _error(400, "ValidationError", "phone_number Not enough digits")
        text = HeldSms(
            str(uuid.uuid4()),
            content["reference"],
            content["phone_number"],
            content["personalisation"]["body"],
            content.get("sms_sender_id"),
        )
        self.texts.append(text)
        return 201, {"id": text.notification_id, "reference": text.reference, "content": {"body": text.text}}

    def _letter(self, headers: Any, body: bytes) -> tuple[int, Any]:
        content = json.loads(body)
        if headers["content-type"] != "application/json" or set(content) != {"reference", "content"}:
            self.faults.append(f"{headers['content-type']} with {sorted(content)}")
            return 400, _error(400, "ValidationError", "Additional properties are not allowed")
        pdf = base64.b64decode(content["content"], validate=True)
        if not pdf.startswith(b"%PDF-"):
            self.faults.append("no PDF")
            return 400, _error(400, "BadRequestError", "Letter content is not a valid PDF")
        letter = HeldLetter(str(uuid.uuid4()), content["reference"], pdf)
        self.held.append(letter)
        return 201, {"id": letter.notification_id, "reference": letter.reference, "postage": "netherlands"}

    def _held(self) -> list[tuple[str, str, str]]:
        kept: list[HeldLetter | HeldSms] = [*self.held, *self.texts]
        kinds = ["letter"] * len(self.held) + ["sms"] * len(self.texts)
        return [(one.notification_id, one.reference, kind) for one, kind in zip(kept, kinds, strict=True)]

    def _one(self, notification_id: str) -> tuple[int, Any]:
        for remote_id, reference, kind in self._held():
            if remote_id == notification_id and not self.forgets:
                return 200, {"id": remote_id, "reference": reference, "type": kind, "status": self.status}
        return 404, _error(404, "NoResultFound", "No result found")

    def _look_up(self, target: str) -> tuple[int, Any]:
        _, _, notification_id = urlsplit(target).path.partition("/v2/notifications/")
        if notification_id:
            return self._one(notification_id)
        query = parse_qs(urlsplit(target).query, strict_parsing=True)
        if query.keys() != {"reference"}:
            self.faults.append(f"asked with {sorted(query)}")
        found = [
            {"id": remote_id, "reference": reference, "type": kind, "status": self.status}
            for remote_id, reference, kind in self._held()
            if [reference] == query["reference"]
        ]
        if self.notifications is not None:
            return 200, {"notifications": self.notifications}
        return 200, {"notifications": found, "links": {"current": self.url + target}}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._do(r"/v2/notifications(/[0-9a-f-]{36})?")

            def do_POST(self) -> None:
                self._do(r"/v2/notifications/(letter|sms)")

            def _do(self, path: str) -> None:
                self.close_connection = True
                body = self.rfile.read(int(self.headers["content-length"] or 0))
                if not re.fullmatch(path, urlsplit(self.path).path):
                    server.faults.append(f"{self.command} {self.path}")
                answer = server.answer(self.command, self.path, self.headers, body)
                server._let_go.wait(server.waits_seconds)
                if answer is None:
                    return
                status, content = answer
                told = json.dumps(content).encode()
                self.send_response(status)
                for name, value in server.headers.items():
                    self.send_header(name, value)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(told)))
                self.end_headers()
                self.wfile.write(told)

            def log_message(self, *_: object) -> None:
                return

        return Handler


def _error(status: int, error: str, message: str) -> dict[str, Any]:
    return {"status_code": status, "errors": [{"error": error, "message": message}]}
