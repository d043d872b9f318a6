"""The byte folder: after `put` returns a power cut changes nothing, before that it leaves nothing (invariant 1)."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

import store.byte_folder
from inbox.errors import BytesMissing, SettingsInvalid, StoreUnavailable
from store.byte_folder import ByteFolder

ID = "abcdef00-0000-0000-0000-000000000001"


async def pieces(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def files(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


class PowerCut(BaseException):
    """The machine is gone: nothing after this happens."""


class Disk:
    """What is asked of the disk, in order; it may fail at one step."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.fails_at = ""
        self.error: BaseException = PowerCut()

    def step(self, name: str) -> None:
        self.steps.append(name)
        if name == self.fails_at:
            raise self.error


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    """Give a disk under the byte folder that writes down what it is asked."""
    recorded = Disk()
    fsync, rename = os.fsync, Path.rename

    def recording_fsync(descriptor: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        name = Path(f"/proc/self/fd/{descriptor}").readlink().name
        recorded.step(f"fsync {'folder' if is_folder else 'file'} {name[:6]}")
        fsync(descriptor)

    def recording_rename(path: Path, target: Path) -> Path:
        recorded.step("rename")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", recording_fsync)
    monkeypatch.setattr(Path, "rename", recording_rename)
    return recorded


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(store.byte_folder, "_MADE_DURABLE", set())
    made = tmp_path / "bytes"
    made.mkdir()
    return made


async def test_the_file_is_synced_then_named_then_its_folder_is_synced(root: Path, disk: Disk) -> None:
    await ByteFolder(root).put(ID, pieces(b"een", b"twee"))
    assert disk.steps[-3:] == ["fsync file .abcde", "rename", "fsync folder cd"]


async def test_a_new_folder_is_synced_into_its_parents_before_anything_stands_in_it(root: Path, disk: Disk) -> None:
    await ByteFolder(root).put(ID, pieces(b"een"))
    assert sorted(disk.steps[:2]) == ["fsync folder ab", "fsync folder bytes"]
    assert (root / "ab" / "cd" / ID).read_bytes() == b"een"


@pytest.mark.parametrize(
    "step", ["fsync folder bytes", "fsync folder ab", "fsync file .abcde", "rename", "fsync folder cd"]
)
async def test_a_power_cut_between_two_steps_leaves_nothing_or_the_whole(root: Path, disk: Disk, step: str) -> None:
    disk.fails_at = step
    folder = ByteFolder(root)
    with pytest.raises(PowerCut):
        await folder.put(ID, pieces(b"een", b"twee"))
    assert disk.steps[-1] == step
    assert await folder.size(ID) in {None, 7}


@pytest.mark.parametrize("step", ["fsync folder bytes", "fsync file .abcde", "rename"])
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EDQUOT])
async def test_a_full_or_broken_disk_is_told_and_leaves_no_temporary_file(
    root: Path, disk: Disk, step: str, code: int
) -> None:
    disk.fails_at, disk.error = step, OSError(code, os.strerror(code))
    with pytest.raises(StoreUnavailable, match="bytes_folder"):
        await ByteFolder(root).put(ID, pieces(b"een", b"twee"))
    assert files(root) == []


@pytest.mark.parametrize("at", [0, 1, 5])
async def test_a_disk_that_fills_up_while_it_is_written_is_told_and_leaves_nothing(
    root: Path, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Path.open

    def open_small(path: Path, mode: str = "r", **options: Any) -> Any:
        file = opened(path, mode, buffering=0, **options) if "b" in mode else opened(path, mode, **options)
        return Small(file, at) if "x" in mode else file

    class Small:
        """A file with room for a few pieces."""

        def __init__(self, file: Any, room: int) -> None:
            self._file, self._room = file, room

        def write(self, chunk: bytes) -> int:
            if self._room == 0:
                raise OSError(errno.ENOSPC, "No space left on device")
            self._room -= 1
            return int(self._file.write(chunk))

        def __getattr__(self, name: str) -> Any:
            return getattr(self._file, name)

    monkeypatch.setattr(Path, "open", open_small)
    with pytest.raises(StoreUnavailable, match="No space left"):
        await ByteFolder(root).put(ID, pieces(*[b"x" * 1000] * 6))
    assert files(root) == []


async def test_a_failed_second_put_leaves_the_first_whole(root: Path, disk: Disk) -> None:
    folder = ByteFolder(root)
    await folder.put(ID, pieces(b"een"))
    disk.fails_at, disk.error = "rename", OSError(errno.EIO, "Input/output error")
    with pytest.raises(StoreUnavailable):
        await folder.put(ID, pieces(b"twee"))
    assert await folder.get(ID) == b"een"
    assert files(root) == [f"ab/cd/{ID}"]


async def test_a_repeat_after_a_power_cut_is_whole_beside_what_was_left(root: Path, disk: Disk) -> None:
    (root / "ab" / "cd").mkdir(parents=True)
    (root / "ab" / "cd" / f".{ID}.left-behind").write_bytes(b"ee")
    folder = ByteFolder(root)
    await folder.put(ID, pieces(b"een"))
    assert await folder.get(ID) == b"een"
    assert "fsync folder bytes" in disk.steps  # the process that made these folders may have died before it synced


async def test_an_unreadable_file_is_trouble_with_the_store_not_a_missing_delivery(root: Path) -> None:
    (root / "ab" / "cd" / ID).mkdir(parents=True)
    with pytest.raises(StoreUnavailable, match="bytes_folder"):
        await ByteFolder(root).get(ID)
    with pytest.raises(BytesMissing, match="fedcba"):
        await ByteFolder(root).get(ID.replace("abcdef", "fedcba"))


@pytest.mark.parametrize("work", [lambda folder: folder.check(), lambda folder: folder.mark("een", may_be_new=True)])
async def test_a_root_that_cannot_be_a_folder_names_the_setting(tmp_path: Path, work: Callable[[Any], Any]) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SettingsInvalid, match="bytes_folder"):
        await work(ByteFolder(tmp_path / "file" / "bytes"))


async def test_a_mark_that_was_made_and_never_written_is_written_by_the_next_start(root: Path, disk: Disk) -> None:
    disk.fails_at = "fsync file .inbox"
    with pytest.raises(PowerCut):
        await ByteFolder(root).mark("een", may_be_new=True)
    (root / ".inbox-gateway-bytes").write_bytes(b"")  # what a journal may leave of it
    disk.fails_at = ""
    assert await ByteFolder(root).mark("een", may_be_new=True) == "een"
    assert await ByteFolder(root).mark("twee", may_be_new=True) == "een"


async def test_a_mark_is_durable_when_it_is_told(root: Path, disk: Disk) -> None:
    await ByteFolder(root).mark("een", may_be_new=True)
    assert disk.steps == ["fsync file .inbox", "fsync folder bytes"]


async def test_a_check_leaves_nothing_behind(root: Path) -> None:
    await ByteFolder(root).check()
    assert files(root) == []
