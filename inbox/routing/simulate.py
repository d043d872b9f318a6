"""Simulate: what one item would come to under two configurations, and what differs. Pure, without touching anything."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache

from pydantic import BaseModel, ConfigDict

from inbox.confidentiality import ConfidentialityName
from inbox.configuration.model import Answer, Configuration
from inbox.configuration.overlay import Running
from inbox.configuration.rule import Priority
from inbox.correspondent import speaking
from inbox.item import HeldBecause
from inbox.reading import Reading
from inbox.routing.compiled import CompiledConfiguration
from inbox.routing.conclude import DecidingFacts, Outcome, conclude
from inbox.routing.decide import Matched, TraceStep
from inbox.routing.matter import Matter

LINES_SHOWN = 50
"""So many rules stand beside each other at most."""


class Frozen(BaseModel):
    """A value that does not change."""

    model_config = ConfigDict(frozen=True)


class Change(StrEnum):
    """What differs between two outcomes of one item."""

    category = "category"
    department = "department"
    promise = "promise"
    """The date, or whether there is one."""
    priority = "priority"
    answer = "answer"
    confidentiality = "confidentiality"
    flags = "flags"
    labels = "labels"
    held = "held"
    filed = "filed"


class MatterSaid(Frozen):
    """One matter, as it is compared."""

    category: str
    department: str
    priority: Priority
    answer: Answer
    rule: str | None
    due_on: date | None
    within: str | None
    """The norm in Dutch, where a date is promised."""


class OutcomeSaid(Frozen):
    """An outcome, as it is compared. It quotes nobody."""

    matters: tuple[MatterSaid, ...]
    filed_because: str | None
    held_because: HeldBecause | None
    hold_reason: str | None
    confidentiality: ConfidentialityName
    joins: bool
    flags: tuple[str, ...]
    labels: tuple[str, ...]


class StepSaid(Frozen):
    """What a rule came to on one side."""

    holds: bool
    because: str


class TraceLine(Frozen):
    """One rule under both configurations; None: there is no such rule there."""

    rule: str
    before: StepSaid | None
    after: StepSaid | None


class Compared(Frozen):
    """One item under both configurations."""

    before: OutcomeSaid
    after: OutcomeSaid
    changes: tuple[Change, ...]
    """Empty: nothing that anybody would notice differs."""
    trace: tuple[TraceLine, ...]
    """The rules that hold on either side; only where something changes. Its reasons may quote the item."""


@dataclass(frozen=True)
class Side:
    """A configuration as it travels to another process."""

    pickled: bytes
    version: int
    """0: a draft or a document."""

    @staticmethod
    def of(configuration: Configuration, version: int, overlays: Sequence[Running] = ()) -> Side:
        """Return the side for a configuration that was checked. `overlays`: those that run, as the line has them."""
        return Side(pickle.dumps((configuration, tuple(overlays))), version)

    def compiled(self) -> CompiledConfiguration:
        """Return it made ready for deciding; once per process."""
        return _compiled(self)


@lru_cache(maxsize=4)
def _compiled(side: Side) -> CompiledConfiguration:
    configuration, overlays = pickle.loads(side.pickled)  # noqa: S301  we pickled it ourselves
    return CompiledConfiguration(configuration, side.version, overlays)


@dataclass(frozen=True)
class Rehearsed:
    """One item that is to be rehearsed."""

    facts: DecidingFacts
    present: datetime
    """When it is taken to be decided: what could still be promised then is not late now."""
    then: OutcomeSaid | None = None
    """What stands in the ledger, where that is what to compare with; of an item that nobody decided: None."""
    then_trace: tuple[TraceStep, ...] = ()
    filed_as_report: OutcomeSaid | None = None
    """It reports on mail of ours, so that no rule is asked, whatever the configuration."""


@dataclass(frozen=True)
class Comparison:
    """What to compare with what."""

    before: Side | None
    """None: with what stands in the ledger."""
    after: Side
    trusted_authserv_ids: frozenset[str]

    def of(self, items: Sequence[Rehearsed]) -> list[Compared]:
        """Compare each item, in order."""
        before, after = self.compiled()
        return [self._one(item, before, after) for item in items]

    def compiled(self) -> tuple[CompiledConfiguration | None, CompiledConfiguration]:
        """Return both sides made ready for deciding."""
        return self.before.compiled() if self.before else None, self.after.compiled()

    def _one(self, item: Rehearsed, before: CompiledConfiguration | None, after: CompiledConfiguration) -> Compared:
        if item.filed_as_report is not None:
            return Compared(before=item.filed_as_report, after=item.filed_as_report, changes=(), trace=())
        new = conclude(item.facts, after, self.trusted_authserv_ids, item.present)
        new_said = said(new)
        if before is not None:
            old = conclude(item.facts, before, self.trusted_authserv_ids, item.present)
            old_said, old_trace = said(old), old.trace
        else:
            old_said, old_trace = item.then or new_said, item.then_trace
        changes = differences(old_said, new_said)
        if not changes:
            return Compared.model_construct(before=old_said, after=new_said, changes=(), trace=())
        new_trace = _completed(new, new.trace, old_trace, item, after)
        if before is not None:
            old_trace = _completed(old, old_trace, new.trace, item, before)
        trace = side_by_side(old_trace, new_trace)
        return Compared.model_construct(before=old_said, after=new_said, changes=changes, trace=trace)


def _completed(
    outcome: Outcome,
    own: tuple[TraceStep, ...],
    others: tuple[TraceStep, ...],
    item: Rehearsed,
    compiled: CompiledConfiguration,
) -> tuple[TraceStep, ...]:
    """Return a trace with what those rules came to here that hold on the other side: also those that were not asked."""
    missing = {step.rule for step in others if step.holds} - {step.rule for step in own}
    if not missing:
        return own
    matter = prepared(
        speaking(item.facts.reading, outcome.spoken_by), item.facts.source_id, outcome.received_at, compiled
    )
    found = []
    for rule, test in compiled.rules:
        if rule.id in missing:
            verdict = test(matter)
            found.append(TraceStep(rule=rule.id, holds=verdict.holds, because=verdict.because))
    return (*own, *found)


def prepared(reading: Reading, source_id: str, received_at: datetime, compiled: CompiledConfiguration) -> Matter:
    """Return a reading as deciding hands it to the rules."""
    met = compiled.addressees.met(reading)
    return Matter(reading, source_id, met.key if met else None, compiled.clock(received_at), compiled.topics)


def said(outcome: Outcome) -> OutcomeSaid:
    """Return an outcome as it is compared."""
    # Built without validation: this runs for each of many thousands, and its parts were valid already.
    return OutcomeSaid.model_construct(
        matters=tuple(map(_matter, outcome.matters)) if outcome.filed_because is None else (),
        filed_because=outcome.filed_because,
        held_because=outcome.held_because,
        hold_reason=outcome.hold_reason,
        confidentiality=outcome.confidentiality,
        joins=outcome.joins,
        flags=outcome.flags,
        labels=outcome.labels,
    )


def _matter(matched: Matched) -> MatterSaid:
    return MatterSaid.model_construct(
        category=matched.category,
        department=matched.department,
        priority=matched.priority,
        answer=matched.answer,
        rule=matched.rule,
        due_on=matched.promise.due_on if matched.promise else None,
        within=matched.promise.words if matched.promise else None,
    )


def differences(before: OutcomeSaid, after: OutcomeSaid) -> tuple[Change, ...]:
    """Return what differs. The rule that chose is no difference by itself: nobody notices it."""
    if before == after:
        return ()
    found = []
    for change, field in (
        (Change.category, "category"),
        (Change.department, "department"),
        (Change.promise, "due_on"),
        (Change.priority, "priority"),
        (Change.answer, "answer"),
    ):
        sides = ([getattr(matter, field) for matter in side.matters] for side in (before, after))
        if next(sides) != next(sides):
            found.append(change)
    if before.confidentiality != after.confidentiality:
        found.append(Change.confidentiality)
    if sorted(before.flags) != sorted(after.flags):
        found.append(Change.flags)
    if sorted(before.labels) != sorted(after.labels):
        found.append(Change.labels)
    if (before.held_because, before.hold_reason) != (after.held_because, after.hold_reason):
        found.append(Change.held)
    if before.filed_because != after.filed_because:
        found.append(Change.filed)
    return tuple(found)


def side_by_side(before: Sequence[TraceStep], after: Sequence[TraceStep]) -> tuple[TraceLine, ...]:
    """Return the rules that hold on one side at least, in the order of `after`; at most LINES_SHOWN."""
    old = {step.rule: step for step in before}
    new = {step.rule: step for step in after}
    names = [*new, *(name for name in old if name not in new)]
    holding = [name for name in names if _holds(old.get(name)) or _holds(new.get(name))]
    return tuple(
        TraceLine(rule=name, before=_step(old.get(name)), after=_step(new.get(name))) for name in holding[:LINES_SHOWN]
    )


def _holds(step: TraceStep | None) -> bool:
    return step is not None and step.holds


def _step(step: TraceStep | None) -> StepSaid | None:
    return StepSaid(holds=step.holds, because=step.because) if step is not None else None
