"""Simulate: what one item would come to under two configurations, and what differs. Pure, without touching anything."""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any

from pydantic import BaseModel, ConfigDict

from inbox.confidentiality import ConfidentialityName
from inbox.configuration.model import Answer, Configuration
from inbox.configuration.rule import Priority
from inbox.item import HeldBecause
from inbox.reading import Reading
from inbox.routing.compiled import CompiledConfiguration
from inbox.routing.conclude import DecidingFacts, Outcome, conclude
from inbox.routing.decide import Matched, TraceStep

LINES_SHOWN = 50
"""So many rules stand beside each other at most: those that decided come first."""


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
    """One rule under both configurations; None: it was not asked there."""

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
    """The rules that hold, or differ, on either side; only where something changes. Its reasons may quote the item."""


@dataclass(frozen=True)
class Side:
    """A configuration as it travels to another process."""

    pickled: bytes
    version: int
    """0: a draft or a document."""

    @staticmethod
    def of(configuration: Configuration, version: int) -> Side:
        """Return the side for a configuration that was checked."""
        return Side(pickle.dumps(configuration), version)

    def compiled(self) -> CompiledConfiguration:
        """Return it made ready for deciding; once per process."""
        return _compiled(self)


@lru_cache(maxsize=4)
def _compiled(side: Side) -> CompiledConfiguration:
    return CompiledConfiguration(pickle.loads(side.pickled), side.version)  # noqa: S301  we pickled it ourselves


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
        before, after = self.before.compiled() if self.before else None, self.after.compiled()
        return [self._one(item, before, after) for item in items]

    def _one(self, item: Rehearsed, before: CompiledConfiguration | None, after: CompiledConfiguration) -> Compared:
        if item.filed_as_report is not None:
            return Compared(before=item.filed_as_report, after=item.filed_as_report, changes=(), trace=())
        new = conclude(item.facts, after, self.trusted_authserv_ids, item.present)
        if before is not None:
            old = conclude(item.facts, before, self.trusted_authserv_ids, item.present)
            return compare(said(old), said(new), old.trace, new.trace)
        after_said = said(new)
        return compare(item.then or after_said, after_said, item.then_trace, new.trace)


def reading_of(written: dict[str, Any]) -> Reading:
    """Return a reading as the ledger holds it."""
    return Reading.model_validate(written)


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


def compare(
    before: OutcomeSaid, after: OutcomeSaid, before_trace: Sequence[TraceStep], after_trace: Sequence[TraceStep]
) -> Compared:
    """Return what differs. The rule that chose is no difference by itself: nobody notices it."""
    changes = _changes(before, after)
    trace = side_by_side(before_trace, after_trace) if changes else ()
    return Compared.model_construct(before=before, after=after, changes=changes, trace=trace)


def _changes(before: OutcomeSaid, after: OutcomeSaid) -> tuple[Change, ...]:
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
    """Return the rules that hold on one side at least, or came to something else on the other, in the order of `after`.

    At most LINES_SHOWN; those that hold come before those that only differ, when not all find room.
    """
    old = {step.rule: step for step in before}
    new = {step.rule: step for step in after}
    names = [*new, *(name for name in old if name not in new)]
    holding = [name for name in names if _holds(old.get(name)) or _holds(new.get(name))]
    shown = set(holding[:LINES_SHOWN])
    # A rule that was not asked on one side did not decide there: only what both asked can differ.
    differing = (n for n in names if n in old and n in new and n not in shown and old[n] != new[n])
    shown |= {name for name, _ in zip(differing, range(LINES_SHOWN - len(shown)), strict=False)}
    return tuple(
        TraceLine(rule=name, before=_step(old.get(name)), after=_step(new.get(name))) for name in names if name in shown
    )


def _holds(step: TraceStep | None) -> bool:
    return step is not None and step.holds


def _step(step: TraceStep | None) -> StepSaid | None:
    return StepSaid(holds=step.holds, because=step.because) if step is not None else None
