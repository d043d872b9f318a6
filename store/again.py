"""The same message again: a mail that a source shows at another place than before.

A mailbox counts anew (UIDVALIDITY), a person brings a mail back to the folder, a folder is renamed: what was kept comes
once more under another key. Its bytes say so, and that its old place is empty now. Each earlier delivery is followed by
one later one at most, so that as many are new as there are more than before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Set
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from inbox.item import LinkKind, Status
from store.events import GATEWAY
from store.ledger import Ledger
from store.tables import deliveries, events, items, links

BECAUSE = "the same message again: the source shows it at another place"

_later = deliveries.alias("later")
_first_item = items.c.index_in_delivery == 0


def is_again(table: Any) -> ColumnElement[bool]:
    """Say in SQL of items: its message was kept before, and the source showed it again."""
    return (
        select(deliveries.c.delivery_id)
        .where(deliveries.c.delivery_id == table.c.delivery_id, deliveries.c.again_of.is_not(None))
        .exists()
    )


async def mark_again(
    ledger: Ledger, connection: AsyncConnection, source_id: str, fresh: Mapping[str, Any], shown: Set[str]
) -> dict[str, str]:
    """Find out which of these are an earlier delivery of the source again; return delivery → its earlier one.

    `fresh`: delivery id → NewDelivery, of one key space, written in this transaction. `shown`: the positions of that
    key space at which the source shows something now.
    """
    if not await _earlier(connection, source_id, fresh, shown):
        return {}
    await ledger.alone(connection, f"again {source_id}")
    earlier = await _earlier(connection, source_id, fresh, shown)
    found: dict[str, str] = {}
    for identity, new in fresh.items():
        candidates = earlier[new.sha256, new.size_bytes]
        if not candidates:
            continue
        # Of several with the same bytes, rather the one that came at the same moment.
        chosen = min(candidates, key=lambda row: (row.received_at != new.received_at, row.kept_at, row.delivery_id))
        candidates.remove(chosen)
        found[identity] = chosen.delivery_id
    for identity, earlier_id in sorted(found.items()):
        await connection.execute(
            update(deliveries).where(deliveries.c.delivery_id == identity).values(again_of=earlier_id)
        )
    return found


async def living_items(connection: AsyncConnection, delivery_ids: Set[str]) -> dict[str, str]:
    """Return delivery → the item in which its message lives on, locked."""
    while True:
        before = await _living(connection, delivery_ids)
        for item_id in sorted(set(before.values())):
            await connection.execute(
                select(items.c.item_id).where(items.c.item_id == item_id).with_for_update(key_share=True)
            )
        # While we waited for a lock one may have become a copy of another.
        if await _living(connection, delivery_ids) == before:
            return before


async def link_again(connection: AsyncConnection, originals: Mapping[str, str], moment: datetime) -> None:
    """Write links and events of copies that were just made. `originals`: item → the item in which it lives on."""
    if not originals:
        return
    about = [(item_id, other) for item_id, other in originals.items()]
    await connection.execute(
        insert(links),
        [
            {"item_id": item_id, "other_item_id": other, "kind": str(LinkKind.copy), "reason": BECAUSE, "score": 1.0}
            | {"made_at": moment}
            for item_id, other in about
        ],
    )
    await connection.execute(
        insert(events),
        [
            {"item_id": item_id, "at": moment, "actor": GATEWAY, "kind": "linked", "reason": BECAUSE}
            | {"from_status": str(Status.received), "to_status": str(Status.linked), "about": {"other": other}}
            for item_id, other in about
        ],
    )


async def _earlier(
    connection: AsyncConnection, source_id: str, fresh: Mapping[str, Any], shown: Set[str]
) -> dict[tuple[str, int], list[Any]]:
    """Return digest and size → the source's deliveries that are shown no more and followed by none."""
    key_space = next(iter(fresh.values())).key_space
    rows = await connection.execute(
        select(
            deliveries.c.delivery_id,
            deliveries.c.key_space,
            deliveries.c.position,
            deliveries.c.sha256,
            deliveries.c.size_bytes,
            deliveries.c.received_at,
            deliveries.c.kept_at,
        ).where(
            deliveries.c.sha256.in_({new.sha256 for new in fresh.values()}),
            deliveries.c.source_id == source_id,
            deliveries.c.delivery_id.not_in(list(fresh)),
            ~select(_later.c.delivery_id).where(_later.c.again_of == deliveries.c.delivery_id).exists(),
        )
    )
    found: dict[tuple[str, int], list[Any]] = defaultdict(list)
    for row in rows:
        if row.key_space != key_space or row.position not in shown:
            found[row.sha256, row.size_bytes].append(row)
    return found


async def _living(connection: AsyncConnection, delivery_ids: Set[str]) -> dict[str, str]:
    rows: Sequence[Any] = (
        await connection.execute(
            select(items.c.delivery_id, items.c.item_id, items.c.original_item_id).where(
                items.c.delivery_id.in_(delivery_ids), _first_item
            )
        )
    ).all()
    return {row.delivery_id: row.original_item_id or row.item_id for row in rows}
