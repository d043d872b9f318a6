"""Files that are still being written, and waiting for those that are finished."""

from __future__ import annotations

import os
import threading
import time

import pytest

from adapters.watched import connection as connection_module
from adapters.watched.files import Entry
from adapters.watched.stability import Stability
from inbox.errors import FolderMissing, SourceUnreachable
from tests.scan_folder import ScanFolder, later, position, seconds_of, whole


@pytest.fixture(autouse=True)
def polls_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """SFTP tells of nothing: what wakes there is the poll."""
    monkeypatch.setattr(connection_module, "_POLL_SECONDS", 0.3)


def test_the_wait_ends_by_itself(place: ScanFolder) -> None:
    with place.opened() as connection:
        connection.look()
        assert 0.4 <= seconds_of(lambda: connection.wait(0.4)) < 3


def test_a_new_file_wakes_the_wait_when_it_is_finished(place: ScanFolder) -> None:
    with place.opened(stable_seconds=0.5) as connection:
        connection.look()
        timer = later(0.3, lambda: place.put("nieuw.pdf", b"nieuw"))
        assert 0.5 < seconds_of(lambda: connection.wait(20)) < 5
        timer.join()
        assert connection.look().positions == (position(b"nieuw"),)


def test_the_disk_itself_tells_of_a_new_file(on_disk: ScanFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "_POLL_SECONDS", 60)
    with on_disk.opened() as connection:
        connection.look()
        timer = later(0.5, lambda: on_disk.put("nieuw.pdf", b"nieuw"))
        assert seconds_of(lambda: connection.wait(20)) < 10
        timer.join()


def test_a_name_that_is_no_utf_8_wakes_too(on_disk: ScanFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "_POLL_SECONDS", 60)
    with on_disk.opened() as connection:
        connection.look()
        timer = later(0.5, lambda: on_disk.put(b"\xff\xfe.pdf", b"nieuw"))
        assert seconds_of(lambda: connection.wait(20)) < 4
        timer.join()


def test_where_nothing_can_be_watched_it_is_asked_now_and_then(
    on_disk: ScanFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    import watchfiles._rust_notify

    def refuse(*_: object) -> None:
        raise OSError(28, "inotify watch limit reached")

    monkeypatch.setattr(watchfiles._rust_notify, "RustNotify", refuse)
    with on_disk.opened() as connection:
        connection.look()
        timer = later(0.3, lambda: on_disk.put("nieuw.pdf", b"nieuw"))
        assert seconds_of(lambda: connection.wait(20)) < 10
        timer.join()


def test_a_file_that_came_between_look_and_wait_wakes_at_once(place: ScanFolder) -> None:
    with place.opened() as connection:
        connection.look()
        place.put("nieuw.pdf", b"nieuw")
        assert seconds_of(lambda: connection.wait(20)) < 10


def test_what_was_shown_or_moved_does_not_wake(place: ScanFolder) -> None:
    place.put("een.pdf", b"een")
    place.put("twee.pdf", b"twee")
    with place.opened() as connection:
        connection.look()
        connection.confirm(position(b"een"))
        assert seconds_of(lambda: connection.wait(0.7)) >= 0.7


def test_a_growing_file_is_left_alone_until_it_is_finished(place: ScanFolder) -> None:
    stop = threading.Event()
    path = place.folder / "groeit.pdf"

    def scanner() -> None:
        with path.open("wb") as scan:
            while not stop.wait(0.1):
                scan.write(b"nog een pagina\n")
                scan.flush()

    thread = threading.Thread(target=scanner)
    thread.start()
    with place.opened(stable_seconds=1.5) as connection:
        until = time.monotonic() + 3
        while time.monotonic() < until:
            assert connection.look().positions == ()
            connection.wait(0.5)
        stop.set()
        thread.join()
        assert seconds_of(lambda: connection.wait(20)) < 10
        assert connection.look().positions == (position(path.read_bytes()),)
        assert whole(connection, position(path.read_bytes())) == path.read_bytes()


def test_a_file_with_an_old_moment_is_watched_before_it_is_taken(place: ScanFolder) -> None:
    place.put("gekopieerd.pdf", b"half", age_seconds=3600)
    with place.opened(stable_seconds=0.6) as connection:
        assert connection.look().positions == ()
        assert seconds_of(lambda: connection.wait(20)) < 10
        assert connection.look().positions == (position(b"half"),)


def test_a_moment_in_the_future_holds_no_file_back(place: ScanFolder) -> None:
    place.put("klok.pdf", b"klok", age_seconds=-86400)
    with place.opened(stable_seconds=0.3) as connection:
        connection.look()
        connection.wait(20)
        assert connection.look().positions == (position(b"klok"),)


def test_an_empty_file_is_taken_once_it_is_finished(place: ScanFolder) -> None:
    place.put("leeg.pdf", b"")
    with place.opened(stable_seconds=0.3) as connection:
        assert connection.look().positions == ()
        connection.wait(20)
        assert connection.look().positions == (position(b""),)
        assert whole(connection, position(b"")) == b""


def test_what_is_known_of_a_file_outlives_a_connection(place: ScanFolder) -> None:
    place.put("brief.pdf", b"een")
    source = place.source(stable_seconds=0.5)
    first = source.open()
    first.look()
    first.close()
    time.sleep(0.6)
    second = source.open()
    assert second.look().positions == (position(b"een"),)
    second.close()


def test_closing_from_another_thread_breaks_a_wait_off(place: ScanFolder) -> None:
    connection = place.source().open()
    connection.look()
    timer = later(0.5, connection.close)

    def wait() -> None:
        with pytest.raises(SourceUnreachable):
            connection.wait(30)

    assert seconds_of(wait) < 3
    timer.join()
    with pytest.raises(SourceUnreachable):
        connection.look()
    connection.close()


def test_closing_from_another_thread_breaks_a_look_off(place: ScanFolder) -> None:
    for number in range(8):
        place.put(f"{number}.tif", os.urandom(16 << 20))
    connection = place.source().open()
    closing = threading.Timer(0.05, connection.close)
    closing.start()

    def looks_on() -> None:
        for _ in range(1000):
            connection.look()

    with pytest.raises(SourceUnreachable):
        looks_on()
    closing.join()


def test_closing_during_a_fetch_ends_it(place: ScanFolder) -> None:
    place.put("groot.tif", bytes(4 << 20))
    connection = place.source().open()
    fetched = connection.fetch(connection.look().positions[0])
    assert fetched is not None
    next(fetched.chunks)
    connection.close()
    with pytest.raises(SourceUnreachable):
        next(fetched.chunks)


def test_a_folder_that_goes_away_while_waiting_is_told(place: ScanFolder) -> None:
    with place.opened() as connection:
        connection.look()
        timer = later(0.4, place.folder.rmdir)
        with pytest.raises((FolderMissing, SourceUnreachable)):
            connection.wait(15)
        timer.join()


def test_a_changed_file_begins_to_wait_anew() -> None:
    stability = Stability(0.2)
    entry = Entry("a", 1, 1, 1)
    stability.note([entry])
    time.sleep(0.25)
    assert stability.seconds_left(entry) == 0
    changed = Entry("a", 2, 1, 1)
    stability.note([changed])
    assert stability.seconds_left(changed) > 0.1
    stability.note([entry])
    assert stability.seconds_left(entry) > 0.1
