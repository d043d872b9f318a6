"""Looking into a scan folder and fetching from it: the same on disk and over SFTP."""

from __future__ import annotations

import os
import random
import threading
from datetime import UTC, datetime, timedelta

import pytest

from inbox.errors import SourceUnreachable
from tests.scan_folder import ScanFolder, position, whole

MIB = 1024 * 1024


def test_a_look_shows_every_file_by_its_content_oldest_first(place: ScanFolder) -> None:
    for number in (3, 1, 2):
        place.put(f"scan {number}.pdf", b"%d" % number, age_seconds=100 - number)
    place.put("a.pdf", b"even oud", age_seconds=98)
    with place.opened() as connection:
        sighting = connection.look()
    assert sighting.key_space == "post"
    assert sighting.positions == tuple(map(position, (b"1", b"even oud", b"2", b"3")))


def test_an_empty_folder_shows_nothing(place: ScanFolder) -> None:
    with place.opened() as connection:
        assert connection.look().positions == ()


def test_the_same_content_twice_is_one_delivery(place: ScanFolder) -> None:
    place.put("een.pdf", b"brief", age_seconds=50)
    place.put("twee.pdf", b"brief", age_seconds=90)
    with place.opened() as connection:
        assert connection.look().positions == (position(b"brief"),)
        connection.confirm(position(b"brief"))
        assert connection.look().positions == ()
    assert set(place.processed()) == {"een.pdf", "twee.pdf"}


def test_a_large_file_comes_in_pieces_and_byte_identical_and_stays(place: ScanFolder) -> None:
    content = random.Random(7).randbytes(5 * MIB + 17)
    place.put("groot.tif", content)
    with place.opened() as connection:
        [where] = connection.look().positions
        fetched = connection.fetch(where)
        assert fetched is not None
        chunks = list(fetched.chunks)
    assert b"".join(chunks) == content
    assert max(map(len, chunks)) <= MIB
    assert place.scans() == {"groot.tif": content}


@pytest.mark.parametrize("size_bytes", [0, 1, 32 * 1024, MIB - 1, MIB, MIB + 1])
def test_a_file_at_the_edge_of_a_piece_loses_no_byte(place: ScanFolder, size_bytes: int) -> None:
    content = random.Random(7).randbytes(size_bytes)
    place.put("precies.pdf", content)
    with place.opened() as connection:
        assert connection.look().positions == (position(content),)
        assert whole(connection, position(content)) == content


def test_it_was_received_when_it_was_written(place: ScanFolder) -> None:
    place.put("oud.pdf", b"oud", age_seconds=3 * 86400)
    with place.opened() as connection:
        connection.look()
        fetched = connection.fetch(position(b"oud"))
    assert fetched is not None
    assert fetched.source_received_at is not None
    assert fetched.source_received_at.tzinfo is UTC
    age = datetime.now(UTC) - fetched.source_received_at
    assert abs(age - timedelta(days=3)) < timedelta(minutes=1)


def test_what_is_no_finished_scan_is_left_alone(place: ScanFolder) -> None:
    outside = place.folder.parent / "geheim.pdf"
    outside.write_bytes(b"van een ander")
    (place.folder / "link.pdf").symlink_to(outside)
    (place.folder / "weg.pdf").symlink_to(place.folder / "nergens")
    (place.folder / "map.pdf").mkdir()
    os.mkfifo(place.folder / "pijp.pdf")
    for name in (".verborgen.pdf", "half.pdf.TMP", "half.part", "half.filepart"):
        place.put(name, b"half")
    before = sorted(place.folder.iterdir())
    with place.opened() as connection:
        assert connection.look().positions == ()
        connection.confirm(position(b"van een ander"))
        connection.confirm(position(b"half"))
    assert sorted(place.folder.iterdir()) == before
    assert outside.read_bytes() == b"van een ander"


def test_other_endings_can_be_named(place: ScanFolder) -> None:
    place.put("een.bezig", b"een")
    place.put("twee.tmp", b"twee")
    with place.opened(ignored_suffixes=[".bezig"]) as connection:
        assert connection.look().positions == (position(b"twee"),)


def test_a_file_is_read_once_to_know_it_also_over_another_connection(place: ScanFolder) -> None:
    place.put("groot.pdf", bytes(4 * MIB))
    source = place.source()
    moved = []
    for _ in range(2):
        connection = source.open()
        connection.look()
        moved.append(connection.moved_bytes)
        connection.look()
        moved.append(connection.moved_bytes)
        connection.close()
    assert moved[0] > 4 * MIB
    assert moved[1] - moved[0] < 100
    assert moved[3] < 100


def test_a_file_that_vanished_after_the_look_is_gone(place: ScanFolder) -> None:
    file = place.put("weg.pdf", b"weg")
    place.put("blijft.pdf", b"blijft")
    with place.opened() as connection:
        connection.look()
        file.unlink()
        assert connection.fetch(position(b"weg")) is None
        assert connection.fetch(position(b"nooit gezien")) is None
        connection.confirm(position(b"weg"))
        assert whole(connection, position(b"blijft")) == b"blijft"


def test_a_file_that_changed_after_the_look_is_gone_and_is_seen_anew(place: ScanFolder) -> None:
    place.put("brief.pdf", b"versie een", age_seconds=60)
    with place.opened() as connection:
        connection.look()
        place.put("brief.pdf", b"versie twee", age_seconds=30)
        assert connection.fetch(position(b"versie een")) is None
        assert connection.look().positions == (position(b"versie twee"),)
        assert whole(connection, position(b"versie twee")) == b"versie twee"


def test_of_two_with_the_same_content_the_one_that_is_left_is_fetched(place: ScanFolder) -> None:
    place.put("een.pdf", b"brief", age_seconds=90)
    place.put("twee.pdf", b"brief", age_seconds=50)
    with place.opened() as connection:
        connection.look()
        (place.folder / "een.pdf").unlink()
        assert whole(connection, position(b"brief")) == b"brief"


def test_bytes_that_are_others_than_were_seen_are_refused_at_their_end_and_read_anew(place: ScanFolder) -> None:
    content = bytes(3 * MIB)
    file = place.put("brief.pdf", content)
    source = place.source()
    connection = source.open()
    fetched = connection.fetch(connection.look().positions[0])
    assert fetched is not None
    chunks = [next(fetched.chunks)]
    state = file.stat()
    with file.open("r+b") as scan:
        scan.seek(2 * MIB + MIB // 2)
        scan.write(b"anders")
    os.utime(file, ns=(state.st_mtime_ns, state.st_mtime_ns))
    with pytest.raises(SourceUnreachable, match="changed while it was read") as raised:
        chunks += fetched.chunks
    assert "brief.pdf" not in raised.value.detail
    with pytest.raises(SourceUnreachable):
        connection.look()
    connection.close()
    again = source.open()
    changed = file.read_bytes()
    assert again.look().positions == (position(changed),)
    assert whole(again, position(changed)) == changed
    again.close()


def test_a_file_that_grows_while_it_is_read_is_refused(place: ScanFolder) -> None:
    file = place.put("brief.pdf", bytes(2 * MIB))
    with place.opened() as connection:
        fetched = connection.fetch(connection.look().positions[0])
        assert fetched is not None
        next(fetched.chunks)
        with file.open("ab") as scan:
            scan.write(bytes(10 * MIB))
        with pytest.raises(SourceUnreachable):
            assert sum(map(len, fetched.chunks)) < 3 * MIB


def test_a_moment_beyond_all_years_is_no_moment(on_disk: ScanFolder) -> None:
    file = on_disk.put("later.pdf", b"later")
    try:
        os.utime(file, (1 << 40, 1 << 40))
    except OSError:
        pytest.skip("this file system knows no such moment")
    with on_disk.opened() as connection:
        fetched = connection.fetch(connection.look().positions[0])
    assert fetched is not None
    moment = fetched.source_received_at
    assert moment is None or moment > datetime.now(UTC)


def test_files_that_come_and_go_during_a_look_do_not_disturb_it(on_disk: ScanFolder) -> None:
    files = [on_disk.put(f"{number}.pdf", bytes(50_000) + b"%d" % number) for number in range(60)]
    with on_disk.opened() as connection:

        def trouble() -> None:
            for number, file in enumerate(files):
                if number % 2:
                    file.unlink()
                else:
                    file.rename(on_disk.folder / f"nieuw {number}.pdf")

        thread = threading.Thread(target=trouble)
        thread.start()
        connection.look()
        thread.join()
        last = connection.look()
    assert set(last.positions) == {position(bytes(50_000) + b"%d" % number) for number in range(0, 60, 2)}
