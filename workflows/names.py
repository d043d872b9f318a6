"""Names that cross into Temporal: workflow types, activities, signals, task queues, ids. Never a person's data."""

from __future__ import annotations

from dataclasses import dataclass

ITEMS_QUEUE = "gateway-items"
"""Workflows and their short local activities."""
OUTWARD_QUEUE = "gateway-outward"
"""Acknowledge and forward: may wait long on others."""
READING_QUEUE = "gateway-reading"
"""Long or large readings, so that they never starve mail."""
SCANS_QUEUE = "gateway-scans"
"""Scan files: each takes all cores for a while."""
PICTURES_QUEUE = "gateway-pictures"
"""The scans that hang on mails: who waits to be acknowledged does not wait behind a box of post."""
CALLS_QUEUE = "gateway-calls"
"""One long-running activity per source of call records: it imports logs, and judges calls that are quiet."""
LISTEN_QUEUE = "gateway-listen"
"""One long-running activity per source."""

ITEM_WORKFLOW = "ItemWorkflow"
SOURCE_WORKFLOW = "SourceWorkflow"
CALLS_WORKFLOW = "CallsWorkflow"
MARK_WORKFLOW = "MarkWorkflow"

ADVANCE = "advance"
READ_LARGE = "read_large"
READ_ATTACHED = "read_attached"
READ_WITHOUT_SCANS = "read_without_scans"
UNFOLD = "unfold"
ACKNOWLEDGE = "acknowledge"
FORWARD = "forward"
WITHDRAW = "withdraw"
LISTEN = "listen"
REGISTER = "register"

WAKE = "wake"
"""Signal to an item's workflow: the ledger has something new."""

PICTURES_WAIT_SECONDS = 1800
"""So long a mail waits for its pictures to be read, behind scan files and all attempts: then it goes on by its own words,
and its sender is told."""


def item_workflow_id(item_id: str) -> str:
    """Return the one workflow id of an item."""
    return f"item-{item_id}"


def item_of(workflow_id: str) -> str:
    """Return the item of an item's workflow id."""
    return workflow_id.removeprefix("item-")


def source_workflow_id(source_id: str) -> str:
    """Return the one workflow id of a source."""
    return f"source-{source_id}"


def calls_workflow_id(source_id: str) -> str:
    """Return the one workflow id of the call register of a source."""
    return f"calls-{source_id}"


@dataclass(frozen=True)
class ItemStart:
    """Start of an ItemWorkflow."""

    item_id: str
    follows: bool = False
    """A fresh run after the first: it only waits for something new."""


@dataclass(frozen=True)
class Work:
    """What the ledger wants done for an item now, besides what it did itself."""

    read_large: bool = False
    read_attached: bool = False
    """Pictures hang on it: they are read before it is decided."""
    unfold: bool = False
    notices: tuple[str, ...] = ()
    """Ids of notices to send."""
    forwards: tuple[str, ...] = ()
    """Ids of forwards to deliver."""
    withdrawals: tuple[str, ...] = ()
    """Ids of forwards that the destination must be told are no longer theirs."""
    stays_open: bool = False
    """The item is with a department: its workflow waits for what comes."""


@dataclass(frozen=True)
class SourceStart:
    """Start of a SourceWorkflow or a CallsWorkflow."""

    source_id: str
