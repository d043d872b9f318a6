"""As what a call counts in the figures of reachability, and where: on which line, local day and hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from inbox.call import Direction, Outcome
from inbox.calls.lines import Line, Lines
from inbox.calls.phone_hours import PhoneHours
from inbox.configuration.model import Calls
from inbox.norms.calendar import WorkingDays


class CountedAs(StrEnum):
    """What a call to us is in the figures: exactly one of these."""

    answered_within_norm = "answered_within_norm"
    answered_late = "answered_late"
    """A person answered, later than the norm, or no row says when."""
    missed = "missed"
    abandoned = "abandoned"
    abandoned_short = "abandoned_short"
    """The caller gave up before anybody could be expected to answer (`abandoned_from_seconds`)."""
    voicemail = "voicemail"
    busy = "busy"
    after_hours = "after_hours"
    failed = "failed"

    @property
    def is_offered(self) -> bool:
        """Somebody wanted to speak to us while we could be reached."""
        return self not in _NOT_OFFERED

    @property
    def is_measured(self) -> bool:
        """It weighs in the norm."""
        return self not in _NOT_MEASURED

    @property
    def is_answered(self) -> bool:
        """A person answered."""
        return self in _ANSWERED


_NOT_OFFERED = frozenset({CountedAs.after_hours, CountedAs.failed})
"""When we are closed nobody is there to answer; what failed came to no line of ours. Both are shown, apart."""
_NOT_MEASURED = _NOT_OFFERED | {CountedAs.abandoned_short}
"""Who gives up at once could not have been answered in time: leaving those out is the usual service level."""
_ANSWERED = frozenset({CountedAs.answered_within_norm, CountedAs.answered_late})
_IN_VAIN = frozenset(CountedAs) - _ANSWERED - _NOT_OFFERED


_INBOUND, _UNKNOWN = Direction.inbound, Direction.unknown
_WAS_ANSWERED, _WAS_ABANDONED = Outcome.answered, Outcome.abandoned
# Looked up once: for each of a million calls, finding a member in its enum is half of the work.
_AS = {str(outcome): CountedAs(str(outcome)) for outcome in Outcome if outcome is not Outcome.answered}
"""Outcome → as what it counts, but for answered calls and short waits."""


class RegisteredCall(Protocol):
    """What the call register holds of a call; Call has it too."""

    @property
    def queue(self) -> str: ...  # noqa: D102 - as in Call, all of them
    @property
    def dialled(self) -> str: ...  # noqa: D102
    @property
    def direction(self) -> str: ...  # noqa: D102
    @property
    def outcome(self) -> str: ...  # noqa: D102
    @property
    def started_at(self) -> datetime: ...  # noqa: D102
    @property
    def answered_at(self) -> datetime | None: ...  # noqa: D102
    @property
    def ended_at(self) -> datetime | None: ...  # noqa: D102
    @property
    def waited_s(self) -> float: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Counted:
    """A call to us, as the figures see it."""

    line: Line
    counted_as: CountedAs
    wait_ms: int | None
    """Until a person answered or the call ended, the menu included; None when no row says so. Whole, so that sums are
    exact."""
    day: date
    hour: int
    """Of its start, by the organisation's clock. An hour that the clock shows twice is one hour here."""


class Counting:
    """How calls count by one configuration."""

    def __init__(self, calls: Calls, zone: ZoneInfo, days: WorkingDays) -> None:
        """`zone`, `days`: the organisation's."""
        self._lines = Lines(calls)
        self._hours = PhoneHours(calls.opening, days)
        self._short_ms = 1000 * calls.abandoned_from_seconds
        self._zone = zone

    def count(self, call: RegisteredCall) -> Counted | None:
        """Return as what and where it counts; None for a call that was not to us.

        A call of which no direction is known counts when it came in on a queue or a configured line.
        """
        line = self._lines.line_of(call.queue, call.dialled)
        direction, outcome = call.direction, call.outcome
        if direction != _INBOUND and not (direction == _UNKNOWN and (line.is_known or call.queue.strip())):
            return None
        told_until = call.answered_at if outcome == _WAS_ANSWERED else call.ended_at
        wait_ms = round(1000 * call.waited_s) if told_until is not None else None
        local = call.started_at.astimezone(self._zone)
        counted_as = self._counted_as(outcome, wait_ms, line)
        if counted_as in _IN_VAIN and self._hours.are_over(local):
            counted_as = CountedAs.after_hours
        return Counted(line, counted_as, wait_ms, local.date(), local.hour)

    def _counted_as(self, outcome: str, wait_ms: int | None, line: Line) -> CountedAs:
        # A wait that nobody knows proves neither that the norm was met nor that the caller gave up at once.
        if outcome == _WAS_ANSWERED:
            is_in_time = wait_ms is not None and wait_ms <= line.within_ms
            return CountedAs.answered_within_norm if is_in_time else CountedAs.answered_late
        if outcome == _WAS_ABANDONED and wait_ms is not None and wait_ms < self._short_ms:
            return CountedAs.abandoned_short
        return _AS[outcome]
