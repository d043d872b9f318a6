"""Limits: how many notices may go to one address and to one thread. Pure; the ledger counts.

What is beyond a limit is withheld, with the reason: the message itself was taken in and is forwarded all the same. The
last notice within a limit says so, once in a window, so that a person knows and a machine gets no more than the limit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from inbox.configuration.model import Window
from inbox.item import NoticeKind

_UNLIMITED = (NoticeKind.correction,)
"""A date that we told and that no longer holds must be told: no sender can bring it about, and none waits in vain."""


class LimitName(StrEnum):
    """A limit, as the configuration calls it."""

    per_address = "per_address"
    per_thread = "per_thread"


@dataclass(frozen=True)
class Tally:
    """What was told within one window, up to now."""

    limit: LimitName
    window: Window
    told: int
    """Notices of every kind that were not withheld; counted up to `window.at_most`."""
    was_announced: bool
    """One of them said that no more would come."""
    was_withheld: bool = False
    """This limit, or the other one, has withheld a notice already."""


@dataclass(frozen=True)
class Room:
    """Whether there is room for one more notice."""

    withheld_because: tuple[str, ...] = ()
    """The limits that are reached, as sentences; empty when it may go."""
    limited_by: LimitName | None = None
    """The limit that withholds it; or of which it is the last, and is to say so."""
    is_first: bool = False
    """It is withheld, and nothing was in this window before."""


def is_limited(kind: NoticeKind) -> bool:
    """Say whether limits may withhold a notice of this kind. Every kind counts."""
    return kind not in _UNLIMITED


def room_in(tallies: Sequence[Tally]) -> Room:
    """Return whether all windows have room for one more; none at all means no limit."""
    full: dict[LimitName, Tally] = {}
    for tally in tallies:
        if tally.told >= tally.window.at_most:
            full.setdefault(tally.limit, tally)
    for limit, tally in full.items():
        return Room(tuple(map(_because, full.values())), limit, is_first=not tally.was_withheld)
    for tally in tallies:
        if tally.told + 1 >= tally.window.at_most and not tally.was_announced:
            return Room(limited_by=tally.limit)
    return Room()


_TO = {LimitName.per_address: "to this address", LimitName.per_thread: "to this thread of messages"}


def _because(tally: Tally) -> str:
    count, minutes = tally.window.at_most, tally.window.within_minutes
    went = "1 notice" if count == 1 else f"{count} notices"
    span = "1 minute" if minutes == 1 else f"{minutes} minutes"
    return f"{went} went {_TO[tally.limit]} in {span}: the limit `{tally.limit}`"
