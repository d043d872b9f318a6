"""The records of a CSV file (RFC 4180) of any size and any damage, with their lines and bytes."""

from __future__ import annotations

import codecs
import csv
import io
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any, NamedTuple

from adapters.phone.reading.fault import TRUNCATED, Fault
from inbox.call import BadRow

_CHUNK_BYTES = 65_536
_LONGEST_BYTES = 131_072
"""A longer line is no row of a call log; Python's csv takes no longer field."""
_BOM = codecs.BOM_UTF8.decode()
"""Also where files were laid one behind the other."""
_BLANK = " \t\x1a"
"""The last is what programs of the DOS age write behind the last row."""

_TOO_LONG = Fault("row_too_long", "The row is longer than 128 KiB: check whether this is a call log.")
_UNREADABLE = Fault("row_unreadable", "Its quotation marks and line ends make no row: check how the file was written.")


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the file is written."""

    delimiter: str = ","
    quote: str = '"'
    """Empty: nothing is quoted."""
    encoding: str = "utf-8"
    """Of Python's names; files in UTF-16 must be told, or begin with a byte order mark."""
    skips_blanks: bool = False
    """Blanks before a field are no part of it."""
    most_lines: int = 20
    """Of one record. A quotation mark that nobody closes would take the rest of the file for one field."""


ONE_LINE = Dialect(skips_blanks=True, most_lines=1)
"""Of systems that write each row on a line of its own: a quotation mark that nobody closes harms no other row."""


class Record(NamedTuple):
    """One record with anything in it."""

    line: int
    """Of the file, from 1: its first line."""
    raw: bytes
    """With its line's end."""
    fields: list[str]
    """Invalid bytes as U+FFFD, NUL left out."""
    is_last_cut: bool = False
    """It ends with the file, and not with a line's end: there may have been more of it."""

    def miscounted(self, expected: str) -> Fault:
        """Say what it means that it has another number of columns: of the last one, that it is cut off."""
        if self.is_last_cut:
            return TRUNCATED
        return Fault("row_columns", f"{len(self.fields)} columns where {expected} are expected.")


def records(content: IO[bytes], dialect: Dialect = Dialect()) -> Iterator[Record | BadRow]:
    """Yield each record in order, and what is none as a bad row (`row_too_long`, `row_unreadable`).

    Lines end with LF, CRLF or CR. A record spans lines where a quoted field does. Holds a chunk of 64 KiB and a record.
    """
    lines = _Lines(content, dialect.encoding)
    parser = _Parser(dialect, lines.encoding)
    while block := lines.block():
        fields_of_each = parser.one_to_a_line(block)
        if fields_of_each is None:
            yield from _one_by_one(lines, block, parser, dialect)
            continue
        for line, (raw, fields) in enumerate(zip(block, fields_of_each, strict=False), lines.number - len(block) + 1):
            if any(fields) and (len(fields) > 1 or fields[0].strip(_BLANK)):
                yield Record(line, raw, fields)


def first_fields(beginning: bytes) -> list[str]:
    """Return the fields of the first record that a file begins with; none when it begins with none."""
    first = next(records(io.BytesIO(beginning), ONE_LINE), None)
    return first.fields if isinstance(first, Record) else []


def _one_by_one(lines: _Lines, block: list[bytes], parser: _Parser, dialect: Dialect) -> Iterator[Record | BadRow]:
    """Yield the records that begin in a block in which not each line is a record by itself."""
    last = lines.number
    lines.give_back(block)
    while lines.number < last:
        raw = lines.take()
        line, ending, fields = lines.number, raw, None
        if dialect.quote and dialect.most_lines > 1 and raw.count(parser.quote) % 2:
            rest = lines.until_closed(len(raw), parser.quote, dialect.most_lines - 1)
            joined = b"".join((raw, *rest))
            fields = parser.fields(joined)
            if fields is None:
                # Marks that quote nothing, such as those of inches: the lines after it are rows of their own.
                lines.give_back(rest)
            elif rest:
                raw, ending = joined, rest[-1]
        if len(raw) > _LONGEST_BYTES:
            yield _TOO_LONG.of(line, raw)
            continue
        if fields is None:
            fields = parser.fields(raw)
        if fields is None:
            yield _UNREADABLE.of(line, raw)
        elif any(fields) and (len(fields) > 1 or fields[0].strip(_BLANK)):
            yield Record(line, raw, fields, not ending.endswith((b"\n", b"\r")))


class _Parser:
    """Fields of records."""

    def __init__(self, dialect: Dialect, encoding: str) -> None:
        self._encoding = encoding
        self.quote = dialect.quote.encode()
        self._written: dict[str, Any] = {
            "delimiter": dialect.delimiter,
            "quotechar": dialect.quote or None,
            "quoting": csv.QUOTE_MINIMAL if dialect.quote else csv.QUOTE_NONE,
            "skipinitialspace": dialect.skips_blanks,
        }

    def fields(self, raw: bytes) -> list[str] | None:
        """Return the fields of one record, none of a blank line; None when the bytes make no record."""
        text = raw.decode(self._encoding, "replace").removeprefix(_BOM).replace("\0", "")
        try:
            return next(csv.reader((text,), **self._written), [])
        except csv.Error:
            return None

    def one_to_a_line(self, lines: list[bytes]) -> list[list[str]] | None:
        """Return the fields of each line, and of nothing behind the last; None when they must be looked at one by one.

        One csv.reader for many lines reads them three times as fast as one for each.
        """
        if max(map(len, lines)) > _LONGEST_BYTES:
            return None
        text = b"".join(lines).decode(self._encoding, "replace")
        texts = text.split("\n")
        if texts[-1] or len(texts) != len(lines) + 1 or "\0" in text or _BOM in text:
            return None
        try:
            found = list(csv.reader(texts, **self._written))
        except csv.Error:
            return None
        # A quoted field that is not closed on its line takes in the next one, be it the nothing behind the last.
        return found if len(found) == len(texts) else None


class _Lines:
    """Lines of a file with any line ends, one after another; of one that is too long the beginning."""

    def __init__(self, content: IO[bytes], encoding: str) -> None:
        beginning = content.read(_CHUNK_BYTES)
        is_utf16 = _is_utf16(encoding) or beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        chunks = _chunks(beginning, content)
        self._blocks = _split(_as_utf8(chunks, encoding if _is_utf16(encoding) else "utf-16") if is_utf16 else chunks)
        self._ahead: deque[bytes] = deque()
        self.encoding = "utf-8" if is_utf16 else encoding
        self.number = 0
        """Of the line that was taken last, from 1."""

    def block(self) -> list[bytes]:
        """Take many lines at once; none at the end."""
        block = list(self._ahead) or next(self._blocks, [])
        self._ahead.clear()
        self.number += len(block)
        return block

    def take(self) -> bytes:
        """Take the next line, which must be there."""
        self.number += 1
        return self._ahead.popleft()

    def give_back(self, taken: list[bytes]) -> None:
        """Make them the next lines again."""
        self.number -= len(taken)
        self._ahead.extendleft(reversed(taken))

    def until_closed(self, size: int, quote: bytes, most: int) -> list[bytes]:
        """Take the lines up to the one that closes an open quotation mark; none when that is not within reach."""
        taken: list[bytes] = []
        while len(taken) < most and size <= _LONGEST_BYTES and self._has_next():
            taken.append(self.take())
            size += len(taken[-1])
            if taken[-1].count(quote) % 2 and size <= _LONGEST_BYTES:
                return taken
        self.give_back(taken)
        return []

    def _has_next(self) -> bool:
        if not self._ahead:
            self._ahead.extend(next(self._blocks, ()))
        return bool(self._ahead)


def _is_utf16(encoding: str) -> bool:
    return encoding.lower().replace("_", "-").startswith(("utf-16", "utf16"))


def _split(chunks: Iterator[bytes]) -> Iterator[list[bytes]]:
    """Yield the lines that end in each chunk, their ends with them; of one that is too long its beginning."""
    rest, is_skipping = b"", False
    for chunk in chunks:
        lines = (rest + chunk).splitlines(keepends=True)
        # A CR at the end of a chunk may be half of a CRLF.
        rest = lines.pop() if lines and not lines[-1].endswith(b"\n") else b""
        if lines and is_skipping:
            is_skipping = False
            del lines[0]
        if len(rest) > _LONGEST_BYTES and not rest.endswith(b"\r"):
            if not is_skipping:
                lines.append(rest)
            is_skipping, rest = True, b""
        if lines:
            yield lines
    if rest and not is_skipping:
        yield [rest]


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
