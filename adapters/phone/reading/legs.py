"""Rows become legs, or bad rows, in every format the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

from adapters.phone.reading.fault import Fault
from inbox.call import BadRow, Leg


class Row(Protocol):
    """One row as it stands in the file."""

    @property
    def line(self) -> int:
        """Of the file, from 1: its first line."""

    @property
    def raw(self) -> bytes:
        """Its bytes."""


_Row = TypeVar("_Row", bound=Row)


def legs(
    rows: Iterable[_Row | BadRow], leg_of: Callable[[_Row], Leg | Fault | None]
) -> Iterator[tuple[int, Leg | BadRow]]:
    """Yield what `leg_of` makes of each row, as `CallFormat.rows`; where it makes nothing the row is passed over."""
    for row in rows:
        if isinstance(row, BadRow):
            yield row.line, row
            continue
        found = leg_of(row)
        if isinstance(found, Fault):
            yield row.line, found.of(row.line, row.raw)
        elif found is not None:
            yield row.line, found
