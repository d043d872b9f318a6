"""Which files are finished: a file that is still being written is left alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable

from adapters.watched.files import Entry


class Stability:
    """Since when each file stands as it is, by our own clock. For any thread."""

    def __init__(self, seconds: float) -> None:
        """`seconds`: so long size, moment and inode stay the same before a file counts as finished."""
        self._seconds = seconds
        self._since: dict[Entry, float] = {}
        self._lock = threading.Lock()

    def note(self, entries: Iterable[Entry]) -> None:
        """Note what stands there now, all of it. What changed begins anew."""
        present = time.monotonic()
        with self._lock:
            self._since = {entry: self._since.get(entry, present) for entry in entries}

    def seconds_left(self, entry: Entry) -> float:
        """Return after how many seconds it is finished, if nothing changes; 0 when it is.

        Its moment must be that old too. A moment in the future is a wrong clock's: then only what we saw counts.
        """
        with self._lock:
            unchanged = time.monotonic() - self._since.get(entry, time.monotonic())
        age = time.time() - entry.modified_ns / 1e9
        left = self._seconds - unchanged
        return max(0.0, left, self._seconds - age if age >= 0 else 0.0)
