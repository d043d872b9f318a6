"""Series: a folder with the pages of one scan, a file for each, taken as if it were one file."""

from __future__ import annotations

import re
import threading
from collections.abc import Generator, Iterable, Iterator
from contextlib import AbstractContextManager
from hashlib import sha256
from io import RawIOBase
from pathlib import PurePath
from zipfile import ZipFile, ZipInfo

from adapters.watched.files import Entry, Files, Moved, OpenFile, Pause, Place, Unreadable

_PIECE_BYTES = 1 << 20
_AROUND_BYTES = 256
"""At most, around each file in a ZIP that packs nothing, and at its end (APPNOTE 6.3.10)."""
_NO_PAGES = frozenset({"thumbs.db", "desktop.ini", ".ds_store"})
"""What is put into folders by who looks at them."""
_ENDING = re.compile(r"\.[a-z0-9]{1,10}")
_NUMBERS = re.compile(r"(\d+)")


class SeriesFiles:
    """The place's Files, in which each folder of files is one file more: a ZIP with its pages, unpacked, in the order of
    their names.

    A folder is moved as a whole, by one rename: no page stays behind. One that holds a folder, or a file on its way, is
    none yet; an empty one neither.
    """

    def __init__(self, files: Files, *, ignored: tuple[str, ...], processed_folder: str) -> None:
        """Take over the files. `ignored`: endings of files on their way. `processed_folder`: no series."""
        self._files = files
        self._ignored = ignored
        self._processed_folder = processed_folder
        self.place = files.place

    @property
    def moved_bytes(self) -> int:
        """Bytes read so far."""
        return self._files.moved_bytes

    def listed(self, within: str = "", place: Place = Place.incoming) -> Iterator[Entry]:
        """Give every regular file, and every series."""
        yield from self._files.listed(within, place)
        if not within and place is Place.incoming:
            for name in list(self._files.folders()):
                if name != self._processed_folder and (entry := self._series(name, place)) is not None:
                    yield entry

    def folders(self, within: str = "") -> Iterable[str]:
        """Give the name of every folder."""
        return self._files.folders(within)

    def entry(self, name: str, place: Place) -> Entry | None:
        """Return the regular file or the series of this name as it stands now."""
        return self._files.entry(name, place) or self._series(name, place)

    def is_taken(self, name: str, place: Place) -> bool:
        """Say whether anything stands under this name."""
        return self._files.is_taken(name, place)

    def open(self, entry: Entry, within: str = "") -> OpenFile | None:
        """Open a scan, or a series. Raises Unreadable."""
        if within or self._files.entry(entry.name, Place.incoming) is not None:
            return self._files.open(entry, within)
        if self._series(entry.name, Place.incoming) != entry:
            return None
        return _SeriesFile(self, self._files, entry.name, self._members(entry.name, Place.incoming))

    def rename(self, name: str, place: Place, new_name: str, new_place: Place) -> Moved:
        """Move it by one rename."""
        return self._files.rename(name, place, new_name, new_place)

    def watching(self, ended: threading.Event) -> AbstractContextManager[Pause]:
        """Watch the folder of scans; what happens within its folders is seen by looking."""
        return self._files.watching(ended)

    def break_off(self) -> None:
        """End the call that another thread is in."""
        self._files.break_off()

    def close(self) -> None:
        """Let go of everything."""
        self._files.close()

    def _series(self, name: str, place: Place) -> Entry | None:
        """Return what the folder's files come to, as one; None when it is no series, or none yet."""
        members = self._members(name, place)
        if not members or any(self._is_on_its_way(member.name) for member in members):
            return None
        if place is Place.incoming and any(True for _ in self._files.folders(name)):
            return None
        told = repr([(one.name, one.size_bytes, one.modified_ns, one.inode) for one in members])
        return Entry(
            name=name,
            size_bytes=sum(one.size_bytes for one in members) + _AROUND_BYTES * (len(members) + 1),
            modified_ns=max(one.modified_ns for one in members),
            # Any change of a file makes another entry; renamed as a whole it stays the same.
            inode=int.from_bytes(sha256(told.encode("utf-8", "surrogateescape")).digest()[:8], "big") | 1,
        )

    def _members(self, name: str, place: Place) -> list[Entry]:
        found = [one for one in self._files.listed(name, place) if one.name.lower() not in _NO_PAGES]
        return sorted(found, key=lambda one: _by_number(one.name))

    def _is_on_its_way(self, name: str) -> bool:
        return name.startswith(".") or name.lower().endswith(self._ignored)


class _SeriesFile:
    """The place's OpenFile: the ZIP, made while it is read, always of the same bytes for the same pages."""

    def __init__(self, series: SeriesFiles, files: Files, name: str, members: list[Entry]) -> None:
        self._series = series
        self._name = name
        self._pieces = _zipped(files, name, members)
        self._left = b""

    def read(self, size_bytes: int) -> bytes:
        """Return the next bytes. Raises Unreadable."""
        if not self._left:
            self._left = next(self._pieces, b"")
        piece, self._left = self._left[:size_bytes], self._left[size_bytes:]
        return piece

    def skip(self, size_bytes: int) -> None:
        """Pass over so many bytes: they have to be made. Raises Unreadable."""
        while size_bytes > 0 and (piece := self.read(size_bytes)):
            size_bytes -= len(piece)

    def is_still(self, entry: Entry) -> bool:
        """Say whether all its files are the entry's."""
        return self._series.entry(self._name, Place.incoming) == entry

    def close(self) -> None:
        """Let go of the file that is being read."""
        self._pieces.close()


def _zipped(files: Files, folder: str, members: list[Entry]) -> Generator[bytes]:
    """Yield a ZIP of the files, numbered: a file's name can hold a person's. Raises Unreadable."""
    sink = _Sink()
    with ZipFile(sink, "w") as archive:
        for number, member in enumerate(members, start=1):
            file = files.open(member, folder)
            if file is None:
                raise Unreadable
            try:
                # Its date is ZIP's first: the same pages are the same bytes.
                with archive.open(ZipInfo(f"{number:04}{_ending(member.name)}"), "w") as page:
                    while piece := file.read(_PIECE_BYTES):
                        page.write(piece)
                        yield sink.taken()
            finally:
                file.close()
    yield sink.taken()


class _Sink(RawIOBase):
    """Takes what is written, until it is taken away."""

    def __init__(self) -> None:
        super().__init__()
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, piece: object) -> int:
        self._held += bytes(piece)  # type: ignore[call-overload]  # any buffer
        return len(piece)  # type: ignore[arg-type]

    def taken(self) -> bytes:
        held, self._held = bytes(self._held), bytearray()
        return held


def _by_number(name: str) -> list[tuple[int, int, str]]:
    """Return what sorts page 10 behind page 9."""
    parts = _NUMBERS.split(name.lower())
    return [(0, int(part), "") if part.isascii() and part.isdigit() else (1, 0, part) for part in parts] + [
        (2, 0, name)
    ]


def _ending(name: str) -> str:
    ending = PurePath(name).suffix.lower()
    return ending if _ENDING.fullmatch(ending) else ""
