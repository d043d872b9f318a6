"""A whole town is reconciled: with real mailboxes, what was lost is named, and nothing else is (invariant 3)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from gateway.bootstrap import observed
from inbox.reconciliation import Kind
from store.byte_objects import ByteObjects
from store.reconciling import Report, reconcile
from store.seen_and_kept import Look
from store.tables import deliveries
from tests.mails import mail
from tests.running import Town, until
from tests.servers.object_store import ObjectStoreServer
from tests.servers.postgres import Postgres

NO_TIME = timedelta(0)


async def at_rest(town: Town, **how: Any) -> Report:
    """Reconcile a town in which nothing works any more."""
    assert town.parts is not None
    return await reconcile(town.ledger, town.parts.bytes, settles=NO_TIME, pause=NO_TIME, **how)


async def until_settled(town: Town, count: int) -> None:
    """Wait until so many items are kept, each went its way, and its sender was told or it is recorded why not."""

    async def settled() -> bool:
        rows = await town.items()
        if len(rows) != count or any(row.drive_wanted for row in rows):
            return False
        if any(row.status not in ("forwarded", "linked", "filed", "quarantined", "triage") for row in rows):
            return False
        told = [all(n.settled_at for n in await town.notices(r.item_id)) for r in rows]
        sent = [all(f.settled_at for f in await town.forwards(r.item_id)) for r in rows]
        return all(told) and all(sent) and not await unconfirmed(town)

    await until(settled, f"{count} items are settled")


async def unconfirmed(town: Town) -> list[Any]:
    return await town.rows(deliveries, deliveries.c.confirmed_at.is_(None))


def kinds(report: Report) -> list[Kind]:
    return [difference.kind for difference in report.differences]


@pytest.fixture(scope="module")
def object_store() -> Iterator[ObjectStoreServer]:
    with ObjectStoreServer() as server:
        yield server


def fill(town: Town) -> int:
    """Put in what takes every way; return how many."""
    same = mail("Lantaarn twee keer", message_id="<een@inwoner.test>")
    mails = [
        mail("Aanvraag vergunning"),
        same,
        same,
        mail("Bezwaar", "Ik maak bezwaar."),
        mail("Nieuwsbrief", headers="List-Unsubscribe: <mailto:weg@krant.test>\r\n"),
        mail("Zomaar iets"),
        b"\x00\xff geen mail",
    ]
    town.mailbox.deliver(*mails)
    return len(mails)


@pytest.mark.parametrize("kind", ["sqlite and folder", "postgresql and objects"])
async def test_a_clean_town_is_clean(
    make_town: Callable[..., Any], postgres: Postgres, object_store: ObjectStoreServer, kind: str
) -> None:
    if kind.startswith("sqlite"):
        town = await make_town()
    else:
        town = await make_town(ledger_url=postgres.fresh_database())
        town.parts.bytes = ByteObjects(object_store.fresh_bucket(), object_store.options)
    count = fill(town)
    async with town.working():
        await until_settled(town, count)
    report = await at_rest(town)
    assert report.differences == []
    counts = report.counts["info"]
    assert (counts.seen, counts.kept, counts.waiting, counts.intact) == (count, count, 0, count)


async def test_work_in_progress_is_no_loss(town: Town) -> None:
    assert town.parts is not None
    many = 30

    async def look() -> int:
        report = await reconcile(town.ledger, town.parts.bytes)
        assert report.losses == []
        return report.counts["info"].seen

    async def something_is_seen() -> bool:
        return await look() > 0

    async with town.working():
        town.mailbox.deliver(mail("Lantaarn 0"))
        await until(something_is_seen, "the first mail is seen")
        for number in range(1, many):
            town.mailbox.deliver(mail(f"Lantaarn {number}"))
            if number % 3 == 0:
                assert await look() > 0
        await until_settled(town, many)
    assert (await at_rest(town)).differences == []


async def test_a_mail_deleted_before_it_was_fetched_is_named(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    assert town.parts is not None
    source = town.parts.sources["info"].source
    opened = source.open

    def one_is_deleted_between_look_and_fetch() -> Any:
        connection = opened()
        look = connection.look

        def looked() -> Any:
            sighting = look()
            with town.mailbox.server.client(town.mailbox.user, "INBOX") as person:
                person.delete_messages(person.search(["SUBJECT", "Weg"]))
                person.expunge()
            return sighting

        connection.look = looked
        return connection

    monkeypatch.setattr(source, "open", one_is_deleted_between_look_and_fetch)
    town.mailbox.deliver(mail("Lantaarn"), mail("Weg"))
    async with town.working():
        await until_settled(town, 1)
    [loss] = (await at_rest(town)).differences
    assert (loss.kind, loss.source_id, loss.position) == (Kind.vanished_before_keep, "info", "2")
    assert loss.key_space.startswith("imap://")


async def test_a_moved_mail_that_is_brought_back_is_a_copy_and_no_loss(town: Town) -> None:
    town.mailbox.deliver(mail("Lantaarn"))
    async with town.working():
        await until_settled(town, 1)
        with town.mailbox.server.client(town.mailbox.user, "Verwerkt") as person:
            person.move(person.search(), "INBOX")
        await until_settled(town, 2)
    report = await at_rest(town)
    assert kinds(report) == [Kind.brought_back]
    assert report.differences[0].detail == "earlier under 1; the item is linked"
    assert len(town.mail_to("jan@inwoner.test")) == 1


async def test_a_mailbox_that_counts_anew_is_noticed_and_loses_nothing(make_town: Callable[..., Any]) -> None:
    town: Town = await make_town(imap={"folder": "Post", "after_keep": "flag"})
    first, second = mail("Lantaarn een"), mail("Lantaarn twee")
    with town.mailbox.server.client(town.mailbox.user) as person:
        person.create_folder("Post")
        person.append("Post", first)
        person.append("Post", second)
        async with town.working():
            await until_settled(town, 2)
        person.rename_folder("Post", "Oud")
        await asyncio.sleep(1.1)  # UIDVALIDITY counts seconds
        person.create_folder("Post")
        person.append("Post", second)
        async with town.working():
            await until_settled(town, 3)
    [notice] = (await at_rest(town)).differences
    assert notice.kind is Kind.new_key_space
    assert notice.detail.startswith("2 key spaces so far; 1 deliveries in the newest, 1 of them with the bytes")
    assert "1 earlier ones were not seen again" in notice.detail
    assert len(town.mail_to("jan@inwoner.test")) == 2


async def test_a_look_at_the_mailbox_tells_what_waits_and_what_was_put_back(town: Town) -> None:
    town.mailbox.deliver(mail("Lantaarn"))
    async with town.working():
        await until_settled(town, 1)
    town.mailbox.deliver(mail("Vergunning"))

    async def look(_: str) -> Look:
        connection = observed(town.settings.sources[0]).open()
        try:
            return Look(connection.look(), moves=True)
        finally:
            connection.close()

    report = await at_rest(town, look_at=look)
    assert [(found.kind, found.position) for found in report.differences] == [(Kind.waiting, "2")]
    assert town.mailbox.flags() == [set()]
    async with town.ledger.begin() as connection:
        await connection.execute(update(deliveries).values(position="2"))
    assert Kind.still_there in kinds(await at_rest(town, look_at=look))
