"""Comma-separated rows, one to a line, out of a file of any size."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from adapters.phone.reading.fault import COLUMNS, LONGEST_ROW, TOO_LONG, TRUNCATED, Fault
from inbox.call import BadRow

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Row:
    """One line as it stands in the file, without its end, and its values."""

    line: int
    values: list[str]
    raw: bytes
    is_last_and_open: bool
    """The file ends in it without a line's end: it may be cut off."""

    def too_few_or_many(self) -> Fault:
        """Say what it means that the number of columns does not fit."""
        return TRUNCATED if self.is_last_and_open else COLUMNS


def rows(content: IO[bytes]) -> Iterator[Row | BadRow]:
    """Yield the lines that are not blank. A row is one line: a quote that is never closed harms no other row.

    Holds one line, at most 1 MiB. Invalid UTF-8 becomes U+FFFD. Never raises for what the file holds.
    """
    line = 0
    while raw := content.readline(LONGEST_ROW):
        line += 1
        if len(raw) == LONGEST_ROW and not raw.endswith(b"\n"):
            _pass_over_rest(content)
            yield TOO_LONG.of(line, raw)
            continue
        if line == 1:
            raw = raw.removeprefix(_BOM)
        bare = raw.rstrip(b"\r\n")
        if not bare.strip():
            continue
        try:
            values = next(csv.reader([bare.decode("utf-8", "replace")], skipinitialspace=True))
        except csv.Error:
            yield COLUMNS.of(line, bare)
        else:
            yield Row(line, values, bare, not raw.endswith(b"\n"))


def first_values(beginning: bytes) -> list[str]:
    """Give the values of the first row that a file begins with; none when it holds no whole line."""
    for raw in beginning.removeprefix(_BOM).splitlines():
        if raw.strip():
            try:
                return next(csv.reader([raw.decode("utf-8", "replace")], skipinitialspace=True))
            except csv.Error:
                return []
    return []


def _pass_over_rest(content: IO[bytes]) -> None:
    while (rest := content.readline(LONGEST_ROW)) and not rest.endswith(b"\n"):
        pass
