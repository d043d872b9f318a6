"""The records of a CSV file (RFC 4180) of any size and any damage, with their lines and bytes."""

from __future__ import annotations

import codecs
import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Literal

from inbox.call import BadRow

MOST_KEPT_BYTES = 65_536
"""Of a bad row."""

_CHUNK_BYTES = 262_144
_LONGEST_BYTES = 131_072
"""A longer line is no row of a call log."""
_MOST_LINES = 20
"""Of one record. A quotation mark that nobody closes would take the rest of the file for one field."""
_BOM = codecs.BOM_UTF8.decode()
"""Also where files were laid one behind the other."""
_BLANK = " \t\x1a"
"""The last is what programs of the DOS age write behind the last row."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the file is written."""

    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    """Of Python's names; files in UTF-16 must be told, or begin with a byte order mark."""


@dataclass(slots=True)
class Record:
    """One record with anything in it."""

    line: int
    """Of the file, from 1: its first line."""
    raw: bytes
    fields: list[str]
    """Invalid bytes as U+FFFD, NUL left out."""
    is_last_cut: bool
    """It ends with the file, and not with a line's end: there may have been more of it."""

    def bad(self, code: str, detail: str) -> BadRow:
        """Return it as a row that cannot be used."""
        return BadRow(self.line, code, detail, self.raw[:MOST_KEPT_BYTES])

    def miscounted(self, expected: str) -> BadRow:
        """Return it as a row with a wrong number of columns, cut off where it is the last one."""
        if self.is_last_cut:
            return self.bad("row_truncated", "The file ends within this row. Import it again once it is complete.")
        return self.bad("row_columns", f"{len(self.fields)} columns where {expected} are expected.")


def records(content: IO[bytes], dialect: Dialect = Dialect()) -> Iterator[Record | BadRow]:
    """Yield each record in order, and what is none as a bad row (`row_too_long`, `row_unreadable`).

    Lines end with LF, CRLF or CR. A record spans lines where a quoted field does, at most 20. Holds a chunk of 256 KiB.
    """
    lines = _Lines(content, dialect.encoding)
    parser = _Parser(dialect, lines.encoding)
    quote = dialect.quote.encode()
    for line, first in lines:
        raw = last = first
        fields = None
        if quote and first.count(quote) % 2:
            rest = lines.until_closed(len(first), quote)
            raw = b"".join((first, *(of_it for _, of_it in rest)))
            fields = parser.fields(raw)
            if rest and fields is None:
                # Marks that quote nothing, such as those of inches: the lines after it are rows of their own.
                lines.give_back(rest)
                raw = first
            elif rest:
                last = rest[-1][1]
        if len(raw) > _LONGEST_BYTES:
            yield BadRow(line, "row_too_long", "Longer than a row of a call log can be.", raw[:MOST_KEPT_BYTES])
            continue
        if fields is None:
            fields = parser.fields(raw)
        if fields is None:
            yield BadRow(
                line, "row_unreadable", "Its quotation marks and line ends make no row.", raw[:MOST_KEPT_BYTES]
            )
        elif any(fields) and (len(fields) > 1 or fields[0].strip(_BLANK)):
            yield Record(line, raw, fields, not last.endswith((b"\n", b"\r")))


class _Parser:
    """Fields of one record."""

    def __init__(self, dialect: Dialect, encoding: str) -> None:
        self._encoding = encoding
        self._delimiter = dialect.delimiter
        self._quote = dialect.quote or None
        self._quoting: Literal[0, 3] = csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE

    def fields(self, raw: bytes) -> list[str] | None:
        """Return the fields, none of a blank line; None when the bytes make no record."""
        text = raw.decode(self._encoding, "replace").removeprefix(_BOM)
        if "\0" in text:
            text = text.replace("\0", "")
        reader = csv.reader((text,), delimiter=self._delimiter, quotechar=self._quote, quoting=self._quoting)
        try:
            return next(reader, [])
        except csv.Error:
            return None


class _Lines:
    """Numbered lines of a file with any line ends; of one that is too long the beginning."""

    def __init__(self, content: IO[bytes], encoding: str) -> None:
        beginning = content.read(_CHUNK_BYTES)
        is_utf16 = _is_utf16(encoding) or beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        chunks = _chunks(beginning, content)
        self._lines = _split(_as_utf8(chunks, encoding if _is_utf16(encoding) else "utf-16") if is_utf16 else chunks)
        self._given_back: deque[tuple[int, bytes]] = deque()
        self.encoding = "utf-8" if is_utf16 else encoding

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        while True:
            if self._given_back:
                yield self._given_back.popleft()
                continue
            line = next(self._lines, None)
            if line is None:
                return
            yield line

    def until_closed(self, size: int, quote: bytes) -> list[tuple[int, bytes]]:
        """Take the lines up to the one that closes an open quotation mark; none when that is not within reach."""
        taken: list[tuple[int, bytes]] = []
        for numbered in self:
            taken.append(numbered)
            size += len(numbered[1])
            if numbered[1].count(quote) % 2 and size <= _LONGEST_BYTES:
                return taken
            if len(taken) >= _MOST_LINES - 1 or size > _LONGEST_BYTES:
                break
        self.give_back(taken)
        return []

    def give_back(self, taken: list[tuple[int, bytes]]) -> None:
        """Make them the next lines again."""
        self._given_back.extendleft(reversed(taken))


def _is_utf16(encoding: str) -> bool:
    return encoding.lower().replace("_", "-").startswith(("utf-16", "utf16"))


def _split(chunks: Iterator[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield number and bytes of each line, its end with it; of one that is too long its beginning."""
    number, rest, is_skipping = 0, b"", False
    for chunk in chunks:
        lines = (rest + chunk).splitlines(keepends=True)
        # A CR at the end of a chunk may be half of a CRLF.
        rest = lines.pop() if lines and not lines[-1].endswith(b"\n") else b""
        for line in lines:
            if is_skipping:
                is_skipping = False
                continue
            number += 1
            yield number, line
        if len(rest) > _LONGEST_BYTES and not rest.endswith(b"\r"):
            if not is_skipping:
                number += 1
                yield number, rest
            is_skipping, rest = True, b""
    if rest and not is_skipping:
        yield number + 1, rest


def _chunks(beginning: bytes, content: IO[bytes]) -> Iterator[bytes]:
    chunk = beginning
    while chunk:
        yield chunk
        chunk = content.read(_CHUNK_BYTES)


def _as_utf8(chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    for chunk in chunks:
        yield decoder.decode(chunk).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")
