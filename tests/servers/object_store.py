"""An S3 server in this process."""

from __future__ import annotations

import uuid

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
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._server.stop()
