"""What becomes of a file that is kept: the same on disk and over SFTP."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.watched.disk import DiskFiles
from adapters.watched.files import Moved, Place
from adapters.watched.moving import free_number, move_away, numbered
from adapters.watched.settings import FolderSettings
from tests.scan_folder import ScanFolder, contents, position


def test_a_kept_file_is_moved_under_its_own_name(place: ScanFolder) -> None:
    place.put("brief.pdf", b"een")
    place.put("ander.pdf", b"twee")
    with place.opened() as connection:
        connection.look()
        connection.confirm(position(b"een"))
        assert connection.look().positions == (position(b"twee"),)
    assert place.processed() == {"brief.pdf": b"een"}
    assert place.scans() == {"ander.pdf": b"twee"}


def test_confirming_twice_is_safe(place: ScanFolder) -> None:
    place.put("brief.pdf", b"een")
    with place.opened() as connection:
        connection.look()
        for _ in range(3):
            connection.confirm(position(b"een"))
    assert place.processed() == {"brief.pdf": b"een"}


def test_a_name_that_is_taken_gets_a_number(place: ScanFolder) -> None:
    with place.opened() as connection:
        for number in range(4):
            place.put("scan.pdf", b"%d" % number)
            connection.look()
            connection.confirm(position(b"%d" % number))
    assert place.processed() == {
        "scan.pdf": b"0",
        "scan (2).pdf": b"1",
        "scan (3).pdf": b"2",
        "scan (4).pdf": b"3",
    }


def test_who_observes_moves_and_makes_nothing(place: ScanFolder) -> None:
    place.put("brief.pdf", b"een")
    before = place.folder.stat().st_mtime_ns
    with place.opened(observes=True) as connection:
        connection.look()
        connection.confirm(position(b"een"))
        assert connection.look().positions == (position(b"een"),)
    assert place.folder.stat().st_mtime_ns == before
    assert list(place.folder.iterdir()) == [place.folder / "brief.pdf"]


def test_a_file_that_changed_after_it_was_kept_is_not_moved(place: ScanFolder) -> None:
    place.put("brief.pdf", b"versie een", age_seconds=60)
    with place.opened() as connection:
        connection.look()
        place.put("brief.pdf", b"versie twee", age_seconds=30)
        connection.confirm(position(b"versie een"))
        assert connection.look().positions == (position(b"versie twee"),)
    assert place.processed() == {}


def test_kept_files_can_go_to_a_folder_elsewhere(place: ScanFolder) -> None:
    elsewhere = place.folder.parent / "klaar"
    place.put("brief.pdf", b"een")
    with place.opened(processed_folder=str(elsewhere)) as connection:
        connection.look()
        connection.confirm(position(b"een"))
    assert contents(elsewhere) == {"brief.pdf": b"een"}
    assert place.scans() == {}


def test_two_readers_at_once_move_each_file_once_and_lose_none(place: ScanFolder) -> None:
    wanted = {b"%d" % number for number in range(30)}
    for content in wanted:
        place.put(f"scan {content.decode()}.pdf", content)

    def read(_: int) -> None:
        with place.opened() as connection:
            for where in connection.look().positions:
                connection.confirm(where)

    with ThreadPoolExecutor(3) as threads:
        list(threads.map(read, range(3)))
    assert set(place.processed().values()) == wanted
    assert len(place.processed()) == len(wanted)
    assert place.scans() == {}


def test_a_crash_before_the_move_leaves_the_file_to_be_moved_by_the_next(place: ScanFolder) -> None:
    place.put("brief.pdf", b"een")
    with place.opened() as connection:
        connection.look()
    with place.opened() as connection:
        assert connection.look().positions == (position(b"een"),)
        connection.confirm(position(b"een"))
    assert place.processed() == {"brief.pdf": b"een"}


@given(st.integers(1, 100_000))
def test_a_free_number_is_found_in_few_questions(first_free: int) -> None:
    asked = []

    def is_taken(number: int) -> bool:
        asked.append(number)
        return number < first_free

    assert free_number(is_taken) == first_free
    assert len(asked) <= 40


@given(st.binary(min_size=1, max_size=255).map(os.fsdecode), st.integers(2, 10**6))
def test_a_numbered_name_is_no_longer_than_a_file_can_be_called(name: str, number: int) -> None:
    made = numbered(name, number)
    assert len(os.fsencode(made)) <= max(120, len(os.fsencode(name)))
    assert f" ({number})" in made
    assert ("/" in made) == ("/" in name)


@pytest.mark.parametrize(
    ("name", "second"),
    [("a.pdf", "a (2).pdf"), ("a", "a (2)"), ("a.b.tif", "a.b (2).tif"), ("a." + "b" * 30, "a." + "b" * 30 + " (2)")],
)
def test_the_number_stands_before_the_ending(name: str, second: str) -> None:
    assert (numbered(name, 1), numbered(name, 2)) == (name, second)


def test_another_file_that_slips_in_right_before_the_move_is_put_back(on_disk: ScanFolder) -> None:
    on_disk.put("brief.pdf", b"gehouden")

    class Swapping(DiskFiles):
        """The scanner writes its next file over this one at the worst moment."""

        def rename(self, name: str, place: Place, new_name: str, new_place: Place) -> Moved:
            if place is Place.incoming:
                on_disk.put("brief.pdf", b"nieuw", age_seconds=10)
            return super().rename(name, place, new_name, new_place)

    files = Swapping("post", FolderSettings(folder=on_disk.folder))
    [entry] = files.listed()
    move_away(files, entry)
    assert on_disk.scans() == {"brief.pdf": b"nieuw"}
    assert on_disk.processed() == {}
