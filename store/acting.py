"""Actions: one ledger transaction each. The API answers from that commit; the drive follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

from sqlalchemy import case, false, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from inbox.actions import NEEDS_REASON, Action, require_allowed
from inbox.errors import BadRequest, Conflict, NotFound
from inbox.handover import IS_A_COPY, IS_ANOTHERS, IS_NOT_HANDLED
from inbox.intents import AssignmentIntent
from inbox.item import ForwardState, LinkKind, NoticeKind, NoticeState, Status, least_advanced
from inbox.task import TaskKind
from store.assignments import assignment_rows, begin_again
from store.audit import AuditEntry, write_audit
from store.deciding import insert_assignment
from store.events import lock_item, move
from store.forwarding import call_back
from store.ledger import Ledger, now
from store.linking import become_copy, release_claim, take_free_claim, undo_links
from store.tables import assignments, forwards, items, notices
from store.tasks import settle_tasks


@dataclass(frozen=True)
class Request:
    """One action on one item, as somebody asked for it."""

    action: Action
    item_id: str
    actor: str
    reason: str = ""
    expected_version: int | None = None
    """Refuse when the item has moved on since the caller looked; None does not ask."""
    assignment_id: str | None = None
    """Which matter; None for all of them."""
    other_item_id: str | None = None
    """For `link`: the original."""
    address: str | None = None
    """For `vouch`: whom to tell; None for the address that the message itself names."""
    chosen: AssignmentIntent | None = None
    """For `reroute`, `split` and `reopen` of a filed item: what the category means."""
    action_id: str = field(default_factory=lambda: str(uuid4()))


async def act(ledger: Ledger, request: Request) -> Any:
    """Carry the action out; return the item's new row.

    Raises NotFound, Conflict (not in this status, or the item has moved on), BadRequest (a word is missing).
    """
    if request.action in NEEDS_REASON and not request.reason.strip():
        raise BadRequest(f"`{request.action}` needs a reason")
    async with ledger.begin() as connection:
        if request.other_item_id is not None:
            # In one order: two items that are called copies of each other at once must not wait for each other.
            await lock_item(connection, min(request.item_id, request.other_item_id))
        item = await lock_item(connection, request.item_id)
        if item is None:
            raise NotFound(f"there is no item {request.item_id}")
        if request.expected_version not in (None, item.version):
            raise Conflict(f"the item is at version {item.version}, not {request.expected_version}: look again")
        require_allowed(request.action, Status(item.status))
        await _CARRIED_OUT[request.action](connection, item, request)
        row = (await connection.execute(select(items).where(items.c.item_id == request.item_id))).one()
        await write_audit(connection, _audited(request, item.version, row.version))
        return row


def _audited(request: Request, from_version: int, to_version: int) -> AuditEntry:
    """Return what the audit trail tells of the action. Its words stand in the event with the same action id."""
    about = {"action": request.action_id}
    if request.assignment_id is not None:
        about["assignment"] = request.assignment_id
    if request.other_item_id is not None:
        about["other"] = request.other_item_id
    return AuditEntry(
        request.actor,
        f"item.{request.action}",
        f"item/{request.item_id}",
        from_version=from_version,
        to_version=to_version,
        about=about,
    )


async def _move(connection: AsyncConnection, item: Any, to: Status, request: Request, **changes: Any) -> None:
    changes.setdefault("drive_wanted", request.action_id)
    about = {"assignment": request.assignment_id} if request.assignment_id else {}
    await move(
        connection,
        item,
        to,
        request.action.value,
        actor=request.actor,
        reason=request.reason,
        action_id=request.action_id,
        about=about,
        **changes,
    )


async def _chosen_assignments(
    connection: AsyncConnection, request: Request, allowed: frozenset[Status]
) -> Sequence[Any]:
    rows = await assignment_rows(connection, request.item_id)
    if request.assignment_id is not None:
        rows = [row for row in rows if row.assignment_id == request.assignment_id]
        if not rows:
            raise NotFound(f"item {request.item_id} has no assignment {request.assignment_id}")
    fitting = [row for row in rows if Status(row.status) in allowed]
    if not fitting:
        standing = ", ".join(sorted({row.status for row in rows})) or "not there yet"
        raise Conflict(f"`{request.action}` is not possible: the assignment is {standing}")
    return fitting


async def _set_assignments(
    connection: AsyncConnection, item: Any, request: Request, allowed: frozenset[Status], to: Status
) -> None:
    for row in await _chosen_assignments(connection, request, allowed):
        await connection.execute(
            update(assignments).where(assignments.c.assignment_id == row.assignment_id).values(status=str(to))
        )
    rows = await assignment_rows(connection, item.item_id)
    await _move(connection, item, least_advanced(Status(row.status) for row in rows), request)


async def _accept(connection: AsyncConnection, item: Any, request: Request) -> None:
    await _set_assignments(connection, item, request, frozenset({Status.forwarded, Status.triage}), Status.accepted)


async def _return(connection: AsyncConnection, item: Any, request: Request) -> None:
    await _set_assignments(connection, item, request, frozenset({Status.forwarded, Status.accepted}), Status.returned)


async def _complete(connection: AsyncConnection, item: Any, request: Request) -> None:
    await _set_assignments(
        connection,
        item,
        request,
        frozenset({Status.triage, Status.forwarded, Status.accepted}),
        Status.completed,
    )


async def _reroute(connection: AsyncConnection, item: Any, request: Request) -> None:
    if request.chosen is None:
        raise BadRequest("`reroute` needs a category")
    matched = request.chosen.matched
    open_statuses = frozenset({Status.triage, Status.forwarding, Status.forwarded, Status.accepted, Status.returned})
    chosen = await _chosen_assignments(connection, request, open_statuses)
    if len(chosen) > 1:
        raise BadRequest("the item has several assignments: name the one to reroute")
    row = chosen[0]
    await call_back(connection, item.item_id, row.assignment_id, IS_ANOTHERS)
    await connection.execute(
        update(assignments)
        .where(assignments.c.assignment_id == row.assignment_id)
        .values(
            status=str(request.chosen.status),
            category=matched.category,
            department=matched.department,
            priority=str(matched.priority),
            answer=str(matched.answer),
            is_statutory=matched.is_statutory,
            rule=None,
            confidence=matched.confidence,
            promise=matched.promise.model_dump(mode="json") if matched.promise else None,
            due_on=matched.promise.due_on if matched.promise else None,
            round=row.round + 1,
            chosen_by=request.actor,
            configuration_version=request.chosen.configuration_version,
            decided_at=now(),
        )
    )
    rows = await assignment_rows(connection, item.item_id)
    confidentiality = max(item.confidentiality, int(matched.confidentiality))
    await _move(
        connection,
        item,
        least_advanced(Status(r.status) for r in rows),
        request,
        confidentiality=confidentiality,
    )


async def _split(connection: AsyncConnection, item: Any, request: Request) -> None:
    if request.chosen is None:
        raise BadRequest("`split` needs a category")
    rows = await assignment_rows(connection, item.item_id)
    intent = AssignmentIntent(
        assignment_id=request.chosen.assignment_id,
        ordinal=max(row.ordinal for row in rows) + 1,
        status=request.chosen.status,
        matched=request.chosen.matched,
        chosen_by=request.actor,
        configuration_version=request.chosen.configuration_version,
    )
    await insert_assignment(connection, item.item_id, intent)
    statuses = [Status(row.status) for row in rows] + [intent.status]
    confidentiality = max(item.confidentiality, int(intent.matched.confidentiality))
    await _move(connection, item, least_advanced(statuses), request, confidentiality=confidentiality)


async def _link(connection: AsyncConnection, item: Any, request: Request) -> None:
    other = await lock_item(connection, request.other_item_id) if request.other_item_id else None
    if other is None:
        raise BadRequest("`link` needs the item that this one is a copy of")
    if item.item_id in (other.item_id, other.original_item_id):
        raise Conflict("an item cannot be a copy of itself or of its own copy")
    if other.status in (Status.linked, Status.discarded):
        raise Conflict(f"the original is itself `{other.status}`: name the item that lives on")
    await stop_outward(connection, item, IS_A_COPY)
    await become_copy(connection, item, other.item_id, request.reason, actor=request.actor, action_id=request.action_id)
    await connection.execute(
        update(items).where(items.c.item_id == item.item_id).values(drive_wanted=request.action_id)
    )


async def _unlink(connection: AsyncConnection, item: Any, request: Request) -> None:
    await undo_links(connection, item.item_id, LinkKind.copy)
    # Without a fingerprint nothing calls it a copy again.
    to = await begin_again(connection, item)
    await _move(connection, item, to, request, original_item_id=None, fingerprint=None, is_link_settled=True)


async def _discard(connection: AsyncConnection, item: Any, request: Request) -> None:
    await stop_outward(connection, item, IS_NOT_HANDLED)
    await release_claim(connection, item, "the original was discarded")
    await _move(connection, item, Status.discarded, request)


async def _reopen(connection: AsyncConnection, item: Any, request: Request) -> None:
    if await assignment_rows(connection, item.item_id):
        await take_free_claim(connection, item)
        await _move(connection, item, await begin_again(connection, item), request)
        return
    if item.status == Status.filed and request.chosen is not None:
        # The rule that filed it would file it again: a person decides instead.
        await insert_assignment(connection, item.item_id, replace(request.chosen, ordinal=1))
        to = Status.received if item.held_because else request.chosen.status
        await _move(connection, item, to, request, filed_because=None)
        return
    # It was filed, or ended before it was decided: link and decide look at it again.
    await _move(
        connection,
        item,
        Status.quarantined if item.quarantine_code else Status.received,
        request,
        is_link_settled=False,
        decided_version=None,
        filed_because=None,
    )


_STATE_AGAIN = case(
    # What could not be withdrawn is withdrawn again: its department must not get it a second time.
    (forwards.c.withdrawal.is_not(None), str(ForwardState.withdrawing)),
    # They may have it: it is looked up before it is repeated. The doubts count anew, a person vouches for this one.
    (forwards.c.doubts > 0, str(ForwardState.in_doubt)),
    else_=str(ForwardState.wanted),
)


async def _retry(connection: AsyncConnection, item: Any, request: Request) -> None:
    if item.status == Status.quarantined:
        await _read_again(connection, item, request)
        return
    again = await connection.execute(
        update(forwards)
        .where(
            forwards.c.item_id == item.item_id,
            forwards.c.state == str(ForwardState.failed),
            forwards.c.withdrawal.is_not(None) | (false() if _is_called_back(item) else _IS_OF_PRESENT_ROUND),
        )
        .values(state=_STATE_AGAIN, doubts=case((forwards.c.doubts > 0, 1), else_=0), settled_at=None, made_at=now())
    )
    said_again = 0 if _is_called_back(item) else await _say_again(connection, item)
    if again.rowcount + said_again == 0:
        raise Conflict("nothing of this item has failed that can be tried again")
    await _move(connection, item, Status(item.status), request)


def _is_called_back(item: Any) -> bool:
    """Say whether nothing of the item is to reach anybody any more: only withdrawals still leave the house."""
    return item.status in (Status.discarded, Status.linked)


_IS_OF_PRESENT_ROUND = (
    # What failed in an earlier round has a successor: both would be one too many.
    forwards.c.round
    == select(assignments.c.round).where(assignments.c.assignment_id == forwards.c.assignment_id).scalar_subquery()
)


async def _read_again(connection: AsyncConnection, item: Any, request: Request) -> None:
    await connection.execute(
        update(notices)
        .where(_OF_READING_TROUBLE, notices.c.item_id == item.item_id, notices.c.state.in_(_NOT_ARRIVED))
        # Set aside again, the item tells its sender anew; what never reached them does not count.
        .values(state=str(NoticeState.withheld), withheld_because=["it could not be sent; the item is read again"])
    )
    await _move(
        connection,
        item,
        Status.received,
        request,
        readings_begun=0,
        reading=None,
        quarantine_code=None,
        quarantine_detail=None,
    )


_NOT_ARRIVED = (str(NoticeState.failed), str(NoticeState.undelivered))
_OF_READING_TROUBLE = notices.c.kind == str(NoticeKind.looked_at)


_later = notices.alias("later")
_HAS_SUCCESSOR = (
    # Said anew since, perhaps to somebody else or with another date: the earlier words are no longer true.
    select(_later.c.notice_id)
    .where(
        _later.c.item_id == notices.c.item_id,
        _later.c.kind == notices.c.kind,
        _later.c.ordinal > notices.c.ordinal,
    )
    .correlate(notices)
    .exists()
)


async def _say_again(connection: AsyncConnection, item: Any) -> int:
    """Intend again what could not be said, as long as it is true: nobody looks any more at an item that was read."""
    result = await connection.execute(
        update(notices)
        .where(
            notices.c.item_id == item.item_id,
            ~_OF_READING_TROUBLE,
            ~_HAS_SUCCESSOR,
            notices.c.state.in_(_NOT_ARRIVED)
            | ((notices.c.state == str(NoticeState.in_doubt)) & notices.c.settled_at.is_not(None)),
        )
        .values(state=str(NoticeState.intended), settled_at=None, doubts=0, made_at=now())
    )
    return result.rowcount


async def _release(connection: AsyncConnection, item: Any, request: Request) -> None:
    if item.held_because is None:
        raise Conflict("the item is not held: it goes its way by itself")
    rows = await assignment_rows(connection, item.item_id)
    to = least_advanced(Status(row.status) for row in rows) if rows else Status.received
    await _move(connection, item, to, request, held_because=None, released_at=now())


_ARE_TOLD = [str(state) for state in (NoticeState.sent, *(state for state in NoticeState if state.is_open))]


async def _vouch(connection: AsyncConnection, item: Any, request: Request) -> None:
    address = request.address or item.sender_address
    if not address:
        raise BadRequest("the message names no address: say in `address` whom to tell")
    told = await connection.execute(
        select(notices.c.notice_id).where(
            notices.c.item_id == item.item_id,
            notices.c.kind.in_([str(NoticeKind.acknowledgement), str(NoticeKind.looked_at)]),
            notices.c.state.in_(_ARE_TOLD),
        )
    )
    heard = item.vouched_at is not None and not await _was_launched_since(connection, item)
    if told.first() is not None or heard:
        raise Conflict("the sender has been told, or is about to be")
    kinds = (TaskKind.confirm_sender, TaskKind.untold, TaskKind.undelivered)
    await settle_tasks(connection, item.item_id, kinds, "a person said whom to tell", actor=request.actor)
    await _move(
        connection,
        item,
        Status(item.status),
        request,
        vouched_address=address,
        vouched_at=now(),
        sender_address=address,
    )


async def _was_launched_since(connection: AsyncConnection, item: Any) -> bool:
    """Say whether something came of the last person's word: another one is heard only then."""
    since = select(notices.c.notice_id).where(notices.c.item_id == item.item_id, notices.c.made_at >= item.vouched_at)
    return (await connection.execute(since)).first() is not None


async def stop_outward(connection: AsyncConnection, item: Any, reason: str) -> None:
    """Call back what departments have, and withhold what the sender has not been told yet."""
    await call_back(connection, item.item_id, None, reason)
    await connection.execute(
        update(notices)
        .where(notices.c.item_id == item.item_id, notices.c.state == str(NoticeState.intended))
        .values(state=str(NoticeState.withheld), withheld_because=[reason], settled_at=now())
    )


_CARRIED_OUT = {
    Action.accept: _accept,
    Action.return_: _return,
    Action.complete: _complete,
    Action.reroute: _reroute,
    Action.split: _split,
    Action.link: _link,
    Action.unlink: _unlink,
    Action.discard: _discard,
    Action.reopen: _reopen,
    Action.retry: _retry,
    Action.release: _release,
    Action.vouch: _vouch,
}
