"""Whoever rang and was not answered is told in a text message, once a day and while it is news; or not, and the call back
itself is the answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import httpx
import pytest
from sqlalchemy import insert, update

from adapters.email.reading.read import read_light_mail
from adapters.intake.document import as_message
from adapters.intake.reader import SubmissionReader
from inbox.acknowledge.to_caller import ABROAD, NO_MOBILE, NO_NUMBER, OFF, OURS, SHARED, TOLD_TODAY, day_began
from inbox.call import CallFacts, Direction, Outcome
from inbox.channel import Channel
from inbox.errors import AnswerLost, DestinationUnavailable, SmsWaits
from inbox.item import NoticeChannel
from inbox.submission import Submission
from store.call_tables import call_backs, shared_lines
from store.configurations import publish
from store.deciding import standing
from store.keys import Role
from store.ledger import Ledger, now
from store.tables import notices, tasks
from tests.adapters.notify_nl.conftest import to_phones
from tests.configuration import SMALL_TOWN, with_call_texts
from tests.gateway.api.world import Headers, World, make_world
from tests.running import Town
from tests.servers.notify_nl import CUT, KEY, TEMPLATE, NotifyNlServer
from tests.workflows.test_sms import again, due, rows
from workflows import sending_hours
from workflows.acknowledging import acknowledge
from workflows.advancing import advance_guarded
from workflows.following import follow_notices
from workflows.telling import BY_TELEPHONE
from workflows.texting import NO_SMS, SPOKEN_TO

NUMBER = "+31612345678"
_BY_QUEUE = "".join(
    f"  - {{id: rij-{category}, when: {{queue: {category}}}, category: {category}}}\n"
    for category in ("lantaarn", "vergunning", "bezwaar")
)
DOCUMENT = (
    with_call_texts(SMALL_TOWN).replace("\nrules:\n", f"\nrules:\n{_BY_QUEUE}")
    + 'calls: {shared_lines: ["+31611111111"]}\n'
)


@pytest.fixture
def server() -> Any:
    started = NotifyNlServer()
    started.start()
    yield started
    started.stop()
    assert started.faults == []


@pytest.fixture
def hours(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Give what sets how many seconds it lasts until text messages may leave."""

    def opens_in(seconds: float) -> None:
        monkeypatch.setattr(sending_hours, "seconds_until_allowed", lambda *_: seconds)

    opens_in(0)
    return opens_in


@pytest.fixture
async def world(
    ledger: Ledger, tmp_path: Path, server: NotifyNlServer, hours: Callable[[float], None]
) -> AsyncIterator[World]:
    made = await make_world(ledger, tmp_path)
    await configured(made, DOCUMENT)
    async with made.client, httpx.AsyncClient() as client:
        made.parts.readers = {Channel.phone: SubmissionReader(read_light_mail)}
        made.parts.sms = to_phones(client, server.url)
        made.parts.followers = {NoticeChannel.sms: made.parts.sms}
        yield made


@pytest.fixture
async def admin(world: World) -> Headers:
    return await world.key(Role.admin, name="Beheer")


async def configured(world: World, document: str) -> None:
    await publish(world.ledger, document.replace("FOLDER", str(world.bytes_root.parent / "forwarded")), "test")


async def grows_old(world: World) -> None:
    """Let no call be fresh any more."""
    await configured(
        world, DOCUMENT.replace("acknowledges_calls: true", "acknowledges_calls: true, calls_fresh_minutes: 1")
    )


def submitted(subject: str, ago: timedelta, **changes: Any) -> bytes:
    """Return the bytes of an item that was made of a call, which waited in the queue of this name."""
    started = datetime.now(UTC) - ago
    said = {"caller": NUMBER, "dialled": "14099", "queue": subject, "direction": Direction.inbound}
    moments = {"outcome": Outcome.missed, "started_at": started, "first_at": started}
    call = CallFacts.model_validate({**said, **moments, **changes})
    return as_message(
        Submission(channel=Channel.phone, subject=subject, text="Terugbellen", phone=call.caller, call=call)
    )


async def rang(world: World, subject: str = "Lantaarn", ago: timedelta = timedelta(minutes=5), **changes: Any) -> Any:
    """Bring a call to where its caller is to be told; return the notice's row."""
    item_id = await world.kept(submitted(subject, ago, **changes), channel=Channel.phone)
    await advance_guarded(world.parts, item_id)
    [notice] = (await standing(world.ledger, item_id)).notices
    return await again(world, notice)


async def all_notices(world: World, notice: Any) -> list[Any]:
    """Return all notices of its item once nothing is left to be made."""
    await advance_guarded(world.parts, notice.item_id)
    return list((await standing(world.ledger, notice.item_id)).notices)


async def withheld_for_good(world: World, notice: Any) -> str:
    """Return why; nobody is asked for anything, no other notice takes its place, and the department calls back."""
    [only] = await all_notices(world, notice)
    assert (only.state, only.message) == ("withheld", None)
    assert await rows(world, tasks) == []
    assert {row.state for row in (await standing(world.ledger, notice.item_id)).forwards} == {"wanted"}
    return "; ".join(only.withheld_because)


async def test_the_caller_is_told_once_by_when_they_are_called_back(world: World, server: NotifyNlServer) -> None:
    notice = await rang(world)
    assert (notice.channel, notice.rcpt_to, notice.subject) == ("sms", NUMBER, "")
    assert await acknowledge(world.parts, notice.notice_id) == "sent"
    assert await acknowledge(world.parts, notice.notice_id) == "sent"
    reference = (await world.row(notice.item_id)).reference
    [text] = server.texts
    assert (text.number, text.reference) == (NUMBER, f"{reference}-acknowledgement-1")
    assert "Wij bellen u terug, uiterlijk " in text.text
    assert f"Kenmerk: {reference}." in text.text
    assert "lantaarn" not in text.text.lower()
    assert notice.told_due_on is not None
    assert [one.state for one in await all_notices(world, notice)] == ["sent"]


async def test_without_a_promised_date_no_date_is_told(world: World, server: NotifyNlServer) -> None:
    document = DOCUMENT.replace(
        "    answer: dated\n    norm: {within: 5, unit: working_days}", "    answer: receipt_only"
    )
    assert document != DOCUMENT
    await configured(world, document)
    notice = await rang(world)
    assert await acknowledge(world.parts, notice.notice_id) == "sent"
    assert "Wij zagen dat u belde op " in server.texts[0].text
    assert notice.told_due_on is None


async def test_what_no_rule_decides_is_told_too(world: World, server: NotifyNlServer) -> None:
    """A call that was missed says nothing yet that could turn out to be an objection."""
    notice = await rang(world, "Gemist")
    assert (await world.row(notice.item_id)).status == "triage"
    assert (notice.state, notice.channel) == ("intended", "sms")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"caller": ""}, NO_NUMBER),
        ({"caller": "+31201234567"}, NO_MOBILE),
        ({"caller": "+31900123456"}, NO_MOBILE),
        ({"caller": "101"}, NO_MOBILE),
        ({"caller": "+21620123456"}, ABROAD),
        ({"caller": "+31611111111"}, SHARED),
        ({"direction": Direction.outbound, "outcome": Outcome.answered}, OURS),
    ],
)
async def test_who_cannot_be_told_is_called_back_and_nobody_is_asked_to_tell_them(
    world: World, server: NotifyNlServer, changes: dict[str, Any], why: str
) -> None:
    assert await withheld_for_good(world, await rang(world, **changes)) == why
    assert server.requests == []


async def test_a_learned_line_is_shared_by_many(world: World) -> None:
    async with world.ledger.begin() as connection:
        await connection.execute(insert(shared_lines).values(number=NUMBER, learned_at=now(), because="two at once"))
    assert await withheld_for_good(world, await rang(world)) == SHARED


async def test_it_is_off_by_default_and_without_text_messages(world: World) -> None:
    await configured(world, SMALL_TOWN)
    assert await withheld_for_good(world, await rang(world)) == OFF
    world.parts.sms = None
    assert await withheld_for_good_of_other(world) == NO_SMS


async def withheld_for_good_of_other(world: World) -> str:
    await configured(world, DOCUMENT)
    return await withheld_for_good(world, await rang(world, caller="+31687654321"))


async def test_nothing_is_told_of_an_old_call(world: World, server: NotifyNlServer) -> None:
    """As when last month's log is imported, or the telephone system's clock is far ahead."""
    old = await rang(world, ago=timedelta(minutes=121))
    assert "no longer fresh" in await withheld_for_good(world, old)
    assert "no longer fresh" in await withheld_for_good(world, await rang(world, ago=timedelta(days=30)))
    assert "no longer fresh" in await withheld_for_good(world, await rang(world, ago=timedelta(days=-30)))
    assert server.requests == []


async def test_what_would_only_leave_when_it_is_stale_is_withheld_at_once(
    world: World, hours: Callable[[float], None]
) -> None:
    hours(8 * 3600)
    assert "leaves before 09:00" in await withheld_for_good(world, await rang(world))


async def test_what_waited_for_the_hour_is_told_while_it_is_fresh(
    world: World, server: NotifyNlServer, hours: Callable[[float], None]
) -> None:
    hours(3600)
    notice = await rang(world)
    with pytest.raises(SmsWaits):
        await acknowledge(world.parts, notice.notice_id)
    assert server.requests == []
    hours(0)
    assert await acknowledge(world.parts, notice.notice_id) == "sent"


async def test_what_waited_too_long_is_never_sent(
    world: World, server: NotifyNlServer, hours: Callable[[float], None]
) -> None:
    hours(3600)
    notice = await rang(world)
    with pytest.raises(SmsWaits):
        await acknowledge(world.parts, notice.notice_id)
    await grows_old(world)
    hours(0)
    assert await acknowledge(world.parts, notice.notice_id) == "withheld"
    assert "no longer fresh" in await withheld_for_good(world, notice)
    assert server.requests == []


async def test_what_notify_nl_could_not_take_in_time_is_never_sent(world: World, server: NotifyNlServer) -> None:
    notice = await rang(world)
    server.answers = [503]
    with pytest.raises(DestinationUnavailable):
        await acknowledge(world.parts, notice.notice_id)
    await grows_old(world)
    assert await acknowledge(world.parts, notice.notice_id) == "withheld"
    assert server.texts == []


async def spoke(world: World, item_id: str) -> None:
    """Let somebody have spoken to the caller."""
    made = {"item_id": item_id, "number": NUMBER, "first_at": now(), "latest_at": now(), "calls_count": 1}
    async with world.ledger.begin() as connection:
        await connection.execute(insert(call_backs).values(**made, settled_at=now()))


async def test_who_was_spoken_to_meanwhile_is_not_told(world: World, server: NotifyNlServer) -> None:
    notice = await rang(world)
    await spoke(world, notice.item_id)
    assert await acknowledge(world.parts, notice.notice_id) == "withheld"
    assert await withheld_for_good(world, notice) == SPOKEN_TO
    assert server.requests == []


async def test_who_was_called_back_meanwhile_is_not_told(world: World, server: NotifyNlServer, admin: Headers) -> None:
    notice = await rang(world)
    await world.deliver(notice.item_id)
    assert (await world.do("complete", notice.item_id, admin)).status_code < 300
    assert await acknowledge(world.parts, notice.notice_id) == "withheld"
    [only] = await all_notices(world, notice)
    assert only.withheld_because == ["the item is completed"]
    assert server.requests == []


async def test_a_number_is_told_once_a_day_whatever_it_rang_about(world: World, server: NotifyNlServer) -> None:
    first = await rang(world)
    assert await acknowledge(world.parts, first.notice_id) == "sent"
    assert await withheld_for_good(world, await rang(world, "Vergunning")) == TOLD_TODAY
    other = await rang(world, caller="+31687654321")
    assert await acknowledge(world.parts, other.notice_id) == "sent"
    # Yesterday evening is another day, an hour or twenty after.
    midnight = day_began(now(), (await world.parts.configurations.current()).zone)
    async with world.ledger.begin() as connection:
        await connection.execute(update(notices).values(claimed_at=midnight - timedelta(seconds=1)))
    third = await rang(world, "Vergunning")
    assert await acknowledge(world.parts, third.notice_id) == "sent"
    assert [text.number for text in server.texts] == [NUMBER, "+31687654321", NUMBER]


async def test_of_several_that_wait_for_the_morning_one_is_sent(world: World, server: NotifyNlServer) -> None:
    """Also when all of them are sent at the same moment, by as many workers."""
    waiting = [await rang(world, subject) for subject in ("Lantaarn", "Vergunning", "Gemist", "Lantaarn")]
    assert {notice.state for notice in waiting} == {"intended"}
    told = await asyncio.gather(*(acknowledge(world.parts, notice.notice_id) for notice in waiting))
    assert sorted(told) == ["sent", "withheld", "withheld", "withheld"]
    assert len(server.texts) == 1
    for notice, state in zip(waiting, told, strict=True):
        if state == "withheld":
            assert await withheld_for_good(world, notice) == TOLD_TODAY


async def test_one_that_failed_for_a_moment_is_not_its_own_rival(world: World, server: NotifyNlServer) -> None:
    notice = await rang(world)
    server.answers = [None, 503]
    with pytest.raises(DestinationUnavailable):
        await acknowledge(world.parts, notice.notice_id)
    assert (await again(world, notice)).claimed_at is not None
    assert await acknowledge(world.parts, notice.notice_id) == "sent"
    assert len(server.texts) == 1


@pytest.mark.parametrize("is_old", [False, True])
async def test_what_was_taken_before_a_crash_is_found_and_not_sent_twice(
    world: World, server: NotifyNlServer, is_old: bool
) -> None:
    notice = await rang(world)
    server.answers = [None, CUT]
    with pytest.raises(AnswerLost):
        await acknowledge(world.parts, notice.notice_id)
    if is_old:
        await grows_old(world)
    assert await acknowledge(world.parts, notice.notice_id) == "sent"
    [text] = server.texts
    assert (await again(world, notice)).remote_id == text.notification_id


async def died_while_saying(world: World, notice: Any) -> None:
    """Let a worker have been killed after its claim, which is over by now."""
    dead = {
        "state": "sending",
        "claim_id": "dead",
        "claimed_at": now() - world.parts.claim_lasts - timedelta(seconds=1),
    }
    async with world.ledger.begin() as connection:
        await connection.execute(update(notices).where(notices.c.notice_id == notice.notice_id).values(**dead))


@pytest.mark.parametrize("was_taken", [False, True])
@pytest.mark.parametrize("is_old", [False, True])
async def test_a_worker_that_dies_before_or_after_it_was_taken_tells_once(
    world: World, server: NotifyNlServer, was_taken: bool, is_old: bool
) -> None:
    notice = await rang(world)
    if was_taken:
        assert await acknowledge(world.parts, notice.notice_id) == "sent"
        async with world.ledger.begin() as connection:
            await connection.execute(update(notices).values(settled_at=None))
    await died_while_saying(world, notice)
    if is_old:
        await grows_old(world)
    told = await acknowledge(world.parts, notice.notice_id)
    assert told == ("sent" if was_taken or not is_old else "withheld")
    assert len(server.texts) == int(was_taken or not is_old)
    assert await rows(world, tasks) == []
    assert len(await all_notices(world, notice)) == 1


@pytest.mark.parametrize("is_old", [False, True])
async def test_what_was_not_taken_before_a_crash_is_sent_while_it_is_fresh(
    world: World, server: NotifyNlServer, is_old: bool
) -> None:
    notice = await rang(world)
    server.answers = [None, 502]
    with pytest.raises(AnswerLost):
        await acknowledge(world.parts, notice.notice_id)
    assert (await again(world, notice)).state == "in_doubt"
    if is_old:
        await grows_old(world)
        server.answers = [503]  # it cannot be asked either, for now
        with pytest.raises(DestinationUnavailable):
            await acknowledge(world.parts, notice.notice_id)
        assert await acknowledge(world.parts, notice.notice_id) == "withheld"
        assert "no longer fresh" in await withheld_for_good(world, notice)
    else:
        assert await acknowledge(world.parts, notice.notice_id) == "sent"
    assert len(server.texts) == (0 if is_old else 1)


@pytest.mark.parametrize("status", [None, "permanent-failure"])
async def test_a_text_that_does_not_arrive_is_no_task_since_they_are_called(
    world: World, server: NotifyNlServer, status: str | None
) -> None:
    notice = await rang(world)
    if status is None:
        server.answers = [None, 400]
    assert await acknowledge(world.parts, notice.notice_id) == ("sent" if status else "failed")
    if status:
        server.status = status
        await due(world, notice)
        await follow_notices(world.parts)
    assert (await again(world, notice)).state == ("undelivered" if status else "failed")
    assert await rows(world, tasks) == []


async def rerouted(world: World, notice: Any, admin: Headers, category: str) -> list[Any]:
    """Let a person choose another category; return all notices, in the order in which they were made."""
    assert (await world.do("reroute", notice.item_id, admin, category=category)).status_code < 300
    return await all_notices(world, notice)


async def test_a_later_date_is_told_in_the_same_way_however_old_the_call_is(
    world: World, server: NotifyNlServer, admin: Headers
) -> None:
    notice = await rang(world)
    assert await acknowledge(world.parts, notice.notice_id) == "sent"
    await grows_old(world)
    _, correction = await rerouted(world, notice, admin, "vergunning")
    assert (correction.kind, correction.channel, correction.rcpt_to) == ("correction", "sms", NUMBER)
    assert await acknowledge(world.parts, correction.notice_id) == "sent"
    assert [text.text.partition(".")[0] for text in server.texts] == [
        "Wij zagen dat u belde",
        "Het duurt langer dan wij dachten",
    ]
    # It counts: the next call of today is not told.
    assert "no longer fresh" in await withheld_for_good(world, await rang(world))


async def test_who_was_told_no_date_is_told_no_later_one(world: World, server: NotifyNlServer, admin: Headers) -> None:
    notice = await rang(world, caller="+31201234567")
    told = await rerouted(world, notice, admin, "vergunning")
    assert {one.kind for one in told} == {"acknowledgement"}
    assert {one.state for one in told} == {"withheld"}
    assert server.requests == []


async def test_a_later_date_is_not_told_once_they_were_spoken_to(
    world: World, server: NotifyNlServer, admin: Headers
) -> None:
    notice = await rang(world)
    await acknowledge(world.parts, notice.notice_id)
    _, correction = await rerouted(world, notice, admin, "vergunning")
    await spoke(world, notice.item_id)
    assert await acknowledge(world.parts, correction.notice_id) == "withheld"
    assert len(server.texts) == 1


@pytest.mark.parametrize("is_told", [False, True])
async def test_what_turns_out_to_be_statutory_is_asked_of_a_person(
    world: World, server: NotifyNlServer, admin: Headers, is_told: bool
) -> None:
    """The law wants it in writing, and a telephone number is no address."""
    notice = await rang(world)
    if is_told:
        assert await acknowledge(world.parts, notice.notice_id) == "sent"
    _, confirmed = await rerouted(world, notice, admin, "bezwaar")
    assert (confirmed.state, confirmed.withheld_because) == ("withheld", [BY_TELEPHONE])
    if not is_told:
        assert await acknowledge(world.parts, notice.notice_id) == "withheld"
    [task] = await rows(world, tasks)
    assert (task.kind, task.reason) == ("untold", BY_TELEPHONE)
    assert len(server.texts) == int(is_told)
    assert len(await all_notices(world, notice)) == 2


async def test_whose_address_a_person_gives_is_told_by_mail(
    world: World, server: NotifyNlServer, admin: Headers
) -> None:
    notice = await rang(world, "Bezwaar")
    assert (notice.state, notice.withheld_because) == ("withheld", [BY_TELEPHONE])
    answer = await world.do("vouch", notice.item_id, admin, address="jan@inwoner.test")
    assert answer.status_code < 300, answer.text
    _, told = await all_notices(world, notice)
    assert (told.channel, told.state, told.rcpt_to) == ("email", "intended", "jan@inwoner.test")
    assert server.requests == []


async def test_a_whole_town_tells_a_caller(
    make_town: Callable[..., Any],
    server: NotifyNlServer,
    hours: Callable[[float], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From the bytes to the telephone and to the department."""
    monkeypatch.setenv("NOTIFY_KEY", KEY)
    sms = {"api_key": "env:NOTIFY_KEY", "url": server.url, "template_id": TEMPLATE}
    town: Town = await make_town(document=DOCUMENT, sms=sms)
    assert town.parts is not None
    world = World(town.parts, cast("httpx.AsyncClient", None), tmp_path / "var" / "bytes")
    async with town.working():
        told = await world.kept(submitted("Lantaarn", timedelta(minutes=5)), channel=Channel.phone)
        notice = await town.until_told(told)
        again_today = await world.kept(submitted("Vergunning", timedelta(minutes=1)), channel=Channel.phone)
        withheld = await town.until_told(again_today)
        await town.until_status("Lantaarn", "forwarded")
        await town.until_status("Vergunning", "forwarded")
    assert (notice.state, [one.number for one in server.texts]) == ("sent", [NUMBER])
    assert (withheld.state, withheld.withheld_because) == ("withheld", [TOLD_TODAY])
    assert await town.rows(tasks) == []
