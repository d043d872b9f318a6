"""A network line between a client and a server, which can be listened to, cut and held."""

from __future__ import annotations

import contextlib
import socket
import threading
import time

from tests.servers.ports import LOOPBACK

_PIECE_BYTES = 16 * 1024


class Line:
    """Carries connections from `port` to a server. What the client said is in `said`. Use it with `with`."""

    def __init__(self, server_port: int) -> None:
        """Listen at once."""
        self._server_port = server_port
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port: int = self._listener.getsockname()[1]
        self.said = bytearray()
        self.carried = 0
        """Bytes that the client got."""
        self._left: int | None = None
        self._left_to_say: int | None = None
        self._within: bytes | None = None
        self._half = ""
        self.was_cut_within = False
        self._delay_seconds = 0.0
        self._held = threading.Event()
        self._bytes_per_second: float | None = None
        self._sockets: list[socket.socket] = []
        self._healed: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._run(self._accept)

    def cut_after(self, size_bytes: int) -> None:
        """Cut everything once the server has sent so many bytes more."""
        self._left = size_bytes

    def truncate_after(self, size_bytes: int) -> None:
        """Cut everything once the client has sent so many bytes more: in the middle of a command, mostly."""
        self._left_to_say = size_bytes

    def delay(self, seconds: float) -> None:
        """Let each piece of what the server says wait so long."""
        self._delay_seconds = seconds

    def cut_within(self, command: bytes, half: str) -> None:
        """Cut within the next command with this word: in the word (`said`), or in the answer to it (`heard`)."""
        self._within, self._half, self.was_cut_within = command, half, False

    def heal(self) -> None:
        """Carry everything again, as it comes; what was cut stays cut."""
        self._healed += self._sockets
        self._sockets = []
        self._left = self._left_to_say = self._within = None
        self._delay_seconds = 0.0

    def leads_to(self, server_port: int) -> None:
        """Lead new connections to another server."""
        self._server_port = server_port

    def hold(self) -> None:
        """Let nothing the server says through any more, without cutting."""
        self._held.set()

    def let_go(self) -> None:
        """Carry again what comes from now on; what was held is lost."""
        self._held.clear()

    def slow(self, bytes_per_second: float | None) -> None:
        """Carry only so much of what the server says; None: everything at once again."""
        self._bytes_per_second = bytes_per_second

    def cut(self) -> None:
        """Cut every connection now."""
        _cut(self._sockets)

    def __enter__(self) -> Line:
        """Stay open for the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Cut, and take the line away."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        _cut(self._healed + self._sockets)
        for thread in self._threads:
            thread.join(5)
        for end in self._healed + self._sockets:
            end.close()

    def _run(self, target: object, *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)  # type: ignore[arg-type]  # any callable
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection((LOOPBACK, self._server_port))
            together = self._sockets
            together += [client, server]
            self._run(self._from_client, client, server, together)
            self._run(self._from_server, server, client, together)

    def _from_client(self, client: socket.socket, server: socket.socket, together: list[socket.socket]) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(_PIECE_BYTES):
                if self._within is not None and (at := data.find(self._within)) >= 0:
                    self._within, self.was_cut_within = None, True
                    if self._half == "said":
                        self._left_to_say = at + 1
                    else:
                        self._left = 3
                if self._left_to_say is not None:
                    data, self._left_to_say = data[: self._left_to_say], self._left_to_say - len(data)
                self.said += data
                server.sendall(data)
                if self._left_to_say is not None and self._left_to_say <= 0:
                    _cut(together)
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)

    def _carry(self, data: bytes, client: socket.socket) -> None:
        """Send it in pieces, ten a second, where the line is slow."""
        while data and self._bytes_per_second is not None:
            size = max(1, round(self._bytes_per_second / 10))
            piece, data = data[:size], data[size:]
            client.sendall(piece)
            self.carried += len(piece)
            time.sleep(len(piece) / self._bytes_per_second)
        client.sendall(data)
        self.carried += len(data)

    def _from_server(self, server: socket.socket, client: socket.socket, together: list[socket.socket]) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(_PIECE_BYTES):
                if self._held.is_set():
                    continue
                if self._left is not None:
                    data, self._left = data[: self._left], self._left - len(data)
                time.sleep(self._delay_seconds)
                self._carry(data, client)
                if self._left is not None and self._left <= 0:
                    _cut(together)
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)


def _cut(sockets: list[socket.socket]) -> None:
    for end in sockets:
        with contextlib.suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
