"""A folder of pages, a file for each, is one delivery and moves as one: the same on disk and over SFTP."""

from __future__ import annotations

import io
import os
from zipfile import ZipFile

import pytest

from adapters.post.series import _by_number
from inbox.errors import SourceUnreachable
from inbox.ports import Connection
from tests.scan_folder import ScanFolder, contents, whole


def put(place: ScanFolder, folder: str, *names: str, age_seconds: float = 60) -> None:
    """Write pages whose content is their name."""
    (place.folder / folder).mkdir(exist_ok=True)
    for name in names:
        place.put(f"{folder}/{name}", name.encode(), age_seconds)


def only(connection: Connection) -> str:
    [where] = connection.look().positions
    return where


def files_in(zipped: bytes) -> dict[str, bytes]:
    with ZipFile(io.BytesIO(zipped)) as archive:
        assert archive.testzip() is None
        return {info.filename: archive.read(info) for info in archive.infolist()}


def test_a_folder_is_one_delivery_with_its_pages_in_order(place: ScanFolder) -> None:
    put(place, "Jansen bezwaar", "p10.JPG", "p9.jpg", "p1.jpg", "Thumbs.db", "scan.xml")
    with place.opened(series=True) as connection:
        taken = whole(connection, only(connection))
    # Without a name that could be a person's.
    assert files_in(taken) == {
        "0001.jpg": b"p1.jpg",
        "0002.jpg": b"p9.jpg",
        "0003.jpg": b"p10.JPG",
        "0004.xml": b"scan.xml",
    }
    assert b"Jansen" not in taken


def test_it_moves_whole_and_beside_one_of_the_same_name(place: ScanFolder) -> None:
    with place.opened(series=True) as connection:
        for number in range(2):
            put(place, "batch", f"{number}.png", "2.png")
            connection.confirm(only(connection))
            assert connection.look().positions == ()
    done = place.folder / "processed"
    assert contents(done / "batch") == {"0.png": b"0.png", "2.png": b"2.png"}
    assert contents(done / "batch (2)") == {"1.png": b"1.png", "2.png": b"2.png"}
    assert sorted(path.name for path in place.folder.iterdir()) == ["processed"]


def test_the_same_pages_are_one_delivery_whatever_the_folder_is_called(place: ScanFolder) -> None:
    put(place, "een", "1.jpg", "2.jpg")
    put(place, "twee", "1.jpg", "2.jpg")
    with place.opened(series=True) as connection:
        where = only(connection)
        connection.confirm(where)
        assert connection.look().positions == ()
        put(place, "drie", "1.jpg", "2.jpg")
        assert only(connection) == where
    assert len(list((place.folder / "processed").iterdir())) == 2


def test_files_beside_it_go_their_own_way(place: ScanFolder) -> None:
    put(place, "batch", "1.jpg")
    place.put("brief.pdf", b"een")
    with place.opened(series=True) as connection:
        first, second = connection.look().positions
        assert {whole(connection, where)[:3] for where in (first, second)} == {b"een", b"PK\x03"}
        connection.confirm(first)
        connection.confirm(second)
    assert place.processed() == {"brief.pdf": b"een"}


def test_without_the_setting_folders_are_left_alone(place: ScanFolder) -> None:
    put(place, "batch", "1.jpg")
    with place.opened() as connection:
        assert connection.look().positions == ()


@pytest.mark.parametrize("name", ["3.jpg.part", ".3.jpg", "3.tmp"])
def test_a_page_on_its_way_holds_the_whole_folder_back(place: ScanFolder, name: str) -> None:
    put(place, "batch", "1.jpg", "2.jpg", name)
    with place.opened(series=True) as connection:
        assert connection.look().positions == ()
        (place.folder / "batch" / name).rename(place.folder / "batch" / "3.jpg")
        assert len(files_in(whole(connection, only(connection)))) == 3


def test_it_waits_until_its_last_page_is_old_enough(place: ScanFolder) -> None:
    put(place, "batch", "1.jpg")
    put(place, "batch", "2.jpg", age_seconds=0)
    with place.opened(series=True, stable_seconds=2) as connection:
        assert connection.look().positions == ()
        connection.wait(20)
        only(connection)


def test_folders_in_folders_hidden_empty_and_linked_ones_are_none(place: ScanFolder) -> None:
    put(place, "diep", "1.jpg")
    put(place, "diep/dieper", "1.jpg")
    put(place, ".verborgen", "1.jpg")
    (place.folder / "leeg").mkdir()
    elsewhere = place.folder.parent / "elders"
    elsewhere.mkdir(exist_ok=True)
    (elsewhere / "1.jpg").write_bytes(b"geheim")
    (place.folder / "verwijzing").symlink_to(elsewhere)
    (place.folder / "diep" / "2.jpg").symlink_to(elsewhere / "1.jpg")
    with place.opened(series=True) as connection:
        assert connection.look().positions == ()


@pytest.mark.parametrize("processed", ["klaar", "{folder}/klaar"])
def test_the_processed_folder_is_no_series(place: ScanFolder, processed: str) -> None:
    put(place, "batch", "1.jpg")
    place.put("los.jpg", b"los")
    with place.opened(series=True, processed_folder=processed.format(folder=place.folder)) as connection:
        for where in connection.look().positions:
            connection.confirm(where)
        assert connection.look().positions == ()
    assert sorted(path.name for path in (place.folder / "klaar").iterdir()) == ["batch", "los.jpg"]


def test_a_page_that_comes_after_the_look_is_never_moved_unread(place: ScanFolder) -> None:
    put(place, "batch", "1.jpg")
    with place.opened(series=True) as connection:
        where = only(connection)
        whole(connection, where)
        put(place, "batch", "2.jpg")
        connection.confirm(where)
        assert contents(place.folder / "batch") == {"1.jpg": b"1.jpg", "2.jpg": b"2.jpg"}
        again = only(connection)
        assert again != where
        assert len(files_in(whole(connection, again))) == 2


def test_a_page_that_changes_while_it_is_fetched_is_not_kept(place: ScanFolder) -> None:
    put(place, "batch", "1.jpg", "2.jpg")
    with place.opened(series=True) as connection:
        fetched = connection.fetch(only(connection))
        assert fetched is not None
        chunks = fetched.chunks
        next(iter(chunks))
        (place.folder / "batch" / "2.jpg").write_bytes(b"anders")
        with pytest.raises(SourceUnreachable):
            list(chunks)


def test_who_observes_moves_nothing(place: ScanFolder) -> None:
    put(place, "batch", "1.jpg")
    with place.opened(series=True, observes=True) as connection:
        where = only(connection)
        connection.confirm(where)
        assert only(connection) == where


def test_a_killed_move_leaves_no_page_behind(on_disk: ScanFolder) -> None:
    """It is one rename, over an empty folder that only holds the name: before it nothing has moved, after it all has."""
    put(on_disk, "batch", "1.jpg", "2.jpg")
    (on_disk.folder / "processed" / "batch").mkdir(parents=True)
    with on_disk.opened(series=True) as connection:
        connection.confirm(only(connection))
        assert connection.look().positions == ()
    assert contents(on_disk.folder / "processed" / "batch (2)") == {"1.jpg": b"1.jpg", "2.jpg": b"2.jpg"}


def test_pages_are_ordered_as_people_count() -> None:
    names = ["p10.jpg", "p9.jpg", "P1.jpg", "p02.jpg", "a.jpg", "2.jpg", "²3.jpg"]
    assert max(names, key=_by_number) == "²3.jpg"
    assert [name for name in sorted(names, key=_by_number) if name.lower().startswith("p")] == [
        "P1.jpg", "p02.jpg", "p9.jpg", "p10.jpg",
    ]  # fmt: skip


def test_large_pages_come_in_pieces(on_disk: ScanFolder) -> None:
    content = os.urandom(3_500_000)
    (on_disk.folder / "batch").mkdir()
    on_disk.put("batch/1.tif", content)
    on_disk.put("batch/2.tif", content[::-1])
    with on_disk.opened(series=True) as connection:
        fetched = connection.fetch(only(connection))
        assert fetched is not None
        pieces = list(fetched.chunks)
    assert max(map(len, pieces)) <= 1 << 20
    assert files_in(b"".join(pieces)) == {"0001.tif": content, "0002.tif": content[::-1]}
