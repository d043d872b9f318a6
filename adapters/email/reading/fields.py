"""The header of a mail or of a part, as fields (RFC 5322 section 2.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from adapters.email.reading.charset import guessed
from adapters.email.reading.clean import one_line
from adapters.email.reading.encoded_words import decode_words
from adapters.email.reading.limits import VALUE_LIMIT, WORDS_LIMIT, HeaderLimit
from adapters.email.reading.remarks import Remark, Remarks

FIELD_LINE = re.compile(rb"([!-9;-~]{1,100})[ \t]*:")
"""A field name and its colon at the start of a line; obsolete syntax allows the space (RFC 5322 section 4.5)."""

_ENVELOPE_LINE = (b"From ", b">From ")


@dataclass
class Fields:
    """Header fields in order. Names in lower case; values unfolded but not decoded, bounded in length."""

    remarks: Remarks
    _in_order: list[tuple[str, str]] = field(default_factory=list)
    _by_name: dict[str, list[str]] = field(default_factory=dict)

    def add(self, name: str, value: str) -> None:
        """Put a field at the end."""
        self._in_order.append((name, value))
        self._by_name.setdefault(name, []).append(value)

    def all(self, name: str) -> list[str]:
        """Return each raw value of the fields with this name (lower case), topmost first."""
        return self._by_name.get(name, [])

    def first(self, name: str) -> str:
        """Return the topmost raw value, or nothing."""
        return self.all(name)[0] if name in self._by_name else ""

    def words(self, name: str, limit: int) -> str:
        """Return the topmost value decoded (RFC 2047), as one line of at most `limit` characters."""
        return self.decoded(self.first(name), limit)

    def decoded(self, value: str, limit: int) -> str:
        """Return a raw value decoded, as one line of at most `limit` characters."""
        return one_line(decode_words(value[:WORDS_LIMIT], self.remarks), limit)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """Yield name and raw value of each field in order."""
        return iter(self._in_order)

    def __len__(self) -> int:
        """Return the number of fields."""
        return len(self._in_order)


def read_fields(raw: bytes, start: int, end: int, limit: HeaderLimit, remarks: Remarks) -> tuple[Fields, int]:
    """Return the fields that begin at `start`, and where the body begins; both inside `raw[start:end]`.

    A line that is neither field nor continuation ends the header, as in every other reader; the body begins with it.
    """
    header_end, body_start = _blank_line(raw, start, end)
    block_end = min(header_end, start + limit.size_bytes)
    if block_end < header_end:
        remarks.add(Remark.header_cut)
    fields = Fields(remarks)
    name, lines = "", list[bytes]()
    at = start
    block = raw[start:block_end].split(b"\n")
    if block_end < header_end and len(block) > 1:
        # Cut in the middle of a line, which says nothing about where the body begins.
        block.pop()
    for line in block:
        if line[:1] in (b" ", b"\t"):
            lines.append(line)
        elif found := FIELD_LINE.match(line):
            _close(fields, name, lines)
            if len(fields) >= limit.fields:
                remarks.add(Remark.header_cut)
                return fields, body_start
            name, lines = found[1].decode("ascii").lower(), [line[found.end() :]]
        elif at > start or not line.startswith(_ENVELOPE_LINE):
            if line.strip() or at < block_end:
                remarks.add(Remark.missing_separator)
                body_start = at
            break
        at += len(line) + 1
    _close(fields, name, lines)
    return fields, body_start


def _blank_line(raw: bytes, start: int, end: int) -> tuple[int, int]:
    """Return where the header ends and where the body begins; both are `end` when there is no blank line."""
    for opening in (b"\n", b"\r\n"):
        if raw.startswith(opening, start, end):
            return start, start + len(opening)
    with_return = raw.find(b"\n\r\n", start, end)
    # Not beyond what was found already: the body may be 50 MiB.
    bare = raw.find(b"\n\n", start, end if with_return < 0 else with_return + 1)
    if bare >= 0:
        return bare, bare + 2
    if with_return >= 0:
        return with_return, with_return + 3
    return end, end


def _close(fields: Fields, name: str, lines: list[bytes]) -> None:
    if not name:
        return
    value = b"".join(line.rstrip(b"\r") for line in lines)
    if len(value) > VALUE_LIMIT:
        fields.remarks.add(Remark.header_cut)
        value = value[:VALUE_LIMIT]
    fields.add(name, value.decode("ascii").strip() if value.isascii() else _eight_bit(value, fields.remarks))


def _eight_bit(value: bytes, remarks: Remarks) -> str:
    """UTF-8 in a header is allowed (RFC 6532); anything else never was."""
    try:
        return value.decode("utf-8").strip()
    except UnicodeDecodeError:
        remarks.add(Remark.broken_header)
        return guessed(value).strip()
