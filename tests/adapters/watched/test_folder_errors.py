"""A scan folder on disk in trouble: every error names the setting and the path, and no file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from adapters.watched.disk import DiskFiles
from adapters.watched.files import Place
from inbox.errors import FolderMissing, SettingsInvalid, SourceUnreachable
from tests.scan_folder import ScanFolder, as_somebody, position, whole


def test_a_missing_folder_is_named_with_its_setting(on_disk: ScanFolder) -> None:
    on_disk.folder.rmdir()
    with pytest.raises(FolderMissing, match=r"setting `folder`\) is not there") as raised:
        on_disk.source().open()
    assert str(on_disk.folder) in raised.value.detail


def test_a_file_where_the_folder_should_be_is_no_folder(on_disk: ScanFolder) -> None:
    file = on_disk.put("bestand", b"")
    with pytest.raises(FolderMissing):
        on_disk.source(folder=str(file)).open()


def test_a_folder_that_goes_away_is_missing_at_the_next_look(on_disk: ScanFolder) -> None:
    with on_disk.opened() as connection:
        connection.look()
        on_disk.folder.rmdir()
        with pytest.raises(FolderMissing):
            connection.look()


def test_a_folder_that_may_not_be_read_is_told(on_disk: ScanFolder) -> None:
    on_disk.folder.chmod(0o300)
    with as_somebody(), pytest.raises(SourceUnreachable, match="may not be read"):
        on_disk.source().open()


def test_from_a_folder_that_may_only_be_read_everything_is_fetched_and_nothing_moved(on_disk: ScanFolder) -> None:
    on_disk.put("PERSOONSNAAM.pdf", b"brief")
    on_disk.folder.chmod(0o555)
    with as_somebody(), on_disk.opened() as connection:
        connection.look()
        assert whole(connection, position(b"brief")) == b"brief"
        with pytest.raises(FolderMissing, match="`processed_folder`") as raised:
            connection.confirm(position(b"brief"))
        assert connection.look().positions == (position(b"brief"),)
    assert "PERSOONSNAAM" not in raised.value.detail
    on_disk.folder.chmod(0o755)


def test_a_file_that_may_not_be_read_does_not_stand_in_the_way_of_others(on_disk: ScanFolder) -> None:
    on_disk.put("dicht PERSOONSNAAM.pdf", b"dicht").chmod(0)
    open_one = on_disk.put("open.pdf", b"open")
    with on_disk.opened() as connection:
        with as_somebody():
            assert connection.look().positions == (position(b"open"),)
        open_one.unlink()
        with as_somebody(), pytest.raises(SourceUnreachable, match="1 files in it cannot be read") as raised:
            connection.look()
    assert "PERSOONSNAAM" not in raised.value.detail


def test_a_processed_folder_on_another_file_system_is_refused_at_once(on_disk: ScanFolder) -> None:
    other = Path("/dev/shm")
    if not other.is_dir() or other.stat().st_dev == on_disk.folder.stat().st_dev:
        pytest.fail("this test needs a second file system at /dev/shm")
    with pytest.raises(SettingsInvalid, match=r"`processed_folder`.*another file system"):
        on_disk.source(processed_folder=str(other / "inbox-gateway-klaar")).open()
    on_disk.source(processed_folder=str(other / "inbox-gateway-klaar"), observes=True).open().close()


def test_a_processed_folder_that_is_a_link_is_not_followed(on_disk: ScanFolder) -> None:
    elsewhere = on_disk.folder.parent / "elders"
    elsewhere.mkdir()
    (on_disk.folder / "processed").symlink_to(elsewhere)
    on_disk.put("brief.pdf", b"brief")
    with on_disk.opened() as connection:
        connection.look()
        with pytest.raises(FolderMissing, match="setting `processed_folder`"):
            connection.confirm(position(b"brief"))
    assert list(elsewhere.iterdir()) == []
    assert on_disk.scans() == {"brief.pdf": b"brief"}


def test_a_processed_folder_below_a_missing_one_is_not_made(on_disk: ScanFolder) -> None:
    with pytest.raises(FolderMissing, match="setting `processed_folder`"):
        on_disk.source(processed_folder=str(on_disk.folder.parent / "weg" / "klaar")).open()


def test_a_move_that_fails_leaves_no_trace(on_disk: ScanFolder) -> None:
    files = DiskFiles("post", on_disk.source()._settings)  # type: ignore[attr-defined]
    files.rename("nooit.pdf", Place.incoming, "nooit.pdf", Place.processed)
    assert on_disk.processed() == {}


def test_a_folder_whose_name_is_no_utf_8_can_be_read(on_disk: ScanFolder) -> None:
    odd = ScanFolder(on_disk.folder.parent / os.fsdecode(b"\xff"))
    odd.put("brief.pdf", b"brief")
    with odd.opened(folder=odd.folder) as connection:
        connection.look()
        connection.wait(0.1)
        connection.confirm(position(b"brief"))
    assert odd.processed() == {"brief.pdf": b"brief"}


def test_an_ended_connection_says_so(on_disk: ScanFolder) -> None:
    connection = on_disk.source().open()
    connection.close()
    connection.close()
    with pytest.raises(SourceUnreachable, match="has ended"):
        connection.look()
