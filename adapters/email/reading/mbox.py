"""Files that hold mails: one as a file, many as an mbox (RFC 4155), many as a folder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from inbox.errors import NotFound

MAIL_SUFFIXES = frozenset({".eml", ".mbox", ".mbx"})

# `From jan@x.example Mon Jan  5 09:00:00 2026`. The time of day tells it from a sentence that begins with "From".
_SEPARATOR = re.compile(rb"From \S*.{0,200}?\d\d?:\d\d")
_QUOTED = re.compile(rb">+From ")


def unfold(path: Path, other_suffixes: frozenset[str] = frozenset()) -> Iterator[tuple[str, int, bytes]]:
    """Yield file name as given, position in that file from 0, and raw bytes of each mail.

    A file is an mbox when its content begins as one, whatever it is called. Of a folder, the .eml, .mbox and .mbx files
    in it and below are taken, and those with `other_suffixes`, sorted by path. One mail at a time is in memory; nothing
    is locked or written.

    Raises NotFound, at the first step, when the path is not there or cannot be read.
    """
    files = _files(path, MAIL_SUFFIXES | other_suffixes)
    try:
        for file in files:
            with file.open("rb") as opened:
                for position, raw in enumerate(_mails(opened)):
                    yield str(file), position, raw
    except OSError as error:
        raise NotFound(f"{path} cannot be read ({error.strerror}). Check the rights on it.") from None


def _files(path: Path, suffixes: frozenset[str]) -> list[Path]:
    if path.is_dir():
        found = sorted(below for below in path.rglob("*") if below.suffix.lower() in suffixes and below.is_file())
        if not found:
            raise NotFound(f"{path} holds no mail: no file in it ends in {', '.join(sorted(suffixes))}.")
        return found
    if not path.exists():
        raise NotFound(f"{path} is not there. Give an .eml file, an mbox, or a folder that holds them.")
    return [path]


def _mails(file: BinaryIO) -> Iterator[bytes]:
    """Yield the mails of one open file; an empty file is one empty mail, so that it is seen."""
    first = file.readline()
    if not first.startswith(b"From "):
        yield first + file.read()
        return
    lines: list[bytes] = []
    is_blank_before = False
    for line in file:
        if is_blank_before and _SEPARATOR.match(line):
            yield _mail(lines)
            lines = []
        else:
            lines.append(line[1:] if _QUOTED.match(line) else line)
        is_blank_before = not line.strip(b"\r\n")
    yield _mail(lines)


def _mail(lines: list[bytes]) -> bytes:
    """Join the lines without the blank one that the mbox put behind them."""
    if lines and not lines[-1].strip(b"\r\n"):
        lines = lines[:-1]
    return b"".join(lines)
