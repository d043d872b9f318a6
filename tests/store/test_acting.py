"""Actions: one transaction each; refused ones change nothing; two at once have one winner."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest
from sqlalchemy import select

from inbox.actions import ALLOWED, NEEDS_REASON, Action
from inbox.configuration.model import TRIAGE
from inbox.errors import BadRequest, Conflict, DestinationRefused, NotFound, RecipientRefused
from inbox.item import ForwardState, HeldBecause, NoticeState, Status
from store.acting import act
from store.deciding import give_to_triage, launch, standing
from store.forwarding import forward_row, settle_failed
from store.ledger import Ledger
from store.noticing import claim_notice, notice_row, settle_notice
from store.reading import item_row
from store.tables import assignments, events, forwards, items, links, metadata, notices
from tests.store.making import (
    assignments_of,
    decide,
    deliver,
    do,
    events_of,
    intent,
    item_in,
    notice,
    request,
    rows,
    send_out,
    was_forwarded,
    was_launched,
    was_linked,
)


async def everything(ledger: Ledger) -> dict[str, list[Any]]:
    """Return the whole ledger."""
    async with ledger.read() as connection:
        return {table.name: list((await connection.execute(select(table))).all()) for table in metadata.sorted_tables}


async def words_for(ledger: Ledger, action: Action) -> dict[str, Any]:
    if action is Action.vouch:
        return {"address": "jan@inwoner.test"}
    return {"other_item_id": await was_linked(ledger)} if action is Action.link else {}


AFTER = {
    Action.accept: {Status.forwarded: Status.accepted, Status.triage: Status.accepted},
    Action.return_: {Status.forwarded: Status.returned, Status.accepted: Status.returned},
    Action.complete: dict.fromkeys([Status.triage, Status.forwarded, Status.accepted], Status.completed),
    Action.reroute: dict.fromkeys(ALLOWED[Action.reroute], Status.forwarding),
    Action.split: {
        Status.triage: Status.triage,
        Status.returned: Status.returned,
        Status.forwarding: Status.forwarding,
        Status.forwarded: Status.forwarding,
        Status.accepted: Status.forwarding,
    },
    Action.link: dict.fromkeys(ALLOWED[Action.link], Status.linked),
    Action.unlink: {Status.linked: Status.received},
    Action.discard: dict.fromkeys(ALLOWED[Action.discard], Status.discarded),
    Action.reopen: {
        Status.completed: Status.forwarding,
        Status.filed: Status.received,
        Status.discarded: Status.received,
    },
    Action.retry: {Status.quarantined: Status.received},  # nothing else of these items has failed
    Action.release: {},  # none of these items is held
    Action.vouch: {Status.quarantined: Status.quarantined},  # the senders of the others are told by the gateway
}
"""Action → status before → status after, of an item with one matter. Everything else is refused."""


@pytest.mark.parametrize("status", list(Status))
async def test_an_action_that_makes_no_sense_there_is_refused_and_changes_nothing(
    ledger: Ledger, status: Status
) -> None:
    item_id, other = await item_in(ledger, status), await was_linked(ledger)
    before = await everything(ledger)
    for action in Action:
        if status not in AFTER[action]:
            with pytest.raises(Conflict):
                await do(ledger, action, item_id, other_item_id=other if action is Action.link else None)
    assert await everything(ledger) == before


@pytest.mark.parametrize("action", list(AFTER))
async def test_where_it_makes_sense_it_moves_the_item_and_writes_who_did_it_and_why(
    ledger: Ledger, action: Action
) -> None:
    assert AFTER[action].keys() <= ALLOWED[action]
    for status, expected in AFTER[action].items():
        item_id = await item_in(ledger, status)
        before = await item_row(ledger, item_id)
        asked = request(action, item_id, **await words_for(ledger, action))
        after = await act(ledger, asked)
        event = (await events_of(ledger, item_id))[-1]
        assert (after.status, after.version) == (expected, before.version + 1)
        assert after.drive_wanted == asked.action_id
        assert (event.actor, event.reason, event.action_id) == ("Zaakstad", "omdat het moet", asked.action_id)
        assert (event.from_status, event.to_status) == (status, expected)


@pytest.mark.parametrize("action", sorted(NEEDS_REASON))
async def test_without_a_reason_it_is_refused_before_anything_is_looked_at(ledger: Ledger, action: Action) -> None:
    for reason in ("", " \n\t"):
        with pytest.raises(BadRequest, match="needs a reason"):
            await do(ledger, action, "no such item", reason=reason)


async def test_an_item_that_is_not_there_is_not_found(ledger: Ledger) -> None:
    with pytest.raises(NotFound):
        await do(ledger, Action.accept, "no such item")


@pytest.mark.parametrize("action", [Action.reroute, Action.split])
async def test_without_a_category_there_is_nowhere_to_go(ledger: Ledger, action: Action) -> None:
    with pytest.raises(BadRequest, match="needs a category"):
        await do(ledger, action, await was_forwarded(ledger), chosen=None)


async def test_who_looked_at_an_older_version_is_told_to_look_again(ledger: Ledger) -> None:
    item_id = await was_forwarded(ledger)
    version = (await item_row(ledger, item_id)).version
    await do(ledger, Action.split, item_id, expected_version=version)
    with pytest.raises(Conflict, match=f"at version {version + 1}, not {version}"):
        await do(ledger, Action.split, item_id, expected_version=version)


@pytest.mark.parametrize(
    ("action", "status"),
    [
        (Action.accept, Status.forwarded),
        (Action.return_, Status.forwarded),
        (Action.complete, Status.accepted),
        (Action.discard, Status.received),
        (Action.reopen, Status.completed),
        (Action.unlink, Status.linked),
        (Action.link, Status.received),
    ],
)
async def test_of_five_identical_actions_at_once_one_wins(
    ledger: Ledger, neighbour: Ledger, action: Action, status: Status
) -> None:
    item_id = await item_in(ledger, status)
    words = await words_for(ledger, action)
    outcomes = await asyncio.gather(
        *(do(one, action, item_id, **words) for one in (ledger, neighbour, ledger, neighbour, ledger)),
        return_exceptions=True,
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict"] * 4 + ["Row"]
    assert [event.kind for event in await events_of(ledger, item_id)].count(
        "linked" if action is Action.link else action.value
    ) == 1


@pytest.mark.parametrize("action", [Action.reroute, Action.split])
async def test_of_five_who_looked_at_the_same_version_one_wins(
    ledger: Ledger, neighbour: Ledger, action: Action
) -> None:
    item_id = await was_forwarded(ledger)
    version = (await item_row(ledger, item_id)).version
    outcomes = await asyncio.gather(
        *(do(one, action, item_id, expected_version=version) for one in (ledger, neighbour, ledger, neighbour, ledger)),
        return_exceptions=True,
    )
    assert [type(outcome).__name__ for outcome in outcomes].count("Row") == 1


@pytest.mark.parametrize("held", [None, HeldBecause.observe])
async def test_a_filed_item_reopened_with_a_category_goes_there_once_nothing_holds_it(
    ledger: Ledger, held: HeldBecause | None
) -> None:
    item_id = await decide(ledger, await was_linked(ledger, held_because=held), held=held, filed="nieuwsbrief")
    row = await do(ledger, Action.reopen, item_id, chosen=intent("lantaarn"))
    if held:
        assert row.status == Status.received
        row = await do(ledger, Action.release, item_id)
    assert (row.status, row.filed_because) == (Status.forwarding, None)
    assert [one.category for one in await assignments_of(ledger, item_id)] == ["lantaarn"]


async def test_an_assignment_of_another_item_is_not_found(ledger: Ledger) -> None:
    item_id, other = await was_forwarded(ledger), await was_forwarded(ledger)
    [foreign] = await assignments_of(ledger, other)
    with pytest.raises(NotFound):
        await do(ledger, Action.accept, item_id, assignment_id=foreign.assignment_id)


async def test_of_two_matters_one_may_be_accepted_and_the_item_waits_for_the_other(ledger: Ledger) -> None:
    item_id = await was_forwarded(ledger)
    await do(ledger, Action.split, item_id)
    first, second = await assignments_of(ledger, item_id)
    await send_out(ledger, item_id, only=second.assignment_id, notices=[])
    for forward in (await standing(ledger, item_id)).forwards:
        if forward.assignment_id == second.assignment_id:
            await deliver(ledger, forward.forward_id)
    row = await do(ledger, Action.accept, item_id, assignment_id=first.assignment_id)
    assert [one.status for one in await assignments_of(ledger, item_id)] == ["accepted", "forwarded"]
    assert row.status == Status.forwarded


async def test_a_reroute_of_several_matters_must_say_which(ledger: Ledger) -> None:
    item_id = await was_forwarded(ledger)
    await do(ledger, Action.split, item_id)
    first, second = await assignments_of(ledger, item_id)
    with pytest.raises(BadRequest, match="name the one"):
        await do(ledger, Action.reroute, item_id)
    await do(ledger, Action.reroute, item_id, assignment_id=first.assignment_id)
    assert [(row.category, row.round) for row in await assignments_of(ledger, item_id)] == [
        ("lantaarn", 2),
        ("lantaarn", 1),
    ]
    assert second.assignment_id != first.assignment_id


async def test_a_reroute_calls_back_what_the_department_has_and_cancels_what_it_never_saw(ledger: Ledger) -> None:
    item_id = await was_launched(ledger)
    acting, _ = (await standing(ledger, item_id)).forwards
    await deliver(ledger, acting.forward_id)
    await do(ledger, Action.reroute, item_id)
    assert [row.state for row in (await standing(ledger, item_id)).forwards] == ["withdrawing", "cancelled"]
    assert [row.withdrawal["kind"] for row in (await standing(ledger, item_id)).forwards] == ["withdrawal"] * 2


async def test_a_discard_withholds_the_notice_that_was_not_sent_and_leaves_the_sent_one(ledger: Ledger) -> None:
    waiting, told = await was_launched(ledger), await was_launched(ledger)
    [sent] = (await standing(ledger, told)).notices
    await claim_notice(ledger, sent.notice_id)
    await settle_notice(ledger, await notice_row(ledger, sent.notice_id), NoticeState.sent)
    for item_id in (waiting, told):
        await do(ledger, Action.discard, item_id)
    assert [(await standing(ledger, item_id)).notices[0].state for item_id in (waiting, told)] == ["withheld", "sent"]


async def test_a_stricter_category_makes_the_item_stricter_and_a_milder_one_never_milder(ledger: Ledger) -> None:
    item_id = await was_forwarded(ledger)
    strict = await do(ledger, Action.reroute, item_id, chosen=intent("bezwaar"))
    milder = await do(ledger, Action.reroute, item_id, chosen=intent("lantaarn"))
    assert strict.confidentiality == milder.confidentiality == 5


async def test_a_retry_wants_again_what_failed_and_says_when_nothing_did(ledger: Ledger) -> None:
    item_id = await was_launched(ledger)
    with pytest.raises(Conflict, match="nothing of this item has failed"):
        await do(ledger, Action.retry, item_id)
    stands = await standing(ledger, item_id)
    await settle_failed(ledger, stands.forwards[0], DestinationRefused("no"))
    await settle_notice(ledger, stands.notices[0], NoticeState.failed, error=RecipientRefused("550"))
    await do(ledger, Action.retry, item_id)
    stands = await standing(ledger, item_id)
    assert (stands.forwards[0].state, stands.forwards[0].settled_at) == (ForwardState.wanted, None)
    assert (stands.notices[0].state, stands.notices[0].settled_at) == (NoticeState.intended, None)


async def test_a_refused_withdrawal_is_withdrawn_again_and_never_forwarded_again(ledger: Ledger) -> None:
    item_id = await was_forwarded(ledger)
    await do(ledger, Action.reroute, item_id)
    acting = (await standing(ledger, item_id)).forwards[0]
    await settle_failed(ledger, acting, DestinationRefused("keep it"))
    await do(ledger, Action.retry, item_id)
    assert (await forward_row(ledger, acting.forward_id)).state == ForwardState.withdrawing


async def test_a_refused_withdrawal_is_not_called_unseen_when_the_item_is_called_back_again(ledger: Ledger) -> None:
    item_id = await was_forwarded(ledger)
    await do(ledger, Action.reroute, item_id)
    acting = (await standing(ledger, item_id)).forwards[0]
    await settle_failed(ledger, acting, DestinationRefused("keep it"))
    await do(ledger, Action.discard, item_id)
    assert (await forward_row(ledger, acting.forward_id)).state == ForwardState.withdrawing


async def test_a_retry_of_a_quarantined_item_reads_it_from_the_beginning(ledger: Ledger) -> None:
    item_id = await item_in(ledger, Status.quarantined)
    row = await do(ledger, Action.retry, item_id)
    assert (row.status, row.readings_begun, row.quarantine_code, row.reading) == (Status.received, 0, None, None)


async def test_only_what_is_held_can_be_released_and_then_goes_its_way(ledger: Ledger) -> None:
    free = await was_linked(ledger)
    with pytest.raises(Conflict, match="not held"):
        await do(ledger, Action.release, free)
    held = await was_linked(ledger, held_because=HeldBecause.observe)
    row = await do(ledger, Action.release, held)
    assert (row.status, row.held_because, row.released_at is not None) == (Status.received, None, True)
    decided = await decide(
        ledger, await was_linked(ledger, held_because=HeldBecause.observe), TRIAGE, held=HeldBecause.observe
    )
    assert (await do(ledger, Action.release, decided)).status == Status.triage


async def test_a_held_item_that_was_discarded_and_reopened_can_still_be_released(ledger: Ledger) -> None:
    item_id = await was_linked(ledger, held_because=HeldBecause.observe)
    await decide(ledger, item_id, "lantaarn", held=HeldBecause.observe)
    await do(ledger, Action.discard, item_id)
    assert (await do(ledger, Action.reopen, item_id)).status == Status.received
    assert (await do(ledger, Action.release, item_id)).status == Status.forwarding


@pytest.mark.parametrize("ended", [Status.linked, Status.discarded])
async def test_nothing_is_linked_to_what_lives_on_elsewhere_or_not_at_all(ledger: Ledger, ended: Status) -> None:
    other = await item_in(ledger, ended)
    with pytest.raises(Conflict, match="name the item that lives on"):
        await do(ledger, Action.link, await was_linked(ledger), other_item_id=other)


async def test_nothing_is_linked_to_itself_or_to_nothing(ledger: Ledger) -> None:
    item_id = await was_linked(ledger)
    with pytest.raises(Conflict, match="copy of itself"):
        await do(ledger, Action.link, item_id, other_item_id=item_id)
    for nothing in (None, "", "no such item"):
        with pytest.raises(BadRequest):
            await do(ledger, Action.link, item_id, other_item_id=nothing)


async def test_every_status_change_of_a_life_is_an_event_that_joins_the_one_before(ledger: Ledger) -> None:
    item_id = await was_forwarded(ledger)
    for action in (Action.accept, Action.return_, Action.reroute, Action.discard, Action.reopen):
        await do(ledger, action, item_id)
    moves = [event for event in await events_of(ledger, item_id) if event.to_status is not None]
    assert moves[0].from_status == Status.received
    assert all(after.from_status == before.to_status for before, after in itertools.pairwise(moves))
    assert moves[-1].to_status == (await item_row(ledger, item_id)).status
    assert all(event.actor and event.at for event in moves)


async def test_of_two_who_decide_at_once_one_is_told_to_look_again(ledger: Ledger, neighbour: Ledger) -> None:
    for _ in range(3):
        item_id = await was_linked(ledger)
        seen = await item_row(ledger, item_id)
        outcomes = await asyncio.gather(
            *(decide(one, item_id, "vergunning", seen=seen) for one in (ledger, neighbour)), return_exceptions=True
        )
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Conflict", "str"]
        assert len(await rows(ledger, assignments, assignments.c.item_id == item_id)) == 1


async def test_of_two_who_launch_at_once_one_is_told_to_look_again(ledger: Ledger, neighbour: Ledger) -> None:
    for _ in range(3):
        item_id = await decide(ledger, await was_linked(ledger), "vergunning")
        seen = await standing(ledger, item_id)
        outcomes = await asyncio.gather(
            *(send_out(one, item_id, seen=seen) for one in (ledger, neighbour)), return_exceptions=True
        )
        assert [type(outcome) for outcome in outcomes].count(Conflict) == 1
        assert len(await rows(ledger, forwards, forwards.c.item_id == item_id)) == 2
        assert len(await rows(ledger, notices, notices.c.item_id == item_id)) == 1


async def test_what_was_decided_on_an_older_row_is_refused_whole(ledger: Ledger) -> None:
    item_id = await was_launched(ledger)
    old = await item_row(ledger, item_id)
    await do(ledger, Action.split, item_id)
    before = await everything(ledger)
    with pytest.raises(Conflict):
        await launch(ledger, old, [], [notice(ordinal=2)])
    with pytest.raises(Conflict):
        await give_to_triage(ledger, old, await assignments_of(ledger, item_id), intent(TRIAGE), "returned")
    assert await everything(ledger) == before


async def test_what_a_department_returns_goes_to_triage_in_a_new_round(ledger: Ledger) -> None:
    item_id = await item_in(ledger, Status.returned)
    await give_to_triage(
        ledger, await item_row(ledger, item_id), await assignments_of(ledger, item_id), intent(TRIAGE), "returned"
    )
    [row] = await assignments_of(ledger, item_id)
    assert (row.status, row.category, row.department, row.round) == (Status.triage, TRIAGE, "kcc", 2)
    assert (await item_row(ledger, item_id)).status == Status.triage


async def test_a_withheld_notice_is_an_event_with_its_reasons(ledger: Ledger) -> None:
    item_id = await decide(ledger, await was_linked(ledger), "intern")
    await send_out(ledger, item_id, notices=[notice(withheld_because=("it is a bounce", "a colleague"))])
    [event] = await rows(ledger, events, events.c.kind == "notice_withheld")
    assert event.reason == "it is a bounce; a colleague"


async def test_the_link_of_a_person_bears_their_reason(ledger: Ledger) -> None:
    item_id, other = await was_linked(ledger), await was_linked(ledger)
    await do(ledger, Action.link, item_id, other_item_id=other, reason="dezelfde tegel")
    [link] = await rows(ledger, links, links.c.item_id == item_id)
    assert (link.kind, link.other_item_id, link.reason, link.undone_at) == ("copy", other, "dezelfde tegel", None)
    assert len(await rows(ledger, items, items.c.original_item_id == other)) == 1
