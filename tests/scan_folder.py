"""A scan folder from both sides: as the gateway opens it, on disk or over SFTP, and as the scanner sees it."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from adapters.post.scans import scan_source
from adapters.post.settings import ScanFolderSettings, ScanSftpSettings
from inbox.ports import Connection, Source
from tests.servers.ports import LOOPBACK, is_root
from tests.servers.sshd import Sshd

_NOBODY = 65534


class ScanFolder:
    """One folder of scans. `server`: it is reached over SFTP."""

    def __init__(self, folder: Path, server: Sshd | None = None) -> None:
        """Make it, empty."""
        self.folder = folder
        self.server = server
        folder.mkdir()

    def source(self, *, observes: bool = False, **changes: Any) -> Source:
        """Return it as a source that takes files at once, with changed settings; None takes one away."""
        model = ScanFolderSettings if self.server is None else ScanSftpSettings
        return scan_source("post", model.model_validate(self.said(**changes)), observes=observes)

    def said(self, **changes: Any) -> dict[str, Any]:
        """Return what settings say of it, with changes; None takes one away."""
        usual: dict[str, Any] = {"folder": str(self.folder), "stable_seconds": 0}
        if self.server is not None:
            usual |= {"host": LOOPBACK, "port": self.server.port, "user": self.server.user, "timeout_seconds": 10}
            usual |= {"key_file": self.server.key_file, "known_hosts": self.server.known_hosts}
        return {name: value for name, value in {**usual, **changes}.items() if value is not None}

    @contextmanager
    def opened(self, *, observes: bool = False, **changes: Any) -> Iterator[Connection]:
        """Give an open connection; close it afterwards."""
        connection = self.source(observes=observes, **changes).open()
        try:
            yield connection
        finally:
            connection.close()

    def put(self, name: str | bytes, content: bytes, age_seconds: float = 60) -> Path:
        """Write a scan that was finished so long ago."""
        path = self.folder / os.fsdecode(name)
        path.write_bytes(content)
        moment = int(time.time()) - age_seconds
        os.utime(path, (moment, moment))
        return path

    def scans(self) -> dict[str, bytes]:
        """Return name → content of what stands in the folder."""
        return contents(self.folder)

    def processed(self) -> dict[str, bytes]:
        """Return name → content of what was moved away."""
        return contents(self.folder / "processed")


@contextmanager
def as_somebody() -> Iterator[None]:
    """Be no administrator for a while: root may do what the folder's rights forbid."""
    administrator = os.geteuid()
    if is_root():
        os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(administrator)


def contents(folder: Path) -> dict[str, bytes]:
    """Return name → content of the regular files in a folder."""
    if not folder.is_dir():
        return {}
    return {one.name: one.read_bytes() for one in folder.iterdir() if one.is_file() and not one.is_symlink()}


def position(content: bytes) -> str:
    """Return where this content stands."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def whole(connection: Connection, where: str) -> bytes:
    """Return the bytes of a delivery that is there."""
    fetched = connection.fetch(where)
    assert fetched is not None
    return b"".join(fetched.chunks)


def seconds_of(call: Callable[[], object]) -> float:
    """Return how long a call takes."""
    start = time.monotonic()
    call()
    return time.monotonic() - start


def later(seconds: float, call: Callable[[], object]) -> threading.Timer:
    """Call it from another thread after a while."""
    timer = threading.Timer(seconds, call)
    timer.start()
    return timer
