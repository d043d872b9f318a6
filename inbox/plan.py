"""Plan: which handovers and notices follow from where an item stands. Pure; the ledger stores what comes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from inbox.acknowledge.compose import About, Words, compose
from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from inbox.configuration.check import text_key
from inbox.configuration.model import LIMIT_REACHED, TRIAGE, Answer, Priority
from inbox.handover import Handover, HandoverKind
from inbox.intents import ForwardIntent
from inbox.item import ForwardRole
from inbox.norms.promise import Promise
from inbox.reading import Reading
from inbox.routing.compiled import CompiledConfiguration

EXCERPT_LIMIT = 1000
"""Characters of the message in a handover: the least that any department system holds (Klantinteracties `inhoud`)."""

_SUFFIX = {"message/rfc822": ".eml"}


@dataclass(frozen=True)
class ItemFacts:
    """What planning needs to know of an item."""

    item_id: str
    reference: str
    channel: Channel
    media_type: str
    received_at: datetime
    confidentiality: Confidentiality
    reading: Reading
    adds_to: str | None
    """Reference of the item that this one adds to."""
    hints: Sequence[str] = ()
    """What its links say, such as `may_belong_to 7K3M-9QXA-D`."""
    loop_mark: str = ""
    """By which we know mail about it when it comes back."""


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
            promise=assignment.promise,
            sender=item.reading.sender,
            subject=item.reading.subject,
            excerpt=item.reading.said[:EXCERPT_LIMIT],
            language=item.reading.language,
            parts=item.reading.parts,
            labels=_labels(item),
            loop_mark=item.loop_mark,
            adds_to=item.adds_to,
            destination=destination,
            original_name=item.reference + _SUFFIX.get(item.media_type, ".bin"),
            original_media_type=item.media_type,
        )
        intents.append(ForwardIntent(forward_id, assignment.assignment_id, assignment.round, role, ordinal, handover))
    return intents


def _labels(item: ItemFacts) -> tuple[str, ...]:
    return (*(["automatic"] if item.reading.is_automatic else []), *item.hints)


def compose_acknowledgement(
    item: ItemFacts, assignment: AssignmentFacts, compiled: CompiledConfiguration, told_at: datetime
) -> tuple[Words, Promise | None] | None:
    """Return the acknowledgement's words and the promise that they tell, or None when there is no text for it.

    A promise that has passed when it is told is left out, and the plain receipt is told instead.
    """
    document = compiled.document
    category = document.categories[assignment.category]
    key = text_key(category)
    told = assignment.promise if assignment.answer is Answer.dated else None
    is_over = assignment.answer is Answer.dated and (told is None or told.due_at <= told_at)
    if is_over or assignment.answer is not category.answer:
        # The category's own text may speak of a date.
        key, told = Answer.receipt_only.value, None
    if key not in document.texts:
        return None
    words = compose(document.texts[key], _about(item, assignment, compiled, told), document)
    return words, told


def compose_correction(item: ItemFacts, assignment: AssignmentFacts, compiled: CompiledConfiguration) -> Words:
    """Return the words that tell a later date."""
    about = _about(item, assignment, compiled, assignment.promise)
    return compose(compiled.document.texts["correction"], about, compiled.document)


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
        confidentiality=item.confidentiality,
        promise=told,
    )
