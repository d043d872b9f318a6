"""A rehearsal says exactly what the line then writes: for any configuration and any item."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inbox.actions import Action
from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from inbox.configuration.load import configuration_of
from inbox.configuration.overlay import Overlay
from inbox.item import HeldBecause
from inbox.reading import Reading
from inbox.receipt import DATE_STAMP
from inbox.routing.conclude import DecidingFacts
from inbox.routing.decide import TraceStep
from inbox.routing.simulate import Comparison, OutcomeSaid, Rehearsed, Side, TraceLine, differences, side_by_side
from store.configurations import Configurations, publish
from store.flag_tables import raised_flags
from store.ledger import Ledger
from store.migrate import migrate
from store.overlays import Beginning, begin_overlay
from store.past_items import past_item
from store.reading import commit_reading, item_row
from tests.gateway.api.world import World, make_world
from tests.store.making import clean, do, rows
from tests.workflows.rehearsal_cases import RARE, Case, Released, calls, cases, documents, letters, mails
from workflows.deciding import decide_item, link_item
from workflows.rehearsing import rehearsed
from workflows.simulating import document_of


def outcome_of(row: Any, matters: list[Any]) -> OutcomeSaid:
    """Return what the ledger holds, read back from its own columns."""
    return OutcomeSaid.model_validate(
        {
            "matters": [
                {
                    "category": one.category,
                    "department": one.department,
                    "priority": one.priority,
                    "answer": one.answer,
                    "rule": one.rule,
                    "due_on": one.due_on,
                    "within": one.promise["words"] if one.promise else None,
                }
                for one in matters
            ],
            "filed_because": row.filed_because,
            "held_because": row.held_because,
            "hold_reason": row.hold_reason,
            "confidentiality": row.confidentiality,
            "joins": row.adds_to_item_id is not None,
            "flags": row.flags,
            "labels": row.labels,
        }
    )


async def agree(url: str, folder: Path, case: Case) -> OutcomeSaid:
    ledger = Ledger(url)
    try:
        await migrate(ledger)
        await clean(ledger)
        world = await make_world(ledger, folder)
        async with world.client:
            return await compare(world, case)
    finally:
        await ledger.close()


async def came_in(world: World, case: Case) -> str:
    """Bring the item to where it is to be decided; return its id."""
    adds_to = None
    if case.first is not None:
        adds_to = await world.decided("eerste", "iets")
        await world.change(adds_to, status=str(case.first))
    is_post = case.reading.channel == Channel.post
    item_id = await world.kept(
        channel=case.reading.channel,
        received_at=datetime.now(UTC) - case.age,
        received_basis=DATE_STAMP if is_post and case.is_stamped else "source",
        held_because=HeldBecause.observe if case.is_observed else None,
    )
    read = case.reading.model_copy(update={"message_id": f"{uuid4()}@x.test"})
    await commit_reading(world.ledger, item_id, read)
    await link_item(world.parts, await item_row(world.ledger, item_id))
    if adds_to is not None:
        await world.change(item_id, adds_to_item_id=adds_to)
    if case.released is Released.before_deciding and case.is_observed:
        await do(world.ledger, Action.release, item_id)
    return item_id


async def compare(world: World, case: Case) -> OutcomeSaid:
    """Rehearse, then decide; they agree. Return what was said."""
    ledger = world.ledger
    if case.overlay is not None:
        ends_at = datetime.now(UTC) + timedelta(hours=1)
        await begin_overlay(ledger, Beginning(Overlay.model_validate(case.overlay), "brand", ends_at, 1), "test")
    item_id = await came_in(world, case)

    overlays = (await world.parts.configurations.current()).overlays
    before, after = configuration_of(case.before), configuration_of(case.after)
    comparison = Comparison(Side.of(before, 1, overlays), Side.of(after, 0, overlays), frozenset())
    past = await past_item(ledger, item_id)
    assert past is not None
    one = rehearsed(past)
    assert one is not None
    [rehearsal] = comparison.of([one])

    await publish(ledger, document_of(after), "test")
    world.parts.configurations = Configurations(ledger)
    await decide_item(world.parts, await item_row(ledger, item_id))
    decided = await past_item(ledger, item_id)
    assert decided is not None
    assert rehearsal.after == outcome_of(decided.item, list(decided.assignments))
    raised = await rows(ledger, raised_flags, raised_flags.c.item_id == item_id)
    assert {row.flag for row in raised} == set(rehearsal.after.flags)
    if rehearsal.changes:
        holding = [line.rule for line in rehearsal.trace if line.after is not None and line.after.holds]
        assert {step["rule"] for step in decided.item.trace if step["holds"]} <= set(holding)

    if case.released is Released.after_deciding and decided.item.held_because and decided.item.status == "received":
        await do(ledger, Action.release, item_id)
        decided = await past_item(ledger, item_id)
        assert decided is not None
    # And what was decided is rehearsed as it was decided, from the ledger as it now stands.
    again = rehearsed(decided, with_then=True)
    assert again is not None
    if case.first is None:
        [same] = Comparison(None, Side.of(after, 0, overlays), frozenset()).of([again])
        assert same.changes == (), same
    return rehearsal.after


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(case=cases)
def test_a_rehearsal_and_the_line_agree_exactly(tmp_path: Path, case: Case) -> None:
    asyncio.run(agree(f"sqlite+aiosqlite:///{tmp_path / 'ledger.sqlite'}", tmp_path, case))


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_they_agree_on_what_is_rare(tmp_path: Path, engine: str, request: pytest.FixtureRequest) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'ledger.sqlite'}"
    if engine != "sqlite":
        url = request.getfixturevalue("postgres").fresh_database()
    for name, (case, expected) in RARE.items():
        outcome = asyncio.run(agree(url, tmp_path, case)).model_dump()
        told = outcome | {"category": outcome["matters"][0]["category"]}
        assert {key: told[key] for key in expected} == expected, name


@given(documents, st.one_of(mails, letters, calls))
def test_a_configuration_changes_nothing_against_itself(same: dict[str, Any], read: Reading) -> None:
    side = Side.of(configuration_of(same), 3)
    now = datetime.now(UTC)
    facts = DecidingFacts(read, "info", Confidentiality.zaakvertrouwelijk, now)
    [one] = Comparison(side, side, frozenset()).of([Rehearsed(facts, now)])
    assert one.changes == ()
    assert one.before == one.after
    assert differences(one.before, one.after) == ()


def test_both_traces_stand_side_by_side() -> None:
    old = [TraceStep(rule="a", holds=True, because="x"), TraceStep(rule="gone", holds=True, because="y")]
    new = [TraceStep(rule="new", holds=False, because="z"), TraceStep(rule="a", holds=False, because="w")]
    lines = side_by_side(old, new)
    assert [line.rule for line in lines] == ["a", "gone"]
    assert isinstance(lines[0], TraceLine)
    assert lines[0].after is not None
    assert not lines[0].after.holds
    assert lines[1].after is None
