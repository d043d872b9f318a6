"""The worker's side of the warm process: it is started once, and again when it died."""

from __future__ import annotations

import socket
import subprocess
import sys
import weakref
from dataclasses import dataclass, field
from threading import Lock

from inbox.errors import ReaderDied

_END_SECONDS = 5.0


@dataclass
class Nursery:
    """Hands a pair of sockets to the warm process, which forks a reader onto them. Safe from any thread."""

    program: str
    _lock: Lock = field(default_factory=Lock, repr=False)
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _control: socket.socket | None = field(default=None, repr=False)
    _let_go: weakref.finalize | None = field(default=None, repr=False)  # type: ignore[type-arg]

    def reader(self) -> tuple[socket.socket, socket.socket]:
        """Return our ends of `talk` and `watch`; the reader forks at once. Raises ReaderDied when there is no nursery."""
        talk, theirs = socket.socketpair()
        watch, watched = socket.socketpair()
        try:
            with self._lock:
                self._hand_over([theirs.fileno(), watched.fileno()])
        except OSError:
            talk.close()
            watch.close()
            raise ReaderDied("the process that forks readers cannot be started") from None
        finally:
            theirs.close()
            watched.close()
        return talk, watch

    def _hand_over(self, descriptors: list[int]) -> None:
        for is_last in (False, True):
            if self._process is None or self._process.poll() is not None:
                self._start()
            assert self._control is not None
            try:
                socket.send_fds(self._control, [b"r"], descriptors)
            except OSError:
                if is_last:
                    raise
                self._stop()
            else:
                return

    def _start(self) -> None:
        self._stop()
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and a module name of the program
                [sys.executable, "-m", self.program],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        self._control = ours
        self._let_go = weakref.finalize(self, _end, ours, self._process)

    def _stop(self) -> None:
        if self._let_go is not None:
            self._let_go()
        self._process = self._control = self._let_go = None


def _end(control: socket.socket, process: subprocess.Popen[bytes]) -> None:
    control.close()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
