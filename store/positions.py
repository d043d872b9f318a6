"""Sets of positions: a mailbox of a million takes a few hundred kilobytes as long as its numbers lie close together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from operator import and_, or_

from store.sources import compact, expand

_WIDTH = 1024
"""Numbers per bit mask."""

_DIGITS = 19


class Positions:
    """A set of positions of one key space: numbers as bit masks, names as they are."""

    def __init__(self, saw: str = "") -> None:
        """`saw`: as `compact` wrote it."""
        self._masks: dict[int, int] = {}
        self._names: set[str] = set()
        if saw.startswith("["):
            for position in expand(saw):
                self.add(position)
        elif saw:
            for piece in saw.split(","):
                low, _, high = piece.partition(":")
                self._add_range(int(low), int(high or low))

    def add(self, position: str) -> None:
        """Add one."""
        number = _number(position)
        if number is None:
            self._names.add(position)
        else:
            self._add_range(number, number)

    def update(self, others: Positions) -> None:
        """Add all of the others."""
        for chunk, mask in others._masks.items():
            self._masks[chunk] = self._masks.get(chunk, 0) | mask
        self._names |= others._names

    def __sub__(self, others: Positions) -> Positions:
        return self._combined(others, lambda own, other: own & ~other, self._names - others._names)

    def __and__(self, others: Positions) -> Positions:
        return self._combined(others, and_, self._names & others._names)

    def __or__(self, others: Positions) -> Positions:
        made = self._combined(others, or_, self._names | others._names)
        made.update(others)
        return made

    def __contains__(self, position: str) -> bool:
        number = _number(position)
        if number is None:
            return position in self._names
        return bool(self._masks.get(number // _WIDTH, 0) >> number % _WIDTH & 1)

    def __len__(self) -> int:
        return sum(mask.bit_count() for mask in self._masks.values()) + len(self._names)

    def __iter__(self) -> Iterator[str]:
        """Give numbers upwards, then names."""
        for chunk in sorted(self._masks):
            mask = self._masks[chunk]
            while mask:
                lowest = mask & -mask
                yield str(chunk * _WIDTH + lowest.bit_length() - 1)
                mask ^= lowest
        yield from sorted(self._names)

    def pages(self, size: int) -> Iterator[list[str]]:
        """Give them in lists of at most so many."""
        rest = iter(self)
        while page := list(islice(rest, size)):
            yield page

    def written(self) -> str:
        """Return them as `compact` writes them."""
        return compact(self)

    def _add_range(self, low: int, high: int) -> None:
        while low <= high:
            chunk, offset = divmod(low, _WIDTH)
            end = min(high, chunk * _WIDTH + _WIDTH - 1)
            self._masks[chunk] = self._masks.get(chunk, 0) | ((1 << end - low + 1) - 1) << offset
            low = end + 1

    def _combined(self, others: Positions, combine: Callable[[int, int], int], names: Iterable[str]) -> Positions:
        made = Positions()
        for chunk, mask in self._masks.items():
            if combined := combine(mask, others._masks.get(chunk, 0)):
                made._masks[chunk] = combined
        made._names = set(names)
        return made


def _number(position: str) -> int | None:
    """Return the number that a server wrote, or None for a name that only looks like one."""
    if not (position.isascii() and position.isdigit()) or len(position) > _DIGITS:
        return None
    number = int(position)
    return number if str(number) == position else None
