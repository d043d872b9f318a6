"""Link and decide: from a Reading to assignments, in the ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from inbox.channel import Channel
from inbox.confidentiality import Confidentiality, strictest
from inbox.configuration.model import Answer
from inbox.duplicates.participant import is_authenticated
from inbox.duplicates.thanks import is_only_thanks
from inbox.intents import AssignmentIntent, FlagIntent
from inbox.item import HeldBecause, Status
from inbox.reading import Reading
from inbox.receipt import DATE_STAMP
from inbox.returned import returned
from inbox.routing.compiled import CompiledConfiguration
from inbox.routing.decide import Decision, Matched, decide
from inbox.thread_token import proven_loop, proven_reference
from store.assignments import beginning
from store.deciding import DecidedItem, Standing, commit_decision, standing
from store.linking import ThreadEvidence, settle_links
from store.returned import file_report
from workflows.parts import Parts
from workflows.reading import delivery_of
from workflows.same_day import hint_callers
from workflows.spoken import spoken

_LOOP_FIELD = "x-inbox-gateway-loop"
"""On every mail of a gateway; with a token of ours on our own."""


async def link_item(parts: Parts, item: Any) -> None:
    """Settle the item's links, once."""
    reading = Reading.model_validate(item.reading)
    compiled = await parts.configurations.current()
    threads = compiled.document.threads
    # A report about our own mail answers nothing: it is linked to what it is about when it is decided.
    is_report = returned(reading, parts.identity.thread_key) is not None
    thread = () if is_report else reading.reply_to_ids
    evidence = ThreadEvidence(
        proven_reference=proven_reference(thread, parts.identity.thread_key),
        reply_to_ids=thread,
        sender_address=reading.sender.address,
        is_authenticated=is_authenticated(reading, parts.identity.trusted_authserv_ids),
        reopens_within=timedelta(days=threads.reopen_within_days),
        passes_on=reading.forwarded.message_id if reading.forwarded and not is_report else "",
        is_from_gateway=_LOOP_FIELD in reading.headers,
        came_back=proven_loop(reading.headers.get(_LOOP_FIELD, ()), parts.identity.thread_key),
    )
    await settle_links(parts.ledger, item.item_id, evidence)
    if parts.calls is not None and reading.call is None and not is_report:
        await hint_callers(parts.ledger, item, reading, compiled.zone)


async def decide_item(parts: Parts, item: Any) -> None:
    """Decide, once, by the configuration in force. Raises Conflict when the item changed meanwhile.

    A report about mail of ours is filed before any rule is asked, wherever it was found: it is about what we sent.
    """
    compiled = await parts.configurations.current()
    report = returned(Reading.model_validate(item.reading), parts.identity.thread_key)
    if report is not None and await file_report(parts.ledger, item, report, compiled.version):
        return
    reading, by = spoken(parts, item, compiled)
    received_at = min(item.received_at, by.received_at or item.received_at)
    decision = decide(reading, item.source_id, Confidentiality(item.source_confidentiality), received_at, compiled)
    parent = await standing(parts.ledger, item.adds_to_item_id) if item.adds_to_item_id else None
    joined = _joined(decision, parent, compiled, reading)
    thanks_for = _thanked_for(parent, reading) if joined else None
    matters = () if thanks_for else joined or decision.matters
    confidentiality = strictest(decision.confidentiality, *(matched.confidentiality for matched in matters))
    await commit_decision(
        parts.ledger,
        item,
        DecidedItem(
            matters=tuple(_intent(ordinal, matched, decision) for ordinal, matched in enumerate(matters, start=1)),
            filed_because=_filed_because(decision, thanks_for, joins=bool(joined)),
            confidentiality=confidentiality,
            held_because=_held(item, matters, is_late_already=by.basis.is_passed_on or await _is_stamped(parts, item)),
            version=decision.version,
            trace=decision.trace,
            spoken_by=by,
            received_at=received_at,
            joins=bool(joined),
            flags=decision.flags,
            labels=decision.labels,
            hold_reason=decision.hold,
            raised=tuple(_raised(key, compiled) for key in decision.flags),
        ),
    )


def _intent(ordinal: int, matched: Matched, decision: Decision) -> AssignmentIntent:
    return AssignmentIntent(
        assignment_id=str(uuid4()),
        ordinal=ordinal,
        status=beginning(matched.category),
        matched=matched,
        chosen_by="gateway",
        configuration_version=decision.version,
    )


def _raised(key: str, compiled: CompiledConfiguration) -> FlagIntent:
    flag = compiled.document.flags[key]
    return FlagIntent(str(uuid4()), key, flag.name, flag.alerts, flag.again_minutes)


def _thanked_for(parent: Standing | None, reading: Reading) -> str | None:
    """Return the reference of what is over and is only thanked for."""
    is_over = parent is not None and parent.item.status == Status.completed
    return str(parent.item.reference) if parent and is_over and is_only_thanks(reading) else None


def _filed_because(decision: Decision, thanks_for: str | None, *, joins: bool) -> str | None:
    if thanks_for:
        return f"it only says thank you: {thanks_for} stays completed"
    return None if joins else decision.filed_because


def _joined(
    decision: Decision, parent: Standing | None, compiled: CompiledConfiguration, reading: Reading
) -> tuple[Matched, ...]:
    """Return the parent's matters when the item goes on as an addition to them: no new clock, no new acknowledgement.

    Each department that is at work on one gets it once; when all are done, each that was. A statutory kind is always its
    own item with its own clock (invariant 9). A machine reopens nothing.
    """
    if parent is None or (parent.item.status == Status.completed and reading.is_automatic):
        return ()
    if any(matched.is_statutory for matched in decision.matters):
        return ()
    at_work = [row for row in parent.assignments if row.status != Status.completed] or parent.assignments
    by_department = {row.department: row for row in reversed(at_work)}
    rows = [row for row in at_work if by_department[row.department] is row]
    document = compiled.document
    if any(row.category not in document.categories or row.department not in document.departments for row in rows):
        return ()
    return tuple(
        Matched(
            category=row.category,
            department=row.department,
            priority=row.priority,
            answer=Answer.none,
            confidentiality=Confidentiality(parent.item.confidentiality),
            promise=None,
            rule=None,
            confidence=1.0,
            is_statutory=row.is_statutory,
        )
        for row in rows
    )


async def _is_stamped(parts: Parts, item: Any) -> bool:
    """Say whether it lay on paper before we got it."""
    if item.channel != Channel.post:
        return False
    return bool((await delivery_of(parts, item)).received_basis == DATE_STAMP)


def _held(item: Any, matters: tuple[Matched, ...], *, is_late_already: bool) -> HeldBecause | None:
    if item.held_because:
        return HeldBecause(item.held_because)
    # What a colleague passed on late, or the post room scanned late, is not to become later: it goes its way, and no
    # passed date is told.
    if item.released_at is not None or not matters or is_late_already:
        return None
    present = datetime.now(UTC)
    is_late = any(matched.promise is not None and matched.promise.due_at <= present for matched in matters)
    return HeldBecause.too_late_to_promise if is_late else None
