"""How far files are known: each mark is a beginning of a file, by its length and the digest of its bytes.

A beginning is the same one whatever the file is called by now, and is another as soon as the file was begun anew.
"""

from __future__ import annotations

import re
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import NamedTuple

_POSITION = re.compile(r"lines:(\d{1,19})-(\d{1,19}):([0-9a-f]{64})")


class Mark(NamedTuple):
    """A beginning of a file."""

    end: int
    """Its length in bytes."""
    digest: str
    """sha256 of them, hexadecimal."""


def position_of(start: int, mark: Mark) -> str:
    """Return the position of the bytes from `start` to the mark."""
    return f"lines:{start}-{mark.end}:{mark.digest}"


def _read(position: str) -> tuple[int, Mark] | None:
    """Return where the bytes of a position start, and the mark at their end; None for a position of another kind."""
    found = _POSITION.fullmatch(position)
    return (int(found[1]), Mark(int(found[2]), found[3])) if found else None


class Marks:
    """The marks up to which files are kept, and those that were shown and not kept yet. For any thread."""

    def __init__(self) -> None:
        """Know nothing."""
        self._kept: dict[Mark, int] = {}
        self._seen: set[Mark] = set()
        self._ends: list[int] = []
        self._lock = threading.Lock()

    def note(self, kept: Iterable[str], seen: Iterable[str]) -> None:
        """Add the marks of these positions."""
        with self._lock:
            for start, mark in filter(None, map(_read, kept)):
                self._kept[mark] = min(start, self._kept.get(mark, start))
                self._seen.discard(mark)
                self._note_end(mark)
            for _, mark in filter(None, map(_read, seen)):
                if mark not in self._kept:
                    self._seen.add(mark)
                    self._note_end(mark)

    def is_kept(self, mark: Mark, after: int) -> bool:
        """Say whether everything from `after`, or from before it, up to the mark is kept."""
        start = self._kept.get(mark)
        return start is not None and start <= after

    def is_known(self, mark: Mark) -> bool:
        """Say whether something up to it is kept, or was shown."""
        return mark in self._kept or mark in self._seen

    def ends(self, after: int, up_to: int) -> list[int]:
        """Return every length at which some file has a mark, in order."""
        with self._lock:
            return self._ends[bisect_right(self._ends, after) : bisect_right(self._ends, up_to)]

    def _note_end(self, mark: Mark) -> None:
        place = bisect_left(self._ends, mark.end)
        if self._ends[place : place + 1] != [mark.end]:
            self._ends.insert(place, mark.end)
