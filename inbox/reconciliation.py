"""What reconciliation can find: each difference has a name, a weight, and words for the person who reads it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Weight(StrEnum):
    """What a difference means."""

    loss = "loss"
    """A promise is broken, or would be if nobody acted."""
    waiting = "waiting"
    """Work in progress: the next sweep takes it in."""
    notice = "notice"
    """Good to know; nothing is lost."""


class Kind(StrEnum):
    """The name of a difference."""

    vanished_before_keep = "vanished_before_keep"
    missing_from_ledger = "missing_from_ledger"
    bytes_missing = "bytes_missing"
    bytes_altered = "bytes_altered"
    bytes_without_row = "bytes_without_row"
    without_item = "without_item"
    letter_missing = "letter_missing"
    handled_twice = "handled_twice"
    copy_of_a_copy = "copy_of_a_copy"
    copy_without_original = "copy_without_original"
    copy_without_claim = "copy_without_claim"
    claim_astray = "claim_astray"
    claim_missing = "claim_missing"
    untold = "untold"
    not_forwarded = "not_forwarded"
    forwarded_twice = "forwarded_twice"
    waiting = "waiting"
    brought_back = "brought_back"
    new_key_space = "new_key_space"
    still_there = "still_there"
    unconfirmed = "unconfirmed"
    unfinished_bytes = "unfinished_bytes"
    telling_failed = "telling_failed"
    still_paused = "still_paused"
    call_log_waiting = "call_log_waiting"
    call_log_in_trouble = "call_log_in_trouble"
    call_rows_missing = "call_rows_missing"
    leg_without_call = "leg_without_call"
    call_incomplete = "call_incomplete"
    call_back_without_item = "call_back_without_item"


_RESTORE = "restore it from a backup, or move the mail from the processed folder back to the inbox"
_REGISTER_LOST = "the ledger lost a row: restore it from a backup, or `retry` its call log"
_RELINK = "look at both items; `unlink` the copy, so that it goes its own way, or `link` it to the right one"

_SAID: dict[Kind, tuple[Weight, str, str]] = {
    Kind.vanished_before_keep: (
        Weight.loss,
        "a sweep saw it, and it was gone before it could be kept",
        "look for it in the mailbox's other folders and bin; move it back to the inbox",
    ),
    Kind.missing_from_ledger: (
        Weight.loss,
        "a sweep saw and kept it, and the ledger has no delivery for it now",
        f"the ledger lost a row: {_RESTORE}",
    ),
    Kind.bytes_missing: (Weight.loss, "the ledger knows the delivery, and its bytes are gone", _RESTORE),
    Kind.bytes_altered: (Weight.loss, "its bytes are no longer those that were kept", _RESTORE),
    Kind.bytes_without_row: (
        Weight.loss,
        "bytes that no delivery and no forward in the ledger stands for",
        "a foreign file, or a mail whose row is lost: bring that mail back to the inbox; then remove the bytes",
    ),
    Kind.without_item: (Weight.loss, "a delivery that became no item", f"the ledger lost a row: {_RESTORE}"),
    Kind.letter_missing: (
        Weight.loss,
        "a scan file was taken apart into more letters than the ledger holds",
        "the ledger lost a row: restore it from a backup; the scan file itself is still there to be read by a person",
    ),
    Kind.handled_twice: (
        Weight.loss,
        "two items with one fingerprint go their own way",
        "look at both; `link` one to the other",
    ),
    Kind.copy_of_a_copy: (Weight.loss, "a copy points at an item that is a copy itself", _RELINK),
    Kind.copy_without_original: (Weight.loss, "a copy points at no item that lives on: nobody handles it", _RELINK),
    Kind.copy_without_claim: (
        Weight.loss,
        "a copy points at an item that does not hold the claim of their fingerprint",
        _RELINK,
    ),
    Kind.claim_astray: (
        Weight.loss,
        "a claim is held by an item that does not live on: later copies would be linked to it",
        "`reopen` or `unlink` the item that holds it",
    ),
    Kind.claim_missing: (
        Weight.loss,
        "nobody holds the claim of its fingerprint: a copy would be handled again",
        "the ledger lost a row: restore it from a backup",
    ),
    Kind.untold: (
        Weight.loss,
        "it is decided or set aside, and its sender was neither told, nor is it recorded why not",
        "see that workers, Temporal and `smtp` are there; then look at the item's events",
    ),
    Kind.not_forwarded: (
        Weight.loss,
        "it stands as forwarded, and no acting forward of its round was delivered",
        "ask the department; `reroute` it there if they do not have it",
    ),
    Kind.forwarded_twice: (
        Weight.loss,
        "more than one acting forward was delivered in one round",
        "tell the department that has one too many",
    ),
    Kind.waiting: (Weight.waiting, "seen and not kept yet", "nothing, while the source is healthy"),
    Kind.brought_back: (
        Weight.notice,
        "the same bytes stand under a new position: the mail was moved back",
        "nothing; a copy is not answered twice",
    ),
    Kind.new_key_space: (
        Weight.notice,
        "the mailbox counts anew (UIDVALIDITY, or another account): what it shows is read again, and linked as copies",
        "ask the mail administrator what happened to the mailbox",
    ),
    Kind.still_there: (
        Weight.notice,
        "the source was told and shows them under their old positions",
        "nothing, where it can only flag; else see who brought them back. They are not read again",
    ),
    Kind.unconfirmed: (
        Weight.notice,
        "kept some time ago, and the source could not be told yet",
        "see the source's trouble, such as a missing `processed_folder`",
    ),
    Kind.unfinished_bytes: (
        Weight.notice,
        "a temporary file of a write that was broken off",
        "remove it: what it held was fetched again, or never kept",
    ),
    Kind.telling_failed: (
        Weight.notice,
        "the sender could not be told",
        "reach the sender another way, or `retry`",
    ),
    Kind.still_paused: (
        Weight.loss,
        "an acknowledgement is withheld for an emergency overlay that is over",
        "see that a worker runs: each lets what was paused go on within seconds; then look at its log",
    ),
    Kind.call_log_waiting: (
        Weight.waiting,
        "a call log is kept for some time, and not all of its rows are in the register",
        "nothing, while it gets on (a large log takes its time); else see that a worker serves the queue `calls`",
    ),
    Kind.call_log_in_trouble: (
        Weight.notice,
        "a call log was set aside, or most of its rows cannot be used: nobody is called back because of those",
        "mend what its code names, then `retry` the log",
    ),
    Kind.call_rows_missing: (
        Weight.loss,
        "the rows of a call log that were counted are not those that the register holds",
        _REGISTER_LOST,
    ),
    Kind.leg_without_call: (Weight.loss, "legs whose call the register does not hold", _REGISTER_LOST),
    Kind.call_incomplete: (Weight.loss, "a call was worked out of other legs than the register holds", _REGISTER_LOST),
    Kind.call_back_without_item: (
        Weight.loss,
        "a call asks to be called back, and no item says so",
        "call back by hand, and tell the developers: a fault worth mending",
    ),
}


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it must be, or good to know. Holds ids, positions and codes; never a person's data."""

    kind: Kind
    source_id: str = ""
    """Empty for what belongs to no source."""
    key_space: str = ""
    position: str = ""
    """One, or several as a sequence set."""
    delivery_id: str = ""
    item_id: str = ""
    reference: str = ""
    name: str = ""
    """What else it is found by: a forward, notice or assignment, a fingerprint, or a name in the byte store."""
    detail: str = ""
    """Numbers, statuses and codes."""

    @property
    def weight(self) -> Weight:
        """What it means."""
        return _SAID[self.kind][0]

    @property
    def happened(self) -> str:
        """What is the matter, in words."""
        return _SAID[self.kind][1]

    @property
    def to_do(self) -> str:
        """What somebody should do."""
        return _SAID[self.kind][2]


@dataclass
class Counts:
    """What was counted for one source. `seen` = `kept` + `waiting` + `vanished` + `missing`, but for what was kept
    without a sweep's note.
    """

    seen: int = 0
    kept: int = 0
    waiting: int = 0
    vanished: int = 0
    missing: int = 0
    intact: int = 0
    """Deliveries whose bytes are as they were kept."""
    losses: int = 0
    notices: int = 0

    def add(self, difference: Difference) -> None:
        """Count a difference by its weight."""
        self.losses += difference.weight is Weight.loss
        self.notices += difference.weight is Weight.notice
