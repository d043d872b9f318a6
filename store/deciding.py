"""Decide and launch, as the ledger sees them: assignments first, then what is to leave the house."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from inbox.configuration.overlay import OVERLAY
from inbox.intents import AssignmentIntent, FlagIntent, ForwardIntent, NoticeIntent, TaskIntent
from inbox.item import ForwardState, LinkKind, NoticeState, Status, least_advanced
from inbox.routing.conclude import Outcome
from store.assignments import assignment_rows
from store.events import GATEWAY, lock_item, move, record
from store.flags import raise_flags
from store.ledger import Ledger, now
from store.limits import recipient_digest
from store.linking import add_link, undo_links
from store.reading import message_id_digest
from store.tables import assignments, forwards, items, links, notices
from store.tasks import raise_task

OWN_CLOCK = "a matter with a clock of its own"
"""Why what seemed to add to an item became a matter of its own."""

_NOT_TOLD = (NoticeState.withheld, NoticeState.failed, NoticeState.undelivered)


@dataclass(frozen=True)
class DecidedItem:
    """What deciding came to for one item, ready to be written."""

    outcome: Outcome
    matters: tuple[AssignmentIntent, ...]
    """One of each matter of the outcome, in their order."""
    raised: tuple[FlagIntent, ...] = ()
    """What the outcome's flags come to: whom to alert."""


async def commit_decision(ledger: Ledger, item: Any, decided: DecidedItem) -> None:
    """Write the assignments and move the item, once. `item`: the row on which the decision rests.

    Raises Conflict when the item changed since it was read.
    """
    outcome = decided.outcome
    async with ledger.begin() as connection:
        # The item first: of two who decide at once the second then gets Conflict, before it writes anything.
        await move(
            connection,
            item,
            _status_after(decided),
            "decided",
            reason=outcome.filed_because or "",
            about=_about(outcome),
            confidentiality=int(outcome.confidentiality),
            decided_version=outcome.version,
            trace=[step.model_dump(mode="json") for step in outcome.trace],
            filed_because=outcome.filed_because,
            held_because=outcome.held_because,
            flags=list(outcome.flags),
            labels=list(outcome.labels),
            hold_reason=outcome.hold_reason,
            received_at=outcome.received_at,
            sender_address=outcome.spoken_by.person.address,
            correspondent_basis=str(outcome.spoken_by.basis),
            adds_to_item_id=item.adds_to_item_id if outcome.joins else None,
        )
        if outcome.filed_because is None:
            for intent in decided.matters:
                await insert_assignment(connection, item.item_id, intent)
        await raise_flags(connection, item.item_id, decided.raised, outcome.version)
        if item.adds_to_item_id and not outcome.joins:
            await _unjoin(connection, item)
        elif item.adds_to_item_id and outcome.filed_because is None:
            await _reopen_completed(connection, item)


def _status_after(decided: DecidedItem) -> Status:
    if decided.outcome.filed_because is not None:
        return Status.filed
    if decided.outcome.held_because is not None:
        return Status.received
    return least_advanced(intent.status for intent in decided.matters)


def _about(outcome: Outcome) -> dict[str, Any]:
    overlays = dict.fromkeys(
        step.rule.partition(":")[2] for step in outcome.trace if step.holds and step.rule.startswith(f"{OVERLAY}:")
    )
    return {
        **({"overlays": list(overlays)} if overlays else {}),
        "version": outcome.version,
        "categories": [matched.category for matched in outcome.matters],
        "rules": [matched.rule for matched in outcome.matters],
        "held": outcome.held_because,
        "basis": str(outcome.spoken_by.basis),
    }


async def _unjoin(connection: AsyncConnection, item: Any) -> None:
    """Its kind goes its own way with its own clock: the follow-up becomes a hint."""
    await undo_links(connection, item.item_id, LinkKind.follow_up)
    await add_link(connection, item.item_id, item.adds_to_item_id, LinkKind.may_belong_to, OWN_CLOCK, 1.0)


async def _reopen_completed(connection: AsyncConnection, item: Any) -> None:
    """Give an item that was completed back to whoever completed it: what adds to it is on its way to them.

    Its department holds it already, so that nothing is forwarded anew, and no clock begins.
    """
    parent = await lock_item(connection, item.adds_to_item_id)
    if parent.status != Status.completed:
        return
    await connection.execute(
        update(assignments)
        .where(assignments.c.item_id == parent.item_id, assignments.c.status == str(Status.completed))
        .values(status=str(Status.forwarded))
    )
    await move(
        connection,
        parent,
        Status.forwarded,
        "reopened_by_follow_up",
        reason="its sender wrote again",
        about={"other": item.item_id},
        drive_wanted="reopened_by_follow_up",
    )


async def insert_assignment(connection: AsyncConnection, item_id: str, intent: AssignmentIntent) -> None:
    """Write one assignment in its first round."""
    matched = intent.matched
    await connection.execute(
        insert(assignments).values(
            assignment_id=intent.assignment_id,
            item_id=item_id,
            ordinal=intent.ordinal,
            status=str(intent.status),
            category=matched.category,
            department=matched.department,
            priority=str(matched.priority),
            answer=str(matched.answer),
            is_statutory=matched.is_statutory,
            rule=matched.rule,
            confidence=matched.confidence,
            promise=matched.promise.model_dump(mode="json") if matched.promise else None,
            due_on=matched.promise.due_on if matched.promise else None,
            round=1,
            chosen_by=intent.chosen_by,
            configuration_version=intent.configuration_version,
            decided_at=now(),
        )
    )


@dataclass(frozen=True)
class Standing:
    """Everything that the ledger holds about an item, read at one moment."""

    item: Any
    assignments: Sequence[Any]
    forwards: Sequence[Any]
    notices: Sequence[Any]

    def told_due_on(self) -> date | None:
        """Return the latest date that the sender was told, or is about to be told."""
        dates = [
            notice.told_due_on
            for notice in self.notices
            if notice.told_due_on is not None and notice.state not in _NOT_TOLD
        ]
        return max(dates, default=None)

    def is_statutory(self) -> bool:
        """Say whether the law wants one of its matters confirmed in writing (Awb 6:14, 9:6)."""
        return any(row.is_statutory for row in self.assignments)


async def standing(ledger: Ledger, item_id: str) -> Standing:
    """Return where the item stands."""
    async with ledger.read() as connection:
        item = (await connection.execute(select(items).where(items.c.item_id == item_id))).one()
        forward_rows = await connection.execute(
            select(forwards).where(forwards.c.item_id == item_id).order_by(forwards.c.round, forwards.c.ordinal)
        )
        notice_rows = await connection.execute(
            select(notices).where(notices.c.item_id == item_id).order_by(notices.c.made_at)
        )
        return Standing(
            item=item,
            assignments=await assignment_rows(connection, item_id),
            forwards=forward_rows.all(),
            notices=notice_rows.all(),
        )


async def hints(ledger: Ledger, item_id: str) -> Sequence[str]:
    """Return what the item's links say to its department: `may_belong_to REFERENCE`, `same_message_id REFERENCE`."""
    kinds = [str(LinkKind.may_belong_to), str(LinkKind.same_message_id)]
    async with ledger.read() as connection:
        found = await connection.execute(
            select(links.c.kind, items.c.reference)
            .join(links, links.c.other_item_id == items.c.item_id)
            .where(links.c.item_id == item_id, links.c.kind.in_(kinds), links.c.undone_at.is_(None))
            .order_by(links.c.kind, items.c.reference)
            .distinct()
        )
        return [f"{row.kind} {row.reference}" for row in found]


async def give_to_triage(ledger: Ledger, item: Any, rows: Sequence[Any], intent: AssignmentIntent, reason: str) -> None:
    """Give assignments to the triage department, as a new round. `intent.matched`: triage; `rows`: as they were read.

    A promise that was made stands; where there was none, triage's own is made.
    """
    matched = intent.matched
    async with ledger.begin() as connection:
        await lock_item(connection, item.item_id)
        for row in rows:
            promise = row.promise or (matched.promise.model_dump(mode="json") if matched.promise else None)
            due_on = row.due_on or (matched.promise.due_on if matched.promise else None)
            await connection.execute(
                update(assignments)
                .where(assignments.c.assignment_id == row.assignment_id, assignments.c.round == row.round)
                .values(
                    status=str(Status.triage),
                    department=matched.department,
                    category=matched.category,
                    answer=str(matched.answer),
                    is_statutory=matched.is_statutory,
                    confidence=matched.confidence,
                    promise=promise,
                    due_on=due_on,
                    rule=None,
                    round=row.round + 1,
                    configuration_version=intent.configuration_version,
                    decided_at=now(),
                )
            )
        present = await assignment_rows(connection, item.item_id)
        to = Status.received if item.held_because else least_advanced(Status(row.status) for row in present)
        await move(connection, item, to, "to_triage", reason=reason)


async def launch(
    ledger: Ledger,
    item: Any,
    forward_intents: Sequence[ForwardIntent],
    notice_intents: Sequence[NoticeIntent],
    task_intents: Sequence[TaskIntent] = (),
) -> None:
    """Write the intents, in one transaction. Raises Conflict when the item changed since it was read."""
    async with ledger.begin() as connection:
        # The version is the guard: nobody launched, rerouted, discarded or completed the item meanwhile.
        about = _ids(forward_intents, notice_intents) | _overlays(notice_intents)
        await move(connection, item, Status(item.status), "launched", about=about)
        for forward in forward_intents:
            await _insert_forward(connection, forward)
        for notice in notice_intents:
            await _insert_notice(connection, item.item_id, notice)
        for task in task_intents:
            await raise_task(connection, item.item_id, task.kind, task.reason)


def _ids(forward_intents: Sequence[ForwardIntent], notice_intents: Sequence[NoticeIntent]) -> dict[str, Any]:
    return {
        "forwards": [intent.forward_id for intent in forward_intents],
        "notices": [intent.notice_id for intent in notice_intents],
    }


def _overlays(notice_intents: Sequence[NoticeIntent]) -> dict[str, Any]:
    overlays = dict.fromkeys(overlay for intent in notice_intents for overlay in intent.overlays)
    return {"overlays": list(overlays)} if overlays else {}


async def _insert_forward(connection: AsyncConnection, intent: ForwardIntent) -> None:
    await connection.execute(
        insert(forwards).values(
            forward_id=intent.forward_id,
            assignment_id=intent.assignment_id,
            item_id=intent.handover.item_id,
            round=intent.round,
            role=str(intent.role),
            ordinal=intent.ordinal,
            department=intent.handover.department,
            destination_kind=intent.handover.destination.kind,
            handover=intent.handover.model_dump(mode="json"),
            state=str(ForwardState.wanted),
            attempts=0,
            doubts=0,
            made_at=now(),
        )
    )


async def _insert_notice(connection: AsyncConnection, item_id: str, intent: NoticeIntent) -> None:
    is_withheld = bool(intent.withheld_because)
    moment = now()
    await connection.execute(
        insert(notices).values(
            notice_id=intent.notice_id,
            item_id=item_id,
            kind=str(intent.kind),
            ordinal=intent.ordinal,
            channel=str(intent.channel),
            state=str(NoticeState.withheld if is_withheld else NoticeState.intended),
            withheld_because=list(intent.withheld_because),
            subject=intent.subject,
            body=intent.body,
            told_due_on=intent.told_due_on,
            mail_from=intent.mail_from,
            rcpt_to=intent.rcpt_to,
            message=intent.message or None,
            attempts=0,
            doubts=0,
            made_at=moment,
            settled_at=moment if is_withheld else None,
            recipient_digest=recipient_digest(intent.rcpt_to) if intent.rcpt_to else None,
            thread_digest=message_id_digest(intent.thread_id),
            limited_by=intent.limited_by,
            paused_by=intent.paused_by,
        )
    )
    if is_withheld:
        await record(connection, item_id, "notice_withheld", actor=GATEWAY, reason="; ".join(intent.withheld_because))
