"""Alerts about raised flags: rendered once, claimed right before they are spoken, settled by what the relay answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import ColumnElement, Row, insert, or_, select, update

from inbox.errors import Conflict, GatewayError
from inbox.item import NoticeState
from store.flag_tables import flag_alerts, raised_flags
from store.flags import SILENT_WHILE
from store.ledger import Ledger, now
from store.tables import assignments, items

_UNSAID = (str(NoticeState.intended), str(NoticeState.in_doubt))


@dataclass(frozen=True)
class DueFlag:
    """A flag about which people are to be alerted now."""

    row: Any
    """Of `raised_flags`, with the item's `reference` and `received_at`."""
    departments: Sequence[str]
    """Keys of those that have the item, in order."""
    spoken_to: frozenset[str]
    """Who still has an alert on its way: another would only add to it."""


@dataclass(frozen=True)
class AlertIntent:
    """One alert to one person, rendered."""

    alert_id: str
    mail_from: str
    rcpt_to: str
    message: bytes
    trouble: GatewayError | None = None
    """Why it could not be rendered: it is stored as failed."""


async def due_flags(ledger: Ledger, limit: int) -> Sequence[DueFlag]:
    """Return at most `limit` flags that are due: those about which nobody was told yet, then the longest due."""
    query = (
        select(raised_flags, items.c.reference, items.c.received_at)
        .join(items, items.c.item_id == raised_flags.c.item_id)
        .where(
            raised_flags.c.accepted_at.is_(None),
            raised_flags.c.alert_at <= now(),
            or_(items.c.held_because.is_(None), items.c.held_because.not_in(SILENT_WHILE)),
        )
        .order_by(raised_flags.c.rounds > 0, raised_flags.c.alert_at)
        .limit(limit)
    )
    async with ledger.read() as connection:
        rows = (await connection.execute(query)).all()
        found = []
        for row in rows:
            of_item = select(assignments.c.department).where(assignments.c.item_id == row.item_id)
            departments = (await connection.execute(of_item.order_by(assignments.c.ordinal))).scalars().all()
            of_flag = select(flag_alerts.c.rcpt_to).where(
                flag_alerts.c.flag_id == row.flag_id, flag_alerts.c.settled_at.is_(None)
            )
            spoken_to = (await connection.execute(of_flag)).scalars().all()
            found.append(DueFlag(row, list(dict.fromkeys(departments)), frozenset(spoken_to)))
        return found


async def begin_round(ledger: Ledger, flag: Any, intents: Sequence[AlertIntent], again_at: datetime) -> bool:
    """Store one round of alerts, and when the next is due; False when another did, or somebody accepted, meanwhile."""
    async with ledger.begin() as connection:
        moment = now()
        changed = await connection.execute(
            update(raised_flags)
            .where(
                raised_flags.c.flag_id == flag.flag_id,
                raised_flags.c.rounds == flag.rounds,
                raised_flags.c.accepted_at.is_(None),
            )
            .values(rounds=flag.rounds + 1, alert_at=again_at)
        )
        if changed.rowcount != 1:
            return False
        for intent in intents:
            await connection.execute(
                insert(flag_alerts).values(
                    alert_id=intent.alert_id,
                    flag_id=flag.flag_id,
                    round=flag.rounds + 1,
                    mail_from=intent.mail_from,
                    rcpt_to=intent.rcpt_to,
                    message=intent.message,
                    state=str(NoticeState.failed if intent.trouble else NoticeState.intended),
                    settled_at=moment if intent.trouble else None,
                    trouble_code=intent.trouble.code if intent.trouble else None,
                    trouble_detail=intent.trouble.detail if intent.trouble else None,
                    attempts=0,
                    doubts=0,
                    try_at=moment,
                    made_at=moment,
                )
            )
        return True


async def due_alerts(ledger: Ledger, claim_lasts: timedelta, limit: int) -> Sequence[Row[Any]]:
    """Return the rows of at most `limit` alerts that want an attempt, each with the flag's `accepted_at`: unsaid ones, and
    those whose attempt is dead. First rounds come first: hundreds of reminders hold up no new flag.

    A claim that says it was made long after now is of a clock that was set back since: its attempt counts as dead. One
    that was made hardly after it was made while we looked.
    """
    moment = now()
    is_unsaid = flag_alerts.c.state.in_(_UNSAID) & (flag_alerts.c.try_at <= moment)
    is_dead = (flag_alerts.c.state == str(NoticeState.sending)) & or_(
        flag_alerts.c.claimed_at <= moment - claim_lasts, flag_alerts.c.claimed_at > moment + claim_lasts
    )
    query = (
        select(flag_alerts, raised_flags.c.accepted_at)
        .join(raised_flags, raised_flags.c.flag_id == flag_alerts.c.flag_id)
        .where(flag_alerts.c.settled_at.is_(None), is_unsaid | is_dead)
        .order_by(flag_alerts.c.round > 1, flag_alerts.c.try_at)
        .limit(limit)
    )
    async with ledger.read() as connection:
        return (await connection.execute(query)).all()


async def claim_alert(ledger: Ledger, alert: Any) -> str:
    """Make it `sending` by compare-and-set; return the claim's id. Raises Conflict when another was first, or when
    somebody has accepted the flag.
    """
    claim_id = str(uuid4())
    still_open = select(raised_flags.c.flag_id).where(raised_flags.c.accepted_at.is_(None))
    async with ledger.begin() as connection:
        changed = await connection.execute(
            update(flag_alerts)
            .where(
                flag_alerts.c.alert_id == alert.alert_id,
                flag_alerts.c.state.in_(_UNSAID),
                flag_alerts.c.flag_id.in_(still_open.where(raised_flags.c.flag_id == alert.flag_id)),
            )
            .values(
                state=str(NoticeState.sending),
                claim_id=claim_id,
                claimed_at=now(),
                attempts=flag_alerts.c.attempts + 1,
            )
        )
    if changed.rowcount != 1:
        raise Conflict(f"alert {alert.alert_id} is being sent, or no longer wanted")
    return claim_id


async def doubt_alert(ledger: Ledger, alert: Any, claim_id: str, try_at: datetime) -> None:
    """Note that it may have been sent. Nothing changes when another claimed it since."""
    await _change(
        ledger, alert, claim_id, state=str(NoticeState.in_doubt), doubts=flag_alerts.c.doubts + 1, try_at=try_at
    )


async def settle_alert(
    ledger: Ledger, alert: Any, claim_id: str | None, state: NoticeState, error: GatewayError | None = None
) -> None:
    """Write the outcome, once. `claim_id`: the attempt's; None when it had none yet."""
    trouble = {"trouble_code": error.code, "trouble_detail": error.detail} if error else {}
    await _change(ledger, alert, claim_id, state=str(state), settled_at=now(), **trouble)


async def note_alert_trouble(
    ledger: Ledger, alert: Any, claim_id: str | None, error: GatewayError, try_at: datetime
) -> None:
    """Write why nothing was sent, and when to try again."""
    state = str(NoticeState.in_doubt if alert.doubts else NoticeState.intended)
    values = {"trouble_code": error.code, "trouble_detail": error.detail, "try_at": try_at}
    await _change(ledger, alert, claim_id, state=state, **values)


async def _change(ledger: Ledger, alert: Any, claim_id: str | None, **values: Any) -> None:
    is_ours: ColumnElement[bool]
    if claim_id is None:
        is_ours = flag_alerts.c.state.in_(_UNSAID)
    else:
        is_ours = (flag_alerts.c.state == str(NoticeState.sending)) & (flag_alerts.c.claim_id == claim_id)
    async with ledger.begin() as connection:
        await connection.execute(
            update(flag_alerts)
            .where(flag_alerts.c.alert_id == alert.alert_id, flag_alerts.c.settled_at.is_(None), is_ours)
            .values(**values)
        )
