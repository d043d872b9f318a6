"""Items in every status, made by the ledger's own functions."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import uuid4

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from inbox.actions import Action
from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from inbox.configuration.model import TRIAGE
from inbox.correspondent import Basis, Correspondent
from inbox.errors import MalformedMail
from inbox.intents import AssignmentIntent, NoticeIntent
from inbox.item import HeldBecause, NoticeKind, Status
from inbox.plan import plan_forwards
from inbox.ports import Delivered
from inbox.reading import Reading, Sender
from inbox.routing.conclude import Outcome
from inbox.routing.decide import choose
from store.acting import Request, act
from store.assignments import assignment_rows, beginning
from store.audit_tables import audit
from store.deciding import DecidedItem, Standing, commit_decision, launch, standing
from store.forwarding import claim_forward, forward_row, settle_delivered
from store.keeping import NewDelivery, keep
from store.ledger import Ledger
from store.linking import ThreadEvidence, settle_links
from store.reading import commit_reading, item_row, quarantine
from store.tables import events, metadata
from tests.inbox.samples import RECEIVED_AT, assignment_facts, compiled, item_facts, reading

TOWN = compiled()
NO_THREAD = ThreadEvidence(None, (), "", is_authenticated=False)
_numbers = itertools.count(1)


def delivery(**changes: Any) -> NewDelivery:
    """Return a new delivery at a position of its own."""
    number = next(_numbers)
    facts: dict[str, Any] = {
        "source_id": "info",
        "channel": Channel.email,
        "key_space": "imap://info@mail.test/INBOX;UIDVALIDITY=17",
        "position": str(number),
        "sha256": "ab" * 32,
        "size_bytes": 1000,
        "media_type": "message/rfc822",
        "received_at": RECEIVED_AT + timedelta(seconds=number),
        "received_basis": "source",
        "confidentiality": Confidentiality.zaakvertrouwelijk,
        "held_because": None,
        "is_observed": False,
    }
    return NewDelivery(**{**facts, **changes})


async def kept(ledger: Ledger, **changes: Any) -> str:
    """Keep a delivery; return its item's id."""
    item_id = await keep(ledger, delivery(**changes))
    assert item_id is not None
    return item_id


async def was_read(ledger: Ledger, read: Reading | None = None, **changes: Any) -> str:
    """Keep and read an item; without a reading of its own it is a copy of nothing."""
    item_id = await kept(ledger, **changes)
    await commit_reading(ledger, item_id, read or reading("Vraag", message_id=f"{uuid4()}@inwoner.test"))
    return item_id


async def was_linked(ledger: Ledger, read: Reading | None = None, **changes: Any) -> str:
    """Keep and read an item, and settle its links."""
    item_id = await was_read(ledger, read, **changes)
    await settle_links(ledger, item_id, NO_THREAD)
    return item_id


def intent(category: str, chosen_by: str = "gateway") -> AssignmentIntent:
    """Return an assignment of this category."""
    matched = choose(category, RECEIVED_AT, TOWN, rule=None)
    return AssignmentIntent(str(uuid4()), 1, beginning(category), matched, chosen_by, TOWN.version)


async def decide(
    ledger: Ledger,
    item_id: str,
    *categories: str,
    held: HeldBecause | None = None,
    filed: str | None = None,
    seen: Any = None,
) -> str:
    """Commit a decision for the item. `seen`: the row that it rests on, by default the present one."""
    matters = tuple(
        AssignmentIntent(
            made.assignment_id, ordinal, made.status, made.matched, made.chosen_by, made.configuration_version
        )
        for ordinal, made in enumerate(map(intent, categories), start=1)
    )
    row = seen or await item_row(ledger, item_id)
    outcome = Outcome(
        tuple(made.matched for made in matters),
        filed,
        Confidentiality.zaakvertrouwelijk,
        held,
        TOWN.version,
        (),
        Correspondent(Sender(address=row.sender_address), Basis.sender),
        row.received_at,
        joins=False,
    )
    await commit_decision(ledger, row, DecidedItem(outcome, matters))
    return item_id


async def send_out(
    ledger: Ledger,
    item_id: str,
    *,
    only: str | None = None,
    notices: Sequence[NoticeIntent] | None = None,
    seen: Standing | None = None,
) -> Standing:
    """Write the forwards of each assignment, or of one, in its present round, and an acknowledgement."""
    stands = seen or await standing(ledger, item_id)
    made = []
    for row in stands.assignments:
        if only not in (None, row.assignment_id):
            continue
        facts = assignment_facts(row.category, TOWN, assignment_id=row.assignment_id, round=row.round)
        made += plan_forwards(item_facts(reading(), item_id=item_id), facts, TOWN)
    await launch(ledger, stands.item, made, [notice()] if notices is None else notices)
    return await standing(ledger, item_id)


def notice(kind: NoticeKind = NoticeKind.acknowledgement, ordinal: int = 1, **changes: Any) -> NoticeIntent:
    """Return a rendered notice."""
    facts: dict[str, Any] = {
        "notice_id": str(uuid4()),
        "subject": "Ontvangen",
        "body": "Uw kenmerk is …",
        "mail_from": "bounce@gemeente.test",
        "rcpt_to": "jan@inwoner.test",
        "message": b"Subject: Ontvangen\r\n\r\n",
    }
    return NoticeIntent(kind=kind, ordinal=ordinal, **{**facts, **changes})


async def deliver(ledger: Ledger, forward_id: str, remote_id: str = "Z-1") -> None:
    """Claim the forward and settle it as delivered."""
    await claim_forward(ledger, forward_id)
    await settle_delivered(ledger, await forward_row(ledger, forward_id), Delivered(remote_id))


async def was_launched(ledger: Ledger, category: str = "vergunning") -> str:
    """Bring an item as far as its forwards and notice are wanted."""
    item_id = await decide(ledger, await was_linked(ledger), category)
    await send_out(ledger, item_id)
    return item_id


async def was_forwarded(ledger: Ledger, category: str = "vergunning") -> str:
    """Bring an item as far as its department has it."""
    item_id = await was_launched(ledger, category)
    for forward in (await standing(ledger, item_id)).forwards:
        await deliver(ledger, forward.forward_id)
    return item_id


def request(action: Action, item_id: str, **changes: Any) -> Request:
    """Return the action as `Zaakstad` asks for it, with whatever it needs."""
    facts: dict[str, Any] = {"actor": "Zaakstad", "reason": "omdat het moet"}
    if action in {Action.reroute, Action.split}:
        facts["chosen"] = intent("lantaarn")
    return Request(action, item_id, **{**facts, **changes})


async def do(ledger: Ledger, action: Action, item_id: str, **changes: Any) -> Any:
    """Carry the action out; return the item's row."""
    return await act(ledger, request(action, item_id, **changes))


async def item_in(ledger: Ledger, status: Status) -> str:
    """Make an item that stands there."""
    match status:
        case Status.received:
            return await was_linked(ledger)
        case Status.quarantined:
            item_id = await kept(ledger)
            await quarantine(ledger, item_id, MalformedMail("no header"), None)
        case Status.triage:
            item_id = await decide(ledger, await was_linked(ledger), TRIAGE)
            await send_out(ledger, item_id)
        case Status.forwarding:
            item_id = await was_launched(ledger, "lantaarn")
        case Status.forwarded:
            item_id = await was_forwarded(ledger, "lantaarn")
        case Status.accepted | Status.returned | Status.completed:
            item_id = await was_forwarded(ledger, "lantaarn")
            ends = {Status.accepted: Action.accept, Status.returned: Action.return_, Status.completed: Action.complete}
            await do(ledger, ends[status], item_id)
        case Status.linked:
            item_id = await was_linked(ledger)
            await do(ledger, Action.link, item_id, other_item_id=await was_linked(ledger))
        case Status.filed:
            item_id = await decide(ledger, await was_linked(ledger), filed="nieuwsbrief")
        case Status.discarded:
            item_id = await was_linked(ledger)
            await do(ledger, Action.discard, item_id)
    assert (await item_row(ledger, item_id)).status == status
    return item_id


async def rows(ledger: Ledger, table: Any, *where: Any) -> list[Any]:
    """Return the table's rows."""
    async with ledger.read() as connection:
        return list((await connection.execute(select(table).where(*where))).all())


async def events_of(ledger: Ledger, item_id: str) -> list[Any]:
    """Return the item's events, in order."""
    return sorted(await rows(ledger, events, events.c.item_id == item_id), key=lambda row: row.event_id)


async def assignments_of(ledger: Ledger, item_id: str) -> Sequence[Any]:
    """Return the item's assignments, in order."""
    async with ledger.read() as connection:
        return await assignment_rows(connection, item_id)


async def clean(ledger: Ledger) -> None:
    """Take everything out of the ledger."""
    async with ledger.begin() as connection:
        if (await connection.execute(select(audit.c.entry_id).limit(1))).first() is not None:
            async with unguarded(connection):
                await connection.execute(audit.delete())
        for table in reversed(metadata.sorted_tables):
            if table is not audit:
                await connection.execute(table.delete())


@asynccontextmanager
async def unguarded(connection: AsyncConnection) -> AsyncIterator[None]:
    """Let the audit trail be tampered with, as somebody could who owns the database."""
    if connection.dialect.name == "postgresql":
        await connection.execute(text("ALTER TABLE audit DISABLE TRIGGER USER"))
        yield
        await connection.execute(text("ALTER TABLE audit ENABLE TRIGGER USER"))
        return
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit'"
    triggers = (await connection.execute(text(query))).all()
    for trigger in triggers:
        await connection.execute(text(f"DROP TRIGGER {trigger.name}"))
    yield
    for trigger in triggers:
        await connection.execute(text(trigger.sql))
