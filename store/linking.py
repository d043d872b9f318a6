"""Link, as the ledger sees it: who is a copy of whom, and what adds to what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from inbox.item import LinkKind, Status
from store.again import is_again
from store.assignments import begin_again
from store.events import lock_item, move, record
from store.ledger import Ledger, now
from store.reading import message_id_digest
from store.tables import claims, items, links


@dataclass(frozen=True)
class ThreadEvidence:
    """What a reading shows about the thread that it belongs to."""

    proven_reference: str | None
    """The reference that our signed token proves."""
    reply_to_ids: tuple[str, ...]
    sender_address: str
    is_authenticated: bool
    """The sender address is proven by a server that we trust."""
    reopens_within: timedelta = timedelta()
    """So long after its completion the item that is answered may still be joined."""
    passes_on: str = ""
    """Message-ID of the message that it passes on, without brackets."""
    is_from_gateway: bool = False
    """A gateway sent it, this one or another."""
    came_back: str | None = None
    """The reference of the item about which we sent this mail ourselves, as our token proves."""


async def settle_links(ledger: Ledger, item_id: str, evidence: ThreadEvidence) -> None:
    """Make the item's links in one transaction, once: copy of the claim's holder, follow-up, or may-belong-to."""
    async with ledger.begin() as connection:
        item = await lock_item(connection, item_id)
        if item.is_link_settled or item.status != Status.received:
            return
        if item.fingerprint and not await _claim(ledger, connection, item):
            return
        await _warn_of_same_message_id(connection, item)
        adds_to = await _follow_up(connection, item, evidence)
        if evidence.is_from_gateway:
            await _name_gateway(connection, item, evidence.came_back)
        await connection.execute(
            update(items).where(items.c.item_id == item_id).values(is_link_settled=True, adds_to_item_id=adds_to)
        )


async def _claim(ledger: Ledger, connection: AsyncConnection, item: Any) -> bool:
    """Take the fingerprint's claim; when another holds it, become its copy and return False."""
    holder = await _holder(ledger, connection, item)
    if holder is None:
        return True
    if holder.held_because and holder.status == Status.received and not item.held_because:
        # The holder waits for a person (an observed source, say) and this one may go: it takes the claim over.
        await connection.execute(
            update(claims).where(claims.c.fingerprint == item.fingerprint).values(item_id=item.item_id)
        )
        await become_copy(connection, holder, item.item_id, "same message, received where it may go its way")
        return True
    await become_copy(connection, item, holder.item_id, "same message: same fingerprint")
    return False


async def _holder(ledger: Ledger, connection: AsyncConnection, item: Any) -> Any:
    """Take the fingerprint's claim and return None; or return the item, locked, in which its holder lives on."""
    dialect = sqlite if ledger.is_sqlite else postgresql
    query = (
        select(claims.c.item_id, items.c.original_item_id)
        .join(items, items.c.item_id == claims.c.item_id)
        .where(claims.c.fingerprint == item.fingerprint)
    )
    while True:
        await connection.execute(
            dialect.insert(claims).values(fingerprint=item.fingerprint, item_id=item.item_id).on_conflict_do_nothing()
        )
        found = (await connection.execute(query)).one_or_none()
        if found is not None and found.item_id == item.item_id:
            return None
        if found is not None and found.original_item_id == item.item_id:
            # A person linked the holder to this very item before it was settled: it is the original.
            await connection.execute(
                update(claims).where(claims.c.fingerprint == item.fingerprint).values(item_id=item.item_id)
            )
            return None
        # A person may have linked the holder to an item with another fingerprint.
        holder = await lock_item(connection, found.original_item_id or found.item_id) if found else None
        # While we waited for the lock the claim may have passed on: look again.
        if holder is not None and (await connection.execute(query)).one_or_none() == found:
            return holder


async def take_free_claim(connection: AsyncConnection, item: Any) -> None:
    """Take the claim of the item's fingerprint again, unless another has it by now."""
    if item.fingerprint is None:
        return
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    await connection.execute(
        dialect.insert(claims).values(fingerprint=item.fingerprint, item_id=item.item_id).on_conflict_do_nothing()
    )


async def become_copy(
    connection: AsyncConnection,
    item: Any,
    original_item_id: str,
    reason: str,
    *,
    actor: str = "gateway",
    action_id: str | None = None,
) -> None:
    """Make the item, and with it its own copies, a copy of another, which is no copy itself."""
    await _point_copies(connection, item.item_id, original_item_id)
    await add_link(connection, item.item_id, original_item_id, LinkKind.copy, reason, 1.0)
    await move(
        connection,
        item,
        Status.linked,
        "linked",
        actor=actor,
        reason=reason,
        action_id=action_id,
        about={"other": original_item_id},
        original_item_id=original_item_id,
        is_link_settled=True,
    )


async def _point_copies(connection: AsyncConnection, old_item_id: str, new_item_id: str) -> None:
    """Let all copies of one item be copies of another: a copy never points at a copy."""
    for row in await _copies(connection, old_item_id):
        if row.item_id == new_item_id:
            continue
        await undo_links(connection, row.item_id, LinkKind.copy)
        await add_link(connection, row.item_id, new_item_id, LinkKind.copy, "the original handed the claim over", 1.0)
        await connection.execute(
            update(items).where(items.c.item_id == row.item_id).values(original_item_id=new_item_id)
        )


async def release_claim(connection: AsyncConnection, item: Any, reason: str) -> str | None:
    """Give up the item's claims: the oldest copy takes them and reopens; return its id, or None when there is none.

    An item holds the claim of its own fingerprint, and may have inherited others.
    """
    # The same message seen again is no heir: what was decided about the message holds for it as well.
    copies = [row for row in await _copies(connection, item.item_id) if not row.is_again]
    if not copies:
        await connection.execute(claims.delete().where(claims.c.item_id == item.item_id))
        return None
    heir = copies[0]
    await connection.execute(update(claims).where(claims.c.item_id == item.item_id).values(item_id=heir.item_id))
    await undo_links(connection, heir.item_id, LinkKind.copy)
    await _point_copies(connection, item.item_id, heir.item_id)
    await move(
        connection,
        heir,
        await begin_again(connection, heir),
        "took_over",
        reason=reason,
        about={"other": item.item_id},
        original_item_id=None,
        is_link_settled=True,
        drive_wanted="took_over",
    )
    return str(heir.item_id)


async def _copies(connection: AsyncConnection, item_id: str) -> Sequence[Any]:
    """Return the item's copies, oldest first, locked. `is_again`: the very same message, which its source showed again."""
    found = await connection.execute(
        select(items, is_again(items).label("is_again"))
        .where(items.c.original_item_id == item_id, items.c.status == str(Status.linked))
        .order_by(items.c.received_at, items.c.made_at, items.c.item_id)
        .with_for_update(key_share=True)
    )
    return found.all()


async def add_link(
    connection: AsyncConnection, item_id: str, other_item_id: str, kind: LinkKind, reason: str, score: float
) -> None:
    """Write a link. `score`: 0 to 1, how sure."""
    await connection.execute(
        insert(links).values(
            item_id=item_id, other_item_id=other_item_id, kind=str(kind), reason=reason, score=score, made_at=now()
        )
    )


async def undo_links(connection: AsyncConnection, item_id: str, kind: LinkKind) -> None:
    """Mark the item's standing links of this kind as undone."""
    await connection.execute(
        update(links)
        .where(links.c.item_id == item_id, links.c.kind == str(kind), links.c.undone_at.is_(None))
        .values(undone_at=now())
    )


async def _follow_up(connection: AsyncConnection, item: Any, evidence: ThreadEvidence) -> str | None:
    """Return the open item that this one adds to, if that is proven; link what is only likely."""
    parent = None
    reason = ""
    if evidence.proven_reference:
        parent = (
            await connection.execute(select(items).where(items.c.reference == evidence.proven_reference))
        ).one_or_none()
        reason = "our signed token in its thread"
        if parent is not None and parent.sender_address != evidence.sender_address:
            # They were shown our message. That may be a partner, or a leak: a person reads it here.
            reason += ", from another address than its sender's"
    is_proven = parent is not None
    if parent is None and evidence.reply_to_ids:
        parent, is_only_one = await _by_message_ids(connection, evidence.reply_to_ids, item.item_id)
        if parent is not None:
            is_same = bool(evidence.sender_address) and parent.sender_address == evidence.sender_address
            is_proven = is_same and evidence.is_authenticated and is_only_one
            reason = "answers its message" + (", by the same proven sender" if is_proven else "")
    if parent is None and evidence.passes_on:
        parent, _ = await _by_message_ids(connection, (evidence.passes_on,), item.item_id)
        reason = "passes on its message"
    if parent is None or parent.item_id == item.item_id:
        return None
    if parent.original_item_id:
        parent = await lock_item(connection, parent.original_item_id)
    # A held parent's sender has been told nothing yet: what joined it would be told nothing either.
    is_open = not Status(parent.status).is_ended and parent.status != Status.quarantined and not parent.held_because
    joins = is_proven and (is_open or _was_completed_lately(parent, evidence.reopens_within))
    kind = LinkKind.follow_up if joins else LinkKind.may_belong_to
    await add_link(connection, item.item_id, parent.item_id, kind, reason, 1.0 if is_proven else 0.5)
    await record(connection, item.item_id, str(kind), reason=reason, about={"other": parent.item_id})
    return str(parent.item_id) if joins else None


async def _name_gateway(connection: AsyncConnection, item: Any, came_back: str | None) -> None:
    """Say which gateway's mail it is, and link our own to the item that it was about, unless it is linked already."""
    query = select(items.c.item_id, items.c.original_item_id).where(items.c.reference == came_back)
    about = (await connection.execute(query)).one_or_none() if came_back else None
    if about is None:
        await record(connection, item.item_id, "gateway_mail", reason="another gateway's mail")
        return
    reason = f"our own mail came back: {came_back}"
    other_id = about.original_item_id or about.item_id
    await record(connection, item.item_id, "own_mail", reason=reason, about={"other": other_id})
    known = select(links.c.link_id).where(
        links.c.item_id == item.item_id, links.c.other_item_id == other_id, links.c.undone_at.is_(None)
    )
    if other_id != item.item_id and (await connection.execute(known.limit(1))).one_or_none() is None:
        await add_link(connection, item.item_id, other_id, LinkKind.may_belong_to, reason, 1.0)


async def _warn_of_same_message_id(connection: AsyncConnection, item: Any) -> None:
    """Link to the oldest other message under this Message-ID: a program that repeats them, or somebody who means harm."""
    if item.message_id_digest is None:
        return
    other = (
        await connection.execute(
            select(items.c.item_id)
            .where(
                items.c.message_id_digest == item.message_id_digest,
                items.c.item_id != item.item_id,
                items.c.fingerprint.is_distinct_from(item.fingerprint),
            )
            .order_by(items.c.made_at, items.c.item_id)
            .limit(1)
        )
    ).one_or_none()
    if other is None:
        return
    reason = "another message with the same Message-ID and other words"
    await add_link(connection, item.item_id, other.item_id, LinkKind.same_message_id, reason, 1.0)
    await record(connection, item.item_id, str(LinkKind.same_message_id), reason=reason, about={"other": other.item_id})


def _was_completed_lately(parent: Any, within: timedelta) -> bool:
    return bool(parent.status == Status.completed and parent.changed_at > now() - within)


async def _by_message_ids(connection: AsyncConnection, reply_to_ids: Sequence[str], own_id: str) -> tuple[Any, bool]:
    """Return the item whose message is answered, the nearest first, and whether it alone bears that Message-ID.

    None when the message is not one that we have.
    """
    digests = [message_id_digest(identifier) for identifier in reversed(reply_to_ids)]
    found = (
        await connection.execute(
            select(items)
            .where(items.c.message_id_digest.in_([d for d in digests if d]), items.c.item_id != own_id)
            .order_by(items.c.made_at)
        )
    ).all()
    if not found:
        return None, False
    nearest = min(found, key=lambda row: digests.index(row.message_id_digest))
    same_id = [row for row in found if row.message_id_digest == nearest.message_id_digest]
    return nearest, len({row.fingerprint for row in same_id}) == 1
