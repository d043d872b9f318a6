"""Reports about our own mail: one change and one task each, whatever comes when and how often."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import update

from inbox.actions import Action
from inbox.bounce_address import ForwardSent, NoticeSent
from inbox.confidentiality import Confidentiality
from inbox.errors import Conflict, MailRelayUnavailable, RecipientRefused
from inbox.handover import HandoverKind
from inbox.item import ForwardState, HeldBecause, NoticeKind, NoticeState, Status
from inbox.ports import Taken
from inbox.reconciliation import Kind
from inbox.returned import Returned
from store.deciding import standing
from store.forwarding import claim_forward, doubt_forward, forward_row, settle_delivered, settle_withdrawn
from store.ledger import Ledger
from store.noticing import claim_notice, doubt_notice, note_notice_trouble, notice_row, settle_notice
from store.reading import item_row
from store.returned import file_report
from store.tables import items, links, notices, tasks
from tests.store.making import Delivered, deliver, do, events_of, notice, rows, send_out, was_forwarded, was_launched
from tests.store.making import was_linked as kept_report
from tests.store.test_item_checks import checked

WORDS = "jan@inwoner.test 5.1.1 550 no such user"


async def sent(ledger: Ledger, item_id: str) -> Any:
    """Let the item's notice be sent; return its row."""
    [row] = (await standing(ledger, item_id)).notices
    await claim_notice(ledger, row.notice_id)
    await settle_notice(ledger, await notice_row(ledger, row.notice_id), NoticeState.sent, taken=Taken("250 taken"))
    return await notice_row(ledger, row.notice_id)


async def about_notice(ledger: Ledger, row: Any, **changes: Any) -> Returned:
    reference = (await item_row(ledger, row.item_id)).reference
    return about(NoticeSent(reference, NoticeKind(row.kind), row.ordinal), **changes)


def about_forward(row: Any, kind: HandoverKind = HandoverKind.item, **changes: Any) -> Returned:
    return about(ForwardSent(row.forward_id, kind, is_proven=True), **changes)


def about(mail: NoticeSent | ForwardSent, **changes: Any) -> Returned:
    facts: dict[str, Any] = {
        "has_failed": True,
        "action": "failed",
        "status": "5.1.1",
        "addresses": frozenset(),
        "detail": WORDS,
    }
    return Returned(mail, **{**facts, **changes})


async def reported(ledger: Ledger, found: Returned, **changes: Any) -> Any:
    """Keep a report and file it; return its row. `changes`: of its delivery."""
    item_id = await kept_report(ledger, **changes)
    assert await file_report(ledger, await item_row(ledger, item_id), found, version=1)
    return await item_row(ledger, item_id)


async def open_tasks(ledger: Ledger, item_id: str) -> list[str]:
    return [row.kind for row in await rows(ledger, tasks, tasks.c.item_id == item_id, tasks.c.done_at.is_(None))]


async def kinds(ledger: Ledger, item_id: str) -> list[str]:
    return [row.kind for row in await events_of(ledger, item_id)]


async def acting(ledger: Ledger, item_id: str) -> Any:
    found = [row for row in (await standing(ledger, item_id)).forwards if row.role == "acting"]
    return max(found, key=lambda row: row.round)


async def test_a_bounced_acknowledgement_is_undelivered_and_asks_a_person(ledger: Ledger) -> None:
    row = await sent(ledger, await was_launched(ledger))
    item = await item_row(ledger, row.item_id)
    filed = await reported(ledger, await about_notice(ledger, row))
    after = await notice_row(ledger, row.notice_id)
    assert (after.state, after.trouble_code, after.trouble_detail) == ("undelivered", "undelivered", WORDS)
    [task] = await rows(ledger, tasks, tasks.c.item_id == row.item_id)
    assert task.reason == "the notice `acknowledgement` did not reach the sender: the address does not exist (5.1.1)"
    assert filed.status == Status.filed
    assert filed.filed_because == f"a report about what we sent for {item.reference}"
    assert filed.trace[0]["holds"]
    [link] = await rows(ledger, links, links.c.item_id == filed.item_id)
    assert (link.kind, link.other_item_id) == ("report", row.item_id)
    last, asked = (await events_of(ledger, row.item_id))[-2:]
    assert (last.kind, last.about["report"]) == ("notice_undelivered", filed.item_id)
    told = f"{last} {asked} {await events_of(ledger, filed.item_id)} {task}"
    assert "jan" not in told
    assert "no such user" not in told


async def test_two_reports_make_one_change_and_one_task(ledger: Ledger, neighbour: Ledger) -> None:
    row = await sent(ledger, await was_launched(ledger))
    found = await about_notice(ledger, row)
    other = await about_notice(ledger, row, detail="another server's words")
    await asyncio.gather(reported(ledger, found), reported(neighbour, other))
    await reported(ledger, found)
    happened = await kinds(ledger, row.item_id)
    assert (happened.count("notice_undelivered"), happened.count("notice_reported")) == (1, 2)
    assert await open_tasks(ledger, row.item_id) == ["undelivered"]


async def test_a_second_report_does_not_ask_again_what_a_person_has_done(ledger: Ledger) -> None:
    row = await sent(ledger, await was_launched(ledger))
    await reported(ledger, await about_notice(ledger, row))
    async with ledger.begin() as connection:
        await connection.execute(update(tasks).values(done_at=row.made_at, done_by="Karin", outcome="gebeld"))
    await reported(ledger, await about_notice(ledger, row, status="5.2.2"))
    assert await open_tasks(ledger, row.item_id) == []


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed"])
async def test_any_other_report_is_only_an_event(ledger: Ledger, action: str) -> None:
    row = await sent(ledger, await was_launched(ledger))
    filed = await reported(ledger, await about_notice(ledger, row, has_failed=False, action=action, status="4.4.1"))
    assert (await notice_row(ledger, row.notice_id)).state == NoticeState.sent
    assert filed.status == Status.filed
    assert await open_tasks(ledger, row.item_id) == []
    last = (await events_of(ledger, row.item_id))[-1]
    assert (last.kind, last.reason) == ("notice_reported", f"{action} 4.4.1")


@pytest.mark.parametrize("outcome", ["sent", "refused", "lost", "away"])
async def test_a_report_that_is_faster_than_the_relays_answer_is_not_lost(ledger: Ledger, outcome: str) -> None:
    [intended] = (await standing(ledger, await was_launched(ledger))).notices
    claim_id = await claim_notice(ledger, intended.notice_id)
    row = await notice_row(ledger, intended.notice_id)
    await reported(ledger, await about_notice(ledger, row))
    match outcome:
        case "sent":
            await settle_notice(ledger, row, NoticeState.sent, taken=Taken("250 taken"))
        case "refused":
            await settle_notice(ledger, row, NoticeState.failed, error=RecipientRefused("550 5.2.2"))
        case "lost":
            await doubt_notice(ledger, row)
        case "away":
            await note_notice_trouble(ledger, row, MailRelayUnavailable("451"), claim_id=claim_id)
            await note_notice_trouble(ledger, row, MailRelayUnavailable("451"), claim_id=None)
    after = await notice_row(ledger, row.notice_id)
    assert (after.state, after.trouble_code, after.trouble_detail) == ("undelivered", "undelivered", WORDS)
    assert await open_tasks(ledger, row.item_id) == ["undelivered"]
    with pytest.raises(Conflict):
        await claim_notice(ledger, row.notice_id)


async def test_a_report_settles_a_doubt(ledger: Ledger) -> None:
    [row] = (await standing(ledger, await was_launched(ledger))).notices
    await claim_notice(ledger, row.notice_id)
    await doubt_notice(ledger, await notice_row(ledger, row.notice_id))
    await reported(ledger, await about_notice(ledger, row))
    after = await notice_row(ledger, row.notice_id)
    assert (after.state, after.doubts) == ("undelivered", 1)
    assert after.settled_at is not None


@pytest.mark.parametrize("state", [NoticeState.intended, NoticeState.failed, NoticeState.withheld])
async def test_what_was_not_taken_by_the_relay_is_not_undelivered(ledger: Ledger, state: NoticeState) -> None:
    [row] = (await standing(ledger, await was_launched(ledger))).notices
    async with ledger.begin() as connection:
        await connection.execute(update(notices).values(state=str(state)))
    await reported(ledger, await about_notice(ledger, row))
    assert (await notice_row(ledger, row.notice_id)).state == state
    assert (await kinds(ledger, row.item_id))[-1] == "notice_reported"


async def test_what_the_ledger_does_not_know_is_no_report_of_ours(ledger: Ledger) -> None:
    row = await sent(ledger, await was_launched(ledger))
    item_id = await kept_report(ledger)
    item = await item_row(ledger, item_id)
    reference = (await item_row(ledger, row.item_id)).reference
    for mail in (
        NoticeSent(reference, NoticeKind.acknowledgement, 2),
        NoticeSent("0000-0000-0", NoticeKind.acknowledgement, 1),
        ForwardSent(str(uuid4()), HandoverKind.item, is_proven=False),
    ):
        assert not await file_report(ledger, item, about(mail), version=1)
    assert await item_row(ledger, item_id) == item
    assert (await notice_row(ledger, row.notice_id)).state == NoticeState.sent


async def test_a_report_found_while_only_observing_counts(ledger: Ledger) -> None:
    row = await sent(ledger, await was_launched(ledger))
    filed = await reported(ledger, await about_notice(ledger, row), held_because=HeldBecause.observe, is_observed=True)
    assert (filed.status, filed.held_because) == (Status.filed, HeldBecause.observe)
    assert (await notice_row(ledger, row.notice_id)).state == NoticeState.undelivered


async def test_a_report_is_as_confidential_as_what_it_quotes(ledger: Ledger) -> None:
    row = await sent(ledger, await was_launched(ledger))
    async with ledger.begin() as connection:
        await connection.execute(update(items).values(confidentiality=int(Confidentiality.geheim)))
    filed = await reported(ledger, await about_notice(ledger, row))
    assert filed.confidentiality == Confidentiality.geheim


async def test_a_report_that_changed_meanwhile_changes_nothing(ledger: Ledger) -> None:
    row = await sent(ledger, await was_launched(ledger))
    item = await item_row(ledger, await kept_report(ledger))
    await do(ledger, Action.discard, item.item_id)
    with pytest.raises(Conflict):
        await file_report(ledger, item, await about_notice(ledger, row), version=1)
    assert (await notice_row(ledger, row.notice_id)).state == NoticeState.sent
    assert await open_tasks(ledger, row.item_id) == []


async def test_an_undelivered_notice_has_told_nothing_and_a_person_may_send_it_again(ledger: Ledger) -> None:
    row = await sent(ledger, await was_launched(ledger))
    await reported(ledger, await about_notice(ledger, row))
    assert (await standing(ledger, row.item_id)).told_due_on() is None
    await do(ledger, Action.retry, row.item_id)
    assert (await notice_row(ledger, row.notice_id)).state == NoticeState.intended
    assert await open_tasks(ledger, row.item_id) == ["undelivered"]
    await sent(ledger, row.item_id)
    assert await open_tasks(ledger, row.item_id) == []
    [task] = await rows(ledger, tasks, tasks.c.item_id == row.item_id)
    assert (task.done_by, task.outcome) == ("gateway", "told")
    await reported(ledger, await about_notice(ledger, row))
    assert await open_tasks(ledger, row.item_id) == ["undelivered"]


async def test_what_was_said_anew_since_is_not_said_again_in_its_earlier_words(ledger: Ledger) -> None:
    item_id = await was_launched(ledger)
    first = await sent(ledger, item_id)
    await reported(ledger, await about_notice(ledger, first))
    second = notice(ordinal=2, rcpt_to="jan@nieuw.test")
    await send_out(ledger, item_id, only="none", notices=[second])
    await settle_notice(
        ledger, await notice_row(ledger, second.notice_id), NoticeState.failed, error=RecipientRefused("550")
    )
    await do(ledger, Action.retry, item_id)
    assert (await notice_row(ledger, first.notice_id)).state == NoticeState.undelivered
    assert (await notice_row(ledger, second.notice_id)).state == NoticeState.intended
    await settle_notice(ledger, await notice_row(ledger, second.notice_id), NoticeState.sent)
    assert await open_tasks(ledger, item_id) == []


async def test_a_notice_of_another_kind_does_not_stand_in_for_the_one_that_did_not_arrive(ledger: Ledger) -> None:
    item_id = await was_launched(ledger)
    row = await sent(ledger, item_id)
    await reported(ledger, await about_notice(ledger, row))
    for kind in (NoticeKind.correction, NoticeKind.colleague):
        other = notice(kind)
        await send_out(ledger, item_id, only="none", notices=[other])
        await claim_notice(ledger, other.notice_id)
        await settle_notice(ledger, await notice_row(ledger, other.notice_id), NoticeState.sent)
        assert await open_tasks(ledger, item_id) == ["undelivered"], kind


async def test_a_colleagues_receipt_that_bounces_asks_nobody(ledger: Ledger) -> None:
    item_id = await was_launched(ledger)
    receipt = notice(NoticeKind.colleague)
    await send_out(ledger, item_id, only="none", notices=[receipt])
    await claim_notice(ledger, receipt.notice_id)
    row = await notice_row(ledger, receipt.notice_id)
    await settle_notice(ledger, row, NoticeState.sent)
    await reported(ledger, await about_notice(ledger, row))
    assert (await notice_row(ledger, row.notice_id)).state == NoticeState.undelivered
    assert await open_tasks(ledger, item_id) == []


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (RecipientRefused("550 5.1.1 <jan@inwoner.test>"), "refused it, the address does not exist (5.1.1)"),
        (RecipientRefused("550 jan@inwoner.test"), "refused it, no reason was given"),
        (MailRelayUnavailable("451 jan@inwoner.test"), "did not take it in time (mail_relay_unavailable)"),
    ],
)
async def test_a_relay_that_refuses_at_once_asks_a_person_as_well(
    ledger: Ledger, error: RecipientRefused | MailRelayUnavailable, words: str
) -> None:
    [row] = (await standing(ledger, await was_launched(ledger))).notices
    await settle_notice(ledger, row, NoticeState.failed, error=error)
    [task] = await rows(ledger, tasks, tasks.c.item_id == row.item_id)
    assert task.kind == "undelivered"
    assert words in task.reason
    assert "jan" not in task.reason


async def test_a_mailbox_that_sends_a_forward_back_has_nothing(ledger: Ledger) -> None:
    item_id = await was_forwarded(ledger)
    row = await acting(ledger, item_id)
    await reported(ledger, about_forward(row, status="5.2.2"))
    await reported(ledger, about_forward(row, status="5.2.2"))
    after = await forward_row(ledger, row.forward_id)
    assert (after.state, after.trouble_code, after.trouble_detail) == ("failed", "forward_returned", WORDS)
    stands = await standing(ledger, item_id)
    assert (stands.item.status, stands.assignments[0].status) == ("forwarding", "forwarding")
    [task] = await rows(ledger, tasks, tasks.c.item_id == item_id)
    assert task.reason == (
        f"the mailbox of department `{row.department}` sent back what was forwarded: the mailbox is full (5.2.2)"
    )
    assert (await kinds(ledger, item_id)).count("forward_returned") == 1

    await do(ledger, Action.retry, item_id)
    await deliver(ledger, row.forward_id)
    stands = await standing(ledger, item_id)
    assert (stands.item.status, stands.assignments[0].status) == ("forwarded", "forwarded")
    assert await open_tasks(ledger, item_id) == []


async def test_one_dead_member_behind_a_departments_address_stops_nobody_else(ledger: Ledger) -> None:
    item_id = await was_forwarded(ledger)
    row = await acting(ledger, item_id)
    await reported(ledger, about_forward(row, addresses=frozenset({"weg@afdeling.test"})))
    assert (await forward_row(ledger, row.forward_id)).state == ForwardState.failed
    assert await open_tasks(ledger, item_id) == ["forward_returned"]
    assert (await item_row(ledger, item_id)).status == Status.forwarded
    assert Kind.not_forwarded not in {kind for kind, _ in await checked(ledger)}
    await do(ledger, Action.accept, item_id)


async def test_what_a_department_is_at_work_on_stays_theirs(ledger: Ledger) -> None:
    item_id = await was_forwarded(ledger)
    row = await acting(ledger, item_id)
    await do(ledger, Action.complete, item_id)
    await reported(ledger, about_forward(row))
    assert (await item_row(ledger, item_id)).status == Status.completed
    assert await open_tasks(ledger, item_id) == ["forward_returned"]


async def test_an_informed_mailbox_that_sends_back_moves_nothing(ledger: Ledger) -> None:
    item_id = await was_forwarded(ledger)
    row = next(row for row in (await standing(ledger, item_id)).forwards if row.role == "informed")
    await reported(ledger, about_forward(row))
    assert (await forward_row(ledger, row.forward_id)).state == ForwardState.failed
    assert (await item_row(ledger, item_id)).status == Status.forwarded
    assert await open_tasks(ledger, item_id) == ["forward_returned"]


async def test_a_forward_that_is_back_before_its_answer_is_written_stays_returned(ledger: Ledger) -> None:
    item_id = await was_launched(ledger)
    row = await acting(ledger, item_id)
    await claim_forward(ledger, row.forward_id)
    claimed = await forward_row(ledger, row.forward_id)
    await reported(ledger, about_forward(row))
    await settle_delivered(ledger, claimed, Delivered("Z-1"))
    await doubt_forward(ledger, claimed)
    assert (await forward_row(ledger, row.forward_id)).state == ForwardState.failed
    assert (await item_row(ledger, item_id)).status == Status.forwarding


async def test_a_forward_of_an_earlier_round_that_comes_back_is_only_an_event(ledger: Ledger) -> None:
    item_id = await was_forwarded(ledger)
    row = await acting(ledger, item_id)
    await do(ledger, Action.reroute, item_id)
    await reported(ledger, about_forward(row))
    assert (await kinds(ledger, item_id))[-1] == "forward_reported"
    assert await open_tasks(ledger, item_id) == []


async def test_a_withdrawal_that_comes_back_is_said_again_by_a_person(ledger: Ledger) -> None:
    item_id = await was_forwarded(ledger)
    row = await acting(ledger, item_id)
    await do(ledger, Action.reroute, item_id)
    await settle_withdrawn(ledger, await forward_row(ledger, row.forward_id), ForwardState.withdrawn)
    await reported(ledger, about_forward(row, HandoverKind.withdrawal))
    assert (await forward_row(ledger, row.forward_id)).state == ForwardState.failed
    assert await open_tasks(ledger, item_id) == ["forward_returned"]
    await do(ledger, Action.retry, item_id)
    again = await forward_row(ledger, row.forward_id)
    assert again.state == ForwardState.withdrawing
    await settle_withdrawn(ledger, again, ForwardState.withdrawn)
    assert await open_tasks(ledger, item_id) == []


async def test_what_is_rerouted_no_longer_waits_for_the_mailbox_that_sent_it_back(ledger: Ledger) -> None:
    item_id = await was_forwarded(ledger)
    row = await acting(ledger, item_id)
    await reported(ledger, about_forward(row))
    await do(ledger, Action.reroute, item_id)
    assert await open_tasks(ledger, item_id) == []
    assert (await forward_row(ledger, row.forward_id)).state == ForwardState.cancelled


async def test_a_returned_forward_in_doubt_is_sent_again_by_a_person(ledger: Ledger) -> None:
    item_id = await was_launched(ledger)
    row = await acting(ledger, item_id)
    await claim_forward(ledger, row.forward_id)
    await doubt_forward(ledger, await forward_row(ledger, row.forward_id))
    await reported(ledger, about_forward(row))
    await do(ledger, Action.retry, item_id)
    again = await forward_row(ledger, row.forward_id)
    assert (again.state, again.doubts) == (ForwardState.in_doubt, 1)


async def test_a_report_that_is_reopened_and_decided_again_is_linked_once(ledger: Ledger) -> None:
    row = await sent(ledger, await was_launched(ledger))
    found = await about_notice(ledger, row)
    filed = await reported(ledger, found)
    await do(ledger, Action.reopen, filed.item_id)
    assert await file_report(ledger, await item_row(ledger, filed.item_id), found, version=1)
    assert len(await rows(ledger, links, links.c.item_id == filed.item_id)) == 1
