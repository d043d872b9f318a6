"""Reports about our own mail: what was told or forwarded and did not arrive is seen, and asked of a person."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from inbox.bounce_address import ForwardSent, NoticeSent
from inbox.handover import HandoverKind
from inbox.item import ForwardRole, ForwardState, LinkKind, Status, least_advanced
from inbox.returned import Returned
from inbox.routing.decide import TraceStep
from inbox.task import FORWARD_RETURNED, TaskKind
from store.assignments import assignment_rows
from store.events import lock_item, move, record
from store.forwarding import step
from store.ledger import Ledger, now
from store.linking import add_link
from store.noticing import note_undelivered
from store.tables import assignments, forwards, items, links, notices
from store.tasks import raise_task

_HANDED_OVER = (ForwardState.sending, ForwardState.in_doubt, ForwardState.delivered)
_TOLD_TO_LET_GO = (ForwardState.withdrawing, ForwardState.withdrawn)


async def file_report(ledger: Ledger, item: Any, found: Returned, version: int) -> bool:
    """File the item as a report about mail of ours, and let that mail be what the report says, in one transaction.

    Returns False, and changes nothing, when the ledger knows no such mail. `item`: the row on which this rests;
    `version`: of the configuration in force. Raises Conflict when the item changed since it was read.
    """
    async with ledger.begin() as connection:
        sent = (await connection.execute(_of(found.sent))).one_or_none()
        if sent is None or sent.item_id == item.item_id:
            return False
        reason = f"a report about what we sent for {sent.reference}"
        await move(
            connection,
            item,
            Status.filed,
            "decided",
            reason=reason,
            about={"version": version, "categories": [], "rules": [], "held": item.held_because},
            # It quotes what we sent, and to whom.
            confidentiality=max(item.confidentiality, sent.confidentiality),
            decided_version=version,
            trace=[_trace(reason).model_dump(mode="json")],
            filed_because=reason,
            adds_to_item_id=None,
        )
        await _link(connection, item.item_id, sent.item_id, reason)
        if isinstance(found.sent, NoticeSent):
            await _notice(connection, sent, found, item.item_id)
        else:
            await _forward(connection, sent, found, found.sent.kind, item.item_id)
        return True


def _of(sent: NoticeSent | ForwardSent) -> Select[Any]:
    about_item = items.c.reference, items.c.confidentiality
    if isinstance(sent, NoticeSent):
        return (
            select(notices.c.notice_id, notices.c.item_id, notices.c.kind, notices.c.rcpt_to, *about_item)
            .join(items, items.c.item_id == notices.c.item_id)
            .where(
                items.c.reference == sent.reference,
                notices.c.kind == str(sent.kind),
                notices.c.ordinal == sent.ordinal,
            )
        )
    return (
        select(forwards, assignments.c.round.label("present_round"), *about_item)
        .join(items, items.c.item_id == forwards.c.item_id)
        .join(assignments, assignments.c.assignment_id == forwards.c.assignment_id)
        .where(forwards.c.forward_id == sent.forward_id)
    )


def _trace(reason: str) -> TraceStep:
    return TraceStep(rule="report of our own mail", holds=True, because=f"{reason}: no rule was asked")


async def _link(connection: AsyncConnection, item_id: str, other_item_id: str, reason: str) -> None:
    """Link them, unless they are: the item may have been reopened since it was filed."""
    is_linked = select(links.c.link_id).where(
        links.c.item_id == item_id,
        links.c.other_item_id == other_item_id,
        links.c.kind == str(LinkKind.report),
        links.c.undone_at.is_(None),
    )
    if (await connection.execute(is_linked)).first() is None:
        await add_link(connection, item_id, other_item_id, LinkKind.report, reason, 1.0)


async def _notice(connection: AsyncConnection, notice: Any, found: Returned, report_id: str) -> None:
    """Make the notice `undelivered`, once, and ask a person to tell its recipient; any other report is an event."""
    because = found.because(notice.rcpt_to)
    about = {"report": report_id}
    if found.has_failed and await note_undelivered(connection, notice, because, found.detail, about):
        return
    about |= {"notice": notice.notice_id, "kind": notice.kind}
    await record(connection, notice.item_id, "notice_reported", reason=_said(found), about=about)


async def _forward(
    connection: AsyncConnection, forward: Any, found: Returned, kind: HandoverKind, report_id: str
) -> None:
    """Make the forward `failed`, once, and ask a person; any other report, or one of an earlier round, is an event."""
    about = {"forward": forward.forward_id, "role": forward.role, "report": report_id}
    # The item before its forwards, as everybody locks them.
    item = await lock_item(connection, forward.item_id)
    is_present = kind is HandoverKind.withdrawal or forward.round == forward.present_round
    if not (found.has_failed and is_present and await _is_returned(connection, forward, found, kind)):
        await record(connection, forward.item_id, "forward_reported", reason=_said(found), about=about)
        return
    address = str(forward.handover["destination"].get("address", ""))
    because = found.because(address)
    await step(connection, forward.forward_id, "returned", detail=found.detail)
    await _take_back(connection, item, forward, because, about, is_elsewhere=found.names_another(address))
    what = "that an earlier forward is no longer theirs" if kind is HandoverKind.withdrawal else "what was forwarded"
    reason = f"the mailbox of department `{forward.department}` sent back {what}: {because}"
    await raise_task(connection, forward.item_id, TaskKind.forward_returned, reason)


async def _is_returned(connection: AsyncConnection, forward: Any, found: Returned, kind: HandoverKind) -> bool:
    states = _TOLD_TO_LET_GO if kind is HandoverKind.withdrawal else _HANDED_OVER
    changed = await connection.execute(
        update(forwards)
        .where(forwards.c.forward_id == forward.forward_id, forwards.c.state.in_([str(state) for state in states]))
        .values(
            state=str(ForwardState.failed),
            settled_at=now(),
            trouble_code=FORWARD_RETURNED,
            trouble_detail=found.detail,
        )
    )
    return changed.rowcount == 1


async def _take_back(
    connection: AsyncConnection, item: Any, forward: Any, because: str, about: dict[str, Any], *, is_elsewhere: bool
) -> None:
    """Write the event. An assignment that stood as forwarded by it is `forwarding` again: its department has nothing.

    `is_elsewhere`: it came back from somebody behind the department's address; the others have it, and may go on.
    """
    to = Status(item.status)
    if forward.role == ForwardRole.acting and not is_elsewhere and forward.withdrawal is None:
        await connection.execute(
            update(assignments)
            .where(
                assignments.c.assignment_id == forward.assignment_id,
                assignments.c.round == forward.round,
                assignments.c.status == str(Status.forwarded),
            )
            .values(status=str(Status.forwarding))
        )
        if not to.is_ended and to != Status.quarantined:
            rows = await assignment_rows(connection, forward.item_id)
            to = least_advanced(Status(row.status) for row in rows)
    if to == item.status:
        await record(connection, forward.item_id, "forward_returned", reason=because, about=about)
    else:
        await move(connection, item, to, "forward_returned", reason=because, about=about)


def _said(found: Returned) -> str:
    return " ".join(filter(None, (found.action, found.status)))
