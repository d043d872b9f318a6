"""Syslog over TLS (RFC 5425), TCP (RFC 6587, octet counting) and UDP (RFC 5426).

Syslog has no answer. Over a connection we wait until the receiver's machine has acknowledged each byte, and see that it
has not hung up; what a receiver that dies had not read by then, the sender repeats (workflows/auditing.py).
"""

from __future__ import annotations

import asyncio
import fcntl
import socket
import ssl
import struct
import sys
import termios
from collections.abc import Sequence
from contextlib import suppress

from adapters.syslog.message import syslog_message
from adapters.syslog.settings import SyslogSettings
from inbox.audited import AuditedEntry
from inbox.errors import SettingsInvalid, SiemUnavailable

_ASKS_EVERY_SECONDS = 0.01


class Syslog:
    """The port's AuditReceiver. One connection, opened when something is to be sent."""

    name = "syslog"

    def __init__(self, settings: SyslogSettings) -> None:
        """Keep the settings; nothing is connected yet."""
        self._settings = settings
        self._hostname = socket.gethostname()
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, entries: Sequence[AuditedEntry]) -> None:
        """Send the entries in order. Raises SiemUnavailable, SettingsInvalid; then any number of them has arrived."""
        messages = [syslog_message(entry, self._hostname, self._settings.enterprise_number) for entry in entries]
        try:
            async with asyncio.timeout(2 * self._settings.timeout_seconds):
                if self._settings.transport == "udp":
                    await self._send_datagrams(messages)
                else:
                    await self._send_frames(messages)
        except (OSError, TimeoutError, EOFError) as error:
            await self.close()
            raise SiemUnavailable(f"{self._place}: {_told(error)}: check `audit.syslog`") from error

    async def check(self) -> str:
        """Connect, and hang up; over UDP only the name is looked up. Raises as `send`."""
        await self.send([])
        await self.close()
        return f"{self._place}, {self._settings.transport}"

    async def close(self) -> None:
        """Hang up."""
        streams, self._streams = self._streams, None
        if streams is not None:
            streams[1].close()
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(self._settings.timeout_seconds):
                    await streams[1].wait_closed()

    @property
    def _place(self) -> str:
        return f"{self._settings.host}:{self._settings.port}"

    async def _send_frames(self, messages: Sequence[bytes]) -> None:
        reader, writer = await self._connected()
        writer.write(b"".join(b"%d %s" % (len(message), message) for message in messages))
        await writer.drain()
        while writer.transport.get_write_buffer_size() or _unacknowledged_bytes(writer):
            _require_open(reader)
            await asyncio.sleep(_ASKS_EVERY_SECONDS)
        _require_open(reader)

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._streams is not None and _has_ended(self._streams[0]):
            # It hung up while there was nothing to say. Whether it died, and what it had not read by then, nobody tells.
            raise EOFError
        if self._streams is None:
            async with asyncio.timeout(self._settings.timeout_seconds):
                self._streams = await asyncio.open_connection(
                    self._settings.host,
                    self._settings.port,
                    ssl=self._tls() if self._settings.transport == "tls" else None,
                )
        return self._streams

    def _tls(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self._settings.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise SettingsInvalid(
                f"`audit.syslog.ca_file`: {self._settings.ca_file}: {type(error).__name__}"
            ) from error
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context

    async def _send_datagrams(self, messages: Sequence[bytes]) -> None:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(
            asyncio.DatagramProtocol, remote_addr=(self._settings.host, self._settings.port)
        )
        try:
            for message in messages:
                transport.sendto(message)
        finally:
            transport.close()


def _has_ended(reader: asyncio.StreamReader) -> bool:
    return reader.at_eof() or reader.exception() is not None


def _require_open(reader: asyncio.StreamReader) -> None:
    if _has_ended(reader):
        raise EOFError


def _unacknowledged_bytes(writer: asyncio.StreamWriter) -> int:
    """Return how much of what was sent the other machine has not acknowledged (tcp(7), SIOCOUTQ)."""
    connection = writer.get_extra_info("socket")
    if connection is None or not sys.platform.startswith("linux"):
        return 0
    answer = fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, struct.pack("i", 0))
    return int(struct.unpack("i", answer)[0])


def _told(error: BaseException) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message})"
    if isinstance(error, ssl.SSLError):
        return "it does not speak TLS as we do"
    if isinstance(error, EOFError):
        return "it hung up"
    if isinstance(error, TimeoutError):
        return "it does not answer"
    return str(getattr(error, "strerror", None) or type(error).__name__)
