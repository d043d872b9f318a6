"""Which action makes sense in which status."""

from __future__ import annotations

from enum import StrEnum

from inbox.errors import Conflict
from inbox.item import Status


class Action(StrEnum):
    """What a person or a department may do with an item."""

    accept = "accept"
    """The department takes it."""
    return_ = "return"
    """The department says: not ours."""
    complete = "complete"
    """The sender has been answered."""
    reroute = "reroute"
    """Another category, and so another department."""
    split = "split"  # type: ignore[assignment]  # hides str.split, which nobody needs of an action
    """A further matter in the same message, with a category of its own."""
    link = "link"
    """It is a copy of another item and lives on there."""
    unlink = "unlink"
    """It was no copy: it goes its own way."""
    discard = "discard"
    """Not to be handled, with a reason."""
    reopen = "reopen"
    """An ended item begins again."""
    retry = "retry"
    """Try again what failed: the reading of a quarantined item, a refused forward, notice or withdrawal."""
    release = "release"
    """Let a held item go its way."""
    vouch = "vouch"
    """A person says who wrote it, and that they may be told at this address."""


_WITH_DEPARTMENT = frozenset({Status.triage, Status.forwarding, Status.forwarded, Status.accepted, Status.returned})
_OPEN = _WITH_DEPARTMENT | {Status.received, Status.quarantined}

ALLOWED: dict[Action, frozenset[Status]] = {
    # A department acts on its own matter, however far the item's other matters are; the assignment decides.
    Action.accept: _WITH_DEPARTMENT,
    Action.return_: _WITH_DEPARTMENT,
    Action.complete: _WITH_DEPARTMENT,
    Action.reroute: _WITH_DEPARTMENT,
    Action.split: _WITH_DEPARTMENT,
    Action.link: _OPEN,
    Action.unlink: frozenset({Status.linked}),
    Action.discard: _OPEN,
    Action.reopen: frozenset({Status.completed, Status.filed, Status.discarded}),
    # What failed may stand on an item that has ended too. A filed one sends nothing, a received one has not begun.
    Action.retry: frozenset(Status) - {Status.received, Status.filed},
    Action.release: frozenset({Status.received}),
    Action.vouch: _WITH_DEPARTMENT | {Status.quarantined},
}
"""In which status of the item each action is allowed."""

NEEDS_REASON = frozenset(
    {Action.return_, Action.discard, Action.link, Action.unlink, Action.reopen, Action.reroute}
) | {Action.vouch}
"""Actions that are refused without a reason."""


def require_allowed(action: Action, status: Status) -> None:
    """Raise Conflict when the action makes no sense in this status; the detail says in which it does."""
    if status not in ALLOWED[action]:
        possible = ", ".join(sorted(ALLOWED[action]))
        raise Conflict(f"`{action}` is not possible while the item is `{status}`; it is possible in: {possible}")
