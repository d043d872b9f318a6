"""Raw bytes in a local or shared folder: written once, durable when `put` returns."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO, TextIO, TypeVar
from uuid import uuid4

from inbox.errors import BytesMissing, SettingsInvalid, StoreUnavailable
from inbox.ports import Listed, Stored
from store import byte_walk
from store.byte_file import Writing, make_folder, name_anew, name_once, sync_folder

_T = TypeVar("_T")

_PIECE_BYTES = 1 << 20
_MARK = ".inbox-gateway-bytes"


class ByteFolder:
    """A ByteStore on a file system. A delivery `abcd…` stands in `ab/abcd…`, below 256 folders."""

    def __init__(self, root: Path) -> None:
        """`root`: the folder; it is made when missing."""
        self._root = root

    async def put(self, delivery_id: str, chunks: AsyncIterator[bytes]) -> Stored:
        """Write to a temporary file, fsync, link to its name, fsync of the folder. Raises StoreUnavailable."""
        writing = Writing(self._path(delivery_id))
        try:
            await self._fill(writing, chunks)
            [stored] = await self._visit("write", name_once, [writing])
        finally:
            writing.abandon()
        return stored

    async def put_all(self, contents: Mapping[str, bytes]) -> dict[str, Stored]:
        """Store each as `put` does, in one visit to a thread, with one fsync per folder. Raises StoreUnavailable."""
        targets = [(self._path(delivery_id), content) for delivery_id, content in contents.items()]
        return dict(zip(contents, await self._visit("write", _write_all, targets), strict=True))

    async def repair(self, delivery_id: str, chunks: AsyncIterator[bytes], sha256: str) -> bool:
        """Put the bytes back whose digest this is, in place of what stands there; return False when these are others.

        Raises StoreUnavailable.
        """
        writing = Writing(self._path(delivery_id))
        try:
            await self._fill(writing, chunks)
            if writing.stored.sha256 != sha256:
                return False
            await self._visit("write", name_anew, writing)
        finally:
            writing.abandon()
        return True

    async def size(self, delivery_id: str) -> int | None:
        """Return the stored size in bytes, or None."""
        return (await self.sizes([delivery_id]))[delivery_id]

    async def sizes(self, delivery_ids: Sequence[str]) -> dict[str, int | None]:
        """Return each stored size in bytes, or None."""
        paths = [self._path(delivery_id) for delivery_id in delivery_ids]
        return dict(zip(delivery_ids, await self._visit("look", _sizes, paths), strict=True))

    async def get(self, delivery_id: str) -> bytes:
        """Return the bytes. Raises BytesMissing."""
        content = await self._visit("read", _content, self._path(delivery_id))
        if content is None:
            raise BytesMissing(f"delivery {delivery_id} has no bytes below `bytes_folder` ({self._root})")
        return content

    async def chunks(self, delivery_id: str) -> AsyncIterator[bytes]:
        """Give the bytes in pieces."""
        try:
            file = await self._visit("read", _opened, self._path(delivery_id))
        except StoreUnavailable as error:
            if isinstance(error.__cause__, FileNotFoundError):
                raise BytesMissing(f"delivery {delivery_id} has no bytes below `bytes_folder` ({self._root})") from None
            raise
        with file:
            while piece := await self._visit("read", file.read, _PIECE_BYTES):
                yield piece

    async def digest(self, delivery_id: str) -> Stored | None:
        """Return digest and size of what stands there now, or None."""
        return await self._visit("read", byte_walk.digest, self._path(delivery_id))

    async def listed(self) -> AsyncIterator[Sequence[Listed]]:
        """Give everything below the folder but its mark, one folder at a time."""
        at_root = await self._visit("look", partial(byte_walk.files, deep=False), self._root, self._root, self._path)
        yield [found for found in at_root if found.name != _MARK]
        for folder in await self._visit("look", byte_walk.folders, self._root):
            yield await self._visit("look", byte_walk.files, folder, self._root, self._path)

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

    async def _fill(self, writing: Writing, chunks: AsyncIterator[bytes]) -> None:
        async for chunk in chunks:
            await self._visit("write", writing.write, chunk)

    async def _visit(self, verb: str, work: Callable[..., _T], *arguments: object) -> _T:
        """Do it in a thread. Raises StoreUnavailable."""
        try:
            return await asyncio.to_thread(work, *arguments)
        except OSError as error:
            raise StoreUnavailable(f"cannot {verb} below `bytes_folder` ({self._root}): {error.strerror}") from error

    def _path(self, delivery_id: str) -> Path:
        return self._root.joinpath(delivery_id[:2], delivery_id)


def _write_all(targets: Sequence[tuple[Path, bytes]]) -> list[Stored]:
    writings = [Writing(target) for target, _ in targets]
    try:
        for writing, (_, content) in zip(writings, targets, strict=True):
            writing.write(content)
        return name_once(writings)
    finally:
        for writing in writings:
            writing.abandon()


def _sizes(files: Sequence[Path]) -> list[int | None]:
    return [_size(file) for file in files]


def _size(file: Path) -> int | None:
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return None


def _opened(file: Path) -> BinaryIO:
    return file.open("rb")


def _content(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None


def _prove(root: Path) -> None:
    if not root.is_dir():
        make_folder(root)
    proof = root / f".proof-{uuid4().hex}"
    proof.write_bytes(b"")
    proof.unlink()


def _marked(root: Path, installation: str, *, may_be_new: bool) -> str | None:
    mark = root / _MARK
    if not may_be_new and not mark.exists():
        return None
    if not root.is_dir():
        make_folder(root)
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
    sync_folder(root)
    return installation


def _write_mark(file: TextIO, installation: str) -> None:
    file.write(installation)
    file.flush()
    os.fsync(file.fileno())
