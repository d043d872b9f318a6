"""Launch: from where an item stands to the forwards and notices that must leave the house, stored as intents."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from inbox.acknowledge.compose import Words
from inbox.acknowledge.may import may_not_tell
from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from inbox.configuration.model import TRIAGE, Answer, Priority
from inbox.duplicates.participant import is_authenticated
from inbox.errors import Infected, SettingsInvalid
from inbox.intents import AssignmentIntent, ForwardIntent, NoticeIntent
from inbox.item import ForwardRole, ForwardState, NoticeKind, NoticeState, Status
from inbox.norms.promise import Promise
from inbox.plan import (
    AssignmentFacts,
    ItemFacts,
    compose_acknowledgement,
    compose_correction,
    compose_looked_at,
    plan_forwards,
)
from inbox.ports import NoticeMail
from inbox.reading import Reading
from inbox.routing.compiled import CompiledConfiguration
from inbox.routing.decide import choose
from inbox.thread_token import message_id
from store.answers import answered_at, because_answered
from store.deciding import Standing, give_to_triage, hints, launch
from store.reading import item_row
from workflows.parts import Parts
from workflows.reading import delivery_of

_WITH_NEW_ROUND = (Status.forwarding, Status.triage)
_UNSETTLED = (ForwardState.wanted, ForwardState.sending, ForwardState.in_doubt, ForwardState.withdrawing)


_FIRST_WORDS = (NoticeKind.acknowledgement, NoticeKind.looked_at)


async def launch_item(parts: Parts, stands: Standing) -> bool:
    """Store the intents that are missing; return whether there were any. Raises Conflict when the item changed."""
    if is_launched(stands):
        return False
    item = stands.item
    compiled = await parts.configurations.current()
    returned = _returned(stands)
    if returned:
        await _to_triage(parts, item, returned, compiled, "returned by the department")
        return True
    fresh = _fresh(stands)
    wants_notice = _wanted_notice(stands)
    unknown = [row for row in stands.assignments if not _is_known(row, compiled)]
    if unknown:
        await _to_triage(parts, item, unknown, compiled, "its category or department is no longer configured")
        return True
    if not parts.speaks:
        # What is rendered now would stay so: in the name of nobody.
        raise SettingsInvalid(f"`smtp` is missing: item {item.item_id} waits until a relay is set")
    facts = await _facts(parts, item)
    forwards: list[ForwardIntent] = []
    for row in fresh:
        forwards += plan_forwards(facts, _assignment_facts(row), compiled)
    answered = await answered_at(parts.ledger, item) if wants_notice in _FIRST_WORDS else None
    notices = [_notice(parts, stands, facts, compiled, wants_notice, answered)] if wants_notice else []
    await launch(parts.ledger, item, forwards, notices)
    return True


def is_launched(stands: Standing) -> bool:
    """Say whether all intents of the item stand, or none may yet."""
    item = stands.item
    if item.held_because or item.status in (Status.linked, Status.discarded):
        return True
    if item.status != Status.quarantined and item.decided_version is None:
        return True
    return not _returned(stands) and not _fresh(stands) and _wanted_notice(stands) is None


def _returned(stands: Standing) -> list[Any]:
    return [row for row in stands.assignments if row.status == Status.returned]


def _fresh(stands: Standing) -> list[Any]:
    return [row for row in stands.assignments if _wants_forwards(row, stands)]


def _wants_forwards(row: Any, stands: Standing) -> bool:
    """A round begins when the earlier ones are settled (the reroute's promise). Informed ones go their own pace."""
    own = [
        forward
        for forward in stands.forwards
        if forward.assignment_id == row.assignment_id and forward.role == ForwardRole.acting
    ]
    return (
        row.status in _WITH_NEW_ROUND
        and not any(forward.round == row.round for forward in own)
        and not any(forward.state in _UNSETTLED for forward in own)
    )


def _wanted_notice(stands: Standing) -> NoticeKind | None:
    kinds = {notice.kind for notice in stands.notices if _still_counts(notice, stands)}
    if stands.item.status == Status.quarantined:
        return None if NoticeKind.looked_at in kinds else NoticeKind.looked_at
    if NoticeKind.acknowledgement not in kinds:
        return NoticeKind.acknowledgement
    told = stands.told_due_on()
    if told is None or Status(stands.item.status).is_ended:
        return None
    later = [row for row in stands.assignments if row.due_on and row.due_on > told and row.answer == Answer.dated]
    return NoticeKind.correction if later else None


def _still_counts(notice: Any, stands: Standing) -> bool:
    """A notice that was withheld is thought over again when the item begins again, or its decision changed since."""
    if notice.state != NoticeState.withheld:
        return True
    was_rendered = notice.message is not None
    decided_at = min((row.decided_at for row in stands.assignments), default=None)
    return not was_rendered and (decided_at is None or notice.made_at >= decided_at)


def _is_known(row: Any, compiled: CompiledConfiguration) -> bool:
    document = compiled.document
    return row.category in document.categories and row.department in document.departments


async def _to_triage(parts: Parts, item: Any, rows: list[Any], compiled: CompiledConfiguration, reason: str) -> None:
    intent = AssignmentIntent(
        assignment_id="",
        ordinal=0,
        status=Status.triage,
        matched=choose(TRIAGE, item.received_at, compiled, rule=None),
        chosen_by="gateway",
        configuration_version=compiled.version,
    )
    await give_to_triage(parts.ledger, item, rows, intent, reason)


async def _facts(parts: Parts, item: Any) -> ItemFacts:
    delivery = await delivery_of(parts, item)
    parent = await item_row(parts.ledger, item.adds_to_item_id) if item.adds_to_item_id else None
    reading = Reading.model_validate(item.reading) if item.reading else Reading(channel=Channel(item.channel))
    return ItemFacts(
        item_id=item.item_id,
        reference=item.reference,
        channel=Channel(item.channel),
        media_type=delivery.media_type,
        received_at=item.received_at,
        confidentiality=Confidentiality(item.confidentiality),
        reading=reading,
        adds_to=parent.reference if parent else None,
        hints=await hints(parts.ledger, item.item_id),
    )


def _assignment_facts(row: Any) -> AssignmentFacts:
    return AssignmentFacts(
        assignment_id=row.assignment_id,
        category=row.category,
        department=row.department,
        priority=Priority(row.priority),
        answer=Answer(row.answer),
        round=row.round,
        promise=Promise.model_validate(row.promise) if row.promise else None,
    )


def _notice(
    parts: Parts,
    stands: Standing,
    facts: ItemFacts,
    compiled: CompiledConfiguration,
    kind: NoticeKind,
    answered: datetime | None,
) -> NoticeIntent:
    ordinal = 1 + sum(notice.kind == kind for notice in stands.notices)
    reasons = may_not_tell(facts.reading, parts.identity.own_addresses, compiled.document)
    if stands.item.adds_to_item_id:
        reasons.append(f"it adds to {facts.adds_to}, whose sender has been told")
    if answered is not None:
        reasons.append(because_answered(answered))
    if stands.item.status == Status.filed:
        reasons.append(f"filed: {stands.item.filed_because}")
    if stands.item.quarantine_code == Infected.code and not is_authenticated(
        facts.reading, parts.identity.trusted_authserv_ids
    ):
        reasons.append("it is infected and its sender is not proven: such mail is mostly forged")
    if reasons:
        return _withheld(kind, ordinal, reasons)
    if kind is NoticeKind.looked_at:
        return _rendered(parts, facts, kind, ordinal, compose_looked_at(facts, compiled, TRIAGE), None)
    assignment = _assignment_facts(_least_certain(stands, kind))
    if kind is NoticeKind.correction:
        words = compose_correction(facts, assignment, compiled)
        return _rendered(parts, facts, kind, ordinal, words, assignment.promise)
    if assignment.answer is Answer.none:
        return _withheld(kind, ordinal, [f"category `{assignment.category}` is not acknowledged"])
    composed = compose_acknowledgement(facts, assignment, compiled, datetime.now(UTC))
    if composed is None:
        return _withheld(kind, ordinal, ["the promised date has passed and there is no text `receipt_only`"])
    return _rendered(parts, facts, kind, ordinal, *composed)


def _least_certain(stands: Standing, kind: NoticeKind) -> Any:
    """Return the assignment that the notice speaks of: for a correction the one with the latest date."""
    if kind is NoticeKind.correction:
        return max((row for row in stands.assignments if row.due_on), key=lambda row: row.due_on)
    return stands.assignments[0]


def _withheld(kind: NoticeKind, ordinal: int, reasons: list[str]) -> NoticeIntent:
    return NoticeIntent(notice_id=str(uuid4()), kind=kind, ordinal=ordinal, withheld_because=tuple(reasons))


def _rendered(
    parts: Parts, facts: ItemFacts, kind: NoticeKind, ordinal: int, words: Words, told: Promise | None
) -> NoticeIntent:
    identity = parts.identity
    suffix = f"{kind.value.replace('_', '-')}-{ordinal}"
    envelope, message = parts.notices(
        NoticeMail(
            to_address=facts.reading.sender.address,
            subject=words.subject,
            body=words.body,
            message_id=message_id(facts.reference, identity.thread_key, identity.message_id_domain, suffix),
            reference=facts.reference,
            in_reply_to=facts.reading.message_id,
            references=facts.reading.reply_to_ids,
            answers_message=kind is not NoticeKind.correction,
        )
    )
    return NoticeIntent(
        notice_id=str(uuid4()),
        kind=kind,
        ordinal=ordinal,
        subject=words.subject,
        body=words.body,
        told_due_on=told.due_on if told else None,
        mail_from=envelope.mail_from,
        rcpt_to=envelope.rcpt_to[0],
        message=message,
    )
