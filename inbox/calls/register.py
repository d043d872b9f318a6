"""What the call register says of logs and calls."""

from __future__ import annotations

from enum import StrEnum


class CallLogState(StrEnum):
    """Where a call log stands."""

    waiting = "waiting"
    """It is kept; not all of its rows are in the register yet."""
    imported = "imported"
    set_aside = "set_aside"
    """Nothing can be made of it, for a reason that its code names; its bytes are kept."""


class CallVerdict(StrEnum):
    """What became of a call once it was quiet."""

    registered = "registered"
    """Nothing is to be done."""
    counted = "counted"
    """Nobody was answered, and nobody can or need be called back: too short, or without a number."""
    call_back = "call_back"
    """It made an item, or joined one."""
    settled = "settled"
    """Somebody was spoken: it settled an open call-back of the same number."""
