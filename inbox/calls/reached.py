"""The figures of a set of calls: how many were offered, answered and lost, and how long they waited."""

from __future__ import annotations

from dataclasses import dataclass, field

from inbox.calls.counted import Counted, CountedAs
from inbox.calls.lines import MILLIONTHS


@dataclass(slots=True)
class Waits:
    """How long some calls waited, as far as it is known of each."""

    known: int = 0
    total_ms: int = 0
    longest_ms: int = 0

    def add(self, wait_ms: int) -> None:
        """Count one."""
        self.known += 1
        self.total_ms += wait_ms
        self.longest_ms = max(self.longest_ms, wait_ms)

    def merge(self, other: Waits) -> None:
        """Count all of another."""
        self.known += other.known
        self.total_ms += other.total_ms
        self.longest_ms = max(self.longest_ms, other.longest_ms)

    @property
    def average_s(self) -> float | None:
        """Seconds, to the tenth; None when no wait is known."""
        return round(self.total_ms / self.known / 1000, 1) if self.known else None

    @property
    def longest_s(self) -> float | None:
        """Seconds, to the tenth; None when no wait is known."""
        return round(self.longest_ms / 1000, 1) if self.known else None


@dataclass(slots=True)
class Reached:
    """Counts and waits of calls to us. Whole numbers only: parts add up to their whole, exactly."""

    counts: dict[CountedAs, int] = field(default_factory=lambda: dict.fromkeys(CountedAs, 0))
    answered_waits: Waits = field(default_factory=Waits)
    offered_waits: Waits = field(default_factory=Waits)
    """Of all that were offered, also of who gave up."""
    within_ms: set[int] = field(default_factory=set)
    """The norms that the calls fall under."""
    wanted_millionths: int = 0
    """How many of the measured calls were to be answered within the norm, each by the share of its own queue."""

    def add(self, call: Counted) -> None:
        """Count one call."""
        counted_as = call.counted_as
        self.counts[counted_as] += 1
        if not counted_as.is_offered:
            return
        if counted_as.is_measured:
            self.wanted_millionths += call.line.share_millionths
            self.within_ms.add(call.line.within_ms)
        if call.wait_ms is not None:
            self.offered_waits.add(call.wait_ms)
            if counted_as.is_answered:
                self.answered_waits.add(call.wait_ms)

    def merge(self, other: Reached) -> None:
        """Count all calls of another."""
        for counted_as, count in other.counts.items():
            self.counts[counted_as] += count
        self.answered_waits.merge(other.answered_waits)
        self.offered_waits.merge(other.offered_waits)
        self.within_ms |= other.within_ms
        self.wanted_millionths += other.wanted_millionths

    @property
    def offered(self) -> int:
        """Calls of people who wanted to speak to us while we could be reached."""
        return sum(count for counted_as, count in self.counts.items() if counted_as.is_offered)

    @property
    def measured(self) -> int:
        """Those that weigh in the norm: offered, but for who gave up at once."""
        return sum(count for counted_as, count in self.counts.items() if counted_as.is_measured)

    @property
    def answered(self) -> int:
        """Those that a person answered."""
        return sum(count for counted_as, count in self.counts.items() if counted_as.is_answered)

    @property
    def share_answered(self) -> float | None:
        """Of the measured; None when there are none."""
        return self._share(self.answered)

    @property
    def share_within_norm(self) -> float | None:
        """Of the measured; None when there are none."""
        return self._share(self.counts[CountedAs.answered_within_norm])

    @property
    def norm_share(self) -> float | None:
        """What the share within the norm is to be: the mean of the queues' norms, weighed by their measured calls."""
        return round(self.wanted_millionths / MILLIONTHS / self.measured, 4) if self.measured else None

    @property
    def norm_seconds(self) -> int | None:
        """Within how long a call is to be answered; None when queues with different norms, or none, are in it."""
        return next(iter(self.within_ms)) // 1000 if len(self.within_ms) == 1 else None

    @property
    def is_norm_met(self) -> bool | None:
        """None when nothing was measured. Not by the rounded shares."""
        if not self.measured:
            return None
        return self.counts[CountedAs.answered_within_norm] * MILLIONTHS >= self.wanted_millionths

    def _share(self, count: int) -> float | None:
        return round(count / self.measured, 4) if self.measured else None
