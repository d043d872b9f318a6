"""Raw bytes in a local or shared folder: written once, durable when `put` returns."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, TextIO
from uuid import uuid4

from inbox.errors import BytesMissing, SettingsInvalid, StoreUnavailable

_MARK = ".inbox-gateway-bytes"


class ByteFolder:
    """A ByteStore on a file system. A delivery `abcd…` stands in `ab/cd/abcd…`."""

    def __init__(self, root: Path) -> None:
        """`root`: the folder; it is made when missing."""
        self._root = root

    async def put(self, delivery_id: str, chunks: AsyncIterator[bytes]) -> tuple[str, int]:
        """Write to a temporary file, fsync, rename, fsync of the folders. Raises StoreUnavailable."""
        writing = _Writing(self._root, self._path(delivery_id))
        held = b""
        try:
            # One piece is always held back: a small message is then written in a single visit to the thread.
            async for chunk in chunks:
                if held:
                    await asyncio.to_thread(writing.write, held)
                held = chunk
            await asyncio.to_thread(writing.finish, held)
        except OSError as error:
            raise StoreUnavailable(f"cannot write below `bytes_folder` ({self._root}): {error.strerror}") from error
        finally:
            writing.abandon()
        return writing.digest.hexdigest(), writing.size_bytes

    async def size(self, delivery_id: str) -> int | None:
        """Return the stored size in bytes, or None."""
        try:
            return (await asyncio.to_thread(self._path(delivery_id).stat)).st_size
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StoreUnavailable(f"cannot look below `bytes_folder` ({self._root}): {error.strerror}") from error

    async def get(self, delivery_id: str) -> bytes:
        """Return the bytes. Raises BytesMissing."""
        try:
            return await asyncio.to_thread(self._path(delivery_id).read_bytes)
        except FileNotFoundError:
            raise BytesMissing(f"delivery {delivery_id} has no bytes below `bytes_folder` ({self._root})") from None
        except OSError as error:
            raise StoreUnavailable(f"cannot read below `bytes_folder` ({self._root}): {error.strerror}") from error

    async def check(self) -> None:
        """Write and remove a file. Raises SettingsInvalid, naming the setting."""
        try:
            await asyncio.to_thread(_prove, self._root)
        except OSError as error:
            raise SettingsInvalid(f"`bytes_folder` ({self._root}) cannot be written: {error.strerror}") from error

    async def mark(self, installation: str, *, may_be_new: bool) -> str | None:
        """Return the installation that this folder belongs to; a new one becomes ours, if it may be new.

        None: it bears no mark, and something must stand in it already. Perhaps it is not mounted. Raises
        SettingsInvalid, naming the setting.
        """
        try:
            return await asyncio.to_thread(_marked, self._root, installation, may_be_new=may_be_new)
        except OSError as error:
            raise SettingsInvalid(f"`bytes_folder` ({self._root}) cannot be marked: {error.strerror}") from error

    def _path(self, delivery_id: str) -> Path:
        return self._root / delivery_id[:2] / delivery_id[2:4] / delivery_id


class _Writing:
    """One file on its way to its name. Blocking."""

    def __init__(self, root: Path, target: Path) -> None:
        self._root = root
        self._target = target
        self._temporary = target.with_name(f".{target.name}.{uuid4().hex}")
        self._file: BinaryIO | None = None
        self.digest = hashlib.sha256()
        self.size_bytes = 0

    def write(self, chunk: bytes) -> None:
        """Add a piece; the first one makes the temporary file."""
        if self._file is None:
            _make_folders(self._target.parent, self._root)
            self._file = self._temporary.open("xb")
        self._file.write(chunk)
        self.digest.update(chunk)
        self.size_bytes += len(chunk)

    def finish(self, chunk: bytes) -> None:
        """Add the last piece; when this returns the file is durable under its name."""
        self.write(chunk)
        assert self._file is not None
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._temporary.rename(self._target)
        _sync_folder(self._target.parent)
        self._file = None

    def abandon(self) -> None:
        """Leave nothing behind of a file that was not finished."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
            with suppress(OSError):
                self._temporary.unlink(missing_ok=True)


_MADE_DURABLE: set[Path] = set()
"""Folders that this process has synced into their parents. Another process may have made one and died before that."""


def _make_folders(folder: Path, root: Path) -> None:
    if folder in _MADE_DURABLE and folder.is_dir():
        return
    folder.mkdir(parents=True, exist_ok=True)
    # A new folder is durable only when its parent is.
    for parent in (folder.parent, folder.parent.parent):
        if parent == root or root in parent.parents:
            _sync_folder(parent)
    _MADE_DURABLE.add(folder)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _prove(root: Path) -> None:
    root.mkdir(parents=True, exist_ok=True)
    proof = root / f".proof-{uuid4().hex}"
    proof.write_bytes(b"")
    proof.unlink()


def _marked(root: Path, installation: str, *, may_be_new: bool) -> str | None:
    mark = root / _MARK
    if not may_be_new and not mark.exists():
        return None
    root.mkdir(parents=True, exist_ok=True)
    try:
        with mark.open("x", encoding="ascii") as file:
            _write_mark(file, installation)
    except FileExistsError:
        present = mark.read_text(encoding="ascii", errors="replace").strip()
        if present:
            return present
        # An earlier start ended between making the mark and writing it.
        with mark.open("w", encoding="ascii") as file:
            _write_mark(file, installation)
    _sync_folder(root)
    return installation


def _write_mark(file: TextIO, installation: str) -> None:
    file.write(installation)
    file.flush()
    os.fsync(file.fileno())
