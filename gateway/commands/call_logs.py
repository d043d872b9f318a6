"""What `gateway read` finds in call logs: calls, and rows that are none. A log is never taken for mail."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from adapters.phone.reading.format import CallFormat
from adapters.phone.reading.registry import BEGINNING_BYTES, recognise
from adapters.phone.settings import CallReadingSettings
from inbox.call import BadRow, Call, Leg
from inbox.calls.grouping import Grouping
from inbox.errors import BadRequest, NotFound

_SUFFIXES = frozenset({".csv", ".cdr", ".json", ".jsonl", ".ndjson", ".log", ".txt"})
"""Of the files in a folder that are held against the formats; a file that is named itself always is."""
_SHOWN_FROM_BYTES = 8 * 1024 * 1024
"""Smaller logs are read before anybody wonders."""
_SHOWN_EVERY_ROWS = 20_000


@dataclass(frozen=True)
class CallLog:
    """A file, and the format in which it is read."""

    file: Path
    format: CallFormat


@dataclass(frozen=True)
class FoundRow:
    """A call of a log, or a row that cannot be used."""

    file: str
    index: int
    """Of what came out of the file, from 0."""
    found: Call | BadRow


def call_logs(path: Path, settings: CallReadingSettings, format_name: str | None = None) -> list[CallLog]:
    """Return the call logs at a path, by their content: itself, or those in and below a folder, sorted by path.

    With a name, each file named is one of that format, and in a folder each that may be. Raises NotFound for a path that is not
    there, BadRequest for a name that no format has.
    """
    formats = settings.formats()
    wanted = _named(formats, format_name) if format_name else None
    if not path.is_dir():
        known = wanted or _recognised(path, formats)
        return [CallLog(path, known)] if known else []
    below = sorted(file for file in path.rglob("*") if file.suffix.lower() in _SUFFIXES and file.is_file())
    found = ((file, wanted or _recognised(file, formats)) for file in below)
    return [CallLog(file, known) for file, known in found if known is not None]


def find_calls(log: CallLog, settings: CallReadingSettings) -> Iterator[FoundRow]:
    """Yield each call once it is quiet in the log, and each bad row where it stands. Raises NotFound, when it cannot be read."""
    grouping, index = Grouping(), 0
    try:
        with log.file.open("rb") as content:
            for row in _rows(log, content, settings):
                for found in grouping.add(row) if isinstance(row, Leg) else (row,):
                    yield FoundRow(str(log.file), index, found)
                    index += 1
    except OSError as error:
        raise NotFound(f"{log.file} cannot be read ({error.strerror}). Check the rights on it.") from None
    for number, call in enumerate(grouping.finish(), index):
        yield FoundRow(str(log.file), number, call)


def _rows(log: CallLog, content: IO[bytes], settings: CallReadingSettings) -> Iterator[Leg | BadRow]:
    """Yield each row; of a large file a terminal is shown how far it is."""
    size = log.file.stat().st_size
    is_shown = size >= _SHOWN_FROM_BYTES and sys.stderr.isatty()
    for count, (_, row) in enumerate(log.format.rows(content, settings.rows()), 1):
        if is_shown and count % _SHOWN_EVERY_ROWS == 0:
            sys.stderr.write(f"\r{log.file}: {count} rows, {content.tell() / size:.0%}")
            sys.stderr.flush()
        yield row
    if is_shown:
        sys.stderr.write(f"\r{log.file}: all rows read\n")


def _named(formats: tuple[CallFormat, ...], name: str) -> CallFormat:
    for known in formats:
        if known.name == name:
            return known
    there = ", ".join(dict.fromkeys(known.name for known in formats))
    raise BadRequest(f"--format {name}: there is no such format of call records. There are: {there}")


def _recognised(file: Path, formats: tuple[CallFormat, ...]) -> CallFormat | None:
    try:
        with file.open("rb") as opened:
            return recognise(opened.read(BEGINNING_BYTES), formats)
    except FileNotFoundError:
        raise NotFound(f"{file} is not there. Give a mail, a scan, a call log, or a folder that holds them.") from None
    except OSError as error:
        raise NotFound(f"{file} cannot be read ({error.strerror}). Check the rights on it.") from None
