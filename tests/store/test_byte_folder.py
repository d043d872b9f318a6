"""The byte folder: after `put` returns a power cut changes nothing, before that it leaves nothing (invariant 1)."""

from __future__ import annotations

import asyncio
import errno
import fcntl
import hashlib
import os
import stat
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

import store.byte_file
from inbox.errors import BytesMissing, SettingsInvalid, StoreUnavailable
from inbox.ports import Stored
from store.byte_folder import ByteFolder

ID = "abcdef00-0000-0000-0000-000000000001"
AB = ("ab", "ac")


async def pieces(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


def digest_and_size(content: bytes) -> Stored:
    return Stored(hashlib.sha256(content).hexdigest(), len(content))


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
    fsync, link = os.fsync, os.link

    def recording_fsync(descriptor: int) -> None:
        is_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        name = Path(f"/proc/self/fd/{descriptor}").readlink().name
        recorded.step(f"fsync {'folder' if is_folder else 'file'} {name[:6]}")
        fsync(descriptor)

    def recording_link(path: Path, target: Path) -> None:
        recorded.step("link")
        link(path, target)

    monkeypatch.setattr(os, "fsync", recording_fsync)
    monkeypatch.setattr(os, "link", recording_link)
    return recorded


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(store.byte_file, "_MADE_DURABLE", set())
    made = tmp_path / "bytes"
    made.mkdir()
    return made


async def test_the_file_is_synced_then_named_then_its_folder_is_synced(root: Path, disk: Disk) -> None:
    await ByteFolder(root).put(ID, pieces(b"een", b"twee"))
    assert disk.steps[-3:] == ["fsync file .abcde", "link", "fsync folder ab"]


async def test_a_new_folder_is_synced_into_its_parent_before_anything_stands_in_it(root: Path, disk: Disk) -> None:
    await ByteFolder(root).put(ID, pieces(b"een"))
    assert disk.steps[0] == "fsync folder bytes"
    assert (root / "ab" / ID).read_bytes() == b"een"


@pytest.mark.parametrize("step", ["fsync folder bytes", "fsync file .abcde", "link", "fsync folder ab"])
async def test_a_power_cut_between_two_steps_leaves_nothing_or_the_whole(root: Path, disk: Disk, step: str) -> None:
    disk.fails_at = step
    folder = ByteFolder(root)
    with pytest.raises(PowerCut):
        await folder.put(ID, pieces(b"een", b"twee"))
    assert disk.steps[-1] == step
    assert await folder.size(ID) in {None, 7}


@pytest.mark.parametrize("step", ["fsync folder bytes", "fsync file .abcde", "link"])
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
    disk.fails_at, disk.error = "link", OSError(errno.EIO, "Input/output error")
    with pytest.raises(StoreUnavailable):
        await folder.put(ID, pieces(b"twee"))
    assert await folder.get(ID) == b"een"
    assert files(root) == [f"ab/{ID}"]


async def test_a_repeat_after_a_power_cut_is_whole_beside_what_was_left(root: Path, disk: Disk) -> None:
    (root / "ab").mkdir()
    (root / "ab" / f".{ID}.left-behind").write_bytes(b"ee")
    folder = ByteFolder(root)
    await folder.put(ID, pieces(b"een"))
    assert await folder.get(ID) == b"een"
    assert "fsync folder bytes" in disk.steps  # the process that made these folders may have died before it synced


async def test_an_unreadable_file_is_trouble_with_the_store_not_a_missing_delivery(root: Path) -> None:
    (root / "ab" / ID).mkdir(parents=True)
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


NO_HARD_LINKS = [errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EMLINK]


async def test_a_name_that_stands_there_keeps_its_bytes_and_is_made_durable(root: Path, disk: Disk) -> None:
    """Whoever gave it the name may not have come as far as its fsyncs."""
    (root / "ab").mkdir()
    (root / "ab" / ID).write_bytes(b"een")
    assert await ByteFolder(root).put(ID, pieces(b"een ander")) == digest_and_size(b"een")
    assert disk.steps[-3:] == ["link", "fsync file abcdef", "fsync folder ab"]
    assert files(root) == [f"ab/{ID}"]


@pytest.mark.parametrize("code", NO_HARD_LINKS)
async def test_without_hard_links_the_first_still_stays(root: Path, disk: Disk, code: int) -> None:
    disk.fails_at, disk.error = "link", OSError(code, os.strerror(code))
    folder = ByteFolder(root)
    assert await folder.put(ID, pieces(b"een")) == digest_and_size(b"een")
    assert await folder.put(ID, pieces(b"een ander")) == digest_and_size(b"een")
    assert files(root) == [f"ab/{ID}"]


@pytest.mark.parametrize("locks", [True, False])
async def test_without_hard_links_one_at_a_time_looks_and_renames(
    root: Path, monkeypatch: pytest.MonkeyPatch, locks: bool
) -> None:
    inside, most, lock = 0, 0, fcntl.flock
    rename = Path.rename

    def no_link(*_: Any) -> None:
        raise OSError(errno.EPERM, "no hard links here")

    def slow_rename(path: Path, target: Path) -> Path:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        time.sleep(0.05)  # the others are at the door meanwhile
        inside -= 1
        return rename(path, target)

    def no_lock(*_: Any) -> None:
        raise OSError(errno.ENOLCK, "no locks here")

    monkeypatch.setattr(os, "link", no_link)
    monkeypatch.setattr(Path, "rename", slow_rename)
    monkeypatch.setattr(fcntl, "flock", lock if locks else no_lock)
    folder = ByteFolder(root)
    told = await asyncio.gather(*(folder.put(ID, pieces(f"poging {number}".encode())) for number in range(6)))
    if locks:
        assert most == 1
        assert set(told) == {digest_and_size(await folder.get(ID))}
    assert files(root) == [f"ab/{ID}"]


async def test_a_batch_syncs_every_file_before_any_name_and_each_folder_once(root: Path, disk: Disk) -> None:
    contents = {f"{first}cdef00-0000-0000-0000-00000000000{number}": b"een" for number in range(4) for first in AB}
    await ByteFolder(root).put_all(contents)
    kinds = [step.rpartition(" ")[0] or step for step in disk.steps if step != "fsync folder bytes"]
    assert kinds == ["fsync file"] * 8 + ["link"] * 8 + ["fsync folder"] * 2
    assert disk.steps[-2:] == ["fsync folder ab", "fsync folder ac"]
    assert len(files(root)) == 8


@pytest.mark.parametrize("step", ["fsync folder bytes", "fsync file .abcde", "link", "fsync folder ac"])
async def test_a_batch_that_fails_leaves_whole_files_only_and_the_repeat_is_whole(
    root: Path, disk: Disk, step: str
) -> None:
    contents = {ID: b"een", ID.replace("ab", "ac", 1): b"twee"}
    folder = ByteFolder(root)
    disk.fails_at, disk.error = step, OSError(errno.ENOSPC, "No space left on device")
    with pytest.raises(StoreUnavailable, match="No space left"):
        await folder.put_all(contents)
    sizes = await folder.sizes(list(contents))
    assert all(sizes[name] in {None, len(content)} for name, content in contents.items())
    assert not [name for name in files(root) if "/." in name]
    disk.fails_at = ""
    assert await folder.put_all(contents) == {name: digest_and_size(content) for name, content in contents.items()}


async def test_a_repair_is_synced_before_it_takes_the_place_of_what_is_damaged(root: Path, disk: Disk) -> None:
    folder = ByteFolder(root)
    await folder.put(ID, pieces(b"een"))
    (root / "ab" / ID).write_bytes(b"e")
    disk.steps.clear()
    assert await folder.repair(ID, pieces(b"een"), digest_and_size(b"een")[0])
    assert disk.steps == ["fsync file .abcde", "fsync folder ab"]
    assert files(root) == [f"ab/{ID}"]


async def test_a_folder_that_somebody_took_away_is_made_again(root: Path) -> None:
    folder = ByteFolder(root)
    await folder.put(ID, pieces(b"een"))
    (root / "ab" / ID).unlink()
    (root / "ab").rmdir()
    await folder.put(ID, pieces(b"een"))
    assert await folder.get(ID) == b"een"
