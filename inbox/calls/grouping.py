"""Legs become calls, while they stream past: only calls that may still get a leg are remembered."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from inbox.call import Call, Leg
from inbox.calls.outcome import call_of

QUIET = timedelta(minutes=30)
"""How long no leg comes near a call, in the time of the log, before it counts as complete."""

_RECENT = 8
"""Legs that must all be away from a call before it closes: a late row, or one with a wrong year, closes nothing."""
_SWEEPS_PER_QUIET = 4
"""Looking through the open calls at each leg would cost more than reading them."""
_MOST_OPEN = 100_000
"""Calls remembered at once: a log whose rows all have one moment must not fill the memory."""
_MOST_LEGS = 10_000
"""Legs of one call: so does one whose key is the same in all rows."""


def group(legs: Iterable[Leg], quiet: timedelta = QUIET) -> Iterator[Call]:
    """Yield each call once it is quiet, and the rest at the end, each batch by start. See `Grouping`."""
    grouping = Grouping(quiet)
    for leg in legs:
        yield from grouping.add(leg)
    yield from grouping.finish()


def joined(calls: Iterable[Call]) -> Call:
    """Return one call of what is known of it in several parts, in any order and with repetitions.

    A leg that comes after its call was closed makes a further Call with the same `call_key`: who keeps calls joins them.
    """
    return call_of(leg for call in calls for leg in call.legs)


class Grouping:
    """The open calls of one log, told oldest first or newest first.

    A call closes when the legs that came by last all lie more than the quiet period after its end, or before its start.
    """

    def __init__(self, quiet: timedelta = QUIET) -> None:
        self._quiet = quiet
        self._step = quiet / _SWEEPS_PER_QUIET
        self._open: dict[str, _OpenCall] = {}
        self._recent: deque[datetime] = deque(maxlen=_RECENT)
        self._swept_at: datetime | None = None

    def add(self, leg: Leg) -> list[Call]:
        """Take in one leg; return the calls that are complete by now, mostly none."""
        here = leg.ended_at or leg.started_at
        self._recent.append(here)
        call = self._open.get(leg.call_key)
        if call is None:
            self._open[leg.call_key] = _OpenCall(leg, here)
        else:
            call.add(leg, here)
            if len(call.legs) >= _MOST_LEGS:
                return [self._open.pop(leg.call_key).call()]
        if self._swept_at is None:
            self._swept_at = here
        elif abs(here - self._swept_at) >= self._step:
            self._swept_at = here
            return self._close_quiet()
        if len(self._open) > _MOST_OPEN:
            return self._close(list(self._open)[: _MOST_OPEN // 2])
        return []

    def finish(self) -> list[Call]:
        """Close all calls that are left, by start."""
        return self._close(list(self._open))

    def _close_quiet(self) -> list[Call]:
        # Differences only: a moment near the end of the calendar has none thirty minutes later.
        first, last = min(self._recent), max(self._recent)
        quiet = self._quiet
        return self._close(
            [key for key, call in self._open.items() if first - call.ended > quiet or call.started - last > quiet]
        )

    def _close(self, keys: list[str]) -> list[Call]:
        calls = [self._open.pop(key).call() for key in keys]
        return sorted(calls, key=lambda call: (call.started_at, call.call_key))


class _OpenCall:
    """A call that may still get a leg."""

    __slots__ = ("ended", "legs", "started")

    def __init__(self, leg: Leg, ended: datetime) -> None:
        self.legs = [leg]
        self.started = leg.started_at
        self.ended = ended

    def add(self, leg: Leg, ended: datetime) -> None:
        self.legs.append(leg)
        self.started = min(self.started, leg.started_at)
        self.ended = max(self.ended, ended)

    def call(self) -> Call:
        return call_of(self.legs)
