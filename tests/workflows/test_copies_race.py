"""Many identical mails at once: one goes its way, and whatever happens to it, exactly one other takes its place."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from inbox.actions import Action
from inbox.errors import Conflict
from inbox.item import ForwardState, Status
from store.tables import claims, forwards, links
from tests.mails import mail
from tests.running import Town, until
from tests.servers.dovecot import Dovecot
from tests.servers.mailbox import Mailbox
from tests.servers.postgres import Postgres
from tests.workflows.test_actions import do

SAME = mail("Lantaarn kapot", message_id="<een@inwoner.test>")
KCC = "kcc@afdeling.test"
JAN = "jan@inwoner.test"


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest) -> str:
    """Give the ledger's address, of each engine; empty for SQLite."""
    if request.param == "sqlite":
        return ""
    server: Postgres = request.getfixturevalue("postgres")
    return server.fresh_database()


@pytest.fixture
def mailboxes(mailbox: Mailbox, dovecot: Dovecot) -> list[Mailbox]:
    """Give five mailboxes; the first is the town's own."""
    return [mailbox, *(Mailbox(dovecot, f"{uuid4().hex}@gemeente.test") for _ in range(4))]


@pytest.fixture
async def town(make_town: Callable[..., Any], mailboxes: list[Mailbox], ledger_url: str) -> Town:
    """Give a town with five mailboxes, on each engine."""
    made: Town = await make_town(ledger_url=ledger_url, more_mailboxes=mailboxes[1:])
    return made


async def until_standing(town: Town, **counts: int) -> list[Any]:
    """Wait until so many items stand in each status; return all items."""
    seen: Counter[str] = Counter()

    async def stands() -> Any:
        nonlocal seen
        rows = await town.items()
        seen = Counter(row.status for row in rows)
        return rows if seen == Counter(counts) else None

    rows: list[Any] = await until(stands, f"{counts}, but {seen}", seconds=120)
    return rows


def in_status(rows: list[Any], status: Status) -> list[Any]:
    return [row for row in rows if row.status == status]


async def until_quiet(town: Town, live: list[Any]) -> None:
    """Wait until everybody is told what must be told."""
    for item in live:
        assert (await town.until_told(item.item_id)).state == "sent"


async def require_whole(town: Town, rows: list[Any]) -> Any:
    """Prove that one item lives, holds the claim, and that every copy points at it; return it."""
    [live] = [row for row in rows if not Status(row.status).is_ended]
    assert {row.original_item_id for row in in_status(rows, Status.linked)} <= {live.item_id}
    assert [row.item_id for row in await town.rows(claims)] == [live.item_id]
    standing = await town.rows(links, links.c.undone_at.is_(None), links.c.kind == "copy")
    copies = {row.item_id: live.item_id for row in in_status(rows, Status.linked)}
    assert {link.item_id: link.other_item_id for link in standing} == copies
    assert len(standing) == len(copies)
    return live


async def test_of_fifty_at_once_one_is_forwarded_and_the_oldest_copy_takes_over(
    town: Town, mailboxes: list[Mailbox]
) -> None:
    """Invariant 10: a copy points at a claim."""
    for mailbox in mailboxes:
        mailbox.deliver(*[SAME] * 10)
    async with town.working():
        rows = await until_standing(town, forwarded=1, linked=49)
        holder = await require_whole(town, rows)
        await until_quiet(town, [holder])
        assert (len(town.mail_to(KCC)), len(town.mail_to(JAN))) == (1, 1)
        copies = in_status(rows, Status.linked)
        oldest = min(copies, key=lambda row: (row.received_at, row.made_at, row.item_id))

        await do(town, Action.discard, holder.item_id)
        rows = await until_standing(town, forwarded=1, linked=48, discarded=1)
        heir = await require_whole(town, rows)
        assert heir.item_id == oldest.item_id
        await until_quiet(town, [heir])
        [withdrawn] = await town.forwards(holder.item_id)
        await until(lambda: _is_withdrawn(town, withdrawn.item_id), "the first is withdrawn")
    # The forward, its withdrawal, and the forward of the heir, each about its own item.
    assert len(town.mail_to(KCC)) == 3
    assert [sum(reference in message for message in town.mail_to(KCC)) for reference in _references(holder, heir)] == [
        2,
        1,
    ]
    assert [sum(reference in message for message in town.mail_to(JAN)) for reference in _references(holder, heir)] == [
        1,
        1,
    ]
    for copy in in_status(rows, Status.linked):
        assert (await town.forwards(copy.item_id), await town.notices(copy.item_id)) == ([], [])


def _references(*items: Any) -> list[bytes]:
    return [item.reference.encode() for item in items]


async def _is_withdrawn(town: Town, item_id: str) -> bool:
    return [row.state for row in await town.forwards(item_id)] == ["withdrawn"]


async def test_a_discard_while_copies_still_arrive_leaves_one_that_goes_on(
    town: Town, mailboxes: list[Mailbox]
) -> None:
    mailboxes[0].deliver(SAME, SAME)
    async with town.working():
        await until_standing(town, forwarded=1, linked=1)
        arriving = asyncio.create_task(asyncio.to_thread(_deliver_one_by_one, mailboxes, 4))
        for _ in range(3):
            await _discard_the_living(town)
        await arriving
        rows = await until_standing(town, forwarded=1, linked=18, discarded=3)
        heir = await require_whole(town, rows)
        await until_quiet(town, [heir])
        # A withdrawal that met an attempt still speaking asks again after 15 s.
        await until(lambda: _all_settled(town), "everything outward is settled")
    for gone in in_status(rows, Status.discarded):
        assert {row.state for row in await town.forwards(gone.item_id)} <= {"withdrawn", "cancelled"}
    assert [row.state for row in await town.forwards(heir.item_id)] == ["delivered"]


def _deliver_one_by_one(mailboxes: list[Mailbox], each: int) -> None:
    for _ in range(each):
        for mailbox in mailboxes:
            mailbox.deliver(SAME)


async def _discard_the_living(town: Town) -> None:
    """Discard whichever lives at this moment; somebody else may be quicker with it, then look again."""

    async def discarded() -> bool:
        for row in await town.items():
            if not Status(row.status).is_ended and row.fingerprint:
                try:
                    await do(town, Action.discard, row.item_id)
                except Conflict:
                    continue
                return True
        return False

    await until(discarded, "one that lived is discarded")


async def _all_settled(town: Town) -> bool:
    # What was delivered and is being withdrawn bears the moment of its delivery.
    return all(row.settled_at and not ForwardState(row.state).is_open for row in await town.rows(forwards))


async def test_many_discards_at_once_each_count_once_and_leave_one_or_none(
    town: Town, mailboxes: list[Mailbox]
) -> None:
    for mailbox in mailboxes:
        mailbox.deliver(SAME, SAME)
    async with town.working():
        rows = await until_standing(town, forwarded=1, linked=9)
        # Everybody discards everything, the living one twice: whoever is a copy at that moment is refused.
        [holder] = in_status(rows, Status.forwarded)
        wanted = [holder.item_id, holder.item_id, *(row.item_id for row in rows if row.item_id != holder.item_id)]
        outcomes = await asyncio.gather(
            *(do(town, Action.discard, item_id) for item_id in wanted), return_exceptions=True
        )
        assert {type(one) for one in outcomes if isinstance(one, BaseException)} <= {Conflict}
        assert sum(not isinstance(one, BaseException) for one in outcomes[:2]) == 1
        gone = sum(not isinstance(one, BaseException) for one in outcomes)
        if gone == 10:
            rows = await until_standing(town, discarded=10)
            assert await town.rows(claims) == []
            return
        counts = {"forwarded": 1, "discarded": gone, "linked": 9 - gone}
        rows = await until_standing(town, **{status: count for status, count in counts.items() if count})
        heir = await require_whole(town, rows)
        await until_quiet(town, [heir])


async def test_a_copy_that_is_unlinked_while_its_original_is_discarded_goes_its_own_way(
    town: Town, mailboxes: list[Mailbox]
) -> None:
    for mailbox in mailboxes:
        mailbox.deliver(SAME)
    async with town.working():
        rows = await until_standing(town, forwarded=1, linked=4)
        [holder] = in_status(rows, Status.forwarded)
        # The one that would take over.
        copy = min(in_status(rows, Status.linked), key=lambda row: (row.received_at, row.made_at, row.item_id))
        outcomes = await asyncio.gather(
            do(town, Action.unlink, copy.item_id), do(town, Action.discard, holder.item_id), return_exceptions=True
        )
        assert not isinstance(outcomes[1], BaseException)
        if isinstance(outcomes[0], BaseException):
            # The discard was first: it took over, and is no copy any more.
            assert isinstance(outcomes[0], Conflict)
            rows = await until_standing(town, forwarded=1, linked=3, discarded=1)
            assert (await require_whole(town, rows)).item_id == copy.item_id
            return
        rows = await until_standing(town, forwarded=2, linked=2, discarded=1)
        live = in_status(rows, Status.forwarded)
        [heir] = [row for row in live if row.item_id != copy.item_id]
        assert {row.original_item_id for row in in_status(rows, Status.linked)} == {heir.item_id}
        assert [row.item_id for row in await town.rows(claims)] == [heir.item_id]
        await until_quiet(town, live)
        for item in live:
            assert [row.state for row in await town.forwards(item.item_id)] == ["delivered"]
