"""Files may be called anything; what they are called is never their position."""

from __future__ import annotations

import os

import pytest
from paramiko import SFTPAttributes
from paramiko.message import Message
from paramiko.sftp import SFTPError

from adapters.watched.sftp_session import SftpSession, entry_of, is_folder
from tests.scan_folder import ScanFolder, position, whole

NAMES = [
    b"twee\nregels.pdf",
    b"geen \xff\xfe utf-8.pdf",
    "één — brief ☃.pdf".encode(),
    b"a" * 251 + b".pdf",
    b"-rf",
    b"%s%n\\..\\x.pdf",
    b"a..b..",
    b" ",
    b"\x1b[31m.pdf",
]


@pytest.mark.parametrize("name", NAMES, ids=repr)
def test_any_name_is_taken_and_kept(place: ScanFolder, name: bytes) -> None:
    place.put(name, b"brief")
    with place.opened() as connection:
        assert connection.look().positions == (position(b"brief"),)
        assert whole(connection, position(b"brief")) == b"brief"
        connection.confirm(position(b"brief"))
        place.put(name, b"nog een")
        connection.look()
        connection.confirm(position(b"nog een"))
        connection.wait(0.1)
    moved = {os.fsencode(one): content for one, content in place.processed().items()}
    assert moved.pop(name) == b"brief"
    assert list(moved.values()) == [b"nog een"]
    assert place.scans() == {}


def test_a_file_that_was_renamed_after_the_look_is_found_again(on_disk: ScanFolder) -> None:
    file = on_disk.put("een.pdf", b"brief")
    with on_disk.opened() as connection:
        connection.look()
        file = file.rename(on_disk.folder / "twee.pdf")
        assert whole(connection, position(b"brief")) == b"brief"
        file.rename(on_disk.folder / "drie.pdf")
        connection.confirm(position(b"brief"))
    assert on_disk.processed() == {"drie.pdf": b"brief"}


def listing(*names: bytes, mode: int = 0o100644) -> Message:
    """Return what a server answers to READDIR."""
    answer = Message()
    answer.add_int(len(names))
    for name in names:
        state = SFTPAttributes()
        state.st_size, state.st_mode, state.st_atime, state.st_mtime = 7, mode, 1, 1
        answer.add_string(name)
        answer.add_string(b"")
        state._pack(answer)
    return Message(answer.asbytes())


def test_what_a_hostile_server_calls_a_path_is_no_file() -> None:
    session = SftpSession.__new__(SftpSession)
    found = session._names(listing(b"../geheim", b"/etc/passwd", b".", b"..", b"a\0b", b"goed.pdf", b"\xff"))
    assert [name for name, _, _ in found] == ["goed.pdf", "\udcff"]
    [(name, state, _)] = session._names(listing(b"map", mode=0o040755))
    assert (entry_of(name, state), is_folder(state)) == (None, True)


@pytest.mark.parametrize("answer", [listing(), listing(b""), Message(b"\xff\xff\xff\xff")])
def test_an_answer_without_names_is_an_error(answer: Message) -> None:
    with pytest.raises(SFTPError):
        SftpSession.__new__(SftpSession)._names(answer)
