"""A department's folder on disk: the original, a letter's scan file, then a JSON file that says it is complete.

For the program that takes them out: a handover is there once `<forward id>.json` is; its `original.file` names the
other file, and `scan.file` a third one. After a crash of ours the same pair may come once more, under the same names and with the same `forwardId`.
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from adapters.departments.document import as_utf8, document
from inbox.configuration.model import FolderDestination
from inbox.errors import AnswerLost, DestinationRefused, DestinationUnavailable, SettingsInvalid
from inbox.handover import Handover, HandoverKind
from inbox.ports import Claim, Delivered

_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,79}")
_EXTENSION = re.compile(r"\.([A-Za-z0-9]{1,10})\Z")
_FILE_MODE = 0o660
"""Before the umask. The department's program is mostly another user of the same group; nobody else may read."""
_FOLDER_MODE = 0o770


@dataclass(frozen=True)
class _Staged:
    """A file that is durable under a hidden name; renaming it makes it appear."""

    hidden: Path
    final: Path


class FolderSystem:
    """Writes handovers into folders. A file appears whole or not at all, and survives a power cut."""

    kind = "folder"
    repeats_safely = True
    encloses = True

    def __init__(self, root: Path) -> None:
        """`root`: where relative paths of destinations stand, the setting `forward_folder`."""
        self._root = root

    def prepare(self, handover: Handover, original: bytes, scan: bytes = b"") -> bytes:
        """Render the JSON file."""
        content = document(handover, original)
        if handover.kind is not HandoverKind.withdrawal:
            content["original"]["file"] = _original_name(handover)
            if content["scan"]:
                content["scan"]["file"] = _scan_name(handover)
        return as_utf8(content, indent=2) + b"\n"

    async def deliver(
        self, handover: Handover, original: bytes, prepared: bytes, claim: Claim, scan: bytes = b""
    ) -> Delivered:
        """Write the original and the scan, then the JSON. What stands there already with the same content is left alone.

        Raises DestinationUnavailable when it cannot be written, DestinationRefused when the path leaves the root or
        the name is taken by other content, AnswerLost when the last step failed.
        """
        _require_safe_name(handover)
        folder = await asyncio.to_thread(self._folder, handover.destination)
        wanted = _wanted(handover, original, prepared, scan)
        try:
            staged = await asyncio.to_thread(_stage, folder, wanted)
            await claim()
            await asyncio.to_thread(_reveal, folder, staged)
        finally:
            await asyncio.to_thread(_remove_leftovers, folder, handover.forward_id)
        return _delivered(handover, "written" if staged else "was there already")

    async def look_up(self, handover: Handover) -> Delivered | None:
        """Return it when its JSON stands there. Raises DestinationUnavailable when the folder cannot be read."""
        _require_safe_name(handover)
        path = await asyncio.to_thread(self._folder, handover.destination) / _json_name(handover)
        try:
            is_there = await asyncio.to_thread(path.is_file)
        except OSError as error:
            raise _unavailable(path, error) from error
        return _delivered(handover, "found") if is_there else None

    async def check(self, destination: object) -> None:
        """Ask whether the folder, or else the one it would be made in, may be written. Writes nothing."""
        folder = await asyncio.to_thread(self._folder, destination)
        if not await asyncio.to_thread(_is_writable, folder):
            raise DestinationUnavailable(f"folder {folder} is missing or cannot be written")

    def _folder(self, destination: object) -> Path:
        if not isinstance(destination, FolderDestination):
            raise SettingsInvalid("this destination is no folder")
        if not destination.path.isprintable():
            raise DestinationRefused("the folder's path holds control characters; correct `path` in the configuration")
        if Path(destination.path).is_absolute():
            return Path(destination.path)
        try:
            root = self._root.resolve()
            folder = (root / destination.path).resolve()
        except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle, until Python 3.13
            raise DestinationUnavailable(f"{self._root / destination.path} cannot be found") from error
        if not folder.is_relative_to(root):
            raise DestinationRefused(f"folder {destination.path} leads out of {root}; correct `path`")
        return folder


def _delivered(handover: Handover, reply: str) -> Delivered:
    return Delivered(remote_id=_json_name(handover), remote_reply=reply)


def _require_safe_name(handover: Handover) -> None:
    if not _SAFE_NAME.fullmatch(handover.forward_id):
        raise DestinationRefused("the forward id cannot be a file name")


def _json_name(handover: Handover) -> str:
    is_withdrawal = handover.kind is HandoverKind.withdrawal
    return f"{handover.forward_id}.withdrawn.json" if is_withdrawal else f"{handover.forward_id}.json"


def _original_name(handover: Handover) -> str:
    found = _EXTENSION.search(handover.original_name)
    extension = found[1].lower() if found else "bin"
    # Our own JSON has the plain name.
    return f"{handover.forward_id}.{'original.json' if extension == 'json' else extension}"


def _scan_name(handover: Handover) -> str:
    found = _EXTENSION.search(handover.scan.name) if handover.scan else None
    return f"{handover.forward_id}.scan.{found[1].lower() if found else 'bin'}"


def _wanted(handover: Handover, original: bytes, prepared: bytes, scan: bytes) -> dict[str, bytes]:
    """Return name → content in the order of appearance: the JSON last."""
    if handover.kind is HandoverKind.withdrawal:
        return {_json_name(handover): prepared}
    beside = {_scan_name(handover): scan} if handover.scan else {}
    return {_original_name(handover): original, **beside, _json_name(handover): prepared}


def _stage(folder: Path, wanted: dict[str, bytes]) -> list[_Staged]:
    """Write what is not there yet under hidden names, durably. Everything that tends to fail fails here."""
    try:
        _make(folder)
        *_, (last, told) = wanted.items()
        if (folder / last).exists():
            _require_same(folder / last, told)
            return []
        return [_hidden(folder, name, content) for name, content in wanted.items()]
    except OSError as error:
        raise _unavailable(folder, error) from error


def _make(folder: Path) -> None:
    """Make the folder itself, not its parents: a missing parent is more likely an unmounted share."""
    if not folder.is_dir():
        folder.mkdir(mode=_FOLDER_MODE, exist_ok=True)
        _sync_folder(folder.parent)


def _require_same(path: Path, content: bytes) -> None:
    if path.read_bytes() != content:
        raise DestinationRefused(f"{path} is there with other content; it was not overwritten")


def _hidden(folder: Path, name: str, content: bytes) -> _Staged:
    hidden = folder / f".{name}.{secrets.token_hex(8)}.part"
    descriptor = os.open(hidden, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FILE_MODE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return _Staged(hidden, folder / name)


def _reveal(folder: Path, staged: list[_Staged]) -> None:
    """Make the files appear, the JSON last, each durable before the next."""
    for position, file in enumerate(staged, start=1):
        try:
            file.hidden.replace(file.final)
            _sync_folder(folder)
        except OSError as error:
            if position == len(staged):
                raise AnswerLost(f"{file.final} may have been written: {error.strerror}") from error
            raise _unavailable(file.final, error) from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove_leftovers(folder: Path, forward_id: str) -> None:
    """Remove hidden files of this forward, also those of an attempt that died.

    Another attempt that is under way finds its own gone, and is repeated.
    """
    with suppress(OSError):
        for hidden in folder.glob(f".{forward_id}.*.part"):
            hidden.unlink(missing_ok=True)


def _is_writable(folder: Path) -> bool:
    try:
        place = folder if folder.exists() else folder.parent
        return place.is_dir() and os.access(place, os.W_OK | os.X_OK)
    except OSError:
        return False


def _unavailable(path: Path, error: OSError) -> DestinationUnavailable:
    return DestinationUnavailable(f"{path} cannot be used: {error.strerror}")
