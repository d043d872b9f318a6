"""Tasks: what only a person can do for an item, so that nobody waits in vain."""

from __future__ import annotations

from enum import StrEnum

from inbox.item import NoticeKind


class TaskKind(StrEnum):
    """What is asked of a person."""

    undelivered = "undelivered"
    """What we told the sender did not reach them: tell them in another way (Awb 2:11)."""
    untold = "untold"
    """The sender should be told, and the gateway may not or cannot do it by itself."""
    confirm_sender = "confirm_sender"
    """A colleague passed the message on and only words say who wrote it: a person's word is needed to tell them."""
    forward_returned = "forward_returned"
    """A department's mailbox sent back what was forwarded to it."""


UNDELIVERED = "undelivered"
"""Trouble of a notice: a report says that it did not arrive. Nothing was raised: the relay had taken it."""

FORWARD_RETURNED = "forward_returned"
"""Trouble of a forward: the department's mailbox sent it back."""

TOLD = "told"
"""Outcome of a task that asked to tell the sender, when a notice could tell them after all."""

DELIVERED_AFTER_ALL = "no forward of it stands as returned any more"
"""Outcome of a task about a forward that came back."""


def undelivered_because(kind: NoticeKind, because: str) -> str:
    """Return what a person reads who is to tell the sender in another way. `because`: words of ours."""
    return f"the notice `{kind.value}` did not reach the sender: {because}"
