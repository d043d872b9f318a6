"""Delivery reports (RFC 3464), and the text ones of servers that write none."""

from __future__ import annotations

import re
from collections.abc import Iterator

from adapters.email.reading.addresses import addr_spec
from adapters.email.reading.automatic_names import machine_name
from adapters.email.reading.clean import one_line
from adapters.email.reading.entity import Entity
from adapters.email.reading.fields import Fields, read_fields
from adapters.email.reading.identifiers import message_id
from adapters.email.reading.limits import (
    DIAGNOSTIC_LIMIT,
    HEADER_VALUE_KEPT,
    MAIL_HEADER,
    PART_HEADER,
    REPORTED_LIMIT,
    RETURNED_LIMIT,
)
from adapters.email.reading.remarks import Remarks
from adapters.email.reading.report_text import text_report
from inbox.reading import DeliveryReport, ReportedRecipient, Sender

OWN_HEADERS = "x-inbox-gateway"
"""How the names of our own header fields begin."""

_STATUS_PARTS = frozenset({"message/delivery-status", "message/global-delivery-status"})
_RETURNED_PARTS = frozenset(
    {
        "message/rfc822",
        "message/rfc822-headers",
        "message/global",
        "message/global-headers",
        "text/rfc822-headers",
        "text/rfc822",
    }
)
"""The whole message or its headers; the second and last are nobody's standard, and are sent all the same."""

_OTHER_REPORTS = frozenset({"disposition-notification", "feedback-report"})
_RECIPIENT_FIELDS = frozenset({"original-recipient", "final-recipient", "action", "status", "diagnostic-code"})
_BLANK = re.compile(rb"\r?\n[ \t]*\r?\n")
_TYPED = re.compile(r"[a-z0-9-]{1,40}\s*;\s*(.*)", re.IGNORECASE | re.DOTALL)
_STATUS = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])")
_ACTIONS = {
    "failed": "failed",
    "failure": "failed",
    "delayed": "delayed",
    "delay": "delayed",
    "delivered": "delivered",
    "relayed": "relayed",
    "expanded": "expanded",
}
_ACTION_OF_CLASS = {"5": "failed", "4": "delayed", "2": "delivered"}
"""RFC 3463 section 2: what is said where the action is missing."""


def delivery_report(mail: Entity, sender: Sender, return_path: str | None, text: str) -> DeliveryReport | None:
    """Return what a mail reports of a message sent earlier, or None when it is no delivery report. Never raises.

    A status part counts in a multipart/report, or from a mail server (null Return-Path, MAILER-DAEMON, postmaster).
    Without one only a mail server is believed, and only in the words of `report_text.py`. `text`: the mail's words.
    Whoever forges a report names our Message-ID or our signed header, or it is about nothing of ours.
    """
    is_server = return_path == "" or _is_mail_server(sender)
    is_report = mail.media_type in {"multipart/report", *_STATUS_PARTS}
    if mail.parameters.get("report-type", "").lower() in _OTHER_REPORTS or not (is_server or is_report):
        return None
    leaves = list(mail.leaves())
    status = next((leaf for leaf in leaves if leaf.media_type in _STATUS_PARTS), None)
    if status is not None:
        return _parsed(status, leaves)
    return _told(mail, leaves, text) if is_server else None


def _is_mail_server(sender: Sender) -> bool:
    known = machine_name(sender.address or sender.name)
    return known is not None and known.is_mail_server


def _parsed(status: Entity, leaves: list[Entity]) -> DeliveryReport:
    content, _ = status.content(RETURNED_LIMIT)
    blocks = [
        read_fields(block, 0, len(block), PART_HEADER, Remarks())[0]
        for block in _BLANK.split(content.strip(), REPORTED_LIMIT)
    ]
    recipients = [found for block in blocks for record in _records(block) if (found := _recipient(record))]
    returned = _returned(leaves)
    named = message_id(returned) or next(filter(None, map(_original_id, blocks)), "")
    return DeliveryReport(
        recipients=tuple(recipients[:REPORTED_LIMIT]), original_message_id=named, original_headers=_own(returned)
    )


def _records(block: Fields) -> Iterator[dict[str, str]]:
    """Yield the recipients of a block: one (RFC 3464 section 2.3), more where a server forgot the empty lines."""
    record: dict[str, str] = {}
    for name, value in block:
        if name not in _RECIPIENT_FIELDS:
            continue
        if name in record and name in ("original-recipient", "final-recipient"):
            yield record
            record = {}
        record.setdefault(name, value)
    yield record


def _recipient(record: dict[str, str]) -> ReportedRecipient | None:
    diagnostic = one_line(_untyped(record.get("diagnostic-code", "")), DIAGNOSTIC_LIMIT)
    status = _status(record.get("status", "")) or _status(diagnostic)
    said = record.get("action", "").partition("(")[0].strip().lower()
    action = _ACTIONS.get(said) or _ACTION_OF_CLASS.get(status[:1], "")
    address = _address(record.get("final-recipient", "")) or _address(record.get("original-recipient", ""))
    if not action or not (address or said):
        return None
    return ReportedRecipient(address=address, action=action, status=status, diagnostic=diagnostic)


def _untyped(value: str) -> str:
    """Take `smtp;` or `rfc822;` off; some servers leave it out."""
    typed = _TYPED.match(value)
    return typed[1] if typed else value


def _address(value: str) -> str:
    return addr_spec(_untyped(value).strip().strip("<>"))


def _status(text: str) -> str:
    found = _STATUS.search(text)
    return found[0] if found else ""


def _original_id(block: Fields) -> str:
    value = block.first("x-original-message-id") or block.first("original-message-id")
    return value.strip().strip("<>").strip() if "@" in value else ""


def _returned(leaves: list[Entity]) -> Fields:
    """Return the header of the message that comes back; empty when none does."""
    leaf = next((leaf for leaf in leaves if leaf.media_type in _RETURNED_PARTS), None)
    content = leaf.content(RETURNED_LIMIT)[0].lstrip(b"\r\n") if leaf else b""
    return read_fields(content, 0, len(content), MAIL_HEADER, Remarks())[0]


def _own(fields: Fields) -> dict[str, tuple[str, ...]]:
    names = dict.fromkeys(name for name, _ in fields if name.startswith(OWN_HEADERS))
    return {name: tuple(fields.decoded(value, HEADER_VALUE_KEPT) for value in fields.all(name)) for name in names}


def _told(mail: Entity, leaves: list[Entity], text: str) -> DeliveryReport | None:
    """Return what a mail server says in plain words, or in X-Failed-Recipients (Exim)."""
    told = text_report(text)
    recipients = told.recipients if told else ()
    if not recipients:
        listed = re.split(r"[\s,;]+", ",".join(mail.fields.all("x-failed-recipients")))
        failed = dict.fromkeys(address for written in listed[:REPORTED_LIMIT] if (address := addr_spec(written)))
        recipients = tuple(ReportedRecipient(address=address, action="failed") for address in failed)
    if not recipients:
        return None
    returned = _returned(leaves)
    if not len(returned) and told:
        copy = told.returned.encode("utf-8")
        returned = read_fields(copy, 0, len(copy), MAIL_HEADER, Remarks())[0]
    return DeliveryReport(
        recipients=recipients, original_message_id=message_id(returned), original_headers=_own(returned)
    )
