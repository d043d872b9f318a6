"""Calls for the tests of reachability, made of raw legs as a telephone system tells them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from inbox.call import Call, Direction, Leg, Outcome
from inbox.calls.counted import Counting
from inbox.calls.outcome import call_of
from inbox.configuration.model import Calendar, Calls
from inbox.norms.calendar import WorkingDays

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)

CALLS = Calls.model_validate(
    {
        "abandoned_from_seconds": 10,
        "answered_within_seconds": 30,
        "answered_share": 0.8,
        "queues": {
            "Vergunningen": {"department": "vergunningen"},
            "Burgerzaken": {"department": "kcc", "answered_within_seconds": 20, "answered_share": 0.9},
            "Balie": {"department": "kcc"},
        },
    }
)


DAYS = WorkingDays(Calendar())
COUNTING = Counting(CALLS, AMSTERDAM, DAYS)


@dataclass(frozen=True)
class Raw:
    """What happened, in words of its own."""

    queue: str = "Vergunningen"
    began: datetime = NOON
    waits: float = 15.0
    """Seconds until somebody answers, or it ends."""
    outcome: Outcome = Outcome.answered
    direction: Direction = Direction.inbound
    dialled: str = ""
    has_moment: bool = True
    """Its row says when it was answered, or ended."""
    rings: int = 1
    """So many telephones rang, one row each; the last one is answered."""

    def legs(self, key: str = "c") -> list[Leg]:
        """Return its rows."""
        until = self.began + timedelta(seconds=self.waits)
        is_answered = self.outcome is Outcome.answered
        made = []
        for number in range(self.rings):
            is_last = number == self.rings - 1
            takes = is_answered and is_last
            ended_at = until + timedelta(seconds=60) if takes else until
            made.append(
                Leg(
                    call_key=key,
                    leg_key=f"{key}-{number}",
                    started_at=self.began,
                    answered_at=until if takes and self.has_moment else None,
                    ended_at=ended_at if self.has_moment or is_answered else None,
                    direction=self.direction,
                    dialled=self.dialled,
                    queue=self.queue,
                    outcome=Outcome.missed if is_answered and not is_last else self.outcome,
                )
            )
        return made

    def call(self) -> Call:
        """Return the call that the register would hold."""
        return call_of(self.legs())
