"""The bytes under an IMAP conversation: one socket, one buffer.

imaplib names `open`, `read`, `readline`, `send` and `shutdown` as the methods to override. Its own ones read through
a file object, which hides what has already arrived (an IDLE answer would wake nobody) and is unusable after one
time-out; they also refuse lines above 1 MB, which the UIDs of a large mailbox exceed.
"""

from __future__ import annotations

import contextlib
import imaplib
import socket
import ssl
import time
from typing import Any, Literal

_RECEIVE_BYTES = 64 * 1024
# All UIDs of a mailbox come in one line: room for some three million of them.
_LONGEST_LINE_BYTES = 32 * 1024 * 1024
# A line as slow as this is slow; a slower one is a server that lets bytes drip to hold us.
_SLOWEST_BYTES_PER_SECOND = 1024


class Wire(imaplib.IMAP4):
    """A connection to an IMAP server, greeted and with its capabilities known."""

    def __init__(self, host: str, port: int, timeout_seconds: float, tls: ssl.SSLContext | None) -> None:
        """Connect. `tls`: what verifies the server before the first byte, None for a plain start.

        `timeout_seconds`: so long one answer may take, and longer by what a slow line needs for its bytes.
        """
        self._timeout_seconds = timeout_seconds
        self._implicit_tls = tls
        self._buffer = bytearray()
        self.moved_bytes = 0
        """Sent and received so far; other threads may look."""
        self._await_answer()
        super().__init__(host, port, timeout_seconds)

    def open(self, host: str = "", port: int = 143, timeout: float | None = None) -> None:
        """Connect the socket; called by the constructor."""
        self.host, self.port = host, port
        self.sock = socket.create_connection((host, port), timeout)
        if self._implicit_tls is not None:
            self.sock = self._implicit_tls.wrap_socket(self.sock, server_hostname=host)

    def starttls(self, ssl_context: ssl.SSLContext | None = None) -> tuple[Literal["OK"], list[None]]:
        """Encrypt from here on. Whatever arrived before it unencrypted is thrown away (RFC 3501 section 6.2.1)."""
        if ssl_context is None or "STARTTLS" not in self.capabilities:
            raise self.abort("TLS not supported by server")
        if self.xatom("STARTTLS")[0] != "OK":
            raise self.abort("TLS refused by server")
        self._buffer.clear()
        self.untagged_responses.clear()
        self.sock = ssl_context.wrap_socket(self.sock, server_hostname=self.host)
        _, words = self.capability()
        self.capabilities = tuple(str(words[-1], "ascii").upper().split())
        return "OK", [None]

    def read(self, size: int) -> bytes:
        """Return exactly so many bytes."""
        while len(self._buffer) < size:
            self._receive_in_time()
        data = bytes(self._buffer[:size])
        del self._buffer[:size]
        return data

    def readline(self) -> bytes:
        """Return the next line with its end."""
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if searched > _LONGEST_LINE_BYTES:
                raise self.abort("line too long")
            self._receive_in_time()
        return self.read(end + 1)

    def send(self, data: Any) -> None:
        """Send all of it."""
        self.sock.sendall(data)
        self.moved_bytes += len(data)
        self._await_answer()

    def has_input(self, seconds: float) -> bool:
        """Wait so long for the server's next byte; say whether there is one."""
        if self._buffer:
            self._await_answer()
            return True
        self.sock.settimeout(max(seconds, 0.001))  # 0 would mean: do not block
        try:
            self._receive()
        except TimeoutError:
            return False
        finally:
            self.sock.settimeout(self._timeout_seconds)
        self._await_answer()
        return True

    def break_off(self) -> None:
        """End the conversation from any thread: whoever reads sees its end at once.

        Not by the TLS socket's own shutdown, which would let the reader go on with undecrypted bytes.
        """
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)

    def shutdown(self) -> None:
        """Release the socket. Only when nobody is reading from it."""
        self.break_off()
        self.sock.close()

    def _receive(self) -> None:
        data = self.sock.recv(_RECEIVE_BYTES)
        if not data:
            raise self.abort("connection closed")
        self._buffer += data
        self.moved_bytes += len(data)

    def _await_answer(self) -> None:
        """From now on the time of an answer counts."""
        self._asked_at, self._moved_before = time.monotonic(), self.moved_bytes

    def _receive_in_time(self) -> None:
        """Receive. Raises TimeoutError also when bytes come, and so few that the answer would never end."""
        self._receive()
        line_seconds = (self.moved_bytes - self._moved_before) / _SLOWEST_BYTES_PER_SECOND
        if time.monotonic() - self._asked_at > self._timeout_seconds + line_seconds:
            raise TimeoutError
