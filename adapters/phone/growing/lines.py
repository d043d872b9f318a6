"""A growing file, read on from where it is known: whole lines, cut where they were cut before."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from adapters.phone.growing.marks import Mark, Marks, position_of

if TYPE_CHECKING:
    from hashlib import _Hash

SAMPLE_BYTES = 4096
"""By so many bytes before a place a file is known again: rows hold moments and ids, and no two are alike."""
_HEADER_BYTES = 65_536
"""Longer lines before the first record name no columns."""
_RECORD = re.compile(rb"\d{4}")
"""A record holds a year, a number or an id; a line without four digits in a row names columns."""
_MOST_LINES = 20
"""So many lines one record may take, where a note in quotation marks has line ends in it; as the reader has it."""
_TWO_BYTES_EACH = (b"\xff\xfe", b"\xfe\xff")
"""UTF-16: its lines do not end where a byte says so. Such a file is not cut, but taken whole each time."""


@dataclass(frozen=True)
class Reached:
    """A place in a file at which a line begins, with what is needed to go on there."""

    start: int = 0
    digest: _Hash = field(default_factory=sha256)
    """Of everything before it."""
    sample: bytes = b""
    """The last bytes before it."""
    header: bytes = b""
    """The lines with the names of the columns: what is taken from the middle of a file needs them too."""


@dataclass(frozen=True)
class Cut:
    """An end of a piece."""

    mark: Mark
    goes_on_at: Reached
    """The next piece begins here: at the mark, or before it when half a line was taken, which then comes whole."""


@dataclass(frozen=True)
class Piece:
    """What is to be taken of a file as one delivery."""

    begins: Reached
    cut: Cut

    @property
    def position(self) -> str:
        """Where it stands in the source."""
        return position_of(self.begins.start, self.cut.mark)


def pieces_of(reached: Reached, cuts: Iterable[Cut]) -> list[Piece]:
    """Return the pieces between the cuts, the first from `reached` on."""
    pieces = []
    for cut in cuts:
        pieces.append(Piece(reached, cut))
        reached = cut.goes_on_at
    return pieces


class Lines:
    """Reads on through a file, and sees where it can be cut. Holds a few KiB, however long the file is."""

    def __init__(self, reached: Reached, marks: Marks, up_to: int) -> None:
        """`reached`: where the bytes that are fed begin. `up_to`: the file's size."""
        self.reached = reached
        """The last line end that is kept; before there is one, where it began."""
        self.cuts: list[Cut] = []
        """Where it was cut before, after `reached`, and that is not kept yet."""
        self.has_left = False
        """Something at its end is not taken yet."""
        self._marks = marks
        self._stops = marks.ends(reached.start, up_to)
        self._digest = reached.digest.copy()
        self._offset = reached.start
        self._line = reached
        self._recent = reached.sample
        self._first: bytes | None = b"" if reached.start == 0 else None
        self._kept_end = reached.start
        self._is_quoting = False
        self._lines = 0

    def feed(self, piece: bytes) -> None:
        """Take the next bytes."""
        while piece:
            following = bisect_right(self._stops, self._offset)
            room = self._stops[following] - self._offset if following < len(self._stops) else len(piece)
            self._add(piece[:room])
            piece = piece[room:]
            if following < len(self._stops) and self._stops[following] == self._offset:
                self._stopped()

    def ended(self, *, is_final: bool) -> list[Piece]:
        """Return what is to be taken, the last piece up to the last line end. `is_final`: nothing more is to be expected,
        so that half a line is taken too, and what looks like names of columns alone.
        """
        mark = self._mark() if is_final else self._line_mark()
        names_end = len(self._header())
        # Nobody goes on behind names alone: they stand in front of every record.
        last = Cut(mark, self._line if self._line.start > names_end else self.reached)
        is_more = mark.end > self._done and (is_final or mark.end > names_end)
        cuts = [*self.cuts, last] if is_more else self.cuts
        self.has_left = self._offset > max([self._kept_end, *(cut.mark.end for cut in cuts)])
        return pieces_of(self.reached, cuts)

    @property
    def _done(self) -> int:
        return self.cuts[-1].mark.end if self.cuts else self._kept_end

    def _add(self, piece: bytes) -> None:
        newline = 0 if self._is_wide(piece) else self._last_end(piece)
        self._note_first(piece)
        if newline:
            self._digest.update(piece[:newline])
            sample = (self._recent + piece[:newline])[-SAMPLE_BYTES:]
            self._line = Reached(self._offset + newline, self._digest.copy(), sample, self._header())
        self._digest.update(piece[newline:])
        self._recent = (self._recent + piece[-SAMPLE_BYTES:])[-SAMPLE_BYTES:]
        self._offset += len(piece)

    def _last_end(self, piece: bytes) -> int:
        """Return where the last record in it ends that is surely whole, 0 when none does."""
        last = piece.rfind(b"\n") + 1
        if not self._is_quoting and not piece.count(b'"', 0, last) % 2:
            self._is_quoting, self._lines = bool(piece.count(b'"', last) % 2), 0
            return last
        found = start = 0
        while end := piece.find(b"\n", start) + 1:
            self._is_quoting ^= bool(piece.count(b'"', start, end) % 2)
            self._lines += 1
            start = end
            # A mark that quotes nothing, such as that of inches, holds nothing up for long.
            if not self._is_quoting or self._lines >= _MOST_LINES:
                found, self._is_quoting, self._lines = end, False, 0
        self._is_quoting ^= bool(piece.count(b'"', start) % 2)
        return found

    def _stopped(self) -> None:
        mark = self._mark()
        is_names = mark.end <= len(self._header())
        if self._marks.is_kept(mark, self.reached.start) and (is_names or not self.cuts):
            if not is_names:
                self.reached, self._kept_end = self._line, mark.end
        elif self._marks.is_known(mark):
            self.cuts.append(Cut(mark, self.reached if is_names else self._line))

    def _mark(self) -> Mark:
        return Mark(self._offset, self._digest.hexdigest())

    def _line_mark(self) -> Mark:
        return Mark(self._line.start, self._line.digest.hexdigest())

    def _is_wide(self, piece: bytes) -> bool:
        beginning = self._first + piece[:2] if self._first is not None else b""
        return beginning.startswith(_TWO_BYTES_EACH)

    def _note_first(self, piece: bytes) -> None:
        if self._first is not None and len(self._first) < _HEADER_BYTES:
            self._first = (self._first + piece)[:_HEADER_BYTES]

    def _header(self) -> bytes:
        if self._first is None:
            return self._line.header
        if self._is_wide(b""):
            return b""
        header = b""
        for line in self._first.splitlines(keepends=True):
            if _RECORD.search(line) or not line.endswith(b"\n"):
                return header
            header += line
        return header
