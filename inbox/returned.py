"""Returned: which of our own mails a delivery report is about, and what it says of it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from inbox.bounce_address import ForwardSent, Sent, sent_as, sent_to
from inbox.delivery_status import meaning
from inbox.handover import HandoverKind
from inbox.reading import DeliveryReport, Reading, ReportedRecipient

_ADDRESSED = ("to", "delivered-to", "x-original-to", "envelope-to")
"""Headers that hold the address to which a server delivered the report, whatever stands in To."""

_ADDRESSES_LOOKED_AT = 50
_FORWARD_HEADER = "x-inbox-gateway-forward"
_DETAIL_LIMIT = 1000


@dataclass(frozen=True)
class Returned:
    """What a report says of one mail of ours."""

    sent: Sent
    has_failed: bool
    """It did not arrive. Otherwise it is late, or did arrive."""
    action: str
    """`failed`, `delayed`, `delivered`, `relayed` or `expanded`."""
    status: str
    """Enhanced status code (RFC 3463), or empty."""
    addresses: frozenset[str]
    """Of whom this is said, lower case; empty when it is not said."""
    detail: str
    """The servers' own words and addresses: for the ledger only."""

    def names_another(self, address: str) -> bool:
        """Say whether it speaks of others than whom we wrote to: our mail was passed on, and came back from there."""
        return bool(self.addresses) and address.lower() not in self.addresses

    def because(self, address: str) -> str:
        """Return why it did not arrive, in words of ours. `address`: whom we wrote to."""
        passed_on = ", at an address to which it was passed on" if self.names_another(address) else ""
        return f"{meaning(self.status)}{passed_on}"


def returned(reading: Reading, key: bytes) -> Returned | None:
    """Return which of our mails the reading reports on, or None when it reports on none, or is no report.

    Proven by our signed token in the address that it came to, or in the Message-ID of what it returns. A forward's id
    without a token is found too, and proves nothing until the ledger knows it. An automatic answer is no report.
    """
    report = reading.report
    if report is None or not report.recipients:
        return None
    sent = _by_address(reading, key) or _by_returned(report, key)
    if sent is None:
        return None
    failed = [recipient for recipient in report.recipients if recipient.action == "failed"]
    spoken_of = failed or list(report.recipients)
    return Returned(
        sent=sent,
        has_failed=bool(failed),
        action=spoken_of[0].action,
        status=next((recipient.status for recipient in spoken_of if recipient.status), ""),
        addresses=frozenset(recipient.address.lower() for recipient in spoken_of if recipient.address),
        detail="; ".join(map(_detail, spoken_of))[:_DETAIL_LIMIT],
    )


def _by_address(reading: Reading, key: bytes) -> Sent | None:
    return next((sent for address in _addressed(reading) if (sent := sent_to(address, key))), None)


def _addressed(reading: Reading) -> Iterator[str]:
    yield from reading.recipients[:_ADDRESSES_LOOKED_AT]
    for name in _ADDRESSED:
        yield from reading.headers.get(name, ())[:_ADDRESSES_LOOKED_AT]


def _by_returned(report: DeliveryReport, key: bytes) -> Sent | None:
    """A relay may give our mail another Message-ID; our own header stays."""
    sent = sent_as(report.original_message_id, key)
    return sent or next(map(_forward, report.original_headers.get(_FORWARD_HEADER, ())), None)


def _forward(written: str) -> Sent | None:
    try:
        identity = UUID(written.strip())
    except ValueError:
        return None
    return ForwardSent(str(identity), HandoverKind.item, is_proven=False)


def _detail(recipient: ReportedRecipient) -> str:
    return " ".join(filter(None, (recipient.address, recipient.status, recipient.diagnostic)))
