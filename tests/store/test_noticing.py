"""Notices: claimed by one, said once, and a lost answer counted (invariant 6)."""

from __future__ import annotations

import asyncio

import pytest

from inbox.actions import Action
from inbox.errors import Conflict, MailRelayUnavailable, NotFound, RecipientRefused
from inbox.item import NoticeState
from inbox.ports import Taken
from store.deciding import standing
from store.ledger import Ledger
from store.noticing import claim_notice, doubt_notice, note_notice_trouble, notice_row, settle_notice, withhold_notice
from tests.store.making import do, events_of, was_launched


async def a_notice(ledger: Ledger) -> str:
    [row] = (await standing(ledger, await was_launched(ledger))).notices
    return str(row.notice_id)


async def doubted(ledger: Ledger, notice_id: str) -> None:
    await claim_notice(ledger, notice_id)
    await doubt_notice(ledger, await notice_row(ledger, notice_id))


async def test_of_ten_who_claim_at_once_one_may_speak(ledger: Ledger, neighbour: Ledger) -> None:
    notice_id = await a_notice(ledger)
    outcomes = await asyncio.gather(
        *(claim_notice(one, notice_id) for one in (ledger, neighbour) * 5), return_exceptions=True
    )
    row = await notice_row(ledger, notice_id)
    assert [outcome for outcome in outcomes if not isinstance(outcome, Conflict)] == [row.claim_id]
    assert (row.state, row.attempts) == (NoticeState.sending, 1)


async def test_a_claimed_notice_is_not_claimed_again_until_it_is_in_doubt(ledger: Ledger) -> None:
    notice_id = await a_notice(ledger)
    await claim_notice(ledger, notice_id)
    with pytest.raises(Conflict):
        await claim_notice(ledger, notice_id)
    await doubt_notice(ledger, await notice_row(ledger, notice_id))
    await claim_notice(ledger, notice_id)
    row = await notice_row(ledger, notice_id)
    assert (row.state, row.attempts, row.doubts) == (NoticeState.sending, 2, 1)


async def test_the_doubt_of_an_older_attempt_does_not_touch_the_newer_one(ledger: Ledger) -> None:
    notice_id = await a_notice(ledger)
    await claim_notice(ledger, notice_id)
    older = await notice_row(ledger, notice_id)
    await doubt_notice(ledger, older)
    await claim_notice(ledger, notice_id)
    await doubt_notice(ledger, older)
    row = await notice_row(ledger, notice_id)
    assert (row.state, row.doubts) == (NoticeState.sending, 1)


async def test_a_doubt_is_noted_once_and_is_an_event(ledger: Ledger) -> None:
    notice_id = await a_notice(ledger)
    await claim_notice(ledger, notice_id)
    row = await notice_row(ledger, notice_id)
    await asyncio.gather(*(doubt_notice(ledger, row) for _ in range(3)))
    assert (await notice_row(ledger, notice_id)).doubts == 1
    assert [event.kind for event in await events_of(ledger, row.item_id)].count("notice_in_doubt") == 1


@pytest.mark.parametrize("final", [NoticeState.sent, NoticeState.failed, NoticeState.withheld])
async def test_a_settled_notice_stays_as_it_is(ledger: Ledger, final: NoticeState) -> None:
    notice_id = await a_notice(ledger)
    await claim_notice(ledger, notice_id)
    row = await notice_row(ledger, notice_id)
    await settle_notice(ledger, row, final, taken=Taken("250 first"))
    for other in (NoticeState.sent, NoticeState.failed, NoticeState.in_doubt):
        await settle_notice(ledger, row, other, taken=Taken("250 second"))
    with pytest.raises(Conflict):
        await claim_notice(ledger, notice_id)
    after = await notice_row(ledger, notice_id)
    assert (after.state, after.remote_reply) == (final, "250 first")
    assert [event.kind for event in await events_of(ledger, row.item_id)].count(f"notice_{final}") == 1


async def test_two_who_settle_at_once_write_one_outcome(ledger: Ledger, neighbour: Ledger) -> None:
    notice_id = await a_notice(ledger)
    await claim_notice(ledger, notice_id)
    row = await notice_row(ledger, notice_id)
    await asyncio.gather(
        settle_notice(ledger, row, NoticeState.sent), settle_notice(neighbour, row, NoticeState.failed)
    )
    kinds = [event.kind for event in await events_of(ledger, row.item_id)]
    assert kinds.count("notice_sent") + kinds.count("notice_failed") == 1
    assert (await notice_row(ledger, notice_id)).state == kinds[-1].removeprefix("notice_")


async def test_what_was_sent_after_a_doubt_stays_countable(ledger: Ledger) -> None:
    notice_id = await a_notice(ledger)
    await doubted(ledger, notice_id)
    await claim_notice(ledger, notice_id)
    await settle_notice(ledger, await notice_row(ledger, notice_id), NoticeState.sent)
    row = await notice_row(ledger, notice_id)
    assert (row.state, row.doubts) == (NoticeState.sent, 1)


async def test_trouble_before_the_claim_leaves_it_intended(ledger: Ledger) -> None:
    notice_id = await a_notice(ledger)
    row = await notice_row(ledger, notice_id)
    await note_notice_trouble(ledger, row, MailRelayUnavailable("no answer"), claim_id=None)
    after = await notice_row(ledger, notice_id)
    assert (after.state, after.trouble_code) == (NoticeState.intended, "mail_relay_unavailable")


@pytest.mark.parametrize(("doubts", "expected"), [(0, NoticeState.intended), (1, NoticeState.in_doubt)])
async def test_trouble_after_the_claim_gives_the_claim_back_and_forgets_no_doubt(
    ledger: Ledger, doubts: int, expected: NoticeState
) -> None:
    notice_id = await a_notice(ledger)
    if doubts:
        await doubted(ledger, notice_id)
    row = await notice_row(ledger, notice_id)
    claim_id = await claim_notice(ledger, notice_id)
    await note_notice_trouble(ledger, row, MailRelayUnavailable("451 later"), claim_id=claim_id)
    assert (await notice_row(ledger, notice_id)).state == expected


async def test_late_trouble_does_not_undo_what_was_sent(ledger: Ledger) -> None:
    notice_id = await a_notice(ledger)
    await claim_notice(ledger, notice_id)
    row = await notice_row(ledger, notice_id)
    await settle_notice(ledger, row, NoticeState.sent)
    await note_notice_trouble(ledger, row, MailRelayUnavailable("late"), claim_id=row.claim_id)
    assert (await notice_row(ledger, notice_id)).state == NoticeState.sent


async def test_trouble_with_a_notice_whose_item_was_discarded_meanwhile_withholds_it(ledger: Ledger) -> None:
    notice_id = await a_notice(ledger)
    row = await notice_row(ledger, notice_id)
    claim_id = await claim_notice(ledger, notice_id)
    await do(ledger, Action.discard, row.item_id)
    await note_notice_trouble(ledger, row, MailRelayUnavailable("451 later"), claim_id=claim_id)
    assert (await notice_row(ledger, notice_id)).state == NoticeState.withheld


async def test_only_what_was_never_said_can_be_withheld(ledger: Ledger) -> None:
    unsaid, doubtful = await a_notice(ledger), await a_notice(ledger)
    await doubted(ledger, doubtful)
    for notice_id in (unsaid, doubtful):
        await withhold_notice(ledger, await notice_row(ledger, notice_id), "its date has passed")
    assert (await notice_row(ledger, unsaid)).state == NoticeState.withheld
    assert (await notice_row(ledger, doubtful)).state == NoticeState.in_doubt
    last = (await events_of(ledger, (await notice_row(ledger, unsaid)).item_id))[-1]
    assert (last.kind, last.reason) == ("notice_withheld", "its date has passed")


async def test_a_refusal_is_kept_with_its_code_on_the_event_and_its_words_on_the_notice(ledger: Ledger) -> None:
    notice_id = await a_notice(ledger)
    row = await notice_row(ledger, notice_id)
    await settle_notice(ledger, row, NoticeState.failed, error=RecipientRefused("550 jan@inwoner.test unknown"))
    failed, asked = (await events_of(ledger, row.item_id))[-2:]
    assert (failed.kind, failed.reason) == ("notice_failed", "recipient_refused")
    assert (asked.kind, asked.about) == ("task_raised", {"kind": "undelivered"})
    assert "jan" not in f"{failed} {asked}"
    assert "550" in (await notice_row(ledger, notice_id)).trouble_detail


async def test_what_is_not_there_is_not_found(ledger: Ledger) -> None:
    with pytest.raises(NotFound):
        await notice_row(ledger, "nothing")
    with pytest.raises(Conflict):
        await claim_notice(ledger, "nothing")
