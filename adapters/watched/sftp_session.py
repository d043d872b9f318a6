"""An SFTP conversation (draft-ietf-secsh-filexfer-02) in typed words: what of paramiko we use.

paramiko reads names as UTF-8 and fails on all others, and its read-ahead needs a thread per file: both are done here,
with its own requests. Raises what paramiko and the socket raise; `sftp_errors` translates it.
"""

from __future__ import annotations

import stat
from typing import Any

from paramiko import SFTPAttributes, SFTPClient
from paramiko.message import Message
from paramiko.sftp import (
    CMD_ATTRS,
    CMD_CLOSE,
    CMD_DATA,
    CMD_FSTAT,
    CMD_HANDLE,
    CMD_NAME,
    CMD_OPEN,
    CMD_OPENDIR,
    CMD_READ,
    CMD_READDIR,
    CMD_STATUS,
    SFTP_FLAG_READ,
    SFTPError,
    int64,
)

from adapters.watched.files import Entry

_REQUEST_BYTES = 32 * 1024
"""What every server gives at once. A piece is asked for in as many requests as it takes, all before the first answer."""


class SftpSession(SFTPClient):  # type: ignore[misc]  # an untyped base class
    """The conversation over one channel. Not for two threads."""

    moved_bytes = 0
    """Grows with every answer; any thread may look."""

    def entries(self, folder: bytes) -> list[Entry]:
        """Return every regular file in the folder. What a hostile server calls a path is none."""
        found = (entry_of(name, state, long_name) for name, state, long_name in self._listed(folder))
        return [entry for entry in found if entry is not None]

    def folders(self, folder: bytes) -> list[str]:
        """Return the name of every folder in the folder; links are none."""
        return [name for name, state, long_name in self._listed(folder) if is_folder(state, long_name)]

    def _listed(self, folder: bytes) -> list[tuple[str, Any, bytes]]:
        handle = self._handle(CMD_OPENDIR, folder)
        found: list[tuple[str, Any, bytes]] = []
        while True:
            try:
                answer = self._answer(CMD_NAME, CMD_READDIR, handle)
            except EOFError:
                break
            found += self._names(answer)
        self.close_handle(handle)
        return found

    def open_for_reading(self, path: bytes) -> bytes:
        """Open the file; return its handle."""
        return self._handle(CMD_OPEN, path, SFTP_FLAG_READ, SFTPAttributes())

    def state(self, handle: bytes, name: str) -> Entry | None:
        """Return the open file's entry, None when it is no regular file."""
        return entry_of(name, SFTPAttributes._from_msg(self._answer(CMD_ATTRS, CMD_FSTAT, handle)))

    def close_handle(self, handle: bytes) -> None:
        """Let the server forget the handle."""
        self._request(CMD_CLOSE, handle)

    def piece(self, handle: bytes, offset: int, size_bytes: int) -> bytes:
        """Return the bytes from `offset` on, at most so many; empty at the end of the file only."""
        answers, end = _Answers(), offset + size_bytes
        asked = {}
        for start in range(offset, end, _REQUEST_BYTES):
            wanted_bytes = min(_REQUEST_BYTES, end - start)
            number = self._async_request(answers, CMD_READ, handle, int64(start), wanted_bytes)
            asked[number] = wanted_bytes
        while len(answers.given) < len(asked):
            self._read_response()
            self.moved_bytes += 1
        whole = bytearray()
        for number, wanted_bytes in asked.items():
            kind, answer = answers.given[number]
            if kind == CMD_STATUS:
                if not whole:
                    return self._end(answer)
                break
            if kind != CMD_DATA or not (data := answer.get_string()):
                raise SFTPError("no data")
            whole += data
            if len(data) < wanted_bytes:
                break  # what comes after a short answer does not follow it
        self.moved_bytes += len(whole)
        return bytes(whole)

    def _end(self, answer: Message) -> bytes:
        try:
            self._convert_status(answer)
        except EOFError:
            return b""
        raise SFTPError("no data")

    def _names(self, answer: Message) -> list[tuple[str, Any, bytes]]:
        count = answer.get_int()
        found = []
        for _ in range(count):
            name, long_name = answer.get_string(), answer.get_string()
            state = SFTPAttributes._from_msg(answer)
            self.moved_bytes += 1
            if not name:
                raise SFTPError("a file without a name")
            is_path = b"/" in name or b"\0" in name or name in {b".", b".."}
            if not is_path:
                found.append((name.decode("utf-8", "surrogateescape"), state, long_name))
        if not count:
            raise SFTPError("a list of nothing")
        return found

    def _handle(self, command: int, *words: object) -> bytes:
        handle: bytes = self._answer(CMD_HANDLE, command, *words).get_string()
        return handle

    def _answer(self, expected: int, command: int, *words: object) -> Message:
        kind, answer = self._request(command, *words)
        self.moved_bytes += 1
        if kind != expected:
            raise SFTPError("another answer than was asked for")
        return answer


class _Answers:
    """Takes the answers to requests that were sent together, in any order."""

    def __init__(self) -> None:
        self.given: dict[int, tuple[int, Message]] = {}

    def _async_response(self, kind: int, answer: Message, number: int) -> None:
        self.given[number] = kind, answer


def is_folder(state: Any, long_name: bytes = b"") -> bool:
    """Say whether it is a folder. `long_name`: as for `entry_of`."""
    return long_name.startswith(b"d") if state.st_mode is None else stat.S_ISDIR(state.st_mode)


def entry_of(name: str, state: Any, long_name: bytes = b"") -> Entry | None:
    """Return the entry of a regular file, None of anything else. `long_name`: as `ls -l` shows it, where it is known."""
    is_file = not long_name.startswith((b"d", b"l")) if state.st_mode is None else stat.S_ISREG(state.st_mode)
    if not is_file:
        return None
    if state.st_size is None or state.st_mtime is None:
        raise SFTPError("a file without size or moment")
    return Entry(name, state.st_size, state.st_mtime * 1_000_000_000)
