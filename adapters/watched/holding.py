"""The files of an open connection, held for one thread at a time, and let go of by whoever is the last to need them."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from adapters.watched.files import Files, OpenFile
from inbox.errors import SourceUnreachable


class HeldFiles:
    """The files, and at most one of them open between two calls. After SourceUnreachable nothing more is to be had."""

    def __init__(self, files: Files) -> None:
        """Take over the files."""
        self._files = files
        self._reading: OpenFile | None = None
        self._in_use = threading.Lock()
        self.ended = threading.Event()

    @property
    def moved_bytes(self) -> int:
        """Bytes read so far; any thread may look."""
        return self._files.moved_bytes

    @contextmanager
    def use(self) -> Iterator[Files]:
        """Hold the files for one thread; release them when the connection was closed meanwhile."""
        with self._in_use:
            try:
                if self.ended.is_set():
                    raise self.unreachable("the connection has ended")
                yield self._files
                if self.ended.is_set():
                    raise self.unreachable("the connection was closed")
            except SourceUnreachable:
                self.ended.set()
                raise
            finally:
                if self.ended.is_set():
                    self._release()

    def keep_open(self, file: OpenFile) -> None:
        """Hold a file open until it is let go of, from within `use`."""
        self._reading = file

    def let_go(self) -> None:
        """Close the file that is held open, from within `use`."""
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.close()

    def close(self) -> None:
        """Let go of everything; a call that another thread is in raises SourceUnreachable as soon as it can."""
        self.ended.set()
        if not self._in_use.acquire(blocking=False):
            self._files.break_off()  # the other thread lets go
            return
        try:
            self._release()
        finally:
            self._in_use.release()

    def require_open(self) -> None:
        """Raise SourceUnreachable when the connection was closed meanwhile."""
        if self.ended.is_set():
            raise self.unreachable("the connection was closed")

    def unreadable(self, position: str) -> SourceUnreachable:
        """Return the error for one file that cannot be read."""
        return self.unreachable(f"the file {position} cannot be read: give the gateway's user the right to read it")

    def unreachable(self, words: str) -> SourceUnreachable:
        """Return the error that begins with where it is."""
        return SourceUnreachable(f"{self._files.place}: {words}")

    def _release(self) -> None:
        self.let_go()
        self._files.close()
