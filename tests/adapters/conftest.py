"""A scan folder, on disk and over SFTP: both keep the same promises."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.scan_folder import ScanFolder
from tests.servers.ports import open_folder


@pytest.fixture(params=["disk", "sftp"])
def place(request: pytest.FixtureRequest) -> Iterator[ScanFolder]:
    """Give an empty scan folder."""
    with open_folder("scans") as folder:
        yield ScanFolder(folder / "scans", request.getfixturevalue("sshd") if request.param == "sftp" else None)


@pytest.fixture
def on_disk() -> Iterator[ScanFolder]:
    """Give an empty scan folder on disk."""
    with open_folder("scans") as folder:
        yield ScanFolder(folder / "scans")
