"""Bounces of our own mail: what did not arrive is seen, and a person is asked (Awb 2:11)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from inbox.actions import Action
from inbox.channel import Channel
from inbox.item import HeldBecause, NoticeState
from inbox.reading import DeliveryReport, Reading, ReportedRecipient
from store.deciding import standing
from store.ledger import Ledger
from store.noticing import claim_notice, notice_row, settle_notice
from store.reading import commit_reading
from store.tables import links, tasks
from tests.bounces import exchange, exim, out_of_office, postfix
from tests.gateway.api.world import make_world
from tests.mails import mail
from tests.running import Town, until
from tests.servers.smtp_server import Taken
from tests.workflows.test_actions import do
from workflows.deciding import decide_item, link_item

JAN = "jan@inwoner.test"
PERMITS = "vergunningen@afdeling.test"
SIGNED = "bounce+{token}@gemeente.test"


@pytest.fixture
async def signed(make_town: Callable[..., Any]) -> Town:
    """Give a town whose bounce addresses hold a token."""
    town: Town = await make_town(smtp={"envelope_sender": SIGNED})
    return town


async def told(town: Town, subject: str = "Aanvraag vergunning") -> tuple[Any, Taken]:
    """Let an application be told and forwarded; return its notice and what the relay took for the sender."""
    town.mailbox.deliver(mail(subject))
    item = await town.until_status(subject, "forwarded")
    notice = await town.until_told(item.item_id)
    assert notice.state == "sent"
    return notice, taken_for(town, JAN)


def taken_for(town: Town, address: str) -> Taken:
    return [taken for taken in town.relay.taken if address in taken.rcpt_to][-1]


async def until_decided(town: Town, subject: str) -> Any:
    """Wait until the item with this subject is decided and its sender was thought of; return it."""

    async def decided() -> Any:
        row = await town.item(subject)
        return row if row is not None and row.decided_version is not None else None

    row = await until(decided, f"`{subject}` is decided")
    assert (await town.until_told(row.item_id)).state == "withheld"
    return await town.item(subject)


async def open_tasks(town: Town, item_id: str) -> list[Any]:
    return await town.rows(tasks, tasks.c.item_id == item_id, tasks.c.done_at.is_(None))


async def until_tasks(town: Town, item_id: str) -> list[Any]:
    return await until(lambda: open_tasks(town, item_id), "a person is asked")


async def notice_of(town: Town, item_id: str) -> Any:
    [row] = await town.notices(item_id)
    return row


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (postfix, "the address does not exist (5.1.1)"),
        (exchange, "the address does not exist (5.1.10)"),
        (exim, "the mailbox is full (5.2.2)"),
    ],
)
async def test_an_acknowledgement_that_bounces_is_undelivered_and_a_person_is_asked(
    signed: Town, shape: Callable[[Taken], bytes], words: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="workflows")
    async with signed.working():
        notice, taken = await told(signed)
        assert taken.mail_from.startswith("bounce+")
        before = len(signed.relay.taken)
        signed.mailbox.deliver(shape(taken), sender="")
        [task] = await until_tasks(signed, notice.item_id)
        report = next(row for row in await signed.items() if row.item_id != notice.item_id)
        assert (await signed.until_told(report.item_id)).state == "withheld"
    after = await notice_of(signed, notice.item_id)
    original = await signed.item("Aanvraag vergunning")
    report = next(row for row in await signed.items() if row.item_id != notice.item_id)
    assert (after.state, after.trouble_code) == ("undelivered", "undelivered")
    assert JAN in after.trouble_detail
    events = await signed.events(notice.item_id) + await signed.events(report.item_id)
    assert JAN not in f"{caplog.text} {events} {task}"
    assert task.kind == "undelivered"
    assert task.reason.endswith(words)
    assert report.status == "filed"
    assert report.filed_because == f"a report about what we sent for {original.reference}"
    [link] = await signed.rows(links, links.c.item_id == report.item_id)
    assert (link.kind, link.other_item_id) == ("report", notice.item_id)
    assert original.status == "forwarded"
    assert len(signed.relay.taken) == before, "nothing is said by itself"
    assert await signed.forwards(report.item_id) == []


async def test_without_a_token_in_the_address_our_message_id_proves_it(town: Town) -> None:
    async with town.working():
        notice, taken = await told(town)
        assert taken.mail_from == "bounce@gemeente.test"
        town.mailbox.deliver(postfix(taken), sender="")
        [task] = await until_tasks(town, notice.item_id)
    assert task.kind == "undelivered"
    assert (await notice_of(town, notice.item_id)).state == "undelivered"


async def test_twice_the_same_and_another_report_change_it_once(signed: Town) -> None:
    async with signed.working():
        notice, taken = await told(signed)
        once = postfix(taken)
        signed.mailbox.deliver(once, once, exim(taken), sender="")

        async def all_ended() -> bool:
            return [row.status for row in await signed.items()].count("filed") == 2

        await until(all_ended, "both reports are filed, and the copy is linked")
        await signed.until_status("Mail delivery failed: returning message to sender", "filed")
    kinds = [row.kind for row in await signed.events(notice.item_id)]
    assert (kinds.count("notice_undelivered"), kinds.count("task_raised")) == (1, 1)
    assert len(await open_tasks(signed, notice.item_id)) == 1


async def test_what_was_bounced_may_be_said_again_by_a_person(signed: Town) -> None:
    async with signed.working():
        notice, taken = await told(signed)
        signed.mailbox.deliver(postfix(taken, status="5.2.2"), sender="")
        await until_tasks(signed, notice.item_id)
        await do(signed, Action.retry, notice.item_id)

        async def told_again() -> bool:
            return (await notice_of(signed, notice.item_id)).state == "sent"

        await until(told_again, "it is sent again")
    assert await open_tasks(signed, notice.item_id) == []
    first, second = signed.mail_to(JAN)
    assert first == second


async def test_a_forged_token_changes_nothing_and_is_routed_as_any_machine(signed: Town) -> None:
    async with signed.working():
        notice, taken = await told(signed)
        original = await signed.item("Aanvraag vergunning")
        token = taken.mail_from.split(".")[1]
        forged = postfix(taken).decode().replace(token, "a" * 20)
        assert original.reference.lower() in forged.lower()
        signed.mailbox.deliver(forged.encode(), sender="")
        report = await until_decided(signed, "Undelivered Mail Returned to Sender")
    assert (await notice_of(signed, notice.item_id)).state == "sent"
    assert await open_tasks(signed, notice.item_id) == []
    assert report.status in ("triage", "forwarding", "forwarded")
    assert report.reading["is_automatic"]


async def test_a_bounce_of_what_is_not_ours_is_routed_as_any_machine(signed: Town) -> None:
    theirs = Taken(
        mail_from="info@gemeente.test", rcpt_to=("piet@elders.test",), message=mail("Een brief"), smtp_utf8=False
    )
    async with signed.working():
        notice, _ = await told(signed)
        signed.mailbox.deliver(postfix(theirs), sender="")
        report = await until_decided(signed, "Undelivered Mail Returned to Sender")
        await signed.until_status("Undelivered Mail Returned to Sender", "triage")
    assert report.reading["is_automatic"]
    assert (await notice_of(signed, notice.item_id)).state == "sent"
    assert await signed.rows(links, links.c.item_id == report.item_id) == []


async def test_an_absence_notice_and_a_delay_are_no_bounces(signed: Town) -> None:
    async with signed.working():
        notice, taken = await told(signed)
        signed.mailbox.deliver(out_of_office(taken))
        away = await until_decided(signed, "Afwezig: Wij hebben uw bericht ontvangen")
        signed.mailbox.deliver(postfix(taken, action="delayed", status="4.4.1"), sender="")
        late = await until_decided(signed, "Delayed Mail (still being retried)")
    assert away.status != "filed"
    assert late.status == "filed"
    assert (await notice_of(signed, notice.item_id)).state == "sent"
    assert await open_tasks(signed, notice.item_id) == []
    assert "notice_reported" in [row.kind for row in await signed.events(notice.item_id)]


@pytest.mark.parametrize("envelope_sender", [SIGNED, "bounce@gemeente.test", ""])
async def test_a_departments_mailbox_that_bounces_is_seen_and_gets_it_again(
    make_town: Callable[..., Any], envelope_sender: str
) -> None:
    town: Town = await make_town(smtp={"envelope_sender": envelope_sender})
    async with town.working():
        notice, _ = await told(town)
        taken = taken_for(town, PERMITS)
        assert ("+f." in taken.mail_from) == (envelope_sender == SIGNED)
        back = postfix(taken, to=taken.mail_from or "info@gemeente.test", status="5.2.2")
        town.mailbox.deliver(back, sender="")
        [task] = await until_tasks(town, notice.item_id)
        await town.until_status("Undelivered Mail Returned to Sender", "filed")
        item = await town.item("Aanvraag vergunning")
        acting = (await town.forwards(notice.item_id))[0]
        assert (task.kind, item.status) == ("forward_returned", "forwarding")
        assert task.reason.endswith("the mailbox is full (5.2.2)")
        assert (acting.state, acting.trouble_code) == ("failed", "forward_returned")
        await do(town, Action.retry, notice.item_id)
        await town.until_status("Aanvraag vergunning", "forwarded")
    assert await open_tasks(town, notice.item_id) == []
    first, second = town.mail_to(PERMITS)
    assert first == second
    assert len({taken.mail_from for taken in town.relay.taken if PERMITS in taken.rcpt_to}) == 1


async def test_a_relay_that_refuses_the_sender_at_once_asks_a_person_until_it_takes_it(town: Town) -> None:
    town.relay.fails["RCPT"] = f"550 5.1.1 <{JAN}> unknown"
    town.mailbox.deliver(mail("Mijn bezwaar", "Ik maak bezwaar."))
    async with town.working():
        item = await town.until_status("Mijn bezwaar", "forwarded")
        [task] = await until_tasks(town, item.item_id)
        assert task.kind == "undelivered"
        assert task.reason.endswith("refused it, the address does not exist (5.1.1)")
        del town.relay.fails["RCPT"]
        await do(town, Action.retry, item.item_id)

        async def done() -> bool:
            return not await open_tasks(town, item.item_id)

        await until(done, "the sender is told")
    assert len(town.mail_to(JAN)) == 1


async def test_a_report_counts_where_we_only_observe_and_no_rule_or_thread_decides_about_it(
    ledger: Ledger, tmp_path: Path
) -> None:
    world = await make_world(ledger, tmp_path)
    original = await world.launched("Vergunning")
    [notice] = (await standing(ledger, original)).notices
    await claim_notice(ledger, notice.notice_id)
    await settle_notice(ledger, await notice_row(ledger, notice.notice_id), NoticeState.sent)
    ours = str(message_from_bytes(notice.message, policy=policy.default)["Message-ID"]).strip("<>")
    failed = ReportedRecipient(address=JAN, action="failed", status="5.1.1")
    report = await world.kept(held_because=HeldBecause.observe, is_observed=True)
    await commit_reading(
        ledger,
        report,
        Reading(
            channel=Channel.email,
            subject="Bezwaar",
            text="Ik maak bezwaar.",
            message_id="een@mx.inwoner.test",
            reply_to_ids=(ours,),
            report=DeliveryReport(recipients=(failed,), original_message_id=ours),
        ),
    )
    await link_item(world.parts, await world.row(report))
    await decide_item(world.parts, await world.row(report))
    row = await world.row(report)
    assert (row.status, row.held_because, row.adds_to_item_id) == ("filed", "observe", None)
    assert [step["rule"] for step in row.trace] == ["report of our own mail"]
    async with ledger.read() as connection:
        kinds = (await connection.execute(select(links.c.kind).where(links.c.item_id == report))).scalars().all()
    assert kinds == ["report"]
    assert (await notice_row(ledger, notice.notice_id)).state == "undelivered"
    await world.client.aclose()
