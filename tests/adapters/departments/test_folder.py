"""The folder: whole files, the JSON last, nothing outside the root."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from adapters.departments import folder
from adapters.departments.folder import FolderSystem
from inbox.configuration.model import FolderDestination
from inbox.errors import AnswerLost, DestinationRefused, DestinationUnavailable
from inbox.handover import HandoverKind

if TYPE_CHECKING:
    from tests.adapters.departments.conftest import Department, MakeHandover

STEM = "0b6c7a50-53a9-4a28-8ac0-7b5c1d6e2f11"

pytestmark = pytest.mark.asyncio


@pytest.fixture
def department(folder_department: Department) -> Department:
    return folder_department


@pytest.fixture
def folder_path(tmp_path: Path) -> Path:
    return tmp_path / "wegen"


def _make(path: Path) -> None:
    path.mkdir()


def _open_to_others(path: Path) -> list[Path]:
    return [found for found in (path, *path.iterdir()) if found.stat().st_mode & 0o007]


def _names(path: Path) -> list[str]:
    return sorted(found.name for found in path.iterdir())


async def test_the_json_names_the_original_beside_it(
    department: Department, original: bytes, folder_path: Path
) -> None:
    name = (await department.deliver()).remote_id

    content = json.loads((folder_path / name).read_text())
    assert (folder_path / content["original"]["file"]).read_bytes() == original
    assert content["original"]["file"] == f"{STEM}.eml"
    assert _names(folder_path) == [f"{STEM}.eml", f"{STEM}.json"]


async def test_what_is_there_is_found(department: Department, make_handover: MakeHandover) -> None:
    name = (await department.deliver()).remote_id

    found = await department.system.look_up(make_handover())

    assert found is not None
    assert found.remote_id == name
    assert await department.system.look_up(make_handover(kind=HandoverKind.withdrawal)) is None


async def test_a_second_delivery_writes_nothing(department: Department, folder_path: Path) -> None:
    path = folder_path / (await department.deliver()).remote_id
    before = (path.stat().st_ino, path.stat().st_mtime_ns)

    await department.deliver()

    assert (path.stat().st_ino, path.stat().st_mtime_ns) == before


async def test_other_content_under_the_same_name_is_not_overwritten(department: Department, folder_path: Path) -> None:
    path = folder_path / (await department.deliver()).remote_id
    path.write_text("changed by the department")

    with pytest.raises(DestinationRefused, match=path.name):
        await department.deliver()

    assert path.read_text() == "changed by the department"


async def test_a_withdrawal_stands_beside_what_it_withdraws(department: Department, folder_path: Path) -> None:
    await department.deliver()

    name = (await department.deliver(kind=HandoverKind.withdrawal, reason="elders")).remote_id

    assert name == f"{STEM}.withdrawn.json"
    assert json.loads((folder_path / name).read_text())["reason"] == "elders"
    assert len(_names(folder_path)) == 3


async def test_the_json_appears_after_the_original(department: Department, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    sync = folder._sync_folder

    def sync_and_see(path: Path) -> None:
        sync(path)
        seen.append([name for name in _names(path) if not name.startswith(".")])

    monkeypatch.setattr(folder, "_sync_folder", sync_and_see)

    await department.deliver()

    assert seen == [["wegen"], [f"{STEM}.eml"], [f"{STEM}.eml", f"{STEM}.json"]]


@pytest.mark.parametrize(("at_sync", "error"), [(2, DestinationUnavailable), (3, AnswerLost)])
async def test_a_crash_while_writing_is_repaired_by_the_next_attempt(
    at_sync: int,
    error: type[Exception],
    department: Department,
    folder_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    syncs = iter(range(1, 100))

    def sync(_: Path) -> None:
        if next(syncs) == at_sync:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(folder, "_sync_folder", sync)
    with pytest.raises(error, match=STEM):
        await department.deliver()

    await department.deliver()

    assert _names(folder_path) == [f"{STEM}.eml", f"{STEM}.json"]


async def test_a_full_disk_is_noticed_before_the_claim(
    department: Department, folder_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("adapters.departments.folder.os.fsync", no_space)
    _make(folder_path)

    with pytest.raises(DestinationUnavailable, match="No space left"):
        await department.deliver()

    assert department.claim.count == 0
    assert _names(folder_path) == []


async def test_hidden_files_of_a_dead_attempt_are_removed(department: Department, folder_path: Path) -> None:
    _make(folder_path)
    (folder_path / f".{STEM}.json.0123.part").write_text("half")
    (folder_path / ".other.json.0123.part").write_text("half")

    await department.deliver()

    assert _names(folder_path) == [".other.json.0123.part", f"{STEM}.eml", f"{STEM}.json"]


@pytest.mark.parametrize("path", ["../outside", "wegen/../../outside", "link"])
async def test_a_relative_path_cannot_leave_the_root(path: str, department: Department, tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (root / "link").symlink_to(outside)
    department.system = FolderSystem(root)

    with pytest.raises(DestinationRefused):
        await department.deliver(destination=_folder(path))

    assert _names(outside) == []


async def test_an_absolute_path_is_taken_as_it_is(department: Department, tmp_path: Path) -> None:
    await department.deliver(destination=_folder(str(tmp_path / "elders")))

    assert (tmp_path / "elders" / f"{STEM}.json").is_file()


@pytest.mark.parametrize("path", ["a/b", "file", "x" * 300, "loop"])
async def test_a_folder_that_cannot_be_made_is_unavailable(path: str, department: Department, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to(tmp_path / "loop")

    with pytest.raises(DestinationUnavailable, match=path):
        await department.deliver(destination=_folder(path))

    assert department.claim.count == 0
    with pytest.raises(DestinationUnavailable):
        await department.system.check(_folder(path))


@pytest.mark.parametrize("path", ["a\0b", "a\nb", "a\u202eb"])
async def test_a_nonsense_path_is_refused(path: str, department: Department) -> None:
    with pytest.raises(DestinationRefused):
        await department.deliver(destination=_folder(path))


@pytest.mark.parametrize(
    ("original_name", "ending"),
    [
        ("brief.PDF", ".pdf"),
        ("gesprek.json", ".original.json"),
        ("zonder", ".bin"),
        ("a.../../x", ".bin"),
        ("", ".bin"),
    ],
)
async def test_the_originals_name_keeps_only_its_extension(
    original_name: str, ending: str, department: Department, original: bytes, folder_path: Path
) -> None:
    await department.deliver(original_name=original_name)

    assert (folder_path / f"{STEM}{ending}").read_bytes() == original


@pytest.mark.parametrize("forward_id", ["../x", "", "a/b", ".hidden", "a" * 200])
async def test_a_forward_id_that_is_no_name_is_refused(forward_id: str, department: Department) -> None:
    with pytest.raises(DestinationRefused):
        await department.deliver(forward_id=forward_id)


async def test_nobody_else_may_read_the_files(department: Department, folder_path: Path) -> None:
    await department.deliver()

    assert _open_to_others(folder_path) == []


def _folder(path: str) -> FolderDestination:
    return FolderDestination(kind="folder", path=path)
