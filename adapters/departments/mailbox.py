"""A department's mailbox: our words on top, the original behind them, byte for byte."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.headerregistry import Address
from email.utils import format_datetime

from adapters.departments.mail_bytes import Attachment, Headers, file_name, text_only, with_attachments
from adapters.departments.mail_words import body, subject
from adapters.departments.plain_text import one_line
from inbox.bounce_address import PLACEHOLDER, forward_token
from inbox.configuration.model import MailboxDestination
from inbox.configuration.rule import Priority
from inbox.errors import DestinationRefused, SettingsInvalid
from inbox.handover import Handover, HandoverKind
from inbox.item import ForwardRole
from inbox.ports import Claim, Delivered, Envelope, MailSender

_REPLY_LIMIT = 500
_NAME_LIMIT = 100
_DOMAIN = re.compile(r"[A-Za-z0-9.-]{1,253}")


class MailboxSystem:
    """Mails handovers to departments."""

    kind = "mailbox"
    repeats_safely = False
    encloses = True

    def __init__(
        self,
        sender: MailSender,
        from_address: str,
        from_name: str,
        message_id_domain: str,
        envelope_sender: str,
        bounce_key: bytes = b"",
    ) -> None:
        """Keep what is needed. Raises SettingsInvalid when an address or the domain is not plain ASCII.

        `message_id_domain`: right of the @ in Message-IDs (RFC 5322 section 3.6.4).
        `envelope_sender`: where bounces go; empty for the null path. `{token}` in it becomes the forward's own mark.
        `bounce_key`: the secret that signs the mark.
        """
        if not _is_address(from_address) or (envelope_sender and not _is_address(envelope_sender)):
            raise SettingsInvalid("the service address or envelope sender for forwarded mail is no ASCII address")
        if not _DOMAIN.fullmatch(message_id_domain):
            raise SettingsInvalid("the domain for Message-IDs may hold letters, digits, dots and hyphens only")
        self._sender = sender
        self._from = _address(from_address, one_line(from_name, _NAME_LIMIT))
        self._message_id_domain = message_id_domain
        self._envelope_sender = envelope_sender
        self._bounce_key = bounce_key

    def prepare(self, handover: Handover, original: bytes, scan: bytes = b"") -> bytes:
        """Render the mail, dated now. An address that `deliver` will refuse is rendered too, with question marks."""
        headers = self._headers(
            handover, _destination(handover.destination).address.encode("ascii", "replace").decode()
        )
        name = file_name(handover.original_name)
        along = handover.scan
        text = body(handover, name, file_name(along.name) if along else "")
        if handover.kind is HandoverKind.withdrawal:
            return text_only(headers, text)
        attachments = [Attachment(name, handover.original_media_type, original)]
        if along:
            attachments.append(Attachment(file_name(along.name), along.media_type, scan))
        return with_attachments(headers, text, attachments)

    async def deliver(
        self, handover: Handover, original: bytes, prepared: bytes, claim: Claim, scan: bytes = b""
    ) -> Delivered:
        """Send the prepared mail. Raises MailRelayUnavailable, RecipientRefused, AnswerLost, DestinationRefused."""
        envelope = Envelope(self._mail_from(handover), (_mailbox(handover.destination),))
        reply = await self._sender.send(envelope, prepared, claim)
        return Delivered(remote_id=self._message_id(handover), remote_reply=one_line(reply, _REPLY_LIMIT))

    async def look_up(self, handover: Handover) -> Delivered | None:
        """Return None: SMTP cannot be asked what it took."""
        return None

    async def check(self, destination: object) -> None:
        """Connect to the relay and sign in. Raises as MailSender.check, and DestinationRefused."""
        _mailbox(destination)
        await self._sender.check()

    def _mail_from(self, handover: Handover) -> str:
        """Return where it comes back, should it: the same at each attempt."""
        if PLACEHOLDER not in self._envelope_sender:
            return self._envelope_sender
        mark = forward_token(handover.forward_id, handover.kind, self._bounce_key)
        return self._envelope_sender.replace(PLACEHOLDER, mark)

    def _message_id(self, handover: Handover, kind: HandoverKind | None = None) -> str:
        """Return the Message-ID without brackets: the same at each attempt, so that copies are recognised."""
        name = re.sub(r"[^A-Za-z0-9_-]", "_", handover.forward_id[:_NAME_LIMIT])
        return f"gw-forward.{name}.{(kind or handover.kind).value}@{self._message_id_domain}"

    def _headers(self, handover: Handover, to: str) -> Headers:
        headers: list[tuple[str, str | Address]] = [
            ("Date", format_datetime(datetime.now(UTC))),
            ("From", self._from),
            ("To", _address(to)),
            ("Subject", subject(handover)),
            ("Message-ID", f"<{self._message_id(handover)}>"),
        ]
        if handover.kind is HandoverKind.withdrawal:
            # Mail clients show it under the mail that it takes back.
            withdrawn = HandoverKind.addition if handover.adds_to else HandoverKind.item
            headers.append(("In-Reply-To", f"<{self._message_id(handover, withdrawn)}>"))
        elif handover.priority is Priority.high and handover.role is ForwardRole.acting:
            headers.append(("Importance", "high"))
        return [*headers, *_marks(handover)]


def _marks(handover: Handover) -> Headers:
    """Return the fields that keep machines from answering, and let ours recognise it (RFC 3834 section 5)."""
    return [
        ("Auto-Submitted", "auto-generated"),
        ("X-Auto-Response-Suppress", "All"),
        ("X-Inbox-Gateway-Loop", one_line(handover.loop_mark, _NAME_LIMIT) or "1"),
        ("X-Inbox-Gateway-Forward", one_line(handover.forward_id, _NAME_LIMIT)),
        ("X-Inbox-Gateway-Item", one_line(handover.item_id, _NAME_LIMIT)),
        ("X-Inbox-Gateway-Reference", one_line(handover.reference, _NAME_LIMIT)),
    ]


def _mailbox(destination: object) -> str:
    address = _destination(destination).address
    if not _is_address(address):
        raise DestinationRefused(
            "the department's mailbox address is not ASCII; correct `address` in the configuration"
        )
    return address


def _destination(destination: object) -> MailboxDestination:
    if not isinstance(destination, MailboxDestination):
        raise SettingsInvalid("this destination is no mailbox")
    return destination


def _is_address(written: str) -> bool:
    local, at, domain = written.rpartition("@")
    return bool(local and at and domain) and written.isascii() and written.isprintable() and " " not in written


def _address(addr_spec: str, name: str = "") -> Address:
    local, _, domain = addr_spec.rpartition("@")
    # Given in parts, so that a comma or bracket in it is quoted instead of read as a second address.
    return Address(display_name=name.replace("=?", "= ?"), username=local, domain=domain)
