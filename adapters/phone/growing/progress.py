"""What is known of the files of one source, from connection to connection."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import inf

from adapters.phone.growing.lines import Cut, Piece, Reached, pieces_of
from adapters.phone.growing.marks import Marks
from adapters.watched.files import Entry
from adapters.watched.stability import Stability

_REST = 12
"""So many times `stable_seconds` a last line may stay half before it is taken as it is; and so long the lines of a file
that never rests wait at most."""
_SAME_SECOND = 2.0
"""Where moments are whole seconds and there are no inodes, a file of the same size may have come within its second: after
this long it is looked at once more."""


@dataclass(frozen=True)
class Known:
    """A file as it was when it was read last."""

    entry: Entry
    reached: Reached
    cuts: tuple[Cut, ...]
    has_left: bool
    """Something at its end is not taken yet."""
    is_sure: bool
    """No other file can have come that looks the same."""
    read_at: float

    def pieces(self, marks: Marks) -> list[Piece]:
        """Return what is not kept of it, in order."""
        pieces = pieces_of(self.reached, self.cuts)
        return [piece for piece in pieces if not marks.is_kept(piece.cut.mark, piece.begins.start)]

    def reached_in(self, marks: Marks) -> Reached:
        """Return the last line end up to which all is kept."""
        reached = self.reached
        for cut in self.cuts:
            if not marks.is_kept(cut.mark, reached.start):
                break
            reached = cut.goes_on_at
        return reached


@dataclass
class Progress:
    """The files of one source. For any thread."""

    stable_seconds: float
    marks: Marks = field(default_factory=Marks)
    has_heard: bool = False
    """The marks are those of the ledger."""

    def __post_init__(self) -> None:
        """Know no file."""
        self._rests = Stability(self.stable_seconds)
        self._rests_long = Stability(self.stable_seconds * _REST)
        self._rests_surely = Stability(max(_SAME_SECOND, self.stable_seconds))
        self._files: dict[str, Known] = {}
        self._first_seen: dict[str, float] = {}
        self._lock = threading.Lock()

    def note(self, entries: Iterable[Entry]) -> None:
        """Note what stands there now, all of it."""
        there = {entry.name: entry for entry in entries}
        for rests in (self._rests, self._rests_long, self._rests_surely):
            rests.note(there.values())
        present = time.monotonic()
        with self._lock:
            self._files = {name: known for name, known in self._files.items() if name in there}
            self._first_seen = {name: self._first_seen.get(name, present) for name in there}

    def of(self, name: str) -> Known | None:
        """Return what is known of a file."""
        return self._files.get(name)

    def remember(self, known: Known) -> None:
        """Keep what was read of a file."""
        with self._lock:
            self._files[known.entry.name] = known

    def forget(self, name: str) -> None:
        """Read the file anew: it was another than was thought."""
        with self._lock:
            self._files.pop(name, None)

    def is_resting_long(self, entry: Entry) -> bool:
        """Say whether nothing more is to be expected of its last line."""
        return self._rests_long.seconds_left(entry) <= 0

    def is_sure(self, entry: Entry) -> bool:
        """Say whether what stands there now is the only file that can look like this."""
        return entry.inode != 0 or self._rests_surely.seconds_left(entry) <= 0

    def seconds_left(self, entry: Entry) -> float:
        """Return after how many seconds the file is to be read; infinite while there is nothing new in it."""
        known = self._files.get(entry.name)
        if known is not None and known.entry == entry:
            left = self._rests_long.seconds_left(entry) if known.has_left else inf
            return left if known.is_sure else min(left, self._rests_surely.seconds_left(entry))
        since = known.read_at if known is not None else self._first_seen.get(entry.name, time.monotonic())
        waited = self.stable_seconds * _REST - (time.monotonic() - since)
        return min(self._rests.seconds_left(entry), max(0.0, waited))
