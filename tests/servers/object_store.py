"""An S3 server in this process."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from moto.server import ThreadedMotoServer

from tests.servers.ports import LOOPBACK, free_port


class ObjectStoreServer:
    """Speaks S3 on loopback; buckets live as long as it does."""

    def __init__(self) -> None:
        """Nothing runs before it is entered."""
        self._port = free_port()
        self._server = ThreadedMotoServer(LOOPBACK, self._port, verbose=False)
        self.options = {
            "aws_endpoint": f"http://{LOOPBACK}:{self._port}",
            "aws_access_key_id": "test",
            "aws_secret_access_key": "test",
            "aws_region": "us-east-1",
        }

    def fresh_bucket(self) -> str:
        """Make an empty bucket; return its URL."""
        import urllib.request

        name = uuid.uuid4().hex
        request = urllib.request.Request(f"{self.options['aws_endpoint']}/{name}", method="PUT")
        with urllib.request.urlopen(request):
            return f"s3://{name}"

    def __enter__(self) -> ObjectStoreServer:
        """Start."""
        self._server.start()
        assert self._server._server is not None
        self._server._server.app = _one_at_a_time(self._server._server.app)  # type: ignore[attr-defined]
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._server.stop()


def _one_at_a_time(app: Callable[..., Iterable[bytes]]) -> Callable[..., list[bytes]]:
    """Answer one request after the other: S3 looks and writes in one step, where this server does so in two."""
    turn = threading.Lock()

    def answer(*request: Any) -> list[bytes]:
        with turn:
            return list(app(*request))

    return answer
