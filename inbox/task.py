"""Tasks: what only a person can do for an item, so that nobody waits in vain."""

from __future__ import annotations

from enum import StrEnum


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
