"""A file on disk that is being read, and what a file's state says."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import suppress

from adapters.watched.files import Entry, Unreadable


class DiskFile:
    """The place's OpenFile."""

    def __init__(self, descriptor: int, on_bytes: Callable[[int], None]) -> None:
        """Take over the descriptor. `on_bytes` is told how many bytes were read."""
        self._descriptor = descriptor
        self._on_bytes = on_bytes

    def read(self, size_bytes: int) -> bytes:
        """Return the next bytes. Raises Unreadable."""
        try:
            piece = os.read(self._descriptor, size_bytes)
        except OSError:
            raise Unreadable from None
        self._on_bytes(len(piece))
        return piece

    def skip(self, size_bytes: int) -> None:
        """Pass over so many bytes. Raises Unreadable."""
        try:
            os.lseek(self._descriptor, size_bytes, os.SEEK_CUR)
        except OSError:
            raise Unreadable from None

    def is_still(self, entry: Entry) -> bool:
        """Say whether it is the entry's file, unchanged. Raises Unreadable."""
        try:
            return entry_of(entry.name, os.fstat(self._descriptor)) == entry
        except OSError:
            raise Unreadable from None

    def close(self) -> None:
        """Close it, once."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            with suppress(OSError):
                os.close(descriptor)


def entry_of(name: str, state: os.stat_result | None) -> Entry | None:
    """Return the entry of a regular file, None of anything else."""
    if state is None or not stat.S_ISREG(state.st_mode):
        return None
    return Entry(name, state.st_size, state.st_mtime_ns, state.st_ino)
