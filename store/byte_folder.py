"""Raw bytes in a local or shared folder: written once, durable when `put` returns."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
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
        target = self._path(delivery_id)
        temporary = target.with_name(f".{delivery_id}.{uuid4().hex}")
        digest = hashlib.sha256()
        size = 0
        try:
            await asyncio.to_thread(_make_folders, target.parent, self._root)
            file = await asyncio.to_thread(temporary.open, "xb")
            try:
                async for chunk in chunks:
                    digest.update(chunk)
                    size += len(chunk)
                    await asyncio.to_thread(file.write, chunk)
                await asyncio.to_thread(_flush, file.fileno(), file)
            finally:
                await asyncio.to_thread(file.close)
            await asyncio.to_thread(_rename, temporary, target)
        except OSError as error:
            raise StoreUnavailable(f"cannot write below `bytes_folder` ({self._root}): {error.strerror}") from error
        finally:
            await asyncio.to_thread(temporary.unlink, missing_ok=True)
        return digest.hexdigest(), size

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

    async def mark(self, installation: str) -> str:
        """Return the installation id that this folder belongs to, writing ours when it has none."""
        return await asyncio.to_thread(_marked, self._root, installation)

    def _path(self, delivery_id: str) -> Path:
        return self._root / delivery_id[:2] / delivery_id[2:4] / delivery_id


def _make_folders(folder: Path, root: Path) -> None:
    if folder.is_dir():
        return
    folder.mkdir(parents=True, exist_ok=True)
    # A new folder is durable only when its parent is.
    for parent in (folder.parent, folder.parent.parent):
        if parent == root or root in parent.parents:
            _sync_folder(parent)


def _flush(descriptor: int, file: object) -> None:
    file.flush()  # type: ignore[attr-defined]
    os.fsync(descriptor)


def _rename(temporary: Path, target: Path) -> None:
    temporary.rename(target)
    _sync_folder(target.parent)


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


def _marked(root: Path, installation: str) -> str:
    mark = root / _MARK
    root.mkdir(parents=True, exist_ok=True)
    try:
        with mark.open("x", encoding="ascii") as file:
            file.write(installation)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        return mark.read_text(encoding="ascii").strip()
    return installation
