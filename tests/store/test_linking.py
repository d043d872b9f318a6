"""Copies and follow-ups: one original, never a chain, whoever comes first (invariants 9 and 10)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inbox.actions import Action
from inbox.configuration.model import TRIAGE
from inbox.errors import Conflict
from inbox.item import HeldBecause, LinkKind, Status
from inbox.reading import Reading, Sender
from store.deciding import hints
from store.events import lock_item
from store.ledger import Ledger
from store.linking import ThreadEvidence, release_claim, settle_links
from store.reading import item_row
from store.tables import claims, items, links
from tests.inbox.samples import reading
from tests.store.making import NO_THREAD, clean, decide, do, events_of, item_in, rows, was_linked, was_read

SAME = reading("Losse tegel", "Bij nummer 5", message_id="tegel@inwoner.test")
OTHER = reading("Kapotte lamp", "Bij nummer 7", message_id="lamp@inwoner.test")


async def copies(ledger: Ledger, count: int, read: Reading = SAME) -> list[str]:
    """Return as many items of one message; the first is the original."""
    return [await was_linked(ledger, read) for _ in range(count)]


async def assert_no_copy_points_at_a_copy(ledger: Ledger) -> None:
    """Invariant 10, and what follows from it, over the whole ledger."""
    by_id = {row.item_id: row for row in await rows(ledger, items)}
    standing = [row for row in await rows(ledger, links, links.c.kind == "copy") if row.undone_at is None]
    for row in by_id.values():
        pointing = [link.other_item_id for link in standing if link.item_id == row.item_id]
        if row.status == Status.linked:
            original = by_id[row.original_item_id]
            assert original.status not in (Status.linked, Status.discarded)
            assert pointing == [original.item_id]
        else:
            assert row.original_item_id is None
            assert pointing == []
    assert all(by_id[claim.item_id].status != Status.discarded for claim in await rows(ledger, claims))


async def test_twenty_identical_readings_linked_at_once_have_exactly_one_original(
    ledger: Ledger, neighbour: Ledger
) -> None:
    made = [await was_read(ledger, SAME) for _ in range(20)]
    await asyncio.gather(
        *(settle_links((ledger, neighbour)[number % 2], item_id, NO_THREAD) for number, item_id in enumerate(made))
    )
    found = await rows(ledger, items)
    [original] = [row for row in found if row.status == Status.received]
    assert {row.original_item_id for row in found if row.status == Status.linked} == {original.item_id}
    assert [row.item_id for row in await rows(ledger, claims)] == [original.item_id]
    await assert_no_copy_points_at_a_copy(ledger)


async def test_linking_twice_changes_nothing(ledger: Ledger) -> None:
    original, copy = await copies(ledger, 2)
    before = [await item_row(ledger, item_id) for item_id in (original, copy)]
    for item_id in (original, copy):
        await settle_links(ledger, item_id, NO_THREAD)
    assert [await item_row(ledger, item_id) for item_id in (original, copy)] == before
    assert len(await rows(ledger, links)) == 1


async def test_what_has_no_fingerprint_is_a_copy_of_nothing(ledger: Ledger) -> None:
    made = await copies(ledger, 2, reading("Leeg"))
    assert [(await item_row(ledger, item_id)).status for item_id in made] == ["received", "received"]
    assert await rows(ledger, claims) == []


async def test_the_oldest_copy_takes_over_when_the_original_is_discarded(ledger: Ledger) -> None:
    original, oldest, youngest = await copies(ledger, 3)
    await do(ledger, Action.discard, original)
    assert (await item_row(ledger, oldest)).status == Status.received
    assert (await item_row(ledger, oldest)).drive_wanted == "took_over"
    assert (await item_row(ledger, youngest)).original_item_id == oldest
    assert [row.item_id for row in await rows(ledger, claims)] == [oldest]
    assert (await events_of(ledger, oldest))[-1].kind == "took_over"
    await assert_no_copy_points_at_a_copy(ledger)


async def test_when_all_are_discarded_the_next_one_is_no_copy(ledger: Ledger) -> None:
    original, copy = await copies(ledger, 2)
    await do(ledger, Action.discard, original)
    await do(ledger, Action.discard, copy)
    assert await rows(ledger, claims) == []
    [next_one] = await copies(ledger, 1)
    assert (await item_row(ledger, next_one)).status == Status.received


async def test_a_held_original_gives_way_to_a_copy_that_may_go(ledger: Ledger) -> None:
    held = await was_linked(ledger, SAME, held_because=HeldBecause.observe)
    also_held = await was_linked(ledger, SAME, held_because=HeldBecause.observe)
    free = await was_linked(ledger, SAME)
    assert (await item_row(ledger, free)).status == Status.received
    assert [(await item_row(ledger, item_id)).original_item_id for item_id in (held, also_held)] == [free, free]
    await assert_no_copy_points_at_a_copy(ledger)


async def test_an_unlinked_copy_goes_its_own_way_and_is_never_called_a_copy_again(ledger: Ledger) -> None:
    original, copy = await copies(ledger, 2)
    row = await do(ledger, Action.unlink, copy)
    assert (row.status, row.original_item_id, row.drive_wanted is not None) == (Status.received, None, True)
    await settle_links(ledger, copy, NO_THREAD)
    assert (await item_row(ledger, copy)).status == Status.received
    assert (await item_row(ledger, original)).status == Status.received


async def test_a_new_copy_of_a_linked_holder_points_at_the_item_that_lives_on(ledger: Ledger) -> None:
    """A person linked two different messages; then the linked one comes in once more (invariant 10)."""
    [tegel], [lamp] = await copies(ledger, 1), await copies(ledger, 1, OTHER)
    await do(ledger, Action.link, lamp, other_item_id=tegel)
    [again] = await copies(ledger, 1, OTHER)
    assert (await item_row(ledger, again)).original_item_id == tegel
    await assert_no_copy_points_at_a_copy(ledger)


async def test_an_heir_of_two_claims_can_be_discarded_too(ledger: Ledger) -> None:
    [tegel], [lamp] = await copies(ledger, 1), await copies(ledger, 1, OTHER)
    await do(ledger, Action.link, lamp, other_item_id=tegel)
    await do(ledger, Action.discard, tegel)
    assert {row.item_id for row in await rows(ledger, claims)} == {lamp}
    await do(ledger, Action.discard, lamp)
    assert await rows(ledger, claims) == []


async def test_a_reopened_item_whose_copies_were_linked_to_it_is_no_copy_of_itself(ledger: Ledger) -> None:
    original, heir = await copies(ledger, 2)
    await do(ledger, Action.discard, original)
    await do(ledger, Action.reopen, original)
    await do(ledger, Action.link, heir, other_item_id=original)
    await settle_links(ledger, original, NO_THREAD)
    assert (await item_row(ledger, original)).status == Status.received
    await assert_no_copy_points_at_a_copy(ledger)


async def test_a_reopened_item_that_turns_out_a_copy_takes_its_own_copies_along(ledger: Ledger) -> None:
    original, heir = await copies(ledger, 2)
    [lamp] = await copies(ledger, 1, OTHER)
    await do(ledger, Action.discard, original)
    await do(ledger, Action.reopen, original)
    await do(ledger, Action.link, lamp, other_item_id=original)
    await settle_links(ledger, original, NO_THREAD)
    assert {(await item_row(ledger, item_id)).original_item_id for item_id in (lamp, original)} == {heir}
    await assert_no_copy_points_at_a_copy(ledger)


async def test_an_original_that_is_linked_takes_its_copies_along(ledger: Ledger) -> None:
    [tegel], lamps = await copies(ledger, 1), await copies(ledger, 3, OTHER)
    await do(ledger, Action.link, lamps[0], other_item_id=tegel)
    assert {(await item_row(ledger, lamp)).original_item_id for lamp in lamps} == {tegel}
    await assert_no_copy_points_at_a_copy(ledger)


async def test_a_held_item_that_was_linked_and_unlinked_still_waits_for_release(ledger: Ledger) -> None:
    item_id = await was_linked(ledger, held_because=HeldBecause.observe)
    await decide(ledger, item_id, "lantaarn", held=HeldBecause.observe)
    await do(ledger, Action.link, item_id, other_item_id=await was_linked(ledger))
    assert (await do(ledger, Action.unlink, item_id)).status == Status.received
    assert (await do(ledger, Action.release, item_id)).status == Status.forwarding


@pytest.mark.parametrize("status", [Status.forwarded, Status.triage])
async def test_an_item_unlinked_after_it_was_forwarded_begins_a_new_round(ledger: Ledger, status: Status) -> None:
    item_id = await item_in(ledger, status)
    await do(ledger, Action.link, item_id, other_item_id=await was_linked(ledger))
    row = await do(ledger, Action.unlink, item_id)
    assert row.status == (Status.triage if status is Status.triage else Status.forwarding)


async def test_two_links_across_each_other_end_with_one_original(ledger: Ledger, neighbour: Ledger) -> None:
    for _ in range(5):
        one, two = await was_linked(ledger), await was_linked(ledger)
        outcomes = await asyncio.gather(
            do(ledger, Action.link, one, other_item_id=two),
            do(neighbour, Action.link, two, other_item_id=one),
            return_exceptions=True,
        )
        assert [type(outcome) for outcome in outcomes].count(Conflict) == 1
        await assert_no_copy_points_at_a_copy(ledger)


@pytest.mark.parametrize("ledger", ["postgresql"], indirect=True)  # SQLite has one writer at a time
async def test_a_copy_that_comes_while_its_original_is_discarded_ends_with_the_heir(ledger: Ledger) -> None:
    """The discarding stands between its lock and its claim when the new copy wants both."""
    [original] = await copies(ledger, 1)
    late = await was_read(ledger, SAME)
    async with ledger.begin() as connection:
        item = await lock_item(connection, original)
        linking = asyncio.create_task(settle_links(ledger, late, NO_THREAD))
        await asyncio.sleep(0.2)
        await release_claim(connection, item, "discarded")
        await connection.execute(items.update().where(items.c.item_id == original).values(status="discarded"))
    await linking
    assert (await item_row(ledger, late)).status == Status.received
    await assert_no_copy_points_at_a_copy(ledger)


class Pool:
    """Items of two messages, and what may happen to them in any order."""

    def __init__(self, ledger: Ledger, held: Any) -> None:
        self.ledger = ledger
        self.held = held
        self.made: list[str] = []

    async def step(self, kind: str, first: int, second: int) -> None:
        if kind in ("tegel", "lamp") or not self.made:
            held = {"held_because": self.held} if first % 3 == 0 else {}
            self.made.append(await was_linked(self.ledger, OTHER if kind == "lamp" else SAME, **held))
            return
        item_id = self.made[first % len(self.made)]
        try:
            if kind == "settle":
                await settle_links(self.ledger, item_id, NO_THREAD)
            elif kind == "decide":
                item = await item_row(self.ledger, item_id)
                if item.status == Status.received and item.is_link_settled and item.decided_version is None:
                    await decide(self.ledger, item_id, TRIAGE, held=item.held_because)
            else:
                await do(self.ledger, Action(kind), item_id, other_item_id=self.made[second % len(self.made)])
        except Conflict:
            pass


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["tegel", "lamp", "link", "link", "unlink", "discard", "discard", "reopen", "settle", "decide"]
        ),
        st.integers(0, 11),
        st.integers(0, 11),
    ),
    min_size=4,
    max_size=14,
)


@given(steps=STEPS)
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_is_linked_unlinked_discarded_and_reopened_no_copy_points_at_a_copy(
    ledger: Ledger, steps: list[tuple[str, int, int]]
) -> None:
    await clean(ledger)
    pool = Pool(ledger, HeldBecause.observe)
    for step in steps:
        await pool.step(*step)
    await assert_no_copy_points_at_a_copy(ledger)


def answering(**evidence: Any) -> ThreadEvidence:
    facts: dict[str, Any] = {
        "proven_reference": None,
        "reply_to_ids": (),
        "sender_address": "jan@inwoner.test",
        "is_authenticated": False,
    }
    return ThreadEvidence(**{**facts, **evidence})


async def follow_up(ledger: Ledger, evidence: ThreadEvidence) -> Any:
    item_id = await was_read(ledger, reading("Aanvulling", sender=Sender(address=evidence.sender_address)))
    await settle_links(ledger, item_id, evidence)
    return await item_row(ledger, item_id)


async def test_our_signed_token_joins_an_open_item(ledger: Ledger) -> None:
    parent = await item_row(ledger, await item_in(ledger, Status.forwarded))
    child = await follow_up(ledger, answering(proven_reference=parent.reference, sender_address="piet@elders.test"))
    assert child.adds_to_item_id == parent.item_id
    [link] = await rows(ledger, links, links.c.item_id == child.item_id)
    assert link.reason == "our signed token in its thread, from another address than its sender's"


@pytest.mark.parametrize(("is_authenticated", "sender", "joins"), [
    (True, "jan@inwoner.test", True),
    (False, "jan@inwoner.test", False),
    (True, "piet@elders.test", False),
    (True, "", False),
])  # fmt: skip
async def test_references_join_only_for_the_same_and_proven_sender(
    ledger: Ledger, is_authenticated: bool, sender: str, joins: bool
) -> None:
    parent = await was_linked(ledger, SAME)
    evidence = answering(reply_to_ids=("tegel@inwoner.test",), sender_address=sender, is_authenticated=is_authenticated)
    child = await follow_up(ledger, evidence)
    [link] = await rows(ledger, links, links.c.item_id == child.item_id)
    assert (child.adds_to_item_id == parent) is joins
    assert link.kind == (LinkKind.follow_up if joins else LinkKind.may_belong_to)


@pytest.mark.parametrize("status", [Status.quarantined, Status.completed, Status.filed, Status.discarded])
async def test_nothing_joins_an_item_that_has_ended_or_cannot_be_read(ledger: Ledger, status: Status) -> None:
    parent = await item_row(ledger, await item_in(ledger, status))
    child = await follow_up(ledger, answering(proven_reference=parent.reference))
    assert child.adds_to_item_id is None
    assert [link.kind for link in await rows(ledger, links, links.c.item_id == child.item_id)] == ["may_belong_to"]


async def test_an_answer_to_a_copy_joins_its_original(ledger: Ledger) -> None:
    original, copy = await copies(ledger, 2)
    reference = (await item_row(ledger, copy)).reference
    assert (await follow_up(ledger, answering(proven_reference=reference))).adds_to_item_id == original


async def test_the_nearest_of_many_hostile_ids_is_answered(ledger: Ledger) -> None:
    await was_linked(ledger, OTHER)
    parent = await was_linked(ledger, SAME)
    ids = ("lamp@inwoner.test", "x" * 100_000, "\x00\ud800", *(f"{number}@vreemd.test" for number in range(97)))
    child = await follow_up(ledger, answering(reply_to_ids=(*ids, "tegel@inwoner.test"), is_authenticated=True))
    assert child.adds_to_item_id == parent


async def test_no_item_adds_to_itself(ledger: Ledger) -> None:
    own = reading("Ik", message_id="zelf@inwoner.test")
    item_id = await was_read(ledger, own)
    reference = (await item_row(ledger, item_id)).reference
    await settle_links(ledger, item_id, answering(proven_reference=reference, reply_to_ids=("zelf@inwoner.test",)))
    assert (await item_row(ledger, item_id)).adds_to_item_id is None
    assert await rows(ledger, links) == []


async def test_a_reused_message_id_is_a_warning_and_no_copy(ledger: Ledger) -> None:
    first = await was_linked(ledger, SAME)
    other_words = SAME.model_copy(update={"text": "Heel andere woorden."})
    second = await was_linked(ledger, other_words)
    third = await was_linked(ledger, OTHER)
    row = await item_row(ledger, second)
    assert (row.status, row.original_item_id, row.adds_to_item_id) == ("received", None, None)
    [link] = await rows(ledger, links, links.c.item_id == second)
    assert (link.kind, link.other_item_id) == (LinkKind.same_message_id, first)
    assert await rows(ledger, links, links.c.item_id == third) == []
    assert await hints(ledger, second) == [f"same_message_id {(await item_row(ledger, first)).reference}"]


async def test_an_exact_copy_is_no_reuse_of_its_message_id(ledger: Ledger) -> None:
    original, copy = await copies(ledger, 2)
    assert await hints(ledger, original) == await hints(ledger, copy) == []


async def test_an_answer_to_a_reused_message_id_joins_nothing(ledger: Ledger) -> None:
    """GLPI's mailanalyzer took a reused id of 2019 for the thread, and the mail was gone."""
    await was_linked(ledger, SAME)
    await was_linked(ledger, SAME.model_copy(update={"text": "Heel andere woorden."}))
    evidence = answering(reply_to_ids=("tegel@inwoner.test",), is_authenticated=True)
    child = await follow_up(ledger, evidence)
    assert child.adds_to_item_id is None
    assert [link.kind for link in await rows(ledger, links, links.c.item_id == child.item_id)] == ["may_belong_to"]


@pytest.mark.parametrize(("within", "joins"), [(timedelta(days=1), True), (timedelta(), False)])
async def test_what_was_completed_lately_may_still_be_joined(ledger: Ledger, within: timedelta, joins: bool) -> None:
    parent = await item_row(ledger, await item_in(ledger, Status.completed))
    child = await follow_up(ledger, answering(proven_reference=parent.reference, reopens_within=within))
    assert (child.adds_to_item_id == parent.item_id) is joins
