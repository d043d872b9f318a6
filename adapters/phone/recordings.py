"""Recordings that lie in a folder beside the call logs. Implements `inbox.ports.Recordings`."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from inbox.calls.recording import bare_name

RECORDING_BYTES = 20 << 20
"""A longer recording does not pass with a mail: its name is told, and it stays where it is."""


@dataclass(frozen=True)
class FolderRecordings:
    """Finds a recording by its bare name in its source's folder: whatever path or address the telephone system writes."""

    folders: Mapping[str, Path]
    """Source → its folder (setting `recordings_folder`)."""

    async def fetch(self, source_id: str, recording: str) -> bytes | None:
        """As the port says."""
        folder = self.folders.get(source_id)
        name = bare_name(recording)
        return await asyncio.to_thread(_read, folder, name) if folder is not None and name else None


def _read(folder: Path, name: str) -> bytes | None:
    try:
        # Nothing is followed out of the folder, and nothing is waited for: a pipe would hold us for ever.
        opened = os.open(folder / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except (OSError, ValueError):
        return None
    try:
        about = os.fstat(opened)
        if not stat.S_ISREG(about.st_mode) or not 0 < about.st_size <= RECORDING_BYTES:
            return None
        with os.fdopen(opened, "rb", closefd=False) as file:
            content = file.read(RECORDING_BYTES + 1)
    except OSError:
        return None
    finally:
        os.close(opened)
    return content if len(content) <= RECORDING_BYTES else None
