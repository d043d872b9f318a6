"""Whoever wrote on paper is told in a text message, by NotifyNL; and what became of it is followed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from sqlalchemy import update

from adapters.post.letters.window_letter import WindowLetters
from inbox.channel import Channel
from inbox.errors import AnswerLost, DestinationUnavailable, SmsWaits
from inbox.item import NoticeChannel
from inbox.reading import LetterField, Reading, Sender
from store.configurations import publish
from store.deciding import standing
from store.keys import Role
from store.ledger import Ledger, now
from store.noticing import notice_row
from store.reading import commit_reading
from store.tables import notices, tasks
from tests.adapters.notify_nl.conftest import to_notify_nl, to_phones
from tests.adapters.post.letters.conftest import HOUSE
from tests.configuration import SMALL_TOWN, with_sms
from tests.gateway.api.world import Headers, World, make_world
from tests.inbox.acknowledge.test_on_paper import STATED, field
from tests.running import Town, until
from tests.servers.notify_nl import CUT, KEY, TEMPLATE, NotifyNlServer
from workflows import following, sending_hours
from workflows.acknowledging import acknowledge
from workflows.deciding import decide_item, link_item
from workflows.following import FOLLOWS_FOR, follow_notices

NUMBER = "+31612345678"


@pytest.fixture
def server() -> Any:
    started = NotifyNlServer()
    started.start()
    yield started
    started.stop()
    assert started.faults == []


@pytest.fixture(autouse=True)
def _by_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending_hours, "seconds_until_allowed", lambda *_: 0.0)


@pytest.fixture
async def world(ledger: Ledger, tmp_path: Path, server: NotifyNlServer) -> AsyncIterator[World]:
    made = await make_world(ledger, tmp_path)
    await publish(ledger, with_sms(SMALL_TOWN).replace("FOLDER", str(tmp_path / "forwarded")), "test")
    async with made.client, httpx.AsyncClient() as client:
        made.parts.sms = to_phones(client, server.url)
        made.parts.followers = {NoticeChannel.sms: made.parts.sms}
        yield made


def phone(number: str = NUMBER, sure: float = 0.98) -> LetterField:
    return LetterField(name="phone", value=number, page=1, box=(0, 0, 1, 1), confidence=sure)


async def letter(world: World, subject: str = "Lantaarn kapot", *fields: LetterField, email: str = "") -> Any:
    """Bring a letter to where its sender is to be told; return the notice's row."""
    item_id = await world.kept(channel=Channel.post)
    reading = Reading(
        channel=Channel.post, subject=subject, text=subject, fields=fields or (phone(),), sender=Sender(address=email)
    )
    await commit_reading(world.ledger, item_id, reading)
    await link_item(world.parts, await world.row(item_id))
    await decide_item(world.parts, await world.row(item_id))
    await world.drive(item_id)
    [notice] = (await standing(world.ledger, item_id)).notices
    return await notice_row(world.ledger, notice.notice_id)


async def again(world: World, notice: Any) -> Any:
    return await notice_row(world.ledger, notice.notice_id)


async def due(world: World, notice: Any, age: timedelta = timedelta(hours=1)) -> None:
    """Let it be time to ask what became of it."""
    async with world.ledger.begin() as connection:
        await connection.execute(
            update(notices)
            .where(notices.c.notice_id == notice.notice_id)
            .values(ask_at=now() - timedelta(seconds=1), settled_at=now() - age)
        )


async def test_receipt_reference_and_date_are_told_once(world: World, server: NotifyNlServer) -> None:
    notice = await letter(world)
    assert (notice.channel, notice.rcpt_to, notice.subject) == ("sms", NUMBER, "")
    assert await acknowledge(world.parts, notice.notice_id) == "sent"
    assert await acknowledge(world.parts, notice.notice_id) == "sent"
    reference = (await world.row(notice.item_id)).reference
    [text] = server.texts
    assert (text.number, text.text) == (NUMBER, notice.body)
    assert text.reference == f"{reference}-acknowledgement-1"
    assert f"Kenmerk: {reference}." in text.text
    assert "U hoort uiterlijk" in text.text
    # Nothing of what it is about: the number may be read wrongly.
    assert "lantaarn" not in text.text.lower()
    sent = await again(world, notice)
    assert (sent.state, sent.remote_id) == ("sent", text.notification_id)


@pytest.mark.parametrize(
    ("subject", "fields", "email"),
    [
        ("Bezwaar tegen een besluit", (), ""),
        ("Lantaarn kapot", (phone(sure=0.8),), ""),
        ("Lantaarn kapot", (phone("+31201234567"),), ""),
        ("Lantaarn kapot", (), "jan@inwoner.test"),
    ],
)
async def test_others_are_told_in_another_way(
    world: World, server: NotifyNlServer, subject: str, fields: tuple[LetterField, ...], email: str
) -> None:
    notice = await letter(world, subject, *fields, email=email)
    assert notice.channel == "email"
    assert notice.state == ("intended" if email else "withheld")
    assert server.requests == []


async def test_without_text_messages_nothing_changes(world: World) -> None:
    world.parts.sms = None
    notice = await letter(world)
    assert (notice.channel, notice.state) == ("email", "withheld")


async def test_at_night_it_waits_and_does_not_count_as_trying(
    world: World, server: NotifyNlServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    notice = await letter(world)
    monkeypatch.setattr(sending_hours, "seconds_until_allowed", lambda *_: 3600.0)
    with pytest.raises(SmsWaits) as raised:
        await acknowledge(world.parts, notice.notice_id)
    assert raised.value.retry_after_seconds == 3600
    waiting = await again(world, notice)
    assert (waiting.state, waiting.trouble_code, waiting.attempts) == ("intended", "sms_waits", 0)
    assert waiting.waited_at is not None
    assert server.requests == []
    monkeypatch.setattr(sending_hours, "seconds_until_allowed", lambda *_: 0.0)
    assert await acknowledge(world.parts, notice.notice_id) == "sent"


@pytest.fixture
async def admin(world: World) -> Headers:
    return await world.key(Role.admin, name="Beheer")


async def turns_out_to_be(world: World, notice: Any, admin: Headers, action: str = "reroute") -> list[Any]:
    """Let a person find that the law wants it confirmed; return all notices, in the order in which they were made."""
    answer = await world.do(action, notice.item_id, admin, category="bezwaar")
    assert answer.status_code < 300
    await world.drive(notice.item_id)
    return [await again(world, one) for one in (await standing(world.ledger, notice.item_id)).notices]


@pytest.mark.parametrize("action", ["reroute", "split"])
async def test_what_turns_out_to_be_an_objection_is_confirmed_once_more_on_paper(
    world: World, server: NotifyNlServer, admin: Headers, action: str
) -> None:
    """Awb 6:14: in writing, whatever was told before."""
    world.parts.letters = WindowLetters(HOUSE)
    notice = await letter(world, "Lantaarn kapot", phone(), *(field(name, value) for name, value in STATED.items()))
    assert await acknowledge(world.parts, notice.notice_id) == "sent"
    told, confirmed = await turns_out_to_be(world, notice, admin, action)
    assert (told.notice_id, told.state) == (notice.notice_id, "sent")
    assert (confirmed.kind, confirmed.ordinal, confirmed.channel) == ("acknowledgement", 2, "post")
    assert (confirmed.state, confirmed.told_due_on) == ("intended", None)
    assert confirmed.rcpt_to.startswith("A. van den Berghe")
    # Once, however often it is looked at, and whatever else becomes of it.
    await world.deliver(notice.item_id)
    await world.drive(notice.item_id)
    assert len((await standing(world.ledger, notice.item_id)).notices) == 2
    assert await rows(world, tasks) == []
    assert len(server.texts) == 1


async def test_an_objection_told_by_telephone_only_is_asked_of_a_person(
    world: World, server: NotifyNlServer, admin: Headers
) -> None:
    world.parts.letters = WindowLetters(HOUSE)
    notice = await letter(world)
    assert await acknowledge(world.parts, notice.notice_id) == "sent"
    _, withheld = await turns_out_to_be(world, notice, admin)
    assert (withheld.kind, withheld.state, withheld.message) == ("acknowledgement", "withheld", None)
    [task] = await rows(world, tasks)
    assert (task.kind, task.item_id, task.done_at) == ("untold", notice.item_id, None)


async def test_a_text_message_that_waits_is_withheld_when_it_turns_out_to_be_an_objection(
    world: World, server: NotifyNlServer, admin: Headers
) -> None:
    world.parts.letters = WindowLetters(HOUSE)
    notice = await letter(world, "Lantaarn kapot", phone(), *(field(name, value) for name, value in STATED.items()))
    _, confirmed = await turns_out_to_be(world, notice, admin)
    assert await acknowledge(world.parts, notice.notice_id) == "withheld"
    assert server.requests == []
    await world.drive(notice.item_id)
    assert len((await standing(world.ledger, notice.item_id)).notices) == 2
    assert (await again(world, confirmed)).state == "intended"


async def test_a_lost_answer_is_looked_up_before_it_is_sent_again(world: World, server: NotifyNlServer) -> None:
    notice = await letter(world)
    server.answers = [None, CUT]
    with pytest.raises(AnswerLost):
        await acknowledge(world.parts, notice.notice_id)
    assert (await again(world, notice)).state == "in_doubt"
    assert await acknowledge(world.parts, notice.notice_id) == "sent"
    [text] = server.texts
    sent = await again(world, notice)
    assert (sent.doubts, sent.remote_id) == (1, text.notification_id)


@pytest.mark.parametrize("status", ["permanent-failure", "temporary-failure", "technical-failure", "validation-failed"])
async def test_what_fails_later_is_undelivered_and_asked_of_a_person_once(
    world: World, server: NotifyNlServer, status: str
) -> None:
    notice = await letter(world)
    await acknowledge(world.parts, notice.notice_id)
    server.status = status
    assert await follow_notices(world.parts) == 0  # it is too early to ask
    await due(world, notice)
    assert await follow_notices(world.parts) == 1
    failed = await again(world, notice)
    assert (failed.state, failed.trouble_code, failed.ask_at) == ("undelivered", "undelivered", None)
    await due(world, notice)
    assert await follow_notices(world.parts) == 0
    [task] = [row for row in await rows(world, tasks) if row.item_id == notice.item_id]
    assert (task.kind, task.done_at) == ("undelivered", None)
    assert status in task.reason
    assert NUMBER not in task.reason
    assert [event.kind for event in await world.events(notice.item_id)].count("notice_undelivered") == 1


async def rows(world: World, table: Any) -> list[Any]:
    async with world.ledger.read() as connection:
        return list((await connection.execute(table.select())).all())


@pytest.mark.parametrize(("status", "forgets"), [("delivered", False), ("sending", True)])
async def test_what_arrived_or_is_forgotten_is_asked_no_more(
    world: World, server: NotifyNlServer, status: str, forgets: bool
) -> None:
    notice = await letter(world)
    await acknowledge(world.parts, notice.notice_id)
    server.status, server.forgets = status, forgets
    await due(world, notice)
    await follow_notices(world.parts)
    told = await again(world, notice)
    assert (told.state, told.ask_at) == ("sent", None)
    assert await rows(world, tasks) == []


async def test_what_is_on_its_way_is_asked_again_and_more_rarely(world: World, server: NotifyNlServer) -> None:
    notice = await letter(world)
    await acknowledge(world.parts, notice.notice_id)
    server.status = "sending"
    for age, least, most in ((0.1, 0.24, 0.26), (5, 4.9, 5.1), (100, 23.9, 24.1)):
        await due(world, notice, timedelta(hours=age))
        assert await follow_notices(world.parts) == 1
        pause = (await again(world, notice)).ask_at - now()
        assert timedelta(hours=least) < pause < timedelta(hours=most)
    await due(world, notice, FOLLOWS_FOR)
    await follow_notices(world.parts)
    assert (await again(world, notice)).ask_at is None


async def test_several_processes_ask_once(world: World, server: NotifyNlServer) -> None:
    notice = await letter(world)
    await acknowledge(world.parts, notice.notice_id)
    await due(world, notice)
    server.status = "permanent-failure"
    server.requests.clear()
    await asyncio.gather(*(follow_notices(world.parts) for _ in range(5)))
    assert len(server.requests) == 1
    assert len(await rows(world, tasks)) == 1


async def test_who_does_not_answer_is_asked_later(world: World, server: NotifyNlServer) -> None:
    notice = await letter(world)
    await acknowledge(world.parts, notice.notice_id)
    await due(world, notice)
    server.answers = [503]
    with pytest.raises(DestinationUnavailable):
        await follow_notices(world.parts)
    told = await again(world, notice)
    assert told.state == "sent"
    assert told.ask_at > now()


async def test_a_letter_on_paper_is_followed_in_the_same_way(
    world: World, server: NotifyNlServer, ledger: Ledger
) -> None:
    world.parts.sms = None
    world.parts.letters = WindowLetters(HOUSE)
    async with httpx.AsyncClient() as client:
        sender = to_notify_nl(client, server.url)
        world.parts.letter_sender, world.parts.followers = sender, {NoticeChannel.post: sender}
        address = (field(name, value) for name, value in STATED.items())
        notice = await letter(world, "Bezwaar tegen een besluit", phone(), *address)
        assert (notice.channel, await acknowledge(world.parts, notice.notice_id)) == ("post", "sent")
        [held] = server.held
        assert (await again(world, notice)).remote_id == held.notification_id
        server.status = "validation-failed"
        await due(world, notice)
        await follow_notices(world.parts)
    assert (await again(world, notice)).state == "undelivered"
    [task] = await rows(world, tasks)
    assert (task.kind, "validation-failed" in task.reason) == ("undelivered", True)


async def test_a_whole_town_tells_and_follows(
    make_town: Callable[..., Any], server: NotifyNlServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the settings to the telephone, and back to a person when it did not arrive."""
    monkeypatch.setenv("NOTIFY_KEY", KEY)
    monkeypatch.setattr(following, "_LOOKS_EVERY_SECONDS", 0.2)
    sms = {"api_key": "env:NOTIFY_KEY", "url": server.url, "template_id": TEMPLATE}
    town: Town = await make_town(document=with_sms(SMALL_TOWN), sms=sms)
    assert town.parts is not None
    world = World(town.parts, cast("httpx.AsyncClient", None), tmp_path / "var" / "bytes")
    item_id = await world.kept(channel=Channel.post)
    await commit_reading(
        town.ledger, item_id, Reading(channel=Channel.post, subject="Lantaarn kapot", fields=(phone(),))
    )
    async with town.working():
        notice = await town.until_told(item_id)
        assert (notice.state, [one.number for one in server.texts]) == ("sent", [NUMBER])
        server.status = "permanent-failure"
        await due(world, notice)

        async def asked() -> Any:
            return await town.rows(tasks, tasks.c.item_id == item_id)

        [task] = await until(asked, "a person is asked to tell them")
    assert task.kind == "undelivered"
    assert (await again(world, notice)).state == "undelivered"
