"""An open folder of call logs that others append to: only whole new lines are taken, and nothing is touched."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from adapters.phone.growing.lines import Lines, Piece, Reached
from adapters.phone.growing.progress import Known, Progress
from adapters.watched.files import Entry, Files, OpenFile, Place, Unreadable
from adapters.watched.holding import HeldFiles
from adapters.watched.settings import WatchedFolder
from inbox.ports import Fetched, Sighting

_PIECE_BYTES = 1024 * 1024
_POLL_SECONDS = 10.0
"""The folder is looked over this often while waiting: a network file system, or SFTP, tells of nothing by itself."""
_HEARS_FIRST = 20_000
"""Where a file ends at none of these it is taken from its beginning once more, which changes nothing in the register."""
_HEARS_AGAIN = 200
"""What another reader may have kept between two looks."""
_TRIES = 5
"""Each lost to somebody who wrote at that very moment."""


@dataclass(frozen=True)
class _Shown:
    entry: Entry
    piece: Piece


class GrowingConnection:
    """The port's Connection, which GoesOn. Look first after opening.

    A position is `lines:<start>-<end>:<sha256 of the file up to the end>`: a file is known by its bytes, so that one that
    was renamed goes on, and one that was truncated or begun anew is another, from its beginning. A delivery's bytes are
    those from start to end, behind the line with the names of the columns where the file has one.
    """

    shows_no_kept = True
    """What is kept all the same (too long ago to be told of) need only be confirmed to be gone on from."""

    def __init__(self, source_id: str, settings: WatchedFolder, files: Files, progress: Progress) -> None:
        """Take over the files. `progress`: of the source, kept from connection to connection."""
        self.key_space = source_id
        self._ignored = settings.ignored_suffixes
        self._held = HeldFiles(files)
        self._progress = progress
        self._shown: dict[str, _Shown] = {}
        self._unreadable: set[Entry] = set()

    @property
    def moved_bytes(self) -> int:
        """Bytes read so far; grows while files are hashed or fetched."""
        return self._held.moved_bytes

    @property
    def hears(self) -> int:
        """So many positions it wants to hear of: once all that matter, then what came meanwhile."""
        return _HEARS_AGAIN if self._progress.has_heard else _HEARS_FIRST

    def goes_on(self, kept: Sequence[str], seen: Sequence[str]) -> None:
        """Hear what is kept, and what was shown lately."""
        self._progress.marks.note(kept, seen)
        self._progress.has_heard = True

    def look(self) -> Sighting:
        """Return the position of everything that is not kept, oldest file first.

        A file is read when it rests, or did not for long; half a last line is left until it rested long. A file that
        may not be read does not stand in the way of others. Raises SourceUnreachable when there is nothing else,
        FolderMissing.
        """
        shown: dict[str, _Shown] = {}
        unreadable = set()
        with self._held.use() as files:
            for entry in sorted(self._noted(files), key=Entry.by_age):
                try:
                    known = self._known(files, entry)
                except Unreadable:
                    unreadable.add(entry)
                    continue
                pieces = known.pieces(self._progress.marks) if known is not None else []
                shown |= {piece.position: _Shown(entry, piece) for piece in pieces}
            if unreadable and not shown:
                raise self._held.unreachable(
                    f"{len(unreadable)} files in it cannot be read: give the gateway's user the right to read them"
                )
        # What was shown and could not be kept is shown again as it was: it was written down as seen.
        self._progress.marks.note((), shown)
        self._shown, self._unreadable = shown, unreadable
        return Sighting(key_space=self.key_space, positions=tuple(shown))

    def fetch(self, position: str) -> Fetched | None:
        """Return the lines, or None when no file holds them any more, under whatever name.

        When the bytes turn out to be others, SourceUnreachable is raised at their end: nothing of them may be kept.
        """
        shown = self._shown.get(position)
        if shown is None:
            return None
        with self._held.use() as files:
            self._held.let_go()
            try:
                file = self._holding(files, shown)
            except Unreadable:
                raise self._held.unreadable(position) from None
            if file is None:
                return None
            self._held.keep_open(file)
        return Fetched(position, shown.entry.modified_at, self._chunks(file, shown, position))

    def confirm(self, position: str) -> None:
        """Go on behind it from now on. Nothing is touched."""
        with self._held.use():
            self._held.let_go()
            self._progress.marks.note((position,), ())

    def wait(self, seconds: float) -> None:
        """Return when there is something to read that the last look did not, or after so many seconds."""
        deadline = time.monotonic() + seconds
        with self._held.use() as files, files.watching(self._held.ended) as pause:
            while not self._held.ended.is_set():
                news = set(self._noted(files)) - self._unreadable
                soonest = min(map(self._progress.seconds_left, news), default=seconds)
                left = deadline - time.monotonic()
                if soonest <= 0 or left <= 0:
                    return
                pause(min(left, soonest, _POLL_SECONDS))

    def close(self) -> None:
        """Let go of everything; a call that another thread is in raises SourceUnreachable as soon as it can."""
        self._held.close()

    def _noted(self, files: Files) -> list[Entry]:
        entries = [entry for entry in files.listed() if self._is_log(entry.name)]
        self._progress.note(entries)
        return entries

    def _is_log(self, name: str) -> bool:
        return not name.startswith(".") and not name.lower().endswith(self._ignored)

    def _known(self, files: Files, entry: Entry) -> Known | None:
        """Return what is known of the file, after reading what is new in it if it is time for that. Raises Unreadable."""
        if self._progress.seconds_left(entry) <= 0 and (read := self._read(files, entry)) is not None:
            self._progress.remember(read)
        return self._progress.of(entry.name)

    def _read(self, files: Files, entry: Entry) -> Known | None:
        """Read on where the file is known; from its beginning where it is not, or is another by now."""
        earlier = self._progress.of(entry.name)
        reached = earlier.reached_in(self._progress.marks) if earlier is not None else Reached()
        if earlier is None or earlier.entry.inode != entry.inode or not self._fits(files, entry, reached):
            reached = Reached()
        opened = _opened(files, entry.name)
        if opened is None:
            return None
        file, present = opened
        try:
            lines = Lines(reached, self._progress.marks, present.size_bytes)
            file.skip(reached.start)
            for piece in self._pieces(file, present.size_bytes - reached.start):
                lines.feed(piece)
        finally:
            file.close()
        is_sure = self._progress.is_sure(present)
        pieces = lines.ended(is_final=self._progress.is_resting_long(present))
        cuts = tuple(piece.cut for piece in pieces)
        return Known(present, lines.reached, cuts, lines.has_left, is_sure, time.monotonic())

    def _holding(self, files: Files, shown: _Shown) -> OpenFile | None:
        """Return a file that holds the piece, at its beginning: the one in which it was seen, or what became of it."""
        piece = shown.piece
        others = (one.name for one in self._noted(files) if one.name != shown.entry.name)
        for name in (shown.entry.name, *others):
            entry = files.entry(name, Place.incoming)
            if entry is None or entry.size_bytes < piece.cut.mark.end:
                continue
            if self._fits(files, entry, piece.cut.goes_on_at) and self._fits(files, entry, piece.begins):
                opened = _opened(files, name)
                if opened is not None:
                    opened[0].skip(piece.begins.start)
                    return opened[0]
        return None

    def _fits(self, files: Files, entry: Entry, reached: Reached) -> bool:
        """Say whether the file holds these bytes before this place."""
        if not reached.start:
            return True
        if entry.size_bytes < reached.start or (opened := _opened(files, entry.name)) is None:
            return False
        file, _ = opened
        try:
            file.skip(reached.start - len(reached.sample))
            return b"".join(self._pieces(file, len(reached.sample))) == reached.sample
        finally:
            file.close()

    def _chunks(self, file: OpenFile, shown: _Shown, position: str) -> Iterator[bytes]:
        begins, mark = shown.piece.begins, shown.piece.cut.mark
        if begins.start and begins.header:
            yield begins.header
        digest = begins.digest.copy()
        pieces = self._pieces(file, mark.end - begins.start)
        while True:
            with self._held.use():
                try:
                    piece = next(pieces, b"")
                except Unreadable:
                    raise self._held.unreadable(position) from None
                if not piece:
                    self._held.let_go()
                    if digest.hexdigest() != mark.digest:
                        self._progress.forget(shown.entry.name)
                        raise self._held.unreachable(f"the lines {position} changed while they were read")
                    return
            digest.update(piece)
            yield piece

    def _pieces(self, file: OpenFile, size_bytes: int) -> Iterator[bytes]:
        while size_bytes > 0 and (piece := file.read(min(size_bytes, _PIECE_BYTES))):
            size_bytes -= len(piece)
            yield piece
            self._held.require_open()


def _opened(files: Files, name: str) -> tuple[OpenFile, Entry] | None:
    """Return the file as it is now, however busily it is written; None when there is none."""
    for _ in range(_TRIES):
        entry = files.entry(name, Place.incoming)
        if entry is None:
            return None
        if (file := files.open(entry)) is not None:
            return file, entry
    return None
