"""A department's web service: it acts once per `webhook-id`, as the standard asks, and answers as it is told."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.servers.ports import LOOPBACK

CUT = "cut"
"""Act, then hang up without an answer."""


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """Say nothing when a client goes away in the middle: that is what the tests are about."""


@dataclass(frozen=True)
class Posted:
    """One request, as it came."""

    path: str
    webhook_id: str
    body: bytes


@dataclass
class Department:
    """`answers`: what the next requests get, in order: CUT, or a status; afterwards 201 with our own id."""

    answers: list[str | int] = field(default_factory=list)
    words: str = ""
    """The body of an answer that is no yes."""
    posted: list[Posted] = field(default_factory=list)
    held: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What it holds, by `webhook-id`, each once. What was refused is not held."""
    open: threading.Event = field(default_factory=threading.Event)
    """While it is cleared, requests wait for their answer."""
    _server: _Quiet | None = None

    def start(self) -> None:
        """Listen, and answer at once."""
        self.open.set()
        self._server = _Quiet((LOOPBACK, 0), self._handler())
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Let everybody go, and listen no longer."""
        self.open.set()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    @property
    def url(self) -> str:
        """Where it listens."""
        assert self._server is not None
        return f"http://{LOOPBACK}:{self._server.server_address[1]}/zaken"

    def own_id(self, webhook_id: str) -> str:
        """Return the id that it gave to what it holds."""
        return f"zaak-{list(self.held).index(webhook_id) + 1}"

    def _act(self, posted: Posted) -> str | int:
        self.posted.append(posted)
        answer = self.answers.pop(0) if self.answers else 201
        if answer in (CUT, 201):
            self.held.setdefault(posted.webhook_id, json.loads(posted.body))
        self.open.wait(600)
        return answer

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        department = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                self.close_connection = True
                answer = department._act(Posted(self.path, self.headers["webhook-id"], body))
                if isinstance(answer, str):
                    return
                is_taken = answer == 201
                told = (
                    json.dumps({"id": department.own_id(self.headers["webhook-id"])}) if is_taken else department.words
                )
                self.send_response(answer)
                self.send_header("content-length", str(len(told.encode())))
                self.end_headers()
                self.wfile.write(told.encode())

            def log_message(self, *_: object) -> None:
                return

        return Handler
