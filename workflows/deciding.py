"""Link and decide: from a Reading to assignments, in the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from inbox.configuration.rule import Priority
from inbox.duplicates.participant import is_authenticated
from inbox.intents import AssignmentIntent, FlagIntent
from inbox.item import HeldBecause, Status
from inbox.reading import Reading
from inbox.receipt import DATE_STAMP
from inbox.returned import returned
from inbox.routing.compiled import CompiledConfiguration
from inbox.routing.conclude import DecidingFacts, Outcome, ParentFacts, ParentMatter, conclude
from inbox.routing.decide import Matched
from inbox.thread_token import proven_loop, proven_reference
from store.assignments import beginning
from store.deciding import DecidedItem, commit_decision, standing
from store.linking import ThreadEvidence, settle_links
from store.returned import file_report
from workflows.parts import Parts
from workflows.reading import delivery_of
from workflows.same_day import hint_callers
from workflows.spoken import read_from

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
    facts = await _facts(parts, item)
    outcome = conclude(facts, compiled, parts.identity.trusted_authserv_ids, datetime.now(UTC))
    await commit_decision(parts.ledger, item, _as_written(outcome, compiled))


async def _facts(parts: Parts, item: Any) -> DecidingFacts:
    parent = await standing(parts.ledger, item.adds_to_item_id) if item.adds_to_item_id else None
    return DecidingFacts(
        reading=read_from(item),
        source_id=item.source_id,
        source_confidentiality=Confidentiality(item.source_confidentiality),
        received_at=item.received_at,
        vouched_address=item.vouched_address,
        held_because=HeldBecause(item.held_because) if item.held_because else None,
        is_released=item.released_at is not None,
        is_stamped=await _is_stamped(parts, item),
        parent=parent_facts(parent.item, parent.assignments) if parent else None,
    )


def parent_facts(item: Any, assignments: Sequence[Any]) -> ParentFacts:
    """Return what deciding needs of the item that another adds to. `assignments`: its rows, in order."""
    return ParentFacts(
        reference=item.reference,
        is_completed=item.status == Status.completed,
        confidentiality=Confidentiality(item.confidentiality),
        matters=tuple(
            ParentMatter(
                category=row.category,
                department=row.department,
                priority=Priority(row.priority),
                is_statutory=row.is_statutory,
                is_completed=row.status == Status.completed,
            )
            for row in assignments
        ),
    )


def _as_written(outcome: Outcome, compiled: CompiledConfiguration) -> DecidedItem:
    return DecidedItem(
        outcome,
        tuple(_intent(ordinal, matched, outcome.version) for ordinal, matched in enumerate(outcome.matters, start=1)),
        tuple(_raised(key, compiled) for key in outcome.flags),
    )


def _intent(ordinal: int, matched: Matched, version: int) -> AssignmentIntent:
    return AssignmentIntent(
        assignment_id=str(uuid4()),
        ordinal=ordinal,
        status=beginning(matched.category),
        matched=matched,
        chosen_by="gateway",
        configuration_version=version,
    )


def _raised(key: str, compiled: CompiledConfiguration) -> FlagIntent:
    flag = compiled.document.flags[key]
    return FlagIntent(str(uuid4()), key, flag.name, flag.alerts, flag.again_minutes)


async def _is_stamped(parts: Parts, item: Any) -> bool:
    """Say whether it lay on paper before we got it."""
    if item.channel != Channel.post:
        return False
    return bool((await delivery_of(parts, item)).received_basis == DATE_STAMP)
