"""What stands against a text message to a caller: counted by when another was said, and by one at a time."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, update

from inbox.item import NoticeChannel, NoticeState
from store.call_tables import call_backs, shared_lines
from store.ledger import Ledger, now
from store.noticing import claim_notice, drop_notice, notice_row
from store.tables import notices
from store.texting import is_learned_line, is_settled, was_texted
from tests.store.making import decide, notice, send_out, was_linked

NUMBER = "+31612345678"
HOUR = timedelta(hours=1)


async def texted(
    ledger: Ledger, state: NoticeState = NoticeState.sent, ago: timedelta = timedelta(), **other: Any
) -> str:
    """Launch an item with one text message; return the notice's id."""
    made = notice(rcpt_to=NUMBER, **{"channel": NoticeChannel.sms, **other})
    await send_out(ledger, await decide(ledger, await was_linked(ledger), "vergunning"), notices=[made])
    await put(ledger, made.notice_id, state=str(state), claimed_at=now() - ago)
    return made.notice_id


async def put(ledger: Ledger, notice_id: str, **values: Any) -> None:
    async with ledger.begin() as connection:
        await connection.execute(update(notices).where(notices.c.notice_id == notice_id).values(**values))


@pytest.mark.parametrize(
    ("state", "counts"),
    [
        (NoticeState.intended, False),
        (NoticeState.withheld, False),
        (NoticeState.sending, True),
        (NoticeState.in_doubt, True),
        (NoticeState.sent, True),
        (NoticeState.failed, True),
        (NoticeState.undelivered, True),
    ],
)
async def test_what_was_or_may_have_been_said_counts(ledger: Ledger, state: NoticeState, counts: bool) -> None:
    notice_id = await texted(ledger, state)
    assert await was_texted(ledger, NUMBER, now() - HOUR) is counts
    assert not await was_texted(ledger, NUMBER, now() - HOUR, unless=notice_id)
    assert not await was_texted(ledger, "+31612345679", now() - HOUR)


async def test_it_counts_from_when_it_was_said_and_not_from_when_it_was_made(ledger: Ledger) -> None:
    notice_id = await texted(ledger, ago=HOUR)
    assert not await was_texted(ledger, NUMBER, now() - HOUR / 2)
    await put(ledger, notice_id, made_at=now() - 20 * HOUR)
    assert await was_texted(ledger, NUMBER, now() - 2 * HOUR)


async def test_a_mail_or_a_letter_is_no_text_message(ledger: Ledger) -> None:
    await texted(ledger, channel=NoticeChannel.post)
    assert not await was_texted(ledger, NUMBER, now() - HOUR)


async def test_of_many_at_once_one_speaks(ledger: Ledger) -> None:
    waiting = [await texted(ledger, NoticeState.intended) for _ in range(5)]

    async def speaks(notice_id: str) -> bool:
        async with ledger.as_one():
            if await was_texted(ledger, NUMBER, now() - HOUR, unless=notice_id):
                return False
            await asyncio.sleep(0.05)  # long enough for the others to ask
            await claim_notice(ledger, notice_id)
        return True

    assert sum(await asyncio.gather(*map(speaks, waiting))) == 1


@pytest.mark.parametrize("state", [NoticeState.intended, NoticeState.in_doubt])
async def test_what_is_dropped_keeps_no_words(ledger: Ledger, state: NoticeState) -> None:
    notice_id = await texted(ledger, state)
    await drop_notice(ledger, await notice_row(ledger, notice_id), "too late")
    row = await notice_row(ledger, notice_id)
    assert (row.state, row.withheld_because, row.message, row.body) == ("withheld", ["too late"], None, "")


@pytest.mark.parametrize("state", [NoticeState.sending, NoticeState.sent, NoticeState.failed])
async def test_what_is_being_said_or_was_is_not_dropped(ledger: Ledger, state: NoticeState) -> None:
    notice_id = await texted(ledger, state)
    await drop_notice(ledger, await notice_row(ledger, notice_id), "too late")
    row = await notice_row(ledger, notice_id)
    assert (row.state, row.message is None) == (str(state), False)


async def test_settled_call_backs_and_learned_lines_are_known(ledger: Ledger) -> None:
    item_id = await was_linked(ledger)
    assert not await is_settled(ledger, item_id)
    assert not await is_learned_line(ledger, NUMBER)
    async with ledger.begin() as connection:
        open_one = {"item_id": item_id, "number": NUMBER, "first_at": now(), "latest_at": now(), "calls_count": 1}
        await connection.execute(insert(call_backs).values(**open_one))
        await connection.execute(insert(shared_lines).values(number=NUMBER, learned_at=now(), because="two at once"))
    assert not await is_settled(ledger, item_id)
    assert await is_learned_line(ledger, NUMBER)
    async with ledger.begin() as connection:
        await connection.execute(update(call_backs).values(settled_at=now()))
    assert await is_settled(ledger, item_id)
