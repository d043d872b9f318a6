"""Files on their way to their names: each gets its name once, whole, and stays there when the power fails. Blocking."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from inbox.ports import Stored

_PIECE_BYTES = 1 << 20

_SYNCS_AT_ONCE = 4
"""A journal commits once for all who wait for it: four at a time take about a third of the time."""

_NO_HARD_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK})
_NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})

_MADE_DURABLE: set[Path] = set()
"""Folders that this process has synced into their parents. Another process may have made one and died before that."""


class Writing:
    """One temporary file beside the name that it is to get."""

    def __init__(self, target: Path) -> None:
        """Nothing is made before the first piece."""
        self.target = target
        self.temporary = target.with_name(f".{target.name}.{uuid4().hex}")
        self._file: BinaryIO | None = None
        self._digest = hashlib.sha256()
        self._size_bytes = 0

    @property
    def stored(self) -> Stored:
        """What has been written so far."""
        return Stored(self._digest.hexdigest(), self._size_bytes)

    def write(self, piece: bytes) -> None:
        """Add a piece; the first one makes the file."""
        if self._file is None:
            self._file = self._open()
        self._file.write(piece)
        self._digest.update(piece)
        self._size_bytes += len(piece)

    def sync(self) -> None:
        """Make the content durable; nothing can be added any more."""
        if self._file is None:  # nothing was written: it is empty
            self._file = self._open()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()

    def abandon(self) -> None:
        """Leave nothing behind of a file that did not get its name."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
            with suppress(OSError):
                self.temporary.unlink(missing_ok=True)

    def settled(self) -> None:
        """Say that the temporary name is gone."""
        self._file = None

    def _open(self) -> BinaryIO:
        folder = self.target.parent
        if folder not in _MADE_DURABLE:
            make_folder(folder)
        try:
            return self.temporary.open("xb")
        except FileNotFoundError:  # somebody took the folder away while we ran
            make_folder(folder)
            return self.temporary.open("xb")


def name_once(writings: Sequence[Writing]) -> list[Stored]:
    """Make every file durable, then give each its name, then make the names durable; return what stands there now.

    A name that stands there already keeps its bytes, also when another process gives it at this very moment. They are
    made durable, and their digest and size are returned.
    """
    _sync_all(writings)
    standing = [_name(writing) for writing in writings]
    for folder in dict.fromkeys(writing.target.parent for writing in writings):
        sync_folder(folder)
    return standing


def name_anew(writing: Writing) -> None:
    """Make the file durable and give it its name, in place of what stands there."""
    writing.sync()
    writing.temporary.replace(writing.target)
    writing.settled()
    sync_folder(writing.target.parent)


def make_folder(folder: Path) -> None:
    """Make a folder, and what is missing above it; it is durable in its parent."""
    if not folder.parent.is_dir():
        make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    # A new folder is durable only when its parent is.
    sync_folder(folder.parent)
    _MADE_DURABLE.add(folder)


def sync_folder(folder: Path) -> None:
    """Make the names in the folder durable."""
    with _opened(folder) as descriptor:
        os.fsync(descriptor)


def _sync_all(writings: Sequence[Writing]) -> None:
    if len(writings) == 1:
        writings[0].sync()
        return
    with ThreadPoolExecutor(_SYNCS_AT_ONCE, "sync-files") as threads:
        # Read to the end, so that the first that failed is raised; all are waited for.
        list(threads.map(Writing.sync, writings))


def _name(writing: Writing) -> Stored:
    is_ours = _link(writing)
    writing.settled()
    return writing.stored if is_ours else _standing(writing.target)


def _link(writing: Writing) -> bool:
    """Return whether the file got its name; it is False when one stands there. The temporary name is gone."""
    try:
        os.link(writing.temporary, writing.target)
    except FileExistsError:
        writing.temporary.unlink()
        return False
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        return _rename(writing)
    writing.temporary.unlink()
    return True


def _rename(writing: Writing) -> bool:
    """Do the same where the file system has no hard links: one process of this host at a time looks and renames."""
    with _opened(writing.target.parent) as folder:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
        if writing.target.exists():
            writing.temporary.unlink()
            return False
        writing.temporary.rename(writing.target)
        return True


def _standing(file: Path) -> Stored:
    """Return what stands there, durable also when its writer has not come so far yet."""
    digest = hashlib.sha256()
    size_bytes = 0
    with file.open("rb") as stands:
        for piece in _pieces(stands):
            digest.update(piece)
            size_bytes += len(piece)
        os.fsync(stands.fileno())
    return Stored(digest.hexdigest(), size_bytes)


def _pieces(file: BinaryIO) -> Iterable[bytes]:
    return iter(lambda: file.read(_PIECE_BYTES), b"")


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
