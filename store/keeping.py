"""Keep: a delivery stands in the ledger once. Several are kept in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from inbox.calls.register import CallLogState
from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from inbox.item import HeldBecause, Status
from inbox.reference import new_reference
from store.again import link_again, living_items, mark_again
from store.call_tables import call_logs
from store.events import GATEWAY
from store.ledger import Ledger, now
from store.tables import deliveries, events, items, sources

_ASKED_BY_NAME = 1000
"""Up to here each position is looked up; of more, the whole key space is read. A mailbox that shows so many has not
forgotten many more."""


@dataclass(frozen=True)
class NewDelivery:
    """A delivery whose bytes are durable already."""

    source_id: str
    channel: Channel
    key_space: str
    position: str
    sha256: str
    size_bytes: int
    media_type: str
    received_at: datetime
    received_basis: str
    """`source` when the source said so, `kept` when it did not or its clock is in the future."""
    confidentiality: Confidentiality
    held_because: HeldBecause | None
    is_observed: bool
    is_call_log: bool = False
    """It makes no item: its rows go into the call register."""


@lru_cache(1024)
def delivery_id(key_space: str, position: str) -> str:
    """Return the delivery's id: always the same for one key, so that a repeat finds its own bytes."""
    return str(uuid5(NAMESPACE_URL, f"{key_space};{position}"))


@dataclass(frozen=True)
class Kept:
    """What the ledger knows of a delivery that it holds already."""

    is_confirmed: bool
    """The source has been told."""
    sha256: str
    size_bytes: int
    kept_at: datetime


async def known_positions(ledger: Ledger, key_space: str, positions: Sequence[str]) -> dict[str, Kept]:
    """Return which of these positions of the key space are kept, and what is known of each."""
    wanted = deliveries.c.key_space == key_space
    if len(positions) <= _ASKED_BY_NAME:
        wanted &= deliveries.c.position.in_(positions)
    async with ledger.read() as connection:
        known = _kept(await connection.execute(_KNOWN.where(wanted)))
    return {position: known[position] for position in positions if position in known}


async def unconfirmed_positions(ledger: Ledger, key_space: str) -> dict[str, Kept]:
    """Return each kept position of the key space that its source was not told of."""
    async with ledger.read() as connection:
        return _kept(
            await connection.execute(
                _KNOWN.where(deliveries.c.key_space == key_space, deliveries.c.confirmed_at.is_(None))
            )
        )


def _kept(rows: Iterable[Any]) -> dict[str, Kept]:
    return {row.position: Kept(row.confirmed_at is not None, row.sha256, row.size_bytes, row.kept_at) for row in rows}


async def keep(ledger: Ledger, new: NewDelivery) -> str | None:
    """Write delivery and item in one transaction; return the item's id, or None when it was kept already."""
    return (await keep_all(ledger, [new])).get(new.position)


async def keep_all(ledger: Ledger, new: Sequence[NewDelivery], shown: Set[str] | None = None) -> dict[str, str]:
    """Write all deliveries of one source and key space, each with its item, in one transaction.

    `shown`: every position at which the source shows something now. What the source showed before at a place that is
    empty now is the same message again: its item is at once a copy of the earlier one. None: there are no such.
    Return position → item id of those that were not kept before; a call log has its own id instead.
    """
    moment = now()
    # In one order everywhere: two readers who keep the same ones then never wait for each other.
    rows = sorted((delivery_values(one, moment) for one in new), key=itemgetter("delivery_id"))
    async with ledger.begin() as connection:
        made = await connection.execute(_INSERT_DELIVERY[ledger.is_sqlite], rows)
        fresh = {row.delivery_id for row in made}
        kept = {one.position: one for one in new if delivery_id(one.key_space, one.position) in fresh}
        if not kept:
            return {}
        if next(iter(kept.values())).is_call_log:
            made_of = {position: delivery_id(one.key_space, position) for position, one in kept.items()}
            await connection.execute(_INSERT_LOG, [_log(one, moment) for one in kept.values()])
        else:
            made_of = await _make_items(ledger, connection, kept, moment, shown)
        counts = Counter(one.source_id for one in kept.values())
        await connection.execute(_COUNT, [{"of": source_id, "more": more} for source_id, more in counts.items()])
    return made_of


async def _make_items(
    ledger: Ledger,
    connection: AsyncConnection,
    kept: Mapping[str, NewDelivery],
    moment: datetime,
    shown: Set[str] | None,
) -> dict[str, str]:
    """Write the item of each delivery; return position → item id."""
    item_ids = {position: str(uuid4()) for position in kept}
    originals: dict[str, str] = {}
    if shown is not None:
        originals = await _originals(ledger, connection, kept, item_ids, shown)
    made_items = [item_values(one, item_ids[one.position], moment, order) for order, one in enumerate(kept.values())]
    made_items = [item | _as_copy(originals.get(item["item_id"])) for item in made_items]
    await connection.execute(_INSERT_ITEM, made_items)
    await connection.execute(_INSERT_EVENT, [kept_event(one, item_ids[one.position], moment) for one in kept.values()])
    await link_again(connection, originals, moment)
    return item_ids


async def _originals(
    ledger: Ledger,
    connection: AsyncConnection,
    kept: Mapping[str, NewDelivery],
    item_ids: Mapping[str, str],
    shown: Set[str],
) -> dict[str, str]:
    """Return item → the item in which its message lives on, of those that the source shows again."""
    fresh = {delivery_id(one.key_space, one.position): one for one in kept.values()}
    source_id = next(iter(kept.values())).source_id
    again = await mark_again(ledger, connection, source_id, fresh, shown)
    living = await living_items(connection, set(again.values())) if again else {}
    return {
        item_ids[fresh[identity].position]: living[earlier] for identity, earlier in again.items() if earlier in living
    }


def _as_copy(original_item_id: str | None) -> dict[str, Any]:
    if original_item_id is None:
        return {}
    return {
        "status": str(Status.linked),
        "original_item_id": original_item_id,
        "is_link_settled": True,
        "drive_wanted": None,
    }


async def note_confirmed(ledger: Ledger, key_space: str, positions: Sequence[str]) -> None:
    """Note that the source has been told, in one transaction."""
    if not positions:
        return
    moment = now()
    told = sorted(delivery_id(key_space, position) for position in positions)  # in one order everywhere, as above
    async with ledger.begin() as connection:
        await connection.execute(_CONFIRM, [{"told_id": identity, "told_at": moment} for identity in told])


def delivery_values(new: NewDelivery, moment: datetime) -> dict[str, Any]:
    """Return the columns of its delivery."""
    return {
        "delivery_id": delivery_id(new.key_space, new.position),
        "source_id": new.source_id,
        "channel": str(new.channel),
        "key_space": new.key_space,
        "position": new.position,
        "sha256": new.sha256,
        "size_bytes": new.size_bytes,
        "media_type": new.media_type,
        "received_at": new.received_at,
        "received_basis": new.received_basis,
        "kept_at": moment,
    }


def item_values(new: NewDelivery, item_id: str, moment: datetime, order: int) -> dict[str, Any]:
    """Return the columns of its item. `order`: its place among those that are made together."""
    # Apart by a microsecond: what came first is the older one, also within a batch.
    moment += timedelta(microseconds=order)
    return {
        "item_id": item_id,
        "delivery_id": delivery_id(new.key_space, new.position),
        "index_in_delivery": 0,
        "reference": new_reference(),
        "source_id": new.source_id,
        "channel": str(new.channel),
        "status": str(Status.received),
        "version": 1,
        "confidentiality": int(new.confidentiality),
        "source_confidentiality": int(new.confidentiality),
        "received_at": new.received_at,
        "made_at": moment,
        "changed_at": moment,
        "is_observed": new.is_observed,
        "held_because": new.held_because,
        "readings_begun": 0,
        "subject": "",
        "sender_address": "",
        "is_link_settled": False,
        "original_item_id": None,
        "drive_wanted": "keep",
    }


def _log(new: NewDelivery, moment: datetime) -> dict[str, Any]:
    return {
        "delivery_id": delivery_id(new.key_space, new.position),
        "source_id": new.source_id,
        "state": str(CallLogState.waiting),
        "imports_begun": 0,
        "rows_done": 0,
        "legs_new": 0,
        "legs_again": 0,
        "bad_rows": 0,
        "kept_at": moment,
        "is_observed": new.is_observed,
        "confidentiality": int(new.confidentiality),
        "version": 1,
    }


def kept_event(new: NewDelivery, item_id: str, moment: datetime) -> dict[str, Any]:
    """Return the columns of the first event of its item."""
    about = {"delivery": delivery_id(new.key_space, new.position), "source": new.source_id}
    return {"item_id": item_id, "at": moment, "actor": GATEWAY, "kind": "kept", "reason": "", "about": about}


# Made once: keep runs for every delivery, and making them costs more than running them.
_KNOWN = select(
    deliveries.c.position,
    deliveries.c.confirmed_at,
    deliveries.c.sha256,
    deliveries.c.size_bytes,
    deliveries.c.kept_at,
)
_INSERT_DELIVERY = {
    dialect is sqlite: dialect.insert(deliveries).on_conflict_do_nothing().returning(deliveries.c.delivery_id)
    for dialect in (sqlite, postgresql)
}
"""Is it SQLite → the statement."""
_INSERT_ITEM = insert(items)
_INSERT_EVENT = insert(events)
_INSERT_LOG = insert(call_logs)
_COUNT = (
    update(sources)
    .where(sources.c.source_id == bindparam("of"))
    .values(kept_count=sources.c.kept_count + bindparam("more"))
)
_CONFIRM = (
    update(deliveries).where(deliveries.c.delivery_id == bindparam("told_id")).values(confirmed_at=bindparam("told_at"))
)
