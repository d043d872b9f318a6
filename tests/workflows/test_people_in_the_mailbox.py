"""People work in the mailbox meanwhile: nothing is lost, nothing is doubled, and what vanished is named."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from adapters.email.imap import ImapSource
from inbox.item import Status
from inbox.reconciliation import Kind
from store.byte_folder import ByteFolder
from store.ledger import Ledger
from store.reconciling import reconcile
from store.tables import deliveries, items, sweeps
from tests.memory_source import sweepable, swept
from tests.servers.mailbox import Mailbox, letter
from workflows.parts import Parts

NO_TIME = timedelta()
BARE = b"\r\nDe lantaarn is stuk.\r\n"
"""Neither Message-ID nor Date."""

MakeParts = Callable[..., Any]


@pytest.fixture
def make_parts(ledger: Ledger, tmp_path: Path, mailbox: Mailbox) -> MakeParts:
    """Give a maker of parts with which the mailbox is swept; settings as ImapSettings."""

    async def make(source_id: str = "post", **settings: Any) -> Parts:
        source = ImapSource(source_id, mailbox.settings(**settings), observes=False)
        return await sweepable(ledger, ByteFolder(tmp_path / "bytes"), source)

    return make


async def made(ledger: Ledger) -> list[tuple[str, str, str | None]]:
    """Return source, status and original of every item, as they were made."""
    async with ledger.read() as connection:
        rows = await connection.execute(select(items).order_by(items.c.made_at))
        return [(row.source_id, row.status, row.original_item_id) for row in rows]


async def statuses(ledger: Ledger) -> Counter[str]:
    return Counter(status for _, status, _ in await made(ledger))


async def vanished(ledger: Ledger) -> list[str]:
    async with ledger.read() as connection:
        found = await connection.execute(select(sweeps.c.vanished).order_by(sweeps.c.sweep_id))
        return [row.vanished for row in found if row.vanished]


async def kinds(ledger: Ledger, parts: Parts) -> set[Kind]:
    report = await reconcile(ledger, parts.bytes, settles=NO_TIME, pause=NO_TIME)
    return {difference.kind for difference in report.differences}


@pytest.mark.parametrize("after_keep", ["move", "flag", "leave"])
async def test_mail_that_somebody_read_flagged_and_marked_is_kept_all_the_same(
    ledger: Ledger, mailbox: Mailbox, make_parts: MakeParts, after_keep: str
) -> None:
    mailbox.deliver(*(letter(str(number)) for number in range(4)))
    with mailbox.server.client(mailbox.user, "INBOX") as client:
        client.add_flags([1], [b"\\Seen"])
        client.add_flags([2], [b"\\Flagged", b"\\Answered"])
        client.add_flags([3], [b"\\Deleted"])
    parts = await make_parts(after_keep=after_keep)
    assert (await swept(parts)).kept == 4
    with mailbox.server.client(mailbox.user, "INBOX") as client:
        client.remove_flags(client.search(), [b"\\Seen", b"\\Flagged"])
    assert (await swept(parts)).kept == 0
    assert await statuses(ledger) == {Status.received: 4}


async def test_mail_that_is_removed_while_it_is_being_fetched_is_named_and_stops_no_other(
    ledger: Ledger, mailbox: Mailbox, make_parts: MakeParts
) -> None:
    mailbox.deliver(*(letter(str(number)) for number in range(5)))
    parts = await make_parts()
    configured = parts.sources["post"]
    look = configured.source.open

    def open_and_interfere() -> Any:
        connection = look()
        seen = connection.look

        def then_somebody_removes() -> Any:
            sighting = seen()
            with mailbox.server.client(mailbox.user, "INBOX") as client:
                client.delete_messages([2])
                client.uid_expunge([2])
                client.create_folder("Trash")
                client.move([4], "Trash")
            return sighting

        connection.look = then_somebody_removes
        return connection

    configured.source.open = open_and_interfere  # type: ignore[method-assign]
    assert (await swept(parts)).kept == 3
    assert await vanished(ledger) == ["2,4"]
    assert Kind.vanished_before_keep in await kinds(ledger, parts)
    assert len(mailbox.subjects("Verwerkt")) == 3


async def test_mail_that_goes_and_comes_back_before_it_was_kept_is_kept(
    ledger: Ledger, mailbox: Mailbox, make_parts: MakeParts
) -> None:
    mailbox.deliver(letter("een"))
    parts = await make_parts()
    with mailbox.server.client(mailbox.user, "INBOX") as client:
        client.create_folder("Privé")
        client.move([1], "Privé")
        assert (await swept(parts)).kept == 0
        client.select_folder("Privé")
        client.move(client.search(), "INBOX")
    assert (await swept(parts)).kept == 1
    assert await statuses(ledger) == {Status.received: 1}


@pytest.mark.parametrize("mail", [letter("een"), BARE], ids=["letter", "bare"])
async def test_mail_that_is_brought_back_again_and_again_is_one_message(
    ledger: Ledger, mailbox: Mailbox, make_parts: MakeParts, mail: bytes
) -> None:
    mailbox.deliver(mail)
    parts = await make_parts()
    await swept(parts)
    for _ in range(3):
        with mailbox.server.client(mailbox.user, "Verwerkt") as client:
            client.move(client.search(), "INBOX")
        assert (await swept(parts)).kept == 1
        assert mailbox.flags() == []
    rows = await made(ledger)
    assert [status for _, status, _ in rows] == [Status.received, *[Status.linked] * 3]
    assert len({original for _, status, original in rows if status == Status.linked}) == 1
    assert await kinds(ledger, parts) <= {Kind.brought_back}


@pytest.mark.parametrize("after_keep", ["move", "flag", "leave"])
async def test_a_mailbox_that_counts_anew_is_matched_by_content_one_to_one(
    ledger: Ledger, mailbox: Mailbox, make_parts: MakeParts, after_keep: str
) -> None:
    """Two mails with the same bytes, a third of them that is new, and one that came while it counted anew."""
    with mailbox.server.client(mailbox.user) as client:
        client.create_folder("Post")
        for mail in (BARE, letter("een"), BARE):
            client.append("Post", mail)
    parts = await make_parts(folder="Post", after_keep=after_keep)
    assert (await swept(parts)).kept == 3
    assert await statuses(ledger) == {Status.received: 3}
    with mailbox.server.client(mailbox.user) as client:
        client.rename_folder("Post", "Oud")
        await asyncio.sleep(1.1)  # UIDVALIDITY counts seconds
        client.create_folder("Post")
        for mail in (letter("nieuw"), BARE, BARE, BARE, letter("een")):
            client.append("Post", mail)
    assert (await swept(parts)).kept == 5
    assert await statuses(ledger) == {Status.received: 5, Status.linked: 3}
    assert Kind.new_key_space in await kinds(ledger, parts)
    assert (await swept(parts)).kept == 0


async def test_several_folders_of_one_account_are_sources_of_their_own(
    ledger: Ledger, mailbox: Mailbox, make_parts: MakeParts
) -> None:
    """The same UIDs in each, and the same mail in both: each source keeps what it shows."""
    with mailbox.server.client(mailbox.user) as client:
        for folder in ("Parkeren", "Belastingen"):
            client.create_folder(folder)
            client.append(folder, letter("beide"))
            client.append(folder, letter(folder))
    sources = {name: await make_parts(name, folder=name.capitalize()) for name in ("parkeren", "belastingen")}
    for _ in range(2):
        for parts in sources.values():
            await swept(parts)
    assert Counter(source for source, _, _ in await made(ledger)) == {"parkeren": 2, "belastingen": 2}
    async with ledger.read() as connection:
        rows = (await connection.execute(select(deliveries))).all()
    assert len({row.delivery_id for row in rows}) == 4
    assert len({row.key_space for row in rows}) == 2
    assert {row.position for row in rows} == {"1", "2"}
    assert sorted(mailbox.subjects("Verwerkt")) == ["Belastingen", "Parkeren", "beide", "beide"]


async def test_mail_that_a_colleague_drags_into_another_source_is_kept_there_too(
    ledger: Ledger, mailbox: Mailbox, make_parts: MakeParts
) -> None:
    mailbox.deliver(letter("een"))
    inbox = await make_parts("inbox", after_keep="flag")
    await swept(inbox)
    with mailbox.server.client(mailbox.user, "INBOX") as client:
        client.create_folder("Post")
        client.move([1], "Post")
    post = await make_parts("post", folder="Post", after_keep="flag")
    assert (await swept(post)).kept == 1
    assert (await swept(inbox)).kept == 0
    # Its Message-ID and words make it a copy when it is read; its bytes alone do not, across sources.
    assert await statuses(ledger) == {Status.received: 2}
