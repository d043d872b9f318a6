"""An item: what somebody sent us, and where it stands."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Status(StrEnum):
    """Where an item or an assignment stands; an item has exactly one at any moment."""

    received = "received"
    quarantined = "quarantined"
    triage = "triage"
    forwarding = "forwarding"
    forwarded = "forwarded"
    accepted = "accepted"
    returned = "returned"
    completed = "completed"
    linked = "linked"
    filed = "filed"
    discarded = "discarded"

    @property
    def is_ended(self) -> bool:
        """Nothing more happens by itself; only `reopen` or `unlink` begin again."""
        return self in {Status.completed, Status.linked, Status.filed, Status.discarded}


# Least advanced first: an item stands where its least advanced assignment stands.
_ADVANCE = (
    Status.returned,
    Status.triage,
    Status.forwarding,
    Status.forwarded,
    Status.accepted,
    Status.completed,
)


def least_advanced(statuses: Iterable[Status]) -> Status:
    """Return the status of the item whose assignments have these statuses; there is at least one."""
    return min(statuses, key=_ADVANCE.index)


class HeldBecause(StrEnum):
    """Why a decided item is neither acknowledged nor forwarded until a person releases it."""

    observe = "observe"
    before_live_from = "before_live_from"
    too_late_to_promise = "too_late_to_promise"
    rule = "rule"
    """A rule says that a person must look first."""


class ForwardState(StrEnum):
    """Where one forward stands."""

    wanted = "wanted"
    sending = "sending"
    """Claimed: from here on the destination may hold it."""
    in_doubt = "in_doubt"
    """The answer to the last byte is lost."""
    delivered = "delivered"
    failed = "failed"
    """Refused for good, or days of retries are over: a person must act."""
    cancelled = "cancelled"
    """Ended before the destination could have seen anything of it."""
    withdrawing = "withdrawing"
    """The destination has it, or may have it, and must be told that it is no longer theirs."""
    withdrawn = "withdrawn"

    @property
    def is_open(self) -> bool:
        """The forward still wants work from us."""
        return self in {ForwardState.wanted, ForwardState.sending, ForwardState.in_doubt, ForwardState.withdrawing}


class NoticeState(StrEnum):
    """Where one notice to a sender stands."""

    intended = "intended"
    sending = "sending"
    in_doubt = "in_doubt"
    sent = "sent"
    failed = "failed"
    withheld = "withheld"
    """Never to be sent; the reason says why."""
    undelivered = "undelivered"
    """The relay took it, and a report says that it did not arrive (RFC 3464)."""

    @property
    def is_open(self) -> bool:
        """The notice still wants work from us."""
        return self in {NoticeState.intended, NoticeState.sending, NoticeState.in_doubt}


class NoticeKind(StrEnum):
    """What a notice is for."""

    acknowledgement = "acknowledgement"
    correction = "correction"
    """The date is later than the one we told."""
    looked_at = "looked_at"
    """A quarantined item: received, being looked at by a person."""
    colleague = "colleague"
    """A short receipt for the colleague who passed a message on."""

    @property
    def is_for_sender(self) -> bool:
        """It tells the sender something: when it does not arrive, a person must tell them in another way."""
        return self is not NoticeKind.colleague


class NoticeChannel(StrEnum):
    """How a sender is told."""

    email = "email"
    post = "post"
    """On paper."""
    sms = "sms"


class LinkKind(StrEnum):
    """How two items belong together."""

    copy = "copy"
    follow_up = "follow_up"
    may_belong_to = "may_belong_to"
    report = "report"
    """A report about what we sent for the other item."""
    same_message_id = "same_message_id"
    """A warning: another message bears the same Message-ID with other words."""


class ForwardRole(StrEnum):
    """Whether the destination must act, or is told."""

    acting = "acting"
    informed = "informed"
