"""ClamAV's daemon, asked over its own protocol (clamd(8), INSTREAM): a command, the bytes in pieces, one line back.

The libraries for it are either blocking and unkept, or as small as this; none says how far a broken scan came.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress
from typing import Any

from adapters.scanning.settings import ClamdSettings
from inbox.errors import ScannerUnavailable, TooLargeToScan

_PIECE_BYTES = 256 << 10
_LONGEST_REPLY = 4096
_AT_ONCE = 8
"""clamd works on ten at once by default (`MaxThreads`); others may ask it too."""

_LIMITS = "Heuristics.Limits.Exceeded"
"""What clamd calls a file of which it looked at a part only (`AlertExceedsMax`): no virus."""


class Clamd:
    """The port's Scanner, over one daemon. A connection for each scan."""

    def __init__(self, settings: ClamdSettings) -> None:
        """Keep the settings; nothing is connected yet."""
        self._settings = settings
        self._at_once = asyncio.Semaphore(_AT_ONCE)

    async def scan(self, raw: bytes) -> str | None:
        """Return the signature's name, or None when nothing was found.

        Raises ScannerUnavailable, and TooLargeToScan when it was not, or not wholly, looked at.
        """
        limit = self._settings.max_stream_bytes
        if len(raw) > limit:
            raise TooLargeToScan(f"{len(raw)} bytes; `clamd.max_stream_bytes` is {limit}")
        async with self._at_once:
            return self._verdict(await self._asked(b"zINSTREAM\0", raw))

    async def check(self) -> str:
        """Return the daemon's version and that of its signatures. Raises ScannerUnavailable."""
        reply = await self._asked(b"zVERSION\0", None)
        if not reply.startswith("ClamAV"):
            raise ScannerUnavailable(f"{self._place}: it is no clamd: check `clamd`")
        return reply

    def _verdict(self, reply: str) -> str | None:
        answer = reply.removeprefix("stream: ")
        if answer == "OK":
            return None
        if answer.endswith(" FOUND"):
            signature = answer.removesuffix(" FOUND")
            if signature.startswith(_LIMITS):
                raise TooLargeToScan(f"clamd looked at a part only: {signature[:200]}")
            return signature[:200]
        if "size limit exceeded" in answer:
            raise TooLargeToScan("larger than `StreamMaxLength` of clamd")
        raise ScannerUnavailable(f"{self._place}: {answer[:200] or 'it broke off without an answer'}")

    async def _asked(self, command: bytes, raw: bytes | None) -> str:
        seconds = self._settings.timeout_seconds
        try:
            async with asyncio.timeout(seconds):
                return await self._exchange(command, raw)
        except TimeoutError:
            raise ScannerUnavailable(f"{self._place}: no answer within {seconds:g} s (`timeout_seconds`)") from None
        except OSError as error:
            words = error.strerror or type(error).__name__
            raise ScannerUnavailable(f"{self._place}: {words}: does clamd run? check `clamd`") from None

    async def _exchange(self, command: bytes, raw: bytes | None) -> str:
        line = await self._connected()
        try:
            # One that has heard enough answers, and resets what we still say. Streams forget the answer then; the
            # socket itself keeps it.
            with suppress(ConnectionError):
                await _say(line, command, raw)
            return await _heard(line)
        finally:
            line.close()

    async def _connected(self) -> socket.socket:
        if self._settings.socket is not None:
            return await _connect(socket.AF_UNIX, str(self._settings.socket))
        found = await asyncio.get_running_loop().getaddrinfo(
            self._settings.host, self._settings.port, type=socket.SOCK_STREAM
        )
        for family, _, _, _, address in found[:-1]:
            with suppress(OSError):
                return await _connect(family, address)
        family, _, _, _, address = found[-1]
        return await _connect(family, address)

    @property
    def _place(self) -> str:
        settings = self._settings
        return f"clamd, {settings.socket}" if settings.socket else f"clamd, {settings.host}:{settings.port}"


async def _connect(family: int, address: Any) -> socket.socket:
    line = socket.socket(family, socket.SOCK_STREAM)
    try:
        line.setblocking(False)
        await asyncio.get_running_loop().sock_connect(line, address)
    except BaseException:
        line.close()
        raise
    return line


async def _say(line: socket.socket, command: bytes, raw: bytes | None) -> None:
    """Send the command and the bytes in pieces, each behind its length; a piece without length ends them."""
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(line, command)
    if raw is None:
        return
    view = memoryview(raw)
    for start in range(0, len(raw), _PIECE_BYTES):
        piece = view[start : start + _PIECE_BYTES]
        await loop.sock_sendall(line, struct.pack("!L", len(piece)))
        await loop.sock_sendall(line, piece)
    await loop.sock_sendall(line, struct.pack("!L", 0))


async def _heard(line: socket.socket) -> str:
    """Return the answer, as far as it came."""
    loop = asyncio.get_running_loop()
    reply = b""
    with suppress(ConnectionError):
        while b"\0" not in reply and len(reply) < _LONGEST_REPLY:
            piece = await loop.sock_recv(line, _LONGEST_REPLY)
            if not piece:
                break
            reply += piece
    return reply.partition(b"\0")[0].decode("utf-8", "replace").strip()
