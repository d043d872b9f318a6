"""Launch: from where an item stands to the forwards and notices that must leave the house, stored as intents."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from inbox.configuration.model import TRIAGE
from inbox.errors import SettingsInvalid
from inbox.intents import AssignmentIntent, ForwardIntent
from inbox.item import ForwardRole, ForwardState, Status
from inbox.plan import AssignmentFacts, ItemFacts, flag_text, plan_forwards, scan_file
from inbox.routing.compiled import CompiledConfiguration
from inbox.routing.decide import choose
from inbox.thread_token import loop_mark
from store.deciding import Standing, give_to_triage, hints, launch
from store.reading import delivery_row, item_row
from workflows.assigned import assignment_facts
from workflows.parts import Parts
from workflows.reading import delivery_of
from workflows.spoken import spoken
from workflows.telling import tell, wanted_notices

_WITH_NEW_ROUND = (Status.forwarding, Status.triage)
_UNSETTLED = (ForwardState.wanted, ForwardState.sending, ForwardState.in_doubt, ForwardState.withdrawing)


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
    unknown = [row for row in stands.assignments if not _is_known(row, compiled)]
    if unknown:
        await _to_triage(parts, item, unknown, compiled, "its category or department is no longer configured")
        return True
    if not parts.speaks:
        # What is rendered now would stay so: in the name of nobody.
        raise SettingsInvalid(f"`smtp` is missing: item {item.item_id} waits until a relay is set")
    facts = await _facts(parts, item, compiled)
    forwards: list[ForwardIntent] = []
    for row in fresh:
        forwards += plan_forwards(facts, _as_told(assignment_facts(row), stands, facts, compiled), compiled)
    async with parts.ledger.as_one():
        # What limits count and what is then written belong together.
        notices, tasks = await tell(parts, stands, facts, compiled)
        await launch(parts.ledger, item, forwards, notices, tasks)
    return True


def _as_told(
    assignment: AssignmentFacts, stands: Standing, facts: ItemFacts, compiled: CompiledConfiguration
) -> AssignmentFacts:
    """Return it without a promise that had passed before anybody could be told of it, or that is never told of a closed
    envelope or in a flag's own text: departments read what the sender heard.
    """
    if assignment.promise is None or stands.told_due_on() is not None:
        return assignment
    is_untold = (
        facts.reading.is_envelope
        or flag_text(facts, compiled) is not None
        or assignment.promise.due_at <= datetime.now(UTC)
    )
    return replace(assignment, promise=None) if is_untold else assignment


def is_launched(stands: Standing) -> bool:
    """Say whether all intents of the item stand, or none may yet."""
    item = stands.item
    if item.held_because or item.status in (Status.linked, Status.discarded):
        return True
    if item.status != Status.quarantined and item.decided_version is None:
        return True
    return not _returned(stands) and not _fresh(stands) and not wanted_notices(stands)


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


async def _facts(parts: Parts, item: Any, compiled: CompiledConfiguration) -> ItemFacts:
    delivery = await delivery_of(parts, item)
    scan = await delivery_row(parts.ledger, delivery.part_of) if delivery.part_of else None
    parent = await item_row(parts.ledger, item.adds_to_item_id) if item.adds_to_item_id else None
    reading, by = spoken(parts, item, compiled)
    return ItemFacts(
        item_id=item.item_id,
        reference=item.reference,
        channel=Channel(item.channel),
        media_type=delivery.media_type,
        received_at=item.received_at,
        received_basis=delivery.received_basis,
        confidentiality=Confidentiality(item.confidentiality),
        reading=reading,
        adds_to=parent.reference if parent else None,
        hints=await hints(parts.ledger, item.item_id),
        spoken_by=by,
        loop_mark=loop_mark(item.reference, parts.identity.thread_key),
        size_bytes=delivery.size_bytes,
        scan=scan_file(item.reference, scan) if scan is not None else None,
        labels=item.labels or (),
        flags=tuple(item.flags or ()),
    )
