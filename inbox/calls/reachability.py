"""How well we could be reached: figures of all calls to us, by queue, department, hour and day.

Calls stream past; what is remembered grows with the figures that are asked for, not with the calls.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from inbox.calls.counted import Counted, CountedAs, Counting, RegisteredCall
from inbox.calls.reached import Reached
from inbox.errors import BadRequest

MOST_CELLS = 10_000
"""Figures in one answer: a year, for each hour of each day."""
MOST_UNKNOWN = 200
"""Unknown queues that an answer names."""


class Dimension(StrEnum):
    """By what calls are told apart."""

    queue = "queue"
    department = "department"
    hour = "hour"
    """Of the day, 0 to 23, by the organisation's clock."""
    day = "day"


@dataclass(frozen=True)
class Only:
    """Which calls are asked for. None asks nothing; everything that is asked must hold."""

    queue: str | None = None
    """As the figures name it, whatever its case; empty: calls to numbers that the configuration does not know."""
    department: str | None = None
    """Empty: queues that the configuration does not know."""
    hour: int | None = None
    counted_as: frozenset[CountedAs] = frozenset()
    """One of these; empty: any."""
    departments: frozenset[str] | None = None
    """What the asker may see."""

    def holds(self, call: Counted) -> bool:
        """Say whether the call is one of those."""
        line = call.line
        return (
            (self.queue is None or line.queue.casefold() == self.queue.strip().casefold())
            and (self.department is None or line.department == self.department)
            and (self.hour is None or call.hour == self.hour)
            and (not self.counted_as or call.counted_as in self.counted_as)
            and (self.departments is None or line.department in self.departments)
        )


EVERYTHING = Only()


@dataclass(frozen=True)
class Cell:
    """One line of figures."""

    queue: str | None
    """None where queues are not told apart; so for the others."""
    department: str | None
    """Also told where queues are told apart."""
    hour: int | None
    day: date | None
    reached: Reached


_Key = tuple[str | None, str | None, int | None, date | None]


class Reachability:
    """The figures of a period."""

    def __init__(self, counting: Counting, by: Sequence[Dimension], only: Only = EVERYTHING) -> None:
        """`by`: without any, there is one cell that holds them all."""
        self._counting = counting
        # Asked of each call.
        self._by_queue = Dimension.queue in by
        self._by_department = self._by_queue or Dimension.department in by
        self._by_hour, self._by_day = Dimension.hour in by, Dimension.day in by
        self._order = tuple(dict.fromkeys(by))
        self._only = only
        self._cells: dict[_Key, Reached] = {}
        self._unknown: dict[str, int] = {}
        self._not_ours = 0

    def add(self, call: RegisteredCall) -> None:
        """Count one call. Raises BadRequest when there would be more than MOST_CELLS cells."""
        counted = self._counting.count(call)
        if counted is None:
            self._not_ours += 1
        elif self._only.holds(counted):
            self._cell(counted).add(counted)
            if not counted.line.is_known:
                self._note_unknown(counted.line.queue)

    def cells(self) -> list[Cell]:
        """Return the cells that have a call, in the order of `by`; unknown queues and departments last."""
        return sorted((Cell(*key, reached) for key, reached in self._cells.items()), key=self._place)

    def total(self) -> Reached:
        """Return the figures of all cells together."""
        whole = Reached()
        for reached in self._cells.values():
            whole.merge(reached)
        return whole

    @property
    def not_ours(self) -> int | None:
        """Calls that count nowhere: outgoing, internal, and those of which neither direction nor queue is known.

        None when only some queues are asked for: they belong to none.
        """
        only = self._only
        is_whole = only.queue is None and only.department is None and only.departments is None
        return self._not_ours if is_whole else None

    @property
    def unknown_queues(self) -> list[str]:
        """The queues, by name, that the configuration does not know; of many, those with most calls."""
        most = sorted(self._unknown, key=lambda name: (-self._unknown[name], name))[:MOST_UNKNOWN]
        return sorted(most)

    def _cell(self, call: Counted) -> Reached:
        line = call.line
        key = (
            line.queue if self._by_queue else None,
            line.department if self._by_department else None,
            call.hour if self._by_hour else None,
            call.day if self._by_day else None,
        )
        found = self._cells.get(key)
        if found is None:
            if len(self._cells) >= MOST_CELLS:
                raise BadRequest(f"more than {MOST_CELLS} figures: ask for fewer days, or tell less apart with `by`")
            found = self._cells[key] = Reached()
        return found

    def _note_unknown(self, name: str) -> None:
        # Where nothing tells queues apart, a name for each number that was ever dialled must not fill the memory.
        if name in self._unknown or len(self._unknown) < MOST_CELLS:
            self._unknown[name] = self._unknown.get(name, 0) + 1

    def _place(self, cell: Cell) -> list[tuple[bool, object]]:
        values: Mapping[Dimension, object] = {
            Dimension.queue: cell.queue,
            Dimension.department: cell.department,
            Dimension.hour: cell.hour,
            Dimension.day: cell.day,
        }
        # An unknown queue has no department, so that it stands behind the known ones.
        return [(dimension is Dimension.queue and not cell.department, values[dimension]) for dimension in self._order]
