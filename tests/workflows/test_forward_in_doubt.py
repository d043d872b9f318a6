"""Forwards whose answer is lost, whose round changes under way, and whose worker dies: one each, with its own id."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from temporalio.activity import ActivityCancellationDetails
from temporalio.testing import ActivityEnvironment

from inbox.actions import Action
from inbox.errors import UnderWay
from store.forwarding import forward_row
from store.noticing import notice_row
from store.tables import forwards, notices
from tests.configuration import SMALL_TOWN
from tests.mails import mail
from tests.running import Town, until
from tests.servers.department import CUT, Department
from tests.servers.smtp_server import DROP
from tests.workflows.test_actions import all_settled, do
from workflows import attempts
from workflows.acknowledging import acknowledge
from workflows.beating import beating
from workflows.forwarding import forward

SECRET = "whsec_" + "QUJD" * 8
FOLDER_OF_LAW = "acting: {kind: folder, path: FOLDER/juridisch, up_to: vertrouwelijk}"
KCC = "kcc@afdeling.test"


def with_webhook(department: Department) -> str:
    """Return the small town's configuration with the legal department behind its web service."""
    webhook = f"acting: {{kind: webhook, url: '{department.url}', secret: env:TOWN_SECRET, up_to: vertrouwelijk}}"
    return SMALL_TOWN.replace(FOLDER_OF_LAW, webhook)


@pytest.fixture
async def town(make_town: Callable[..., Any], department: Department, monkeypatch: pytest.MonkeyPatch) -> Town:
    """Give a town whose legal department has a web service, on SQLite; nothing runs yet."""
    monkeypatch.setenv("TOWN_SECRET", SECRET)
    made: Town = await make_town(document=with_webhook(department))
    return made


async def with_attempt_under_way(town: Town, department: Department) -> Any:
    """Wait until the service has the first attempt and does not answer; return the forward, `sending`."""

    async def speaking() -> Any:
        rows = await town.rows(forwards, forwards.c.state == "sending", forwards.c.department == "juridisch")
        return rows if rows and department.posted else None

    [row] = await until(speaking, "an attempt is under way")
    return row


async def test_a_service_that_acts_and_hangs_up_holds_it_once_and_under_its_own_id(
    town: Town, department: Department
) -> None:
    """Invariant 7, where the target recognises the id."""
    department.answers += [CUT, CUT]
    town.mailbox.deliver(mail("Bezwaar", "Ik maak bezwaar."))
    async with town.working():
        item = await town.until_status("Bezwaar", "forwarded")
    [row] = await town.forwards(item.item_id)
    assert list(department.held) == [row.forward_id]
    assert [(posted.webhook_id, posted.body) for posted in department.posted] == [
        (row.forward_id, department.posted[0].body)
    ] * 3
    assert (row.state, row.doubts, row.remote_id) == ("delivered", 2, department.own_id(row.forward_id))
    assert await town.steps(row.forward_id) == [
        *("claimed", "in_doubt", "claimed", "in_doubt"),
        *("claimed", "delivered"),
    ]


async def test_a_mailbox_gets_identical_copies_at_most_as_often_as_allowed_and_then_a_person_looks(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts, "_PAUSES_AFTER_DOUBTS", (0.1,))
    town.relay.fails["final"] = DROP
    town.mailbox.deliver(mail("Lantaarn kapot"))
    async with town.working():
        item = await town.until_status("Lantaarn kapot", "forwarding")
        [row] = await all_settled(town, item.item_id, 1)
        assert (row.state, row.trouble_code, row.doubts) == ("failed", "answer_lost", 4)
        copies = [taken.message for taken in town.relay.dropped if KCC in taken.rcpt_to]
        assert copies == [copies[0]] * 4

        town.relay.fails.clear()
        await do(town, Action.retry, item.item_id)
        await town.until_status("Lantaarn kapot", "forwarded")
    assert town.mail_to(KCC) == [copies[0]]
    assert f"Message-ID: <gw-forward.{row.forward_id}.item@".encode() in copies[0]


async def test_answers_that_stay_lost_for_days_become_a_failure_that_is_seen(
    town: Town, department: Department
) -> None:
    department.answers += [CUT] * 50
    town.mailbox.deliver(mail("Bezwaar", "Ik maak bezwaar."))
    async with town.working():
        item = await town.until_status("Bezwaar", "forwarding")
        await until(lambda: _doubted(town, item.item_id), "it is in doubt")
        async with town.ledger.begin() as connection:
            await connection.execute(update(forwards).values(made_at=datetime.now(UTC) - timedelta(days=6)))
        [row] = await all_settled(town, item.item_id, 1)
    assert (row.state, row.trouble_code) == ("failed", "answer_lost")
    assert list(department.held) == [row.forward_id]


async def _doubted(town: Town, item_id: str) -> bool:
    return any(row.doubts for row in await town.forwards(item_id))


async def test_a_reroute_while_it_is_in_doubt_is_told_there_before_the_next_department_gets_it(
    town: Town, department: Department
) -> None:
    department.answers += [CUT, 503, 503]
    town.mailbox.deliver(mail("Bezwaar", "Ik maak bezwaar."))
    async with town.working():
        item = await town.until_status("Bezwaar", "forwarding")
        await until(lambda: _doubted(town, item.item_id), "it is in doubt")
        await do(town, Action.reroute, item.item_id, "triage")
        first, second = await all_settled(town, item.item_id, 2)
    assert [(row.round, row.state) for row in (first, second)] == [(1, "withdrawn"), (2, "delivered")]
    assert list(department.held) == [first.forward_id, f"{first.forward_id}.withdrawn"]
    assert len(town.mail_to(KCC)) == 1


@pytest.mark.parametrize(
    ("answer", "doubts", "ends_as", "told"),
    [
        (201, 0, "withdrawn", True),  # they hold it, and are told
        (CUT, 1, "withdrawn", True),  # they may hold it, and are told
        (400, 0, "cancelled", False),  # they never had it: nothing to tell
        (503, 0, "cancelled", False),
    ],
)
async def test_a_reroute_while_an_attempt_is_speaking_waits_for_its_word(
    town: Town, department: Department, answer: int | str, doubts: int, ends_as: str, told: bool
) -> None:
    assert town.parts is not None
    town.parts.claim_lasts = timedelta(seconds=8)
    department.answers.append(answer)
    department.open.clear()
    town.mailbox.deliver(mail("Bezwaar", "Ik maak bezwaar."))
    async with town.working():
        row = await with_attempt_under_way(town, department)
        await do(town, Action.reroute, row.item_id, "triage")
        department.open.set()
        first, second = await all_settled(town, row.item_id, 2)
        await town.until_status("Bezwaar", "triage")
    assert [(row.round, row.state, row.doubts) for row in (first, second)] == [
        (1, ends_as, doubts),
        (2, "delivered", 0),
    ]
    withdrawals = [posted for posted in department.posted if posted.webhook_id.endswith(".withdrawn")]
    assert len(withdrawals) == told
    assert len(department.posted) == 1 + told
    assert len(town.mail_to(KCC)) == 1


async def test_there_and_back_and_there_again_are_three_forwards_each_once_at_its_target(
    town: Town, department: Department
) -> None:
    department.answers += [CUT, 201, 503, CUT]
    town.mailbox.deliver(mail("Bezwaar", "Ik maak bezwaar."))
    async with town.working():
        item = await town.until_status("Bezwaar", "forwarded")
        await do(town, Action.return_, item.item_id)
        await town.until_status("Bezwaar", "triage")
        await all_settled(town, item.item_id, 2)
        await do(town, Action.reroute, item.item_id, "bezwaar")
        await town.until_status("Bezwaar", "forwarded")
        rows = await all_settled(town, item.item_id, 3)
    first, second, third = rows
    assert [(row.round, row.department, row.state) for row in rows] == [
        (1, "juridisch", "withdrawn"),
        (2, "kcc", "withdrawn"),
        (3, "juridisch", "delivered"),
    ]
    assert list(department.held) == [first.forward_id, f"{first.forward_id}.withdrawn", third.forward_id]
    assert [held["data"]["round"] for held in department.held.values()] == [1, 1, 3]
    assert third.remote_id == department.own_id(third.forward_id)
    kinds = [b".item@", b".withdrawal@"]
    assert [
        sum(f"<gw-forward.{second.forward_id}".encode() + kind in message for message in town.mail_to(KCC))
        for kind in kinds
    ] == [2, 1]  # the withdrawal answers the forward, and so names it too
    assert len(town.mail_to(KCC)) == 2
    assert len(town.mail_to("jan@inwoner.test")) == len(await town.notices(item.item_id))


async def test_an_attempt_ends_before_its_claim_and_leaves_a_doubt(town: Town, department: Department) -> None:
    assert town.parts is not None
    town.parts.claim_lasts = timedelta(seconds=2)
    department.open.clear()
    town.mailbox.deliver(mail("Bezwaar", "Ik maak bezwaar."))
    async with town.working():
        row = await with_attempt_under_way(town, department)
        # Long before the adapter's own 16 seconds are over.
        await until(lambda: _doubted(town, row.item_id), "the attempt was cut off", seconds=14)
        department.open.set()
        await town.until_status("Bezwaar", "forwarded")
    [row] = await town.forwards(row.item_id)
    assert "attempt_failed" not in await town.steps(row.forward_id)
    assert list(department.held) == [row.forward_id]


@pytest.mark.parametrize("speech", ["forward", "acknowledge"])
async def test_after_the_clock_was_set_back_a_claim_lasts_no_longer_than_any_other(town: Town, speech: str) -> None:
    assert town.parts is not None
    parts = town.parts
    town.mailbox.deliver(mail("Bezwaar", "Ik maak bezwaar."))
    async with town.working():
        item = await town.until_status("Bezwaar", "forwarded")
        notice = await town.until_told(item.item_id)
    [row] = await town.forwards(item.item_id)
    parts.claim_lasts = timedelta(seconds=2)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    async with town.ledger.begin() as connection:
        for table in (forwards, notices):
            await connection.execute(
                update(table).values(state="sending", claim_id="dead", claimed_at=tomorrow, settled_at=None)
            )

    async def attempt() -> str:
        if speech == "forward":
            return await forward(parts, row.forward_id)
        return await acknowledge(parts, notice.notice_id)

    with pytest.raises(UnderWay) as under_way:
        await attempt()
    assert under_way.value.retry_after_seconds <= 2

    async def over() -> bool:
        try:
            return await attempt() in ("delivered", "sent")
        except UnderWay:
            return False

    await until(over, "the claim is over", seconds=60)
    doubts = [
        (await forward_row(town.ledger, row.forward_id)).doubts,
        (await notice_row(town.ledger, notice.notice_id)).doubts,
    ]
    assert sum(doubts) == 1


async def test_a_killed_workers_attempt_is_taken_up_within_a_minute_and_arrives_once(
    town: Town, department: Department, tmp_path: Path
) -> None:
    """The claim must be over first; then it is repeated under the same id, and the doubt is counted."""
    assert town.parts is not None
    town.parts.claim_lasts = timedelta(seconds=4)
    department.open.clear()
    town.mailbox.deliver(mail("Bezwaar", "Ik maak bezwaar."))
    with town.apart(tmp_path) as running:
        claimed = await with_attempt_under_way(town, department)
        running.process.kill()
        running.process.wait()
    killed_at = time.monotonic()
    department.open.set()
    async with town.working():
        # Half a minute without a sign of life; a busy machine may add some.
        await until(lambda: _delivered(town, claimed.item_id), "it is delivered", seconds=80)
    assert time.monotonic() - killed_at < 80
    [row] = await town.forwards(claimed.item_id)
    assert list(department.held) == [row.forward_id]
    assert (row.doubts, [posted.webhook_id for posted in department.posted]) == (1, [row.forward_id] * 2)
    assert row.claimed_at - claimed.claimed_at >= town.parts.claim_lasts
    assert await town.steps(row.forward_id) == ["claimed", "in_doubt", "claimed", "delivered"]


async def _delivered(town: Town, item_id: str) -> bool:
    return [row.state for row in await town.forwards(item_id)] == ["delivered"]


@pytest.mark.parametrize(
    ("why", "is_finished"),
    [
        (ActivityCancellationDetails(cancel_requested=True), True),
        (ActivityCancellationDetails(not_found=True), True),
        (ActivityCancellationDetails(worker_shutdown=True), False),
    ],
)
async def test_what_has_begun_to_speak_says_its_word_unless_its_worker_stops(
    why: ActivityCancellationDetails, is_finished: bool
) -> None:
    said: list[str] = []
    begun, goes_on = asyncio.Event(), asyncio.Event()

    async def speak(subject_id: str) -> str:
        begun.set()
        await goes_on.wait()
        said.append(subject_id)
        return "delivered"

    environment = ActivityEnvironment()
    beats: list[object] = []
    environment.on_heartbeat = lambda *details: beats.append(details)
    attempt = asyncio.ensure_future(environment.run(beating(speak, timedelta(seconds=30)), "a forward"))
    await begun.wait()
    environment.cancel(cancellation_details=why)
    await asyncio.sleep(0.05)
    goes_on.set()
    outcome = (await asyncio.gather(attempt, return_exceptions=True))[0]
    assert (outcome == "delivered", said) == ((True, ["a forward"]) if is_finished else (False, []))
    assert beats == [()]


async def test_what_nobody_waits_for_any_more_does_not_speak_without_end() -> None:
    async def hang(_: str) -> None:
        await asyncio.Event().wait()

    environment = ActivityEnvironment()
    attempt = asyncio.ensure_future(environment.run(beating(hang, timedelta(seconds=0.1)), "a forward"))
    await asyncio.sleep(0.05)
    environment.cancel(cancellation_details=ActivityCancellationDetails(cancel_requested=True))
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(attempt, 10)
