"""Which content each file has, remembered: a file is read once to know it."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from adapters.watched.files import Entry


class Digests:
    """The sha256 of each file, hexadecimal, for as long as it stands there unchanged. For any thread."""

    def __init__(self) -> None:
        """Know nothing."""
        self._known: dict[Entry, str] = {}
        self._lock = threading.Lock()

    def get(self, entry: Entry) -> str | None:
        """Return the digest, or None when it has to be read."""
        return self._known.get(entry)

    def remember(self, entry: Entry, digest: str) -> None:
        """Keep it."""
        with self._lock:
            self._known[entry] = digest

    def forget(self, entry: Entry) -> None:
        """Read it anew next time: its bytes turned out to be others."""
        with self._lock:
            self._known.pop(entry, None)

    def keep_only(self, entries: Iterable[Entry]) -> None:
        """Forget what no longer stands there."""
        with self._lock:
            self._known = {entry: self._known[entry] for entry in entries if entry in self._known}
