"""A rehearsal says exactly what the line then writes: for any configuration and any item."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from inbox.configuration.load import configuration_of
from inbox.configuration.overlay import Overlay
from inbox.item import HeldBecause, Status
from inbox.reading import Reading, Sender
from inbox.routing.conclude import DecidingFacts
from inbox.routing.decide import TraceStep
from inbox.routing.simulate import Comparison, OutcomeSaid, Rehearsed, Side, TraceLine, differences, side_by_side
from store.configurations import Configurations, publish
from store.ledger import Ledger
from store.migrate import migrate
from store.overlays import Beginning, begin_overlay
from store.past_items import past_item
from store.reading import commit_reading, item_row
from tests.gateway.api.world import World, make_world
from tests.inbox.samples import document
from tests.inbox.topics import SMALL
from tests.store.making import clean
from workflows.deciding import decide_item, link_item
from workflows.rehearsing import rehearsed
from workflows.simulating import document_of

WORDS = ["bezwaar", "vergunning", "lantaarn", "bedankt", "paspoort", "factuur"]
words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3, unique=True)
conditions = st.one_of(
    st.fixed_dictionaries({"words": words}),
    st.fixed_dictionaries({"subject": words}),
    st.fixed_dictionaries({"not": st.fixed_dictionaries({"text": words})}),
    st.just({"is_automatic": True}),
    st.just({"topic": ["licht", "paspoort"], "confidence": 0.4}),
    st.just({"source": ["info"]}),
)
outcomes = st.one_of(
    st.fixed_dictionaries(
        {"category": st.sampled_from(["vergunning", "lantaarn", "bezwaar", "intern", "triage"])},
        optional={
            "priority": st.sampled_from(["low", "high"]),
            "labels": st.just(["spoed"]),
            "hold": st.just("eerst kijken"),
        },
    ),
    st.just({"file": "niets te doen"}),
)
rules = st.lists(st.tuples(conditions, outcomes), max_size=6)
mails = st.fixed_dictionaries(
    {
        "subject": st.lists(st.sampled_from(WORDS), max_size=2).map(" ".join),
        "text": st.lists(st.sampled_from(WORDS), max_size=3).map(" ".join),
        "is_automatic": st.booleans(),
    }
)
ages = st.integers(0, 60).map(lambda days: timedelta(days=days, minutes=5))
overlaid = st.none() | conditions.map(lambda when: {"routed": [{"when": when, "category": "lantaarn"}]})
held = st.sampled_from([None, None, HeldBecause.observe])


def written(rules: list[tuple[dict[str, Any], dict[str, Any]]]) -> dict[str, Any]:
    """Return a document with these rules."""
    return document(rules=[{"id": f"r{n}", "when": when, **then} for n, (when, then) in enumerate(rules)], topics=SMALL)


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


async def agree(
    folder: Path, before: Any, after: Any, mail: Any, age: timedelta, is_held: Any, first: Any, overlay: Any
) -> None:
    ledger = Ledger(f"sqlite+aiosqlite:///{folder / 'ledger.sqlite'}")
    try:
        await migrate(ledger)
        await clean(ledger)
        world = await make_world(ledger, folder)
        async with world.client:
            await compare(world, before, after, mail, age, is_held, first, overlay)
    finally:
        await ledger.close()


async def compare(
    world: World, before: Any, after: Any, mail: Any, age: timedelta, is_held: Any, first: Any, overlay: Any
) -> None:
    ledger = world.ledger
    if overlay is not None:
        ends_at = datetime.now(UTC) + timedelta(hours=1)
        await begin_overlay(ledger, Beginning(Overlay.model_validate(overlay), "brand", ends_at, 1), "test")
    adds_to = None
    if first is not None:
        adds_to = await world.decided("eerste", "iets")
        await world.change(adds_to, status=str(first))
    item_id = await world.kept(received_at=datetime.now(UTC) - age, held_because=is_held)
    reading = Reading(
        channel=Channel.email, sender=Sender(address="jan@inwoner.test"), message_id=f"{uuid4()}@x.test", **mail
    )
    await commit_reading(ledger, item_id, reading)
    await link_item(world.parts, await item_row(ledger, item_id))
    if adds_to is not None:
        await world.change(item_id, adds_to_item_id=adds_to)

    overlays = (await world.parts.configurations.current()).overlays
    comparison = Comparison(
        Side.of(configuration_of(before), 1, overlays), Side.of(configuration_of(after), 0, overlays), frozenset()
    )
    past = await past_item(ledger, item_id)
    assert past is not None
    one = rehearsed(past)
    assert one is not None
    [rehearsal] = comparison.of([one])

    await publish(ledger, document_of(configuration_of(after)), "test")
    world.parts.configurations = Configurations(ledger)
    await decide_item(world.parts, await item_row(ledger, item_id))
    decided = await past_item(ledger, item_id)
    assert decided is not None
    assert rehearsal.after == outcome_of(decided.item, list(decided.assignments))
    if rehearsal.changes:
        holding = [line.rule for line in rehearsal.trace if line.after is not None and line.after.holds]
        assert {step["rule"] for step in decided.item.trace if step["holds"]} <= set(holding)

    # And what was decided is rehearsed as it was decided, from the ledger as it now stands.
    again = rehearsed(decided, with_then=True)
    assert again is not None
    if first is None:
        [same] = Comparison(None, Side.of(configuration_of(after), 0, overlays), frozenset()).of([again])
        assert same.changes == (), same


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    before=rules,
    after=rules,
    mail=mails,
    age=ages,
    is_held=held,
    first=st.sampled_from([None, None, *Status]),
    overlay=overlaid,
)
def test_a_rehearsal_and_the_line_agree_exactly(
    tmp_path: Path, before: Any, after: Any, mail: Any, age: timedelta, is_held: Any, first: Any, overlay: Any
) -> None:
    if first in (Status.linked, Status.quarantined):
        first = None
    asyncio.run(agree(tmp_path, written(before), written(after), mail, age, is_held, first, overlay))


@given(rules, mails)
def test_a_configuration_changes_nothing_against_itself(same: Any, mail: Any) -> None:
    side = Side.of(configuration_of(written(same)), 3)
    now = datetime.now(UTC)
    facts = DecidingFacts(Reading(channel=Channel.email, **mail), "info", Confidentiality.zaakvertrouwelijk, now)
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
