"""Explain: why an item of the ledger was decided as it was, recomputed by the version that decided it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from inbox.configuration.load import load_published
from inbox.configuration.overlay import Running
from inbox.correspondent import speaking
from inbox.errors import Conflict
from inbox.item import Status
from inbox.norms.counting import Counted, counted
from inbox.routing.compiled import CompiledConfiguration
from inbox.routing.conclude import Outcome, conclude
from inbox.routing.decide import TraceStep
from inbox.routing.explain import NextRule, explain_decision
from inbox.routing.simulate import Change, OutcomeSaid, Rehearsed, differences, said
from store.configurations import version_row
from store.events import GATEWAY
from store.ledger import Ledger
from store.overlays import overlays_at
from store.past_items import PastItem, events_of, past_item
from workflows.rehearsing import rehearsed


@dataclass(frozen=True)
class ItemExplanation:
    """Why it was decided as it was."""

    item: Any
    """Its row."""
    version: int
    rule: str | None
    """The rule that decided; None where none did."""
    trace: Sequence[TraceStep]
    """Every rule that was asked, those of emergency overlays of then included, recomputed."""
    next: Sequence[NextRule]
    decided: OutcomeSaid
    """Recomputed: what the version says of the item, with nothing that people did."""
    counted: Sequence[Counted | None]
    """Of each of its matters; None where no date is promised."""
    stands: OutcomeSaid
    """As the ledger holds it."""
    differs: Sequence[Change]
    because: Sequence[str]
    """Sentences about the difference; empty where there is none."""
    by_people: Sequence[Any]
    """Events of what people did with it, in order."""


async def explain_item(ledger: Ledger, item_id: str, trusted_authserv_ids: frozenset[str]) -> ItemExplanation:
    """Explain. Nothing is written. Raises Conflict when nothing was decided, SettingsInvalid when its version cannot be
    used any more.
    """
    past = await past_item(ledger, item_id)
    facts = rehearsed(past, with_then=True) if past is not None else None
    if past is None or facts is None or facts.then is None:
        raise Conflict(f"nothing was decided about this item: {_undecided(past)}")
    row = await version_row(ledger, past.item.decided_version)
    events = await events_of(ledger, item_id)
    compiled = await asyncio.to_thread(_compiled, row.document, row.version)
    decided_at = max((event.at for event in events if event.kind == "decided"), default=None)
    if decided_at is not None and (running := await _overlays_of_then(ledger, decided_at)):
        compiled = await asyncio.to_thread(CompiledConfiguration, compiled.document, row.version, running)
    by_people = [event for event in events if event.actor != GATEWAY]
    if facts.filed_as_report is not None:
        # A person may have let it begin again since, and then it has matters: no date of theirs is recomputed.
        uncounted = (None,) * len(facts.then.matters)
        return ItemExplanation(
            past.item, row.version, None, facts.then_trace, (), facts.then, uncounted, facts.then, (), (), by_people
        )
    if decided_at is not None:
        # What could not be promised any more by then is held, however early it came.
        facts = replace(facts, present=decided_at)
    return await asyncio.to_thread(_explained, past, facts, compiled, trusted_authserv_ids, by_people)


def _undecided(past: PastItem | None) -> str:
    """Return why nothing was decided, and where more of it stands in the item's own account."""
    status = past.item.status if past is not None else None
    if status == Status.quarantined:
        return "it could not be read, see its `quarantine`"
    if status == Status.linked:
        return "it is a copy; ask about the item that its `links` name"
    if status == Status.received:
        return "it waits for its turn"
    return "no rule was asked, see its `events`"


async def _overlays_of_then(ledger: Ledger, decided_at: datetime) -> tuple[Running, ...]:
    """Return the emergency overlays under which it was decided last."""
    async with ledger.read() as connection:
        return await overlays_at(connection, decided_at)


@lru_cache(maxsize=4)
def _compiled(document: str, version: int) -> CompiledConfiguration:
    return CompiledConfiguration(load_published(document, version), version)


def _explained(
    past: PastItem,
    item: Rehearsed,
    compiled: CompiledConfiguration,
    trusted_authserv_ids: frozenset[str],
    by_people: Sequence[Any],
) -> ItemExplanation:
    assert item.then is not None
    facts = item.facts
    outcome = conclude(facts, compiled, trusted_authserv_ids, item.present)
    told = explain_decision(
        speaking(facts.reading, outcome.spoken_by),
        facts.source_id,
        facts.source_confidentiality,
        outcome.received_at,
        compiled,
    )
    decided = said(outcome)
    differs = differences(item.then, decided)
    return ItemExplanation(
        item=past.item,
        version=compiled.version,
        rule=None if outcome.joins else told.rule,
        trace=told.decision.trace,
        next=told.next,
        decided=decided,
        counted=[
            counted(matched.promise.norm, outcome.received_at, compiled.days, compiled.zone)
            if matched.promise
            else None
            for matched in (outcome.matters if outcome.filed_because is None else ())
        ],
        stands=item.then,
        differs=differs,
        because=_because(past, outcome, by_people) if differs else (),
        by_people=by_people,
    )


def _because(past: PastItem, outcome: Outcome, by_people: Sequence[Any]) -> tuple[str, ...]:
    """Return what explains that the ledger holds something else than is recomputed."""
    found = []
    actors = list(dict.fromkeys(event.actor for event in by_people))
    if actors:
        found.append(f"people changed it afterwards: {', '.join(actors)}")
    if outcome.joins or past.parent is not None:
        found.append("it adds to another item, which may stand elsewhere now")
    return tuple(found) or ("the gateway itself moved it since: see the item's events",)
