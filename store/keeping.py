"""Keep: a delivery stands in the ledger once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import NAMESPACE_URL, uuid4, uuid5

from sqlalchemy import insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from inbox.item import HeldBecause, Status
from inbox.reference import new_reference
from store.events import record
from store.ledger import Ledger, now
from store.tables import deliveries, items


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


async def known_positions(ledger: Ledger, key_space: str) -> dict[str, Kept]:
    """Return each kept position of the key space, and what is known of it."""
    async with ledger.read() as connection:
        rows = await connection.execute(
            select(
                deliveries.c.position, deliveries.c.confirmed_at, deliveries.c.sha256, deliveries.c.size_bytes
            ).where(deliveries.c.key_space == key_space)
        )
        return {row.position: Kept(row.confirmed_at is not None, row.sha256, row.size_bytes) for row in rows}


async def keep(ledger: Ledger, new: NewDelivery) -> str | None:
    """Write delivery and item in one transaction; return the item's id, or None when it was kept already."""
    moment = now()
    identity = delivery_id(new.key_space, new.position)
    dialect = sqlite if ledger.is_sqlite else postgresql
    async with ledger.begin() as connection:
        made = await connection.execute(
            dialect.insert(deliveries)
            .values(
                delivery_id=identity,
                source_id=new.source_id,
                channel=str(new.channel),
                key_space=new.key_space,
                position=new.position,
                sha256=new.sha256,
                size_bytes=new.size_bytes,
                media_type=new.media_type,
                received_at=new.received_at,
                received_basis=new.received_basis,
                kept_at=moment,
            )
            .on_conflict_do_nothing()
        )
        if made.rowcount != 1:
            return None
        item_id = str(uuid4())
        await connection.execute(
            insert(items).values(
                item_id=item_id,
                delivery_id=identity,
                index_in_delivery=0,
                reference=new_reference(),
                source_id=new.source_id,
                channel=str(new.channel),
                status=str(Status.received),
                version=1,
                confidentiality=int(new.confidentiality),
                source_confidentiality=int(new.confidentiality),
                received_at=new.received_at,
                made_at=moment,
                changed_at=moment,
                is_observed=new.is_observed,
                held_because=new.held_because,
                readings_begun=0,
                subject="",
                sender_address="",
                is_link_settled=False,
                drive_wanted="keep",
            )
        )
        await record(connection, item_id, "kept", about={"delivery": identity, "source": new.source_id})
    return item_id


async def note_confirmed(ledger: Ledger, key_space: str, position: str) -> None:
    """Note that the source has been told."""
    async with ledger.begin() as connection:
        await connection.execute(
            update(deliveries)
            .where(deliveries.c.key_space == key_space, deliveries.c.position == position)
            .values(confirmed_at=now())
        )
