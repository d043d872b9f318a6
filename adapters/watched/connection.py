"""An open folder: look, fetch, confirm, wait. The same on disk and over SFTP."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from hashlib import sha256
from math import inf

from adapters.watched.digests import Digests
from adapters.watched.files import Entry, Files, OpenFile, Place, Unreadable
from adapters.watched.holding import HeldFiles
from adapters.watched.moving import move_away
from adapters.watched.settings import WatchedFolder
from adapters.watched.stability import Stability
from inbox.ports import Fetched, Sighting

_PIECE_BYTES = 1024 * 1024
_POLL_SECONDS = 10.0
"""The folder is looked over this often while waiting: a network file system, or SFTP, tells of nothing by itself."""


class FolderConnection:
    """The port's Connection. Look first after opening.

    A position is `sha256:<hexadecimal>` of the content, in the key space of the source: the same content is one
    delivery, under whatever name and however often. Hidden files, folders, symbolic links and names with an ending of `ignored_suffixes` are left alone, and so is what is still being written.
    """

    def __init__(
        self,
        source_id: str,
        settings: WatchedFolder,
        files: Files,
        stability: Stability,
        digests: Digests,
        *,
        observes: bool,
    ) -> None:
        """Take over the files. `stability`, `digests`: of the source, kept from connection to connection.

        `observes`: nothing is moved.
        """
        self._source_id = source_id
        self._ignored = tuple(suffix.lower() for suffix in settings.ignored_suffixes)
        self._held = HeldFiles(files)
        self._stability = stability
        self._digests = digests
        self._observes = observes
        self._shown: dict[str, list[Entry]] = {}
        self._looked: set[Entry] = set()

    @property
    def moved_bytes(self) -> int:
        """Bytes read so far; grows while files are hashed or fetched."""
        return self._held.moved_bytes

    @property
    def shows_no_kept(self) -> bool:
        """What is confirmed is moved away, unless the source is only observed."""
        return not self._observes

    def look(self) -> Sighting:
        """Return the position of every finished file, oldest first. Each is read once to know it.

        A file that may not be read does not stand in the way of others. Raises SourceUnreachable when there is nothing
        else, FolderMissing.
        """
        shown: dict[str, list[Entry]] = {}
        looked, unreadable = set(), 0
        with self._held.use() as files:
            finished = [entry for entry in self._noted(files) if self._stability.seconds_left(entry) <= 0]
            for entry in sorted(finished, key=Entry.by_age):
                looked.add(entry)
                try:
                    digest = self._digest(files, entry)
                except Unreadable:
                    unreadable += 1
                    continue
                if digest is not None:
                    shown.setdefault(f"sha256:{digest}", []).append(entry)
            if unreadable and not shown:
                raise self._held.unreachable(
                    f"{unreadable} files in it cannot be read: give the gateway's user the right to read them"
                )
        self._shown, self._looked = shown, looked
        return Sighting(key_space=self._source_id, positions=tuple(shown))

    def fetch(self, position: str) -> Fetched | None:
        """Return the content, untouched, or None when no file with it is left as it was at the last look.

        When the bytes turn out to be others, SourceUnreachable is raised at their end: nothing of them may be kept.
        """
        with self._held.use() as files:
            self._held.let_go()
            for entry in self._present(files, position):
                try:
                    file = files.open(entry)
                except Unreadable:
                    raise self._held.unreadable(position) from None
                if file is not None:
                    self._held.keep_open(file)
                    return Fetched(position, entry.modified_at, self._chunks(file, entry, position))
        return None

    def confirm(self, position: str) -> None:
        """Move every file with this content to the processed folder. Nothing happens when there is none."""
        if self._observes:
            return
        with self._held.use() as files:
            self._held.let_go()
            for entry in self._present(files, position):
                move_away(files, entry)
                # Over SFTP its successor of the same name and size may look the same.
                self._digests.forget(entry)
                self._looked.discard(entry)

    def wait(self, seconds: float) -> None:
        """Return when there is a finished file that the last look did not show, or after so many seconds."""
        deadline = time.monotonic() + seconds
        with self._held.use() as files, files.watching(self._held.ended) as pause:
            while not self._held.ended.is_set():
                news = self._noted(files) - self._looked
                soonest = min(map(self._stability.seconds_left, news), default=inf)
                left = deadline - time.monotonic()
                if soonest <= 0 or left <= 0:
                    return
                pause(min(left, soonest, _POLL_SECONDS))

    def close(self) -> None:
        """Let go of everything; a call that another thread is in raises SourceUnreachable as soon as it can."""
        self._held.close()

    def _noted(self, files: Files) -> set[Entry]:
        """Return what is there and is not to be left alone; keep in mind since when."""
        entries = {entry for entry in files.listed() if self._is_ours(entry.name)}
        self._stability.note(entries)
        self._digests.keep_only(entries)
        self._looked &= entries
        return entries

    def _is_ours(self, name: str) -> bool:
        return not name.startswith(".") and not name.lower().endswith(self._ignored)

    def _digest(self, files: Files, entry: Entry) -> str | None:
        """Return the digest of its content, None when it changed meanwhile. Raises Unreadable."""
        if (known := self._digests.get(entry)) is not None:
            return known
        file = files.open(entry)
        if file is None:
            return None
        try:
            digest = sha256()
            for piece in self._pieces(file, entry):
                digest.update(piece)
            if not file.is_still(entry):
                return None
        finally:
            file.close()
        self._digests.remember(entry, digest.hexdigest())
        return digest.hexdigest()

    def _present(self, files: Files, position: str) -> Sequence[Entry]:
        """Return the files of the last look that have this content, oldest first; those renamed since, as they are."""
        entries = self._shown.get(position, [])
        if all(files.entry(entry.name, Place.incoming) == entry for entry in entries):
            return entries
        listed = [entry for entry in files.listed() if self._is_ours(entry.name)]
        found = [now for now in listed if any(entry == now or entry.is_same_file(now) for entry in entries)]
        self._shown[position] = sorted(found, key=Entry.by_age)
        for entry in found:
            self._digests.remember(entry, position.partition(":")[2])
        return self._shown[position]

    def _chunks(self, file: OpenFile, entry: Entry, position: str) -> Iterator[bytes]:
        digest = sha256()
        pieces = self._pieces(file, entry)
        while True:
            with self._held.use():
                try:
                    piece = next(pieces, b"")
                except Unreadable:
                    raise self._held.unreadable(position) from None
                digest.update(piece)
                if not piece:
                    self._held.let_go()
                    if position != f"sha256:{digest.hexdigest()}":
                        self._digests.forget(entry)
                        raise self._held.unreachable(f"the file {position} changed while it was read: it is read again")
                    return
            yield piece

    def _pieces(self, file: OpenFile, entry: Entry) -> Iterator[bytes]:
        """Yield its bytes, and few more when it grows: whoever asked sees that it changed."""
        size_bytes = 0
        while size_bytes <= entry.size_bytes and (piece := file.read(_PIECE_BYTES)):
            size_bytes += len(piece)
            yield piece
            self._held.require_open()
