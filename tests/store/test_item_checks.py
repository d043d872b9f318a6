"""What must hold for items, copies, notices and forwards is found when it does not, and only then."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import delete, insert, update

from inbox.actions import Action
from inbox.configuration.model import TRIAGE
from inbox.errors import MalformedMail
from inbox.item import ForwardState, HeldBecause, NoticeState, Status
from inbox.reading import Reading
from inbox.reconciliation import Kind
from store.flag_tables import overlays
from store.item_checks import differing
from store.ledger import Ledger, now
from store.overlays import overlays_to_clear, resume_paused
from store.reading import item_row, quarantine
from store.tables import claims, forwards, items, notices
from tests.inbox.samples import reading
from tests.store.making import (
    decide,
    do,
    item_in,
    kept,
    send_out,
    was_forwarded,
    was_launched,
    was_linked,
    was_read,
)

NO_TIME = timedelta(0)


async def checked(ledger: Ledger, settles: timedelta = NO_TIME) -> list[tuple[Kind, str]]:
    """Return what is found about items, as (kind, item id), when no drive is wanted any more."""
    async with ledger.begin() as connection:
        await connection.execute(update(items).values(drive_wanted=None))
    found = differing(ledger, None, settled_before=now() - settles, pause=NO_TIME)
    return [(difference.kind, difference.item_id) async for difference in found]


async def set_item(ledger: Ledger, item_id: str, **values: Any) -> None:
    async with ledger.begin() as connection:
        await connection.execute(update(items).where(items.c.item_id == item_id).values(**values))


@pytest.mark.parametrize("status", list(Status))
async def test_items_are_as_they_must_be_in_every_status(ledger: Ledger, status: Status) -> None:
    item_id = await item_in(ledger, status)
    untold = status in {Status.filed, Status.quarantined}  # nothing was launched for these
    assert await checked(ledger) == ([(Kind.untold, item_id)] if untold else [])


def twin() -> Reading:
    return reading("Vraag", message_id="een@inwoner.test")


async def three_alike(ledger: Ledger) -> list[str]:
    made = [await was_linked(ledger, twin()) for _ in range(3)]
    assert [(await item_row(ledger, item_id)).status for item_id in made] == ["received", "linked", "linked"]
    return made


async def test_copies_are_as_they_must_be_whatever_people_do(ledger: Ledger) -> None:
    first, second, third = await three_alike(ledger)
    assert await checked(ledger) == []
    await do(ledger, Action.discard, first)
    assert await checked(ledger) == []
    await do(ledger, Action.unlink, third)
    assert await checked(ledger) == []
    another = await was_linked(ledger)
    await do(ledger, Action.link, second, other_item_id=another)
    assert await checked(ledger) == []
    await was_linked(ledger, twin())
    assert await checked(ledger) == []
    await do(ledger, Action.reopen, first)
    assert await checked(ledger) == []
    await do(ledger, Action.discard, another)
    assert await checked(ledger) == []


async def reopened_beside_its_successor(ledger: Ledger) -> tuple[str, str]:
    """Return an item that a person reopened, and the one that took its claim meanwhile."""
    first = await decide(ledger, await was_linked(ledger, twin()), "lantaarn")
    await send_out(ledger, first)
    await do(ledger, Action.discard, first)
    second = await was_linked(ledger, twin())
    await do(ledger, Action.reopen, first)
    async with ledger.begin() as connection:
        await connection.execute(update(notices).values(message=None))  # for the drive that would think it over
    return first, second


async def test_two_that_a_person_lets_go_their_own_way_are_not_handled_twice(ledger: Ledger) -> None:
    await reopened_beside_its_successor(ledger)
    assert await checked(ledger) == []


async def test_a_claim_lives_on_where_a_person_links_its_holder_to(ledger: Ledger) -> None:
    first, second = await reopened_beside_its_successor(ledger)
    await do(ledger, Action.link, second, other_item_id=first)
    assert await checked(ledger) == []


async def test_a_person_may_link_what_has_other_words(ledger: Ledger) -> None:
    first, _ = await reopened_beside_its_successor(ledger)
    await do(ledger, Action.link, first, other_item_id=await was_linked(ledger))
    assert await checked(ledger) == []


async def test_two_alike_that_are_not_linked_yet_are_work_in_progress(ledger: Ledger) -> None:
    await was_linked(ledger, twin())
    await was_read(ledger, twin())
    assert await checked(ledger) == []


async def test_a_copy_of_a_copy_is_named(ledger: Ledger) -> None:
    _, second, third = await three_alike(ledger)
    await set_item(ledger, third, original_item_id=second)
    assert (Kind.copy_of_a_copy, third) in await checked(ledger)


async def test_a_claim_whose_holder_is_a_copy_of_a_copy_is_named(ledger: Ledger) -> None:
    first, second, _ = await three_alike(ledger)
    await set_item(ledger, first, status=str(Status.linked), original_item_id=second)
    assert (Kind.claim_astray, first) in await checked(ledger)


@pytest.mark.parametrize("status", [Status.discarded, None])
async def test_a_copy_that_lives_on_nowhere_is_named(ledger: Ledger, status: Status | None) -> None:
    first, second, third = await three_alike(ledger)
    if status is None:
        await set_item(ledger, second, original_item_id=None)
        assert (Kind.copy_without_original, second) in await checked(ledger)
    else:
        await set_item(ledger, first, status=str(status))
        found = await checked(ledger)
        assert {item_id for kind, item_id in found if kind is Kind.copy_without_original} == {second, third}
        assert (Kind.claim_astray, first) in found


async def test_a_lost_claim_is_named(ledger: Ledger) -> None:
    first, second, third = await three_alike(ledger)
    async with ledger.begin() as connection:
        await connection.execute(delete(claims))
    assert set(await checked(ledger)) == {
        (Kind.claim_missing, first),
        (Kind.copy_without_claim, second),
        (Kind.copy_without_claim, third),
    }


async def test_a_claim_that_another_item_holds_is_named(ledger: Ledger) -> None:
    _, second, third = await three_alike(ledger)
    other = await was_linked(ledger)
    async with ledger.begin() as connection:
        fingerprint = (await connection.execute(items.select().where(items.c.item_id == second))).one().fingerprint
        await connection.execute(update(claims).where(claims.c.fingerprint == fingerprint).values(item_id=other))
    assert {(Kind.copy_without_claim, second), (Kind.copy_without_claim, third)} <= set(await checked(ledger))


async def test_two_originals_of_one_message_are_named(ledger: Ledger) -> None:
    first, second, _ = await three_alike(ledger)
    await set_item(ledger, second, status=str(Status.received), original_item_id=None)
    [(kind, item_id)] = await checked(ledger)
    assert (kind, item_id) == (Kind.handled_twice, max(first, second))
    await do(ledger, Action.discard, second)
    assert Kind.handled_twice not in dict(await checked(ledger))


async def test_a_decided_item_whose_sender_was_not_told_is_named(ledger: Ledger) -> None:
    item_id = await decide(ledger, await was_linked(ledger), "vergunning")
    assert await checked(ledger, settles=timedelta(hours=1)) == []
    assert await checked(ledger) == [(Kind.untold, item_id)]
    await send_out(ledger, item_id)
    assert await checked(ledger) == []


async def test_a_wanted_drive_is_work_in_progress(ledger: Ledger) -> None:
    item_id = await decide(ledger, await was_linked(ledger), "vergunning")
    found = differing(ledger, None, settled_before=now(), pause=NO_TIME)
    assert [difference async for difference in found] == []
    assert await checked(ledger) == [(Kind.untold, item_id)]


async def test_a_held_item_need_not_be_told(ledger: Ledger) -> None:
    await decide(ledger, await was_linked(ledger), "vergunning", held=HeldBecause.observe)
    assert await checked(ledger) == []


async def test_a_held_item_that_cannot_be_read_need_not_be_told(ledger: Ledger) -> None:
    item_id = await kept(ledger, held_because=HeldBecause.observe)
    await quarantine(ledger, item_id, MalformedMail("no header"), None)
    assert await checked(ledger) == []


async def test_what_was_called_back_need_not_stand_with_its_department(ledger: Ledger) -> None:
    item_id = await was_forwarded(ledger)
    await do(ledger, Action.discard, item_id)
    assert await checked(ledger) == []


async def test_triage_may_be_completed_before_its_department_has_it(ledger: Ledger) -> None:
    item_id = await was_launched(ledger, TRIAGE)
    await do(ledger, Action.complete, item_id)
    assert await checked(ledger) == []


async def test_a_sender_who_could_not_be_told_is_noticed(ledger: Ledger) -> None:
    item_id = await was_launched(ledger)
    async with ledger.begin() as connection:
        await connection.execute(update(notices).values(state=str(NoticeState.failed), trouble_code="refused"))
    assert await checked(ledger) == [(Kind.telling_failed, item_id)]


@pytest.mark.parametrize(("left", "is_over"), [(timedelta(hours=1), False), (timedelta(hours=-1), True)])
async def test_what_stays_paused_by_an_overlay_that_is_over_is_named_and_goes_on(
    ledger: Ledger, left: timedelta, is_over: bool
) -> None:
    item_id = await was_launched(ledger)
    async with ledger.begin() as connection:
        moment = now()
        cleared = {"cleared_at": moment, "begun_at": moment, "begun_by": "Crisis", "version": 1}
        await connection.execute(
            insert(overlays).values(overlay_id="haven", document={}, reason="x", ends_at=moment + left, **cleared)
        )
        paused = {"state": str(NoticeState.withheld), "paused_by": "haven", "message": None}
        await connection.execute(update(notices).values(**paused))
    assert await checked(ledger) == ([(Kind.still_paused, item_id)] if is_over else [])
    assert await overlays_to_clear(ledger) == (["haven"] if is_over else [])
    await resume_paused(ledger, "haven", 10)
    assert Kind.still_paused not in {kind for kind, _ in await checked(ledger)}
    assert await overlays_to_clear(ledger) == []


@pytest.mark.parametrize(("kind", "is_named"), [("acknowledgement", False), ("correction", True)])
async def test_a_caller_who_could_not_be_told_is_called_back(ledger: Ledger, kind: str, is_named: bool) -> None:
    item_id = await was_launched(ledger)
    await set_item(ledger, item_id, channel="phone")
    async with ledger.begin() as connection:
        told = (await connection.execute(notices.select())).one()._asdict()
        await connection.execute(
            insert(notices).values({**told, "notice_id": str(uuid4()), "kind": kind, "ordinal": 2, "channel": "sms"})
        )
        failed = {"state": str(NoticeState.failed), "trouble_code": "refused"}
        await connection.execute(update(notices).where(notices.c.channel == "sms").values(**failed))
    assert await checked(ledger) == ([(Kind.telling_failed, item_id)] if is_named else [])


async def test_a_notice_that_was_called_back_tells_nobody(ledger: Ledger) -> None:
    item_id = await was_launched(ledger)
    await do(ledger, Action.discard, item_id)
    assert await checked(ledger) == []
    await do(ledger, Action.reopen, item_id)
    assert await checked(ledger) == [(Kind.untold, item_id)]


async def test_a_forwarded_assignment_without_a_delivered_forward_is_named(ledger: Ledger) -> None:
    item_id = await was_forwarded(ledger)
    assert await checked(ledger) == []
    async with ledger.begin() as connection:
        await connection.execute(
            update(forwards).where(forwards.c.role == "acting").values(state=str(ForwardState.failed))
        )
    assert await checked(ledger) == [(Kind.not_forwarded, item_id)]


async def test_two_acting_forwards_in_one_round_are_named(ledger: Ledger) -> None:
    item_id = await was_forwarded(ledger)
    async with ledger.begin() as connection:
        rows = (await connection.execute(forwards.select().where(forwards.c.role == "acting"))).all()
        again = {**rows[0]._asdict(), "forward_id": str(uuid4()), "ordinal": 9}
        await connection.execute(insert(forwards).values(**again))
    assert await checked(ledger) == [(Kind.forwarded_twice, item_id)]
