"""Recordings are found by their bare name, and nothing else is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from adapters.phone.recordings import RECORDING_BYTES, FolderRecordings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with one recording, beside what is nobody's business."""
    folder = tmp_path / "vm"
    folder.mkdir()
    (folder / "msg1.wav").write_bytes(b"RIFF")
    (tmp_path / "secret.wav").write_bytes(b"secret")
    return folder


@pytest.mark.parametrize(
    "recording", ["msg1.wav", "/var/spool/vm/msg1.wav", "C:\\vm\\msg1.wav", "https://pbx.test/a/msg1.wav?key=1"]
)
async def test_it_is_found_whatever_stands_before_its_name(folder: Path, recording: str) -> None:
    assert await FolderRecordings({"telefoon": folder}).fetch("telefoon", recording) == b"RIFF"
    assert await FolderRecordings({"telefoon": folder}).fetch("anders", recording) is None


@pytest.mark.parametrize(
    "recording",
    [
        "",
        "..",
        ".",
        "/",
        "../secret.wav/..",
        "../secret.wav",
        "..\\secret.wav",
        ".hidden",
        "a\0b.wav",
        "x" * 5000,
        "weg.wav",
    ],
)
async def test_nothing_outside_the_folder_is_found(folder: Path, recording: str) -> None:
    (folder / ".hidden").write_bytes(b"hidden")
    assert await FolderRecordings({"telefoon": folder}).fetch("telefoon", recording) is None


async def test_links_folders_pipes_and_what_is_too_large_are_not_taken(folder: Path) -> None:
    (folder / "link.wav").symlink_to(folder.parent / "secret.wav")
    (folder / "folder.wav").mkdir()
    os.mkfifo(folder / "pipe.wav")
    (folder / "empty.wav").touch()
    with (folder / "long.wav").open("wb") as file:
        file.truncate(RECORDING_BYTES + 1)
    recordings = FolderRecordings({"telefoon": folder})
    for name in ("link.wav", "folder.wav", "pipe.wav", "empty.wav", "long.wav"):
        assert await recordings.fetch("telefoon", name) is None
