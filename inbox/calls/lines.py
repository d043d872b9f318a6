"""For which queue and department a call counts, and how soon it was to be answered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from inbox.configuration.model import CallQueue, Calls
from inbox.mobile_number import as_e164

MILLIONTHS = 1_000_000
"""Shares are counted in whole millionths, so that nine of ten is never a little less than nine tenths."""

_BETWEEN = re.compile(r"[\s/().-]")
_DIALLED = re.compile(r"\+?[0-9]+")
_NOBODY_S = re.compile(r"[0-9]{1,6}")
"""Extensions and 14-numbers. A longer number that we do not know may be a resident's, in a call whose direction the
telephone system tells wrong, and would then stand in reports and addresses."""
_REMEMBERED = 10_000
"""Pairs of queue and number: whoever rings decides the number, so they may be many."""


@dataclass(frozen=True)
class Line:
    """What a call came in on, and its norm."""

    queue: str
    """Its key in the configuration; else as the telephone system calls it, else the short number that was dialled. Empty
    for any other number."""
    department: str
    """Empty when the configuration does not know the queue."""
    is_known: bool
    within_ms: int
    """So soon a call is to be answered."""
    share_millionths: int
    """So many of those that are measured."""


class Lines:
    """The configured queues, and those that are not."""

    def __init__(self, calls: Calls) -> None:
        """Two queues whose names differ in case only are one: the first that is named."""
        self._calls = calls
        self._by_name: dict[str, Line] = {}
        self._by_number: dict[str, Line] = {}
        for name, queue in calls.queues.items():
            line = self._line(name, queue)
            self._by_name.setdefault(_folded(name), line)
            for number in _numbers(name):
                self._by_number.setdefault(number, line)
        self._remembered: dict[tuple[str, str], Line] = {}

    def line_of(self, queue: str, dialled: str) -> Line:
        """Return the configured queue of that name, else of that number; else one of its own without a department."""
        found = self._remembered.get((queue, dialled))
        if found is None:
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.clear()
            found = self._remembered[queue, dialled] = self._looked_up(queue, dialled)
        return found

    def _looked_up(self, queue: str, dialled: str) -> Line:
        return (
            self._by_name.get(_folded(queue))
            or self._by_number.get(dialled)
            or self._line(queue.strip() or (dialled if _NOBODY_S.fullmatch(dialled) else ""), None)
        )

    def _line(self, name: str, queue: CallQueue | None) -> Line:
        within = queue.answered_within_seconds if queue is not None else None
        share = queue.answered_share if queue is not None else None
        return Line(
            queue=name,
            department=queue.department if queue is not None else "",
            is_known=queue is not None,
            within_ms=1000 * (self._calls.answered_within_seconds if within is None else within),
            share_millionths=round(MILLIONTHS * (self._calls.answered_share if share is None else share)),
        )


def _folded(name: str) -> str:
    return name.strip().casefold()


def _numbers(name: str) -> Iterator[str]:
    """Yield the forms in which the register may hold a queue's name that is a number."""
    joined = _BETWEEN.sub("", name)
    if _DIALLED.fullmatch(joined):
        yield joined
        if number := as_e164(joined):
            yield number
