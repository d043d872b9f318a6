"""JSON objects, one after another, out of a file of any size.

An event parser such as ijson would stop for good at the first broken byte and tell neither line nor bytes of a row. Here
each object is decoded by itself, and reading goes on behind one that is broken.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any

from adapters.phone.reading.fault import JSON, RAW_BYTES, TRUNCATED, Fault
from inbox.call import BadRow

_CHUNK = 262_144
_AHEAD = 16_384
"""Characters that are looked at to tell a page from a row: a page's address stands before its rows."""
_NEAR_END = 16
"""Characters within which a decoder's complaint may only mean that the rest is still to be read."""

_LONGEST = 1_048_576
"""Characters of a row. A leg with every variable a telephone system knows takes some ten thousand; more is no row."""
_TOO_LONG = Fault("row_too_long", "The row is longer than 1 MiB: check whether the file is whole.")
_LONGEST_START = 256
"""Characters by which a row is known."""

_SCALAR = r'(?:"(?:[^"\\\n]|\\.)*+"|[-+.\w]++)'
_MEMBER = rf'"[^"\\\n]*+"\s*+:\s*+{_SCALAR}'
_BETWEEN = re.compile(r"[\s,]*+")
_PAGE = re.compile(rf'\{{\s*+(?:{_MEMBER}\s*+,\s*+)*+"value"\s*+:\s*+\[')
_PAGE_END = re.compile(rf"\]\s*+(?:,\s*+{_MEMBER}\s*+)*+\}}")
_NEW_LINE_ROW = r'(?<=\n)\{[^\S\n]*+"'
_LONE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Row:
    """One object as it stands in the file."""

    line: int
    members: dict[str, Any]
    raw: bytes


def rows(content: IO[bytes], first_members: str) -> Iterator[Row | BadRow]:
    """Yield the objects of a file: one, JSON lines, objects back to back, arrays, and pages `{"value": […]}`.

    `first_members` is a pattern of the names that a row begins with; by it the next row is found behind a broken one. It
    holds one row and a buffer of 256 KiB, at most 2 MiB. Never raises for what the file holds.
    """
    row = rf'\{{\s*+"(?:{first_members})"'
    return iter(_Reading(content, re.compile(row), re.compile(f"{_NEW_LINE_ROW}|{row}")))


def text_of(value: object) -> str:
    """Give a member as text: what is null or no scalar is empty, what is no Unicode becomes U+FFFD."""
    if isinstance(value, str):
        return value if value.isascii() else _LONE.sub("\ufffd", value)
    if value is None or isinstance(value, dict | list):
        return ""
    return str(value)


@dataclass
class _Reading:
    """Where the reading of one file stands: what lies before `at` is done with."""

    content: IO[bytes]
    row: re.Pattern[str]
    """How a row surely begins."""
    row_start: re.Pattern[str]
    """How one may begin, behind a broken one."""
    text: str = ""
    at: int = 0
    line: int = 1
    is_all_read: bool = False
    is_in_array: bool = False
    is_in_page: bool = False
    """An array, or a page, is not closed yet; pages may stand in an array."""
    utf8: codecs.IncrementalDecoder = field(
        # Bytes that are no UTF-8 stay recognisable, so that a bad row is kept as it stands.
        default_factory=lambda: codecs.getincrementaldecoder("utf-8")("surrogateescape")
    )

    def __iter__(self) -> Iterator[Row | BadRow]:
        self._fill(_AHEAD)
        self.text = self.text.removeprefix("\ufeff")
        while self._pass_over_what_is_between():
            found = self._row() if self.text[self.at] == "{" else self._stray()
            if found is not None:
                yield found
        if self.is_in_array or self.is_in_page:
            yield TRUNCATED.of(self.line, b"")

    def _fill(self, ahead: int) -> None:
        """Read on until so many characters lie ahead, or all that there are."""
        while not self.is_all_read and len(self.text) - self.at < ahead:
            chunk = self.content.read(max(_CHUNK, ahead))
            self.is_all_read = not chunk
            # One copy for each chunk: what is done with is dropped at once.
            self.text = self.text[self.at :] + self.utf8.decode(chunk, final=self.is_all_read)
            self.at = 0

    def _pass_to(self, end: int) -> bytes:
        """Be done with the text up to there, and give its bytes."""
        passed = self.text[self.at : end]
        self.line += passed.count("\n")
        self.at = end
        return passed.encode("utf-8", "surrogateescape")

    def _pass_over_what_is_between(self) -> bool:
        """Come to the next row or stray text; False at the end of the file."""
        while True:
            self._pass_to(self._end_of(_BETWEEN) or self.at)
            self._fill(_AHEAD)
            if self.at == len(self.text):
                return False
            sign = self.text[self.at]
            if sign == "[":
                self.is_in_array = True
                self._pass_to(self.at + 1)
            elif sign == "]":
                self._close()
            elif sign == "{" and not self.is_in_page and not self._end_of(self.row) and (page := self._end_of(_PAGE)):
                self.is_in_page = True
                self._pass_to(page)
            elif not sign.isspace() and sign != ",":
                return True

    def _close(self) -> None:
        self._pass_to((self.is_in_page and self._end_of(_PAGE_END)) or self.at + 1)
        if self.is_in_page:
            self.is_in_page = False
        else:
            self.is_in_array = False

    def _end_of(self, pattern: re.Pattern[str]) -> int | None:
        match = pattern.match(self.text, self.at)
        return match.end() if match else None

    def _row(self) -> Row | BadRow:
        line = self.line
        while True:
            try:
                members, end = _DECODER.raw_decode(self.text, self.at)
            except json.JSONDecodeError as error:
                is_cut = error.msg.startswith("Unterminated") or error.pos >= len(self.text) - _NEAR_END
                if not is_cut:
                    return self._broken(JSON)
                if self.is_all_read:
                    return self._broken(TRUNCATED)
            except (ValueError, RecursionError):
                # A number of thousands of digits, or brackets thousands deep.
                return self._broken(JSON)
            else:
                return Row(line, members, self._pass_to(end))
            held = len(self.text) - self.at
            if held >= _LONGEST:
                return self._broken(_TOO_LONG)
            self._fill(min(2 * held, _LONGEST))

    def _broken(self, fault: Fault) -> BadRow:
        """Go on at the next thing that begins like a row. All before it is the bad row's, which keeps the beginning."""
        line, raw, beyond = self.line, self._beginning(), 1
        while True:
            start = self.row_start.search(self.text, self.at + beyond)
            if start or self.is_all_read:
                if start and beyond:
                    raw = self.text[self.at : start.start()].encode("utf-8", "surrogateescape")
                self._pass_to(start.start() if start else len(self.text))
                if not start and fault is TRUNCATED:
                    # The cut row tells already that the rest is missing.
                    self.is_in_array = self.is_in_page = False
                return fault.of(line, raw)
            # A row's beginning may lie across the border of two chunks.
            if (end := len(self.text) - _LONGEST_START) > self.at:
                self._pass_to(end)
                beyond = 0
            self._fill(_CHUNK)

    def _beginning(self) -> bytes:
        return self.text[self.at : self.at + RAW_BYTES].encode("utf-8", "surrogateescape")

    def _stray(self) -> BadRow:
        """Take what is no object up to the end of its line, or to the next object."""
        line = self.line
        ends = [end for sign in "\n{" if (end := self.text.find(sign, self.at)) >= 0]
        return JSON.of(line, self._pass_to(min(ends, default=len(self.text))))


_DECODER = json.JSONDecoder()
