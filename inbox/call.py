"""A call: who rang which line, how long they waited, and what came of it. Its legs are the rows of a telephone system."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter


class Direction(StrEnum):
    """Who began it, seen from us."""

    inbound = "in"
    outbound = "out"
    internal = "internal"
    unknown = "unknown"


class Outcome(StrEnum):
    """What came of a call."""

    answered = "answered"
    missed = "missed"
    """It rang or waited until the system gave up."""
    abandoned = "abandoned"
    """The caller gave up while waiting."""
    voicemail = "voicemail"
    after_hours = "after_hours"
    busy = "busy"
    failed = "failed"
    """It never reached anybody, through a fault or a wrong number."""


# Neither is frozen, and what makes one is not validated: a log has millions, and either would cost more than reading a row.
@dataclass(slots=True)
class Leg:
    """One row: a stretch of a call between two ends. Nobody changes one."""

    call_key: str
    """What the telephone system calls the whole call (linkedid, globalCallID, history id, correlation id)."""
    leg_key: str
    """Distinguishes the row within its call, whatever file or order it comes in: a repeated row has the same."""
    started_at: AwareDatetime
    """UTC, as all moments here."""
    answered_at: AwareDatetime | None = None
    ended_at: AwareDatetime | None = None
    direction: Direction = Direction.unknown
    caller: str = ""
    """E.164 where it is such a number, else as it was written (short and 14-numbers); empty when withheld."""
    dialled: str = ""
    queue: str = ""
    """Name of the queue or hunt group, as the system calls it."""
    choice: str = ""
    """What the caller chose in the menu."""
    agent: str = ""
    """Who took it, or whose telephone rang: a name, an extension or an address."""
    outcome: Outcome | None = None
    """What the row itself says; None when it only follows from the moments."""
    recording: str = ""
    """Path or address of a voicemail's recording, as the system gives it."""
    is_ambiguous: bool = False
    """Its local time exists twice (the night on which clocks go back) and its earlier moment is told."""

    def as_json(self) -> dict[str, Any]:
        """Return what it says as JSON holds it; what it does not say is left out."""
        document: dict[str, Any] = _LEG.dump_python(self, mode="json", exclude_defaults=True)
        return document

    @classmethod
    def from_json(cls, document: object) -> Leg:
        """Return the leg of such a document. Raises pydantic's ValidationError when it is none."""
        return _LEG.validate_python(document)


@dataclass(slots=True)
class Call:
    """What all legs of one call come to. Nobody changes one."""

    call_key: str
    caller: str
    dialled: str
    queue: str
    choice: str
    direction: Direction
    outcome: Outcome
    started_at: AwareDatetime
    answered_at: AwareDatetime | None
    """When a person answered; a machine's greeting is no answer."""
    ended_at: AwareDatetime | None
    waited_s: float
    """Seconds until a person answered or the call ended."""
    talked_s: float
    recording: str
    legs: tuple[Leg, ...]
    """By their start."""

    def as_json(self) -> dict[str, Any]:
        """Return all that is known of it as JSON holds it, its legs with it."""
        document: dict[str, Any] = _CALL.dump_python(self, mode="json")
        return document


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be used. It is kept and reported, and the next one goes on."""

    line: int
    """Of the file, from 1: its first line where it has several."""
    code: str
    """`row_columns`, `row_time`, `row_order` (it ends before it starts), `row_truncated`, `row_json`, …"""
    detail: str
    """What to do about it, without the caller's words or number."""
    raw: bytes
    """As it stands in the file, at most 64 KiB."""


class CallFacts(BaseModel):
    """What an item that was made of a call says of it: rules go by it, and its department calls back by it."""

    model_config = ConfigDict(frozen=True)

    caller: str = ""
    """E.164, or as it was written; empty when withheld."""
    dialled: str = ""
    queue: str = ""
    choice: str = ""
    direction: Direction
    outcome: Outcome
    started_at: AwareDatetime
    """Of the latest call that counts in it, UTC."""
    waited_s: float = 0.0
    """Of that call."""
    calls: int = 1
    """So many times this number was not answered when the item was made."""
    first_at: AwareDatetime
    """Start of the earliest of them."""


_LEG = TypeAdapter(Leg)
_CALL = TypeAdapter(Call)
