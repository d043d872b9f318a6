"""An IMAP server that says what it is told to say: for lies that no real server tells on request."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable

from tests.servers.ports import LOOPBACK

Answer = Callable[[str], bytes | None]
"""From a command without its tag to the raw untagged answer; None: as an ordinary, empty server would. An answer that
starts with `NO`, `BAD` or `OK` is the tagged one itself."""

_ORDINARY = {
    "CAPABILITY": b"* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS MOVE\r\n",
    "SELECT": b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] .\r\n* OK [UIDNEXT 2] .\r\n",
    "EXAMINE": b"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] .\r\n* OK [UIDNEXT 2] .\r\n",
    "UID SEARCH": b"* SEARCH 1\r\n",
}


def answering(**answers: bytes) -> Answer:
    """Answer the commands whose first words are named (`_` for a space); the rest as an ordinary server."""
    said = {words.replace("_", " "): answer for words, answer in answers.items()}
    return lambda command: next((answer for words, answer in said.items() if command.startswith(words)), None)


class ScriptedImap:
    """One thread per connection; use it with `with`."""

    def __init__(self, answer: Answer, greeting: bytes = b"* OK ready\r\n") -> None:
        """Listen at once."""
        self._answer = answer
        self._greeting = greeting
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port: int = self._listener.getsockname()[1]
        self.commands: list[str] = []
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def __enter__(self) -> ScriptedImap:
        """Stay open for the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening and end every connection."""
        for end in [self._listener, *self._sockets]:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)
        for end in [self._listener, *self._sockets]:
            end.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._sockets.append(client)
            self._threads.append(threading.Thread(target=self._converse, args=(client,), daemon=True))
            self._threads[-1].start()

    def _converse(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client.makefile("rb") as lines:
            client.sendall(self._greeting)
            for line in lines:
                tag, _, command = line.decode("latin-1").strip().partition(" ")
                self.commands.append(command)
                if command.startswith("AUTHENTICATE"):
                    client.sendall(b"+ \r\n")
                    lines.readline()
                answer = self._answer(command)
                if answer is None:
                    answer = next((said for word, said in _ORDINARY.items() if command.startswith(word)), b"")
                if answer.startswith(b"+ "):  # IDLE: said at once, and over when the client says DONE
                    client.sendall(answer)
                    self.commands.append(lines.readline().decode("latin-1").strip())
                    client.sendall(tag.encode() + b" OK done\r\n")
                elif answer.startswith((b"NO", b"BAD", b"OK")):
                    client.sendall(tag.encode() + b" " + answer + b"\r\n")
                else:
                    client.sendall(answer + tag.encode() + b" OK done\r\n")
            client.shutdown(socket.SHUT_RDWR)
