"""A folder of bytes as it stands: what is below it, and what a file holds. Blocking."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from inbox.ports import Listed, Stored

_LOST_AND_FOUND = "lost+found"
"""Of the file system itself, where the folder is a mount point; only root may look."""


def digest(file: Path) -> Stored | None:
    """Return digest and size of a file, read in pieces; None when it is not there."""
    try:
        with file.open("rb") as content:
            return Stored(hashlib.file_digest(content, "sha256").hexdigest(), content.tell())
    except FileNotFoundError:
        return None


def folders(root: Path) -> list[Path]:
    """Return the folders right below, by name; none when the root is not there."""
    if not root.is_dir():
        return []
    with os.scandir(root) as entries:
        return sorted(
            Path(entry.path)
            for entry in entries
            if entry.is_dir(follow_symlinks=False) and entry.name != _LOST_AND_FOUND
        )


def files(folder: Path, root: Path, path_of: Callable[[str], Path], *, deep: bool = True) -> list[Listed]:
    """Return every file in the folder. What does not stand where it belongs is named by its path below the root.

    `path_of`: where a name belongs. `deep`: also those in folders below.
    """
    return [_listed(entry, root, path_of) for entry in _entries(folder, deep=deep)]


def _entries(folder: Path, *, deep: bool) -> Iterator[tuple[Path, os.stat_result]]:
    if not folder.is_dir():
        return
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if deep:
                    yield from _entries(Path(entry.path), deep=True)
                continue
            try:
                yield Path(entry.path), entry.stat(follow_symlinks=False)
            except FileNotFoundError:  # a temporary file that has got its name meanwhile
                continue


def _listed(entry: tuple[Path, os.stat_result], root: Path, path_of: Callable[[str], Path]) -> Listed:
    file, facts = entry
    return Listed(
        name=file.name if path_of(file.name) == file else file.relative_to(root).as_posix(),
        size_bytes=facts.st_size,
        changed_at=datetime.fromtimestamp(facts.st_mtime, UTC),
        is_temporary=file.name.startswith("."),
    )
