"""What a watched place can do, on disk or behind SFTP: the few file operations that the source is made of.

Names are str, with bytes that are no UTF-8 as lone surrogates (PEP 383). They may be anything a file can be called and
are never part of a position, an error or a log: a file's name can hold a person's.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Protocol


class Place(Enum):
    """The two folders of a source."""

    incoming = "folder"
    processed = "processed_folder"


class Moved(Enum):
    """What became of a move."""

    done = "done"
    gone = "gone"
    """There is no such file any more."""
    taken = "taken"
    """Something stands under the new name: nothing was changed."""


class Unreadable(Exception):
    """One file cannot be read, while the folder can."""


@dataclass(frozen=True)
class Entry:
    """A regular file as it stood at one moment. Any change of the file makes another entry."""

    name: str
    size_bytes: int
    modified_ns: int
    """Nanoseconds since 1970; whole seconds over SFTP."""
    inode: int = 0
    """0 where the place knows none."""

    @property
    def modified_at(self) -> datetime | None:
        """Aware UTC; None for a moment beyond the years that there are."""
        try:
            return datetime.fromtimestamp(self.modified_ns / 1e9, UTC)
        except (OverflowError, ValueError, OSError):
            return None

    def by_age(self) -> tuple[int, str]:
        """Return what sorts the oldest first, then by name."""
        return self.modified_ns, self.name

    def is_same_file(self, other: Entry) -> bool:
        """Say whether they are one unchanged file, perhaps renamed. Never sure, so never true, without inodes."""
        mine = (self.inode, self.size_bytes, self.modified_ns)
        return self.inode != 0 and mine == (other.inode, other.size_bytes, other.modified_ns)


class OpenFile(Protocol):
    """A file that is being read."""

    def read(self, size_bytes: int) -> bytes:
        """Return the next bytes, at most so many; empty at the end. Raises Unreadable, SourceUnreachable."""

    def skip(self, size_bytes: int) -> None:
        """Pass over so many bytes. Raises Unreadable, SourceUnreachable."""

    def is_still(self, entry: Entry) -> bool:
        """Say whether size, moment and inode are the entry's. Raises Unreadable, SourceUnreachable."""

    def close(self) -> None:
        """Let go of it. Never raises."""


Pause = Callable[[float], None]
"""Returns after so many seconds, or when something happened in the folder, or when the watching is ended."""


class Files(Protocol):
    """The folder itself and the folder of what is done with. Blocking; for one thread at a time, save `break_off`.

    Everything may raise SourceUnreachable and FolderMissing; the detail names the setting and the path.
    """

    place: str
    """Source and folder, to begin a detail with."""

    @property
    def moved_bytes(self) -> int:
        """Grows while a call is getting on; any thread may look."""

    def listed(self, within: str = "", place: Place = Place.incoming) -> Iterable[Entry]:
        """Give every regular file in one of the folders, or in a folder within it; nothing when that is not there.

        Folders, pipes and symbolic links are none.
        """

    def folders(self, within: str = "") -> Iterable[str]:
        """Give the name of every folder in the folder itself, or in one within it. Symbolic links are none."""

    def entry(self, name: str, place: Place) -> Entry | None:
        """Return the regular file of this name as it stands now; None when there is none."""

    def is_taken(self, name: str, place: Place) -> bool:
        """Say whether anything at all stands under this name."""

    def open(self, entry: Entry, within: str = "") -> OpenFile | None:
        """Open a file, following no symbolic link; None when it is gone or no longer this entry. Raises Unreadable.

        `within`: the folder that it is in, in the folder itself.
        """

    def rename(self, name: str, place: Place, new_name: str, new_place: Place) -> Moved:
        """Move a file or a folder between the two folders, atomically and durably, replacing nothing.

        Raises SettingsInvalid when they are on different file systems, FolderMissing when it may not be done.
        """

    def watching(self, ended: threading.Event) -> AbstractContextManager[Pause]:
        """Watch the folder itself from now on; give what waits. `ended` breaks a pause off."""

    def break_off(self) -> None:
        """End the call that another thread is in, where that can be done."""

    def close(self) -> None:
        """Let go of everything. Never raises."""
