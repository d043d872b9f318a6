"""Plan: which handovers and notices follow from where an item stands. Pure; the ledger stores what comes out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from inbox.acknowledge.compose import About, Words, compose
from inbox.attached_scans import SCAN_POOR, SCAN_UNREAD
from inbox.channel import Channel
from inbox.confidentiality import NAMES_NO_MATTER_FROM, Confidentiality
from inbox.configuration.check import text_key
from inbox.configuration.model import (
    LIMIT_REACHED,
    SMS_CALL_BACK,
    SMS_CALL_SEEN,
    SMS_CORRECTION,
    SMS_DATED,
    SMS_RECEIPT_ONLY,
    TRIAGE,
    Answer,
    Destination,
)
from inbox.configuration.rule import Priority
from inbox.correspondent import Basis, Correspondent
from inbox.handover import ENVELOPE_ONLY, Handover, HandoverKind, ScanFile
from inbox.intents import ForwardIntent
from inbox.item import ForwardRole
from inbox.norms.promise import Promise
from inbox.reading import Reading
from inbox.receipt import STAMP_UNSURE
from inbox.routing.compiled import CompiledConfiguration

EXCERPT_LIMIT = 1000
"""Characters of the message in a handover: the least that any department system holds (Klantinteracties `inhoud`)."""

RECIPIENTS_LIMIT = 100

_TOLD_REMARKS = ("sealed", "untrue_media_type", "attachment_locked", SCAN_POOR, SCAN_UNREAD, STAMP_UNSURE)
"""Remarks of a reading that a department must know of before it opens the original."""

SUFFIXES = {
    "message/rfc822": ".eml",
    "application/pdf": ".pdf",
    "image/tiff": ".tif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "application/zip": ".zip",
}
"""Of a file with the original bytes, by their media type."""

MAIL_BYTES = 20 << 20
"""Original and scan file together in a mail to a department: in base64 just below the 28 MB that most relays take."""


@dataclass(frozen=True)
class ItemFacts:
    """What planning needs to know of an item."""

    item_id: str
    reference: str
    channel: Channel
    media_type: str
    received_at: datetime
    received_basis: str
    """What shows it: `source`, `kept` or `date_stamp`."""
    confidentiality: Confidentiality
    reading: Reading
    adds_to: str | None
    """Reference of the item that this one adds to."""
    hints: Sequence[str] = ()
    """What its links say, such as `may_belong_to 7K3M-9QXA-D`."""
    spoken_by: Correspondent | None = None
    """Who is to hear from us; `reading` is theirs."""
    loop_mark: str = ""
    """By which we know mail about it when it comes back."""
    size_bytes: int = 0
    """Of the original."""
    scan: ScanFile | None = None
    """The scan file that it came in, when it holds nothing else."""
    labels: Sequence[str] = ()
    """What the deciding rule says of it to the department."""
    flags: Sequence[str] = ()
    """Keys of the flags that rules raised. Departments read them, senders never do."""


@dataclass(frozen=True)
class AssignmentFacts:
    """What planning needs to know of an assignment."""

    assignment_id: str
    category: str
    department: str
    priority: Priority
    answer: Answer
    round: int
    promise: Promise | None


def plan_forwards(item: ItemFacts, assignment: AssignmentFacts, compiled: CompiledConfiguration) -> list[ForwardIntent]:
    """Return one intent for the department's acting destination and one for each informed one, in this round."""
    department = compiled.document.departments[assignment.department]
    category = compiled.document.categories[assignment.category]
    intents = []
    for ordinal, destination in enumerate((department.acting, *department.informed)):
        role = ForwardRole.informed if ordinal else ForwardRole.acting
        forward_id = str(uuid4())
        handover = Handover(
            forward_id=forward_id,
            kind=HandoverKind.addition if item.adds_to else HandoverKind.item,
            role=role,
            round=assignment.round,
            item_id=item.item_id,
            reference=item.reference,
            channel=item.channel,
            category=assignment.category,
            category_name=category.name,
            department=assignment.department,
            department_name=department.name,
            priority=assignment.priority,
            confidentiality=item.confidentiality,
            received_at=item.received_at,
            received_basis=item.received_basis,
            promise=assignment.promise,
            sender=item.reading.sender,
            recipients=item.reading.recipients[:RECIPIENTS_LIMIT],
            subject=item.reading.subject,
            excerpt=item.reading.said[:EXCERPT_LIMIT],
            language=item.reading.language,
            parts=item.reading.parts,
            fields=item.reading.fields,
            labels=_labels(item, compiled),
            loop_mark=item.loop_mark,
            adds_to=item.adds_to,
            destination=destination,
            original_name=item.reference + SUFFIXES.get(item.media_type, ".bin"),
            original_media_type=item.media_type,
            scan=_scan(item, destination),
        )
        intents.append(ForwardIntent(forward_id, assignment.assignment_id, assignment.round, role, ordinal, handover))
    return intents


def scan_file(reference: str, delivery: Any) -> ScanFile | None:
    """Return what may accompany a letter of this scan file's delivery row: nothing when it holds others' letters too."""
    if delivery.letter_count != 1:
        return None
    return ScanFile(
        delivery_id=delivery.delivery_id,
        name=f"{reference}-scan{SUFFIXES.get(delivery.media_type, '.bin')}",
        media_type=delivery.media_type,
        size_bytes=delivery.size_bytes,
        sha256=delivery.sha256,
    )


def _scan(item: ItemFacts, destination: Destination) -> ScanFile | None:
    """Return the scan file, unless the mail with it would be larger than relays take: the API has it all the same."""
    if item.scan is None or destination.kind != "mailbox":
        return item.scan
    return item.scan if item.size_bytes + item.scan.size_bytes <= MAIL_BYTES else None


def _origin(spoken_by: Correspondent | None) -> Iterator[str]:
    """Yield what the department must know of where the message comes from."""
    if spoken_by is None:
        return
    if spoken_by.colleague is not None:
        yield f"passed_on_by {spoken_by.colleague.address}"
    if spoken_by.basis in _TOLD_TO_DEPARTMENTS:
        yield _TOLD_TO_DEPARTMENTS[spoken_by.basis]


_TOLD_TO_DEPARTMENTS = {
    Basis.inline: "sender_claimed",
    Basis.refuted: "sender_refuted",
    Basis.web_form: "web_form",
}


def _labels(item: ItemFacts, compiled: CompiledConfiguration) -> tuple[str, ...]:
    met = compiled.addressees.met(item.reading)
    addressed = [f"addressed_to {met.key}"] if met and met.key else []
    envelope = [ENVELOPE_ONLY] if item.reading.is_envelope else []
    remarks = [remark for remark in _TOLD_REMARKS if remark in item.reading.remarks]
    known = compiled.document.flags
    flags = [f"signaal: {known[key].name if key in known else key}" for key in item.flags]
    automatic = ["automatic"] if item.reading.is_automatic else []
    own = (*flags, *automatic, *envelope, *_origin(item.spoken_by), *remarks, *addressed)
    return tuple(dict.fromkeys((*own, *item.labels, *item.hints)))


def compose_acknowledgement(
    item: ItemFacts,
    assignment: AssignmentFacts,
    compiled: CompiledConfiguration,
    told_at: datetime,
    *,
    is_sms: bool = False,
) -> tuple[Words, Promise | None] | None:
    """Return the acknowledgement's words and the promise that they tell, or None when there is no text for it.

    A promise that has passed when it is told is left out, and the plain receipt is told instead. So is it for a closed
    envelope: nobody knows what it is about. A flag's own text takes the place of the category's, and tells no date.

    `is_sms`: in the words of text messages.
    """
    document = compiled.document
    category = document.categories[assignment.category]
    key = text_key(category)
    told = assignment.promise if assignment.answer is Answer.dated else None
    is_over = assignment.answer is Answer.dated and (told is None or told.due_at <= told_at)
    if is_over or assignment.answer is not category.answer or item.reading.is_envelope:
        # The category's own text may speak of a date, or of a matter.
        key, told = Answer.receipt_only.value, None
    own = flag_text(item, compiled)
    if own is not None:
        key, told = own, None
    if is_sms:
        key = _sms_key(item, told)
    if key not in document.texts:
        return None
    words = compose(document.texts[key], _about(item, assignment, compiled, told), document)
    return words, told


def flag_text(item: ItemFacts, compiled: CompiledConfiguration) -> str | None:
    """Return the name of the text with which the item's flags acknowledge: that of the first flag which has one.

    None: the category's own. Nobody has read what is in a closed envelope.
    """
    if item.reading.is_envelope:
        return None
    known = compiled.document.flags
    texts = (known[key].text for key in item.flags if key in known)
    return next((text for text in texts if text is not None), None)


def _sms_key(item: ItemFacts, told: Promise | None) -> str:
    if item.reading.call is not None:
        return SMS_CALL_BACK if told else SMS_CALL_SEEN
    return SMS_DATED if told else SMS_RECEIPT_ONLY


def compose_correction(
    item: ItemFacts, assignment: AssignmentFacts, compiled: CompiledConfiguration, *, is_sms: bool = False
) -> Words:
    """Return the words that tell a later date. `is_sms`: those of text messages."""
    key = SMS_CORRECTION if is_sms else "correction"
    about = _about(item, assignment, compiled, assignment.promise)
    return compose(compiled.document.texts[key], about, compiled.document)


def compose_colleague(item: ItemFacts, assignment: AssignmentFacts, compiled: CompiledConfiguration) -> Words | None:
    """Return the words of the receipt for whoever passed the message on, or None when there is no text for it."""
    text = compiled.document.texts.get("colleague")
    return compose(text, _about(item, assignment, compiled, None), compiled.document) if text else None


def compose_looked_at(item: ItemFacts, compiled: CompiledConfiguration, category: str) -> Words:
    """Return the words for a message that nobody could read yet. `category`: the triage category."""
    return compose(compiled.document.texts["looked_at"], _about_no_matter(item, compiled, category), compiled.document)


def compose_limit_reached(item: ItemFacts, compiled: CompiledConfiguration) -> str:
    """Return the paragraph that says that no more notices will come for a while; empty when there is no text for it."""
    text = compiled.document.texts.get(LIMIT_REACHED)
    return compose(text, _about_no_matter(item, compiled, TRIAGE), compiled.document).body if text else ""


def _about_no_matter(item: ItemFacts, compiled: CompiledConfiguration, category: str) -> About:
    return About(
        reference=item.reference,
        received_on=item.received_at.astimezone(compiled.zone).date(),
        department=compiled.document.categories[category].department,
        category=category,
        confidentiality=item.confidentiality,
        promise=None,
    )


def _about(
    item: ItemFacts, assignment: AssignmentFacts, compiled: CompiledConfiguration, told: Promise | None
) -> About:
    return About(
        reference=item.reference,
        received_on=item.received_at.astimezone(compiled.zone).date(),
        department=assignment.department,
        category=assignment.category,
        # Housemates may open the answer to what was closed.
        confidentiality=max(item.confidentiality, NAMES_NO_MATTER_FROM)
        if item.reading.is_envelope
        else item.confidentiality,
        promise=told,
    )
