"""Forwards on their way: claimed before the first irreversible byte, settled once, each step visible."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from sqlalchemy import case, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from inbox.errors import Conflict, GatewayError, NotFound
from inbox.item import ForwardRole, ForwardState, Status, least_advanced
from inbox.ports import Delivered
from inbox.task import DELIVERED_AFTER_ALL, FORWARD_RETURNED, TaskKind
from store.assignments import assignment_rows
from store.events import lock_item, move, record
from store.ledger import Ledger, now
from store.tables import assignments, forward_steps, forwards
from store.tasks import settle_tasks


async def forward_row(ledger: Ledger, forward_id: str) -> Any:
    """Return the forward's row. Raises NotFound."""
    async with ledger.read() as connection:
        row = (await connection.execute(select(forwards).where(forwards.c.forward_id == forward_id))).one_or_none()
    if row is None:
        raise NotFound(f"there is no forward {forward_id}")
    return row


async def step(
    connection: AsyncConnection, forward_id: str, name: str, error: GatewayError | None = None, detail: str = ""
) -> None:
    """Write down one step of a forward."""
    await connection.execute(
        insert(forward_steps).values(
            forward_id=forward_id,
            step=name,
            at=now(),
            code=error.code if error else None,
            detail=(error.detail if error else detail)[:2000],
        )
    )


async def claim_forward(ledger: Ledger, forward_id: str) -> str:
    """Make it `sending` by compare-and-set; return the claim's id. Raises Conflict when it may not be sent now."""
    claim_id = str(uuid4())
    async with ledger.begin() as connection:
        result = await connection.execute(
            update(forwards)
            .where(
                forwards.c.forward_id == forward_id,
                forwards.c.state.in_([str(ForwardState.wanted), str(ForwardState.in_doubt)]),
            )
            .values(
                state=str(ForwardState.sending), claim_id=claim_id, claimed_at=now(), attempts=forwards.c.attempts + 1
            )
        )
        if result.rowcount != 1:
            raise Conflict(f"forward {forward_id} is being sent, was settled or was called back")
        await step(connection, forward_id, "claimed")
    return claim_id


async def doubt_forward(ledger: Ledger, forward: Any) -> None:
    """Note that the destination may hold it, and that its attempt speaks no more. `forward`: its row, found `sending`.

    What was called back meanwhile stays called back.
    """
    async with ledger.begin() as connection:
        result = await connection.execute(
            update(forwards)
            .where(
                forwards.c.forward_id == forward.forward_id,
                forwards.c.state.in_([str(ForwardState.sending), str(ForwardState.withdrawing)]),
                forwards.c.claim_id == forward.claim_id,
            )
            .values(
                state=case(
                    (forwards.c.state == str(ForwardState.sending), str(ForwardState.in_doubt)), else_=forwards.c.state
                ),
                doubts=forwards.c.doubts + 1,
                claim_id=None,
            )
        )
        if result.rowcount == 1:
            await step(connection, forward.forward_id, "in_doubt")


async def redate_forward(ledger: Ledger, forward: Any) -> None:
    """Date the claim of the row now: it bears a later moment, so that the clock was set back since."""
    async with ledger.begin() as connection:
        await connection.execute(
            update(forwards)
            .where(forwards.c.forward_id == forward.forward_id, forwards.c.claim_id == forward.claim_id)
            .values(claimed_at=now())
        )


async def note_forward_trouble(ledger: Ledger, forward: Any, error: GatewayError, *, claim_id: str | None) -> None:
    """Write why the last attempt did not succeed; the destination took nothing of it, so that it is wanted again.

    `claim_id`: the attempt's, None when it had none yet. What was called back while it spoke is `cancelled`, unless an
    earlier attempt left a doubt.
    """
    async with ledger.begin() as connection:
        current = (
            await connection.execute(
                select(forwards).where(forwards.c.forward_id == forward.forward_id).with_for_update()
            )
        ).one()
        values: dict[str, Any] = {"trouble_code": error.code, "trouble_detail": error.detail}
        is_cancelled = False
        if claim_id is None:
            is_current = current.state == forward.state
            values["attempts"] = forwards.c.attempts + 1
        else:
            speaks = current.state in (ForwardState.sending, ForwardState.withdrawing)
            is_current = speaks and current.claim_id == claim_id
            is_called_back = is_current and current.state == ForwardState.withdrawing
            is_cancelled = is_called_back and not current.doubts
            values["claim_id"] = None
            if is_cancelled:
                values |= {"state": str(ForwardState.cancelled), "settled_at": now()}
            elif not is_called_back:
                values["state"] = str(ForwardState.in_doubt if current.doubts else ForwardState.wanted)
        if is_current:
            await connection.execute(
                update(forwards).where(forwards.c.forward_id == forward.forward_id).values(**values)
            )
        await step(connection, forward.forward_id, "attempt_failed", error)
        if is_cancelled:
            await step(connection, forward.forward_id, "cancelled")
            await record(connection, forward.item_id, "forward_cancelled", about={"forward": forward.forward_id})


async def note_withdrawal_trouble(ledger: Ledger, forward: Any, error: GatewayError) -> None:
    """Write why the destination could not be told yet."""
    async with ledger.begin() as connection:
        await connection.execute(
            update(forwards)
            .where(forwards.c.forward_id == forward.forward_id, forwards.c.state == str(ForwardState.withdrawing))
            .values(trouble_code=error.code, trouble_detail=error.detail)
        )
        await step(connection, forward.forward_id, "attempt_failed", error)


async def settle_delivered(ledger: Ledger, forward: Any, delivered: Delivered) -> None:
    """Write that the destination holds it. With the acting one, the assignment and its item become forwarded.

    When it was called back meanwhile, it is now to be withdrawn there.
    """
    async with ledger.begin() as connection:
        item = await lock_item(connection, forward.item_id)
        current = (
            await connection.execute(
                select(forwards).where(forwards.c.forward_id == forward.forward_id).with_for_update()
            )
        ).one()
        if current.state not in (ForwardState.sending, ForwardState.in_doubt, ForwardState.withdrawing):
            return
        is_called_back = current.state == ForwardState.withdrawing
        await connection.execute(
            update(forwards)
            .where(forwards.c.forward_id == forward.forward_id)
            .values(
                state=current.state if is_called_back else str(ForwardState.delivered),
                remote_id=delivered.remote_id,
                remote_reply=delivered.remote_reply,
                settled_at=now(),
                trouble_code=None,
                trouble_detail=None,
            )
        )
        await step(connection, forward.forward_id, "delivered", detail=delivered.remote_reply)
        await _settle_returned(connection, forward.item_id)
        about = {"forward": forward.forward_id, "role": forward.role}
        if is_called_back or forward.role != ForwardRole.acting:
            await record(connection, forward.item_id, "delivered", about=about)
        else:
            await _advance(connection, item, current, about)


async def _settle_returned(connection: AsyncConnection, item_id: str) -> None:
    """Mark what was asked because of a returned forward as done, once none of the item's forwards stands as returned."""
    returned = select(forwards.c.forward_id).where(
        forwards.c.item_id == item_id,
        forwards.c.state == str(ForwardState.failed),
        forwards.c.trouble_code == FORWARD_RETURNED,
    )
    await settle_tasks(connection, item_id, (TaskKind.forward_returned,), DELIVERED_AFTER_ALL, unless=returned.exists())


async def _advance(connection: AsyncConnection, item: Any, forward: Any, about: dict[str, Any]) -> None:
    await connection.execute(
        update(assignments)
        .where(
            assignments.c.assignment_id == forward.assignment_id,
            assignments.c.round == forward.round,
            assignments.c.status == str(Status.forwarding),
        )
        .values(status=str(Status.forwarded))
    )
    rows = await assignment_rows(connection, forward.item_id)
    to = Status(item.status)
    if not to.is_ended and to != Status.quarantined:
        to = least_advanced(Status(row.status) for row in rows)
    await move(connection, item, to, "forwarded", about=about)


async def settle_failed(ledger: Ledger, forward: Any, error: GatewayError) -> None:
    """Write that it will not succeed by itself: a person must act (`retry` or `reroute`).

    `forward`: its row as the attempt found it. What was called back meanwhile is not failed by that: nobody wants it
    to arrive any more.
    """
    is_withdrawal = forward.state == ForwardState.withdrawing
    async with ledger.begin() as connection:
        result = await connection.execute(
            update(forwards)
            .where(
                forwards.c.forward_id == forward.forward_id,
                forwards.c.state.in_(
                    [str(s) for s in ForwardState if s.is_open and (s is ForwardState.withdrawing) is is_withdrawal]
                ),
            )
            .values(
                state=str(ForwardState.failed), settled_at=now(), trouble_code=error.code, trouble_detail=error.detail
            )
        )
        if result.rowcount == 1:
            await step(connection, forward.forward_id, "failed", error)
            await record(
                connection,
                forward.item_id,
                "forward_failed",
                reason=error.code,
                about={"forward": forward.forward_id, "role": forward.role},
            )


async def settle_withdrawn(ledger: Ledger, forward: Any, state: ForwardState) -> None:
    """Write that the destination knows that it is no longer theirs, or never had it (`cancelled`)."""
    async with ledger.begin() as connection:
        result = await connection.execute(
            update(forwards)
            .where(forwards.c.forward_id == forward.forward_id, forwards.c.state == str(ForwardState.withdrawing))
            .values(state=str(state), settled_at=now(), trouble_code=None, trouble_detail=None)
        )
        if result.rowcount == 1:
            await step(connection, forward.forward_id, str(state))
            await _settle_returned(connection, forward.item_id)
            await record(connection, forward.item_id, f"forward_{state}", about={"forward": forward.forward_id})


async def call_back(connection: AsyncConnection, item_id: str, assignment_id: str | None, reason: str) -> None:
    """Call back all standing forwards of the item, or of one assignment: `cancelled` when the destination cannot
    have seen anything of it, else `withdrawing`, which the drive then tells them.
    """
    where = [forwards.c.item_id == item_id]
    if assignment_id is not None:
        where.append(forwards.c.assignment_id == assignment_id)
    rows = await connection.execute(select(forwards).where(*where).with_for_update())
    for row in rows.all():
        state = ForwardState(row.state)
        if state in (ForwardState.cancelled, ForwardState.withdrawing, ForwardState.withdrawn):
            continue
        # What failed with a withdrawal is what they would not take back: they have it.
        is_refused = state is ForwardState.failed and not row.doubts and row.withdrawal is None
        untouched = state is ForwardState.wanted or is_refused
        await connection.execute(
            update(forwards)
            .where(forwards.c.forward_id == row.forward_id)
            .values(
                state=str(ForwardState.cancelled if untouched else ForwardState.withdrawing),
                settled_at=now() if untouched else None,
                made_at=now(),  # of the present wish: how long we try to withdraw counts from here
                withdrawal={**row.handover, "kind": "withdrawal", "reason": reason},
            )
        )
        await step(connection, row.forward_id, "cancelled" if untouched else "called_back")
    await _settle_returned(connection, item_id)
