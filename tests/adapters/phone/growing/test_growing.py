"""Logs that stay where they are and grow: no line is lost, and none taken twice, whatever becomes of the files."""

from __future__ import annotations

import os
import random
from typing import Any

import pytest

from inbox.errors import SourceUnreachable
from tests.call_folder import GrowingLogs
from tests.scan_folder import ScanFolder, as_somebody, later, seconds_of, whole

HEADER = b"historyid,callid,duration,time-start\n"


def row(number: int) -> bytes:
    return b'"","0612345%03d","14168","in","2026-11-02 09:%02d:%02d"\n' % (number, number // 60 % 60, number % 60)


ROWS = [row(number) for number in range(1000)]


@pytest.fixture
def logs(place: ScanFolder) -> GrowingLogs:
    """Give an empty folder of growing logs, on disk and over SFTP."""
    return GrowingLogs(place)


@pytest.fixture
def disk_logs(on_disk: ScanFolder) -> GrowingLogs:
    """Give one on disk."""
    return GrowingLogs(on_disk)


def slow(logs: GrowingLogs) -> None:
    """Let files rest for a while before their last line is taken half."""
    logs.restarts(stable_seconds=0.2)


def test_only_new_lines_are_taken_and_the_file_stays(logs: GrowingLogs) -> None:
    logs.append("Master.csv", ROWS[0] + ROWS[1])
    assert logs.sweep() == [ROWS[0] + ROWS[1]]
    assert logs.sweep() == []
    logs.append("Master.csv", ROWS[2])
    assert logs.sweep() == [ROWS[2]]
    logs.append("Master.csv", ROWS[3] + ROWS[4])
    assert logs.sweep() == [ROWS[3] + ROWS[4]]
    assert list(logs.place.folder.iterdir()) == [logs.place.folder / "Master.csv"]
    assert logs.place.scans() == {"Master.csv": b"".join(ROWS[:5])}


def test_a_restart_goes_on_where_the_ledger_says(logs: GrowingLogs) -> None:
    logs.append("Master.csv", b"".join(ROWS[:500]))
    logs.sweep()
    logs.append("Master.csv", ROWS[500])
    logs.sweep()
    logs.restarts()
    assert logs.sweep() == []
    logs.append("Master.csv", ROWS[501])
    logs.restarts()
    assert logs.sweep() == [ROWS[501]]


def test_the_lines_with_the_names_of_the_columns_come_with_each_piece(logs: GrowingLogs) -> None:
    header = b"Belgeschiedenis;;\n" + HEADER
    logs.append("cdr.csv", header + ROWS[0])
    assert logs.sweep() == [header + ROWS[0]]
    for number in (1, 2):
        logs.append("cdr.csv", ROWS[number])
        if number == 2:
            logs.restarts()
        assert logs.sweep() == [header + ROWS[number]]


def test_names_of_columns_wait_for_a_row_and_are_never_gone_on_from(disk_logs: GrowingLogs) -> None:
    slow(disk_logs)
    disk_logs.append("cdr.csv", HEADER)
    connection = disk_logs.opened()
    connection.wait(1)
    assert connection.look().positions == ()
    connection.wait(5)  # but what rests that long is taken, should it be a record that looks like names
    assert len(connection.look().positions) == 1
    connection.close()
    disk_logs.append("cdr.csv", ROWS[0])
    connection = disk_logs.opened()
    connection.wait(1)
    connection.close()
    # It was seen: it is kept as it was seen.
    assert disk_logs.sweep() == [HEADER, HEADER + ROWS[0]]


def test_a_note_with_line_ends_in_it_is_not_cut(disk_logs: GrowingLogs) -> None:
    slow(disk_logs)
    note = ROWS[0].rstrip(b'"\n') + b'","twee\nregels'
    disk_logs.append("cdr.csv", ROWS[1] + note)
    connection = disk_logs.opened()
    connection.wait(1)
    connection.close()
    assert disk_logs.sweep() == [ROWS[1]]
    disk_logs.append("cdr.csv", b'"\n' + ROWS[2])
    connection = disk_logs.opened()
    connection.wait(1)
    connection.close()
    assert disk_logs.sweep() == [note + b'"\n' + ROWS[2]]


def test_a_mark_that_quotes_nothing_holds_up_few_lines(disk_logs: GrowingLogs) -> None:
    slow(disk_logs)
    disk_logs.append("cdr.csv", b'1234;15" scherm\n' + b"".join(ROWS[:40]))
    connection = disk_logs.opened()
    connection.wait(1)
    connection.close()
    assert disk_logs.sweep() == [b'1234;15" scherm\n' + b"".join(ROWS[:40])]


@pytest.mark.parametrize("is_copied", [True, False])
def test_rotation_neither_loses_nor_repeats_a_line(logs: GrowingLogs, is_copied: bool) -> None:
    logs.append("cdr.csv", HEADER + ROWS[0])
    logs.sweep()
    logs.append("cdr.csv", ROWS[1])
    file, old = logs.place.folder / "cdr.csv", logs.place.folder / "cdr.csv.1"
    if is_copied:
        old.write_bytes(file.read_bytes())
        file.write_bytes(b"")
    else:
        file.rename(old)
    logs.append("cdr.csv", HEADER + ROWS[2] + ROWS[4])
    logs.append("cdr.csv.1", ROWS[3])  # who held it open writes on
    assert sorted(logs.sweep()) == sorted([HEADER + ROWS[1] + ROWS[3], HEADER + ROWS[2] + ROWS[4]])
    assert logs.sweep() == []
    logs.restarts()
    assert logs.sweep() == []


def test_a_file_begun_anew_and_longer_than_before_is_another(logs: GrowingLogs) -> None:
    logs.append("cdr.csv", HEADER + ROWS[0])
    logs.sweep()
    (logs.place.folder / "cdr.csv").write_bytes(HEADER + b"".join(ROWS[10:20]))
    assert logs.sweep() == [HEADER + b"".join(ROWS[10:20])]
    assert logs.sweep() == []


def test_a_file_of_the_same_size_in_the_same_second_is_seen_to_be_another(logs: GrowingLogs) -> None:
    logs.append("cdr.csv", HEADER + ROWS[0])
    logs.sweep()
    file = logs.place.folder / "cdr.csv"
    moment = file.stat().st_mtime
    file.write_bytes(HEADER + ROWS[1])
    os.utime(file, (moment, moment))
    connection = logs.opened()
    connection.look()
    connection.wait(5)
    connection.close()
    logs.sweep()
    assert HEADER + ROWS[1] in logs.taken or logs.place.server is None


def test_half_a_line_waits_until_it_is_whole(disk_logs: GrowingLogs) -> None:
    slow(disk_logs)
    disk_logs.append("cdr.csv", ROWS[0] + ROWS[1][:20])
    disk_logs.sweep()
    connection = disk_logs.opened()
    connection.look()
    connection.wait(2)
    connection.close()
    assert disk_logs.sweep() == [ROWS[0]]
    disk_logs.append("cdr.csv", ROWS[1][20:])
    connection = disk_logs.opened()
    connection.wait(2)
    connection.close()
    assert disk_logs.sweep() == [ROWS[1]]


def test_half_a_line_that_nobody_completes_is_taken_and_comes_whole_when_somebody_does(logs: GrowingLogs) -> None:
    # Resting counts from the start here: a file is taken as it is.
    logs.append("cdr.csv", HEADER + ROWS[0] + ROWS[1][:20])
    assert logs.sweep() == [HEADER + ROWS[0] + ROWS[1][:20]]
    assert logs.sweep() == []
    logs.restarts()
    assert logs.sweep() == []
    logs.append("cdr.csv", ROWS[1][20:] + ROWS[2])
    assert logs.sweep() == [HEADER + ROWS[1] + ROWS[2]]
    logs.restarts()
    assert logs.sweep() == []


def test_a_file_that_never_rests_is_taken_all_the_same(disk_logs: GrowingLogs) -> None:
    slow(disk_logs)
    writing = iter(ROWS)
    taken = []
    for _ in range(60):
        disk_logs.append("cdr.csv", next(writing))
        later(0.05, lambda: disk_logs.append("cdr.csv", next(writing))).join()
        taken += disk_logs.sweep()
    assert 1 <= len(taken) <= 4
    assert b"".join(ROWS).startswith(b"".join(taken))


def test_what_was_shown_and_could_not_be_kept_is_shown_again_as_it_was(logs: GrowingLogs) -> None:
    logs.append("cdr.csv", HEADER + ROWS[0])
    connection = logs.opened()
    shown = connection.look().positions
    connection.close()
    logs.seen += shown
    for restarts in (False, True):
        logs.append("cdr.csv", ROWS[1 + restarts])
        if restarts:
            logs.restarts()
        connection = logs.opened()
        now = connection.look().positions
        assert now[: len(shown)] == shown
        shown = now
        logs.seen += shown
        connection.close()
    assert logs.sweep() == [HEADER + ROWS[0], HEADER + ROWS[1], HEADER + ROWS[2]]


def test_a_crash_between_keep_and_confirm_repeats_nothing(logs: GrowingLogs) -> None:
    logs.append("cdr.csv", ROWS[0])
    connection = logs.opened()
    logs.kept += connection.look().positions
    connection.close()
    logs.append("cdr.csv", ROWS[1])
    logs.restarts()
    assert logs.sweep() == [ROWS[1]]


def test_a_later_piece_that_was_kept_first_does_not_hide_the_one_before_it(logs: GrowingLogs) -> None:
    logs.append("cdr.csv", ROWS[0])
    connection = logs.opened()
    [first] = connection.look().positions
    logs.append("cdr.csv", ROWS[1])
    shown = connection.look().positions
    assert shown[0] == first
    connection.confirm(shown[1])
    logs.kept.append(shown[1])
    logs.seen += shown
    assert connection.look().positions == (first,)
    connection.close()
    logs.restarts()
    assert logs.sweep() == [ROWS[0]]
    assert logs.sweep() == []


def test_rotated_between_look_and_fetch_it_is_found_under_its_new_name(logs: GrowingLogs) -> None:
    logs.append("a.csv", ROWS[7])
    logs.append("cdr.csv", HEADER + ROWS[0])
    logs.sweep()
    logs.append("cdr.csv", ROWS[1])
    connection = logs.opened()
    [where] = connection.look().positions
    (logs.place.folder / "cdr.csv").rename(logs.place.folder / "cdr.csv.1")
    logs.append("cdr.csv", HEADER + b"".join(ROWS[100:200]))
    assert whole(connection, where) == HEADER + ROWS[1]
    connection.close()


def test_what_grows_between_look_and_fetch_is_taken_as_it_was_seen(logs: GrowingLogs) -> None:
    logs.append("cdr.csv", ROWS[0])
    connection = logs.opened()
    [where] = connection.look().positions
    logs.append("cdr.csv", ROWS[1])
    assert whole(connection, where) == ROWS[0]
    connection.confirm(where)
    [following] = connection.look().positions
    assert whole(connection, following) == ROWS[1]
    connection.close()


def test_a_file_that_is_gone_before_it_is_fetched_is_said_to_be(logs: GrowingLogs) -> None:
    logs.append("cdr.csv", ROWS[0])
    connection = logs.opened()
    [where] = connection.look().positions
    (logs.place.folder / "cdr.csv").unlink()
    assert connection.fetch(where) is None
    assert connection.look().positions == ()
    connection.close()


def test_bytes_that_turn_out_to_be_others_are_not_kept(logs: GrowingLogs) -> None:
    file = logs.place.folder / "cdr.csv"
    logs.append("cdr.csv", b"".join(ROWS))
    connection = logs.opened()
    [where] = connection.look().positions
    with file.open("r+b") as written:
        written.write(ROWS[999])
    with pytest.raises(SourceUnreachable, match="changed while they were read"):
        whole(connection, where)
    connection.close()
    os.utime(file, (1, 1))
    assert logs.sweep() == [ROWS[999] + b"".join(ROWS[1:])]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_a_file_of_two_bytes_a_character_is_never_cut(logs: GrowingLogs, encoding: str) -> None:
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    logs.append("cdr.csv", mark + ROWS[0].decode().encode(encoding))
    logs.sweep()
    logs.append("cdr.csv", ROWS[1].decode().encode(encoding))
    [taken] = logs.sweep()
    assert taken == (logs.place.folder / "cdr.csv").read_bytes()


def test_names_on_their_way_and_packed_logs_are_left_alone(logs: GrowingLogs) -> None:
    for name in (".cdr.csv", "cdr.csv.2.gz", "cdr.csv.tmp", "CDR.PART"):
        logs.append(name, ROWS[0])
    assert logs.sweep() == []


def test_a_long_file_comes_in_pieces_and_whole(logs: GrowingLogs) -> None:
    content = b"".join(row(number) for number in range(60_000))
    logs.append("cdr.csv", HEADER + content)
    assert logs.sweep() == [HEADER + content]
    logs.append("cdr.csv", ROWS[3])
    logs.restarts()
    assert logs.sweep() == [HEADER + ROWS[3]]


def test_waiting_ends_when_a_line_is_written(disk_logs: GrowingLogs) -> None:
    disk_logs.append("cdr.csv", ROWS[0])
    disk_logs.sweep()
    connection = disk_logs.opened()
    connection.look()
    assert seconds_of(lambda: connection.wait(0.3)) >= 0.3
    writing = later(0.2, lambda: disk_logs.append("cdr.csv", ROWS[1]))
    assert seconds_of(lambda: connection.wait(8)) < 4
    writing.join()
    assert len(connection.look().positions) == 1
    connection.close()


def test_a_file_that_may_not_be_read_stands_in_nobodys_way(disk_logs: GrowingLogs) -> None:
    disk_logs.append("dicht PERSOONSNAAM.csv", ROWS[0])
    (disk_logs.place.folder / "dicht PERSOONSNAAM.csv").chmod(0)
    disk_logs.append("cdr.csv", ROWS[1])
    with as_somebody():
        connection = disk_logs.opened()
        [where] = connection.look().positions
        assert whole(connection, where) == ROWS[1]
        connection.confirm(where)
        assert seconds_of(lambda: connection.wait(0.5)) >= 0.5
        with pytest.raises(SourceUnreachable, match="1 files in it cannot be read") as raised:
            connection.look()
    assert "PERSOONSNAAM" not in raised.value.detail
    connection.close()


def test_closing_from_another_thread_breaks_a_wait_off(logs: GrowingLogs) -> None:
    connection = logs.opened()
    connection.look()
    timer = later(0.5, connection.close)

    def wait() -> None:
        with pytest.raises(SourceUnreachable):
            connection.wait(30)

    assert seconds_of(wait) < 3
    timer.join()


class Life:
    """A telephone system and a gateway at the same folder, by chance."""

    def __init__(self, logs: GrowingLogs, seed: int) -> None:
        self.logs = logs
        self.chance = random.Random(seed)
        self.written: list[bytes] = []
        self._numbers = iter(range(10_000))

    def writes(self) -> None:
        for _ in range(self.chance.randint(1, 4)):
            self.written.append(row(next(self._numbers)))
            self.logs.append("cdr.csv", self.written[-1])

    def writes_half(self) -> None:
        line = row(next(self._numbers))
        self.written.append(line)
        cut = self.chance.randint(1, len(line) - 1)
        self.logs.append("cdr.csv", line[:cut])
        self.logs.sweep()
        self.logs.append("cdr.csv", line[cut:])

    def rotates(self) -> None:
        file = self.logs.place.folder / "cdr.csv"
        if file.exists():
            file.rename(f"{file}.{next(self._numbers)}")
        self.logs.append("cdr.csv", HEADER)

    def breaks_off(self) -> None:
        connection = self.logs.opened()
        shown = connection.look().positions
        self.logs.seen += shown
        for where in shown:
            if self.chance.random() < 0.5:
                self.logs.taken.append(whole(connection, where))
                self.logs.kept.append(where)
                if self.chance.random() < 0.5:
                    connection.confirm(where)
        connection.close()

    def goes_on(self) -> None:
        doings: list[Any] = [self.logs.sweep, self.breaks_off, self.rotates, self.logs.restarts]
        self.chance.choice([*doings, self.writes, self.writes, self.writes, self.writes_half])()


@pytest.mark.parametrize("seed", range(20))
def test_whatever_happens_every_line_is_taken_and_whatever_was_seen_is_kept(disk_logs: GrowingLogs, seed: int) -> None:
    """Invariant 3: a random life of writing, rotating, restarting and breaking off loses no line."""
    life = Life(disk_logs, seed)
    for _ in range(60):
        life.goes_on()
    disk_logs.restarts()
    disk_logs.sweep()
    taken = b"".join(disk_logs.taken)
    assert [line for line in life.written if line not in taken] == []
    assert set(disk_logs.seen) - set(disk_logs.kept) == set()
    assert taken.count(b"\n") <= 2 * len(life.written) + 100
