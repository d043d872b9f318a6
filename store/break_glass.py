"""Break-glass: for a reason and a while, somebody sees an item above their confidentiality. It ends by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import func, insert, select, update

from inbox.confidentiality import Confidentiality
from inbox.errors import Conflict, NotFound
from store.audit import AuditEntry, write_audit
from store.break_glass_tables import broken_glass
from store.ledger import Ledger, now
from store.listing import Position, Scope, in_scope
from store.tables import items

LONGEST = timedelta(minutes=60)

_TRIED_LASTS = timedelta(seconds=90)
"""An attempt to tell that did not end by then has died."""


async def break_glass(ledger: Ledger, item_id: str, scope: Scope, actor: str, reason: str, lasts: timedelta) -> Any:
    """Let the actor see the item, however confidential, until the time is over; return the row. It is audited.

    Whoever is to be told is told by the workers (`claim_alert`). Raises NotFound when the item is not there or belongs
    to other departments, Conflict when the actor's own confidentiality reaches.
    """
    assert timedelta(0) < lasts <= LONGEST
    moment = now()
    async with ledger.begin() as connection:
        reach = in_scope(Scope(scope.departments, max(Confidentiality)))
        query = select(items.c.confidentiality).where(items.c.item_id == item_id, *reach)
        level = (await connection.execute(query)).scalar_one_or_none()
        if level is None:
            raise NotFound("there is no such item, or it belongs to departments that this caller has no say in")
        if level <= scope.up_to:
            raise Conflict("no glass needs to be broken: this caller may see an item of this confidentiality")
        row = {
            "glass_id": str(uuid4()),
            "item_id": item_id,
            "actor": actor,
            "reason": reason,
            "up_to": level,
            "made_at": moment,
            "ends_at": moment + lasts,
            "told": [],
        }
        await connection.execute(insert(broken_glass).values(row))
        about = {
            "glass_id": row["glass_id"],
            "confidentiality": Confidentiality(level).name,
            "minutes": int(lasts.total_seconds() // 60),
        }
        await write_audit(connection, AuditEntry(actor, "item.glass_broken", f"item/{item_id}", reason, about=about))
        made = select(broken_glass).where(broken_glass.c.glass_id == row["glass_id"])
        return (await connection.execute(made)).one()


async def seen_through_glass(ledger: Ledger, item_id: str, actor: str) -> Confidentiality | None:
    """Return up to which confidentiality the actor may see this item at this moment; None: no further than always."""
    query = select(func.max(broken_glass.c.up_to)).where(
        broken_glass.c.item_id == item_id, broken_glass.c.actor == actor, broken_glass.c.ends_at > now()
    )
    async with ledger.read() as connection:
        level = (await connection.execute(query)).scalar_one_or_none()
    return Confidentiality(level) if level is not None else None


async def list_broken_glass(ledger: Ledger, scope: Scope, limit: int, after: Position | None) -> Sequence[Any]:
    """Return at most so many times that glass was broken, newest first, beginning after the position.

    Of items of the scope's departments, whatever their confidentiality.
    """
    reach = in_scope(Scope(scope.departments, max(Confidentiality)))
    query = select(broken_glass).join(items, items.c.item_id == broken_glass.c.item_id).where(*reach)
    if after is not None:
        query = query.where(
            broken_glass.c.made_at <= after.made_at,
            (broken_glass.c.made_at < after.made_at) | (broken_glass.c.glass_id < after.row_id),
        )
    query = query.order_by(broken_glass.c.made_at.desc(), broken_glass.c.glass_id.desc()).limit(limit)
    async with ledger.read() as connection:
        return (await connection.execute(query)).all()


async def claim_alert(ledger: Ledger) -> Any | None:
    """Return the oldest time that somebody is still to be told of, and keep it from others for a while; None: there is none.

    The row also has the item's `reference`.
    """
    moment = now()
    is_free = broken_glass.c.alert_tried_at.is_(None) | (broken_glass.c.alert_tried_at < moment - _TRIED_LASTS)
    unsaid = broken_glass.c.alerted_at.is_(None) & is_free
    joined = select(broken_glass, items.c.reference).join(items, items.c.item_id == broken_glass.c.item_id)
    oldest = joined.where(unsaid).order_by(broken_glass.c.made_at).limit(1)
    async with ledger.begin() as connection:
        row = (await connection.execute(oldest)).one_or_none()
        if row is None:
            return None
        claiming = update(broken_glass).where(broken_glass.c.glass_id == row.glass_id, unsaid)
        claimed = await connection.execute(claiming.values(alert_tried_at=moment))
        return row if claimed.rowcount else None


async def note_told(ledger: Ledger, glass_id: str, told: Sequence[str]) -> None:
    """Write down which addresses took the mail, so that none of them gets it again."""
    async with ledger.begin() as connection:
        noting = update(broken_glass).where(broken_glass.c.glass_id == glass_id)
        await connection.execute(noting.values(told=list(told)))


async def settle_alert(ledger: Ledger, glass_id: str) -> None:
    """Write down that nobody is left to be told."""
    async with ledger.begin() as connection:
        told = update(broken_glass).where(broken_glass.c.glass_id == glass_id)
        await connection.execute(told.values(alerted_at=now()))
