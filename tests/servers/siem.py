"""A receiver of syslog: octet-counted frames over TCP or TLS, datagrams over UDP. Strict: what is no message fails."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

MESSAGE = re.compile(
    r"<(?P<priority>\d{1,3})>1 (?P<at>\S+) (?P<host>\S{1,255}) (?P<app>\S{1,48}) (?P<process>\S{1,128}) (?P<kind>\S{1,32})"
    r" (?P<data>(?:\[[^ =\]\"]+(?: [^ =\]\"]+=\"(?:[^\"\\\]]|\\.)*\")*\])+)(?: (?P<words>.*))?",
)
"""RFC 5424 section 6."""

_PARAMETER = re.compile(r" ([^ =\]\"]+)=\"((?:[^\"\\\]]|\\.)*)\"")


def parameters(message: str) -> dict[str, str]:
    """Return the structured data's parameters, unescaped."""
    found = MESSAGE.fullmatch(message)
    assert found is not None, message
    return {name: re.sub(r"\\([\"\\\]])", r"\1", value) for name, value in _PARAMETER.findall(found["data"])}


class Siem:
    """What it heard, in order."""

    def __init__(self, folder: Path | None = None, port: int = 0) -> None:
        """`folder`: with `server.pem` and `server.key`, for TLS. `port`: 0 chooses one."""
        self.messages: list[str] = []
        self.port = port
        self.reads = asyncio.Event()
        self.reads.set()
        self._folder = folder
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def sequences(self) -> list[int]:
        """The entries' numbers, as they came."""
        return [int(parameters(message)["sequence"]) for message in self.messages]

    async def start(self) -> None:
        """Listen."""
        tls = None
        if self._folder is not None:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(self._folder / "server.pem", self._folder / "server.key")
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening, and break off every connection, with what was not read."""
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        self._server = None
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        with suppress(asyncio.IncompleteReadError, OSError):
            while True:
                await self.reads.wait()
                length = int((await reader.readuntil(b" ")).decode("ascii"))
                self.messages.append((await reader.readexactly(length)).decode())
        self._writers.discard(writer)
        writer.close()


@asynccontextmanager
async def siem(folder: Path | None = None) -> AsyncIterator[Siem]:
    """Give a receiver that listens."""
    server = Siem(folder)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()
