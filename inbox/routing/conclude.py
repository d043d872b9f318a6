"""Conclude: everything that a decision about one item consists of, from facts alone.

The line and the rehearsal of a configuration both ask here, so that a rehearsal says exactly what would be written.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from inbox.confidentiality import Confidentiality, strictest
from inbox.configuration.model import Answer
from inbox.configuration.rule import Priority
from inbox.correspondent import Correspondent, correspondent, speaking
from inbox.duplicates.thanks import is_only_thanks
from inbox.item import HeldBecause
from inbox.reading import Reading
from inbox.routing.compiled import CompiledConfiguration
from inbox.routing.decide import Decision, Matched, TraceStep, decide


@dataclass(frozen=True)
class ParentMatter:
    """One matter of the item that another adds to."""

    category: str
    department: str
    priority: Priority
    is_statutory: bool
    is_completed: bool


@dataclass(frozen=True)
class ParentFacts:
    """The item that another adds to."""

    reference: str
    is_completed: bool
    confidentiality: Confidentiality
    matters: tuple[ParentMatter, ...]
    """In their order."""


@dataclass(frozen=True)
class DecidingFacts:
    """All that a decision about one item rests on, beside the configuration."""

    reading: Reading
    """As it was read; not yet as its correspondent's."""
    source_id: str
    source_confidentiality: Confidentiality
    received_at: datetime
    """When the item reached us, aware UTC."""
    vouched_address: str | None = None
    held_because: HeldBecause | None = None
    """Why it is held whatever is decided."""
    is_released: bool = False
    is_stamped: bool = False
    """It lay on paper before we got it."""
    parent: ParentFacts | None = None
    """What `link` says that it adds to."""


@dataclass(frozen=True)
class Outcome:
    """What deciding comes to for one item. Either matters, or a reason to file it."""

    matters: tuple[Matched, ...]
    filed_because: str | None
    confidentiality: Confidentiality
    held_because: HeldBecause | None
    version: int
    trace: tuple[TraceStep, ...]
    spoken_by: Correspondent
    received_at: datetime
    """From when terms count, aware UTC."""
    joins: bool
    """It goes on as an addition to its parent."""
    flags: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    hold_reason: str | None = None
    """In the words of the rule that holds it."""


def conclude(
    facts: DecidingFacts, compiled: CompiledConfiguration, trusted_authserv_ids: frozenset[str], present: datetime
) -> Outcome:
    """Decide as the line does. Pure: same input, same answer. `present`: what is not to be promised any more is held."""
    by = correspondent(
        facts.reading,
        facts.received_at,
        compiled.document,
        trusted_authserv_ids,
        vouched_address=facts.vouched_address,
    )
    reading = speaking(facts.reading, by)
    received_at = min(facts.received_at, by.received_at or facts.received_at)
    decision = decide(reading, facts.source_id, facts.source_confidentiality, received_at, compiled)
    joined = _joined(decision, facts.parent, compiled, reading)
    thanks_for = _thanked_for(facts.parent, reading) if joined else None
    matters = () if thanks_for else joined or decision.matters
    return Outcome(
        matters=matters,
        filed_because=_filed_because(decision, thanks_for, joins=bool(joined)),
        confidentiality=strictest(decision.confidentiality, *(matched.confidentiality for matched in matters)),
        held_because=_held(
            facts, matters, decision.hold, present, is_late_already=by.basis.is_passed_on or facts.is_stamped
        ),
        version=decision.version,
        trace=decision.trace,
        spoken_by=by,
        received_at=received_at,
        joins=bool(joined),
        flags=decision.flags,
        labels=decision.labels,
        hold_reason=decision.hold,
    )


def _thanked_for(parent: ParentFacts | None, reading: Reading) -> str | None:
    """Return the reference of what is over and is only thanked for."""
    return parent.reference if parent and parent.is_completed and is_only_thanks(reading) else None


def _filed_because(decision: Decision, thanks_for: str | None, *, joins: bool) -> str | None:
    if thanks_for:
        return f"it only says thank you: {thanks_for} stays completed"
    return None if joins else decision.filed_because


def _joined(
    decision: Decision, parent: ParentFacts | None, compiled: CompiledConfiguration, reading: Reading
) -> tuple[Matched, ...]:
    """Return the parent's matters when the item goes on as an addition to them: no new clock, no new acknowledgement.

    Each department that is at work on one gets it once; when all are done, each that was. A statutory kind is always its
    own item with its own clock (invariant 9). A machine reopens nothing.
    """
    if parent is None or (parent.is_completed and reading.is_automatic):
        return ()
    if any(matched.is_statutory for matched in decision.matters):
        return ()
    at_work = [matter for matter in parent.matters if not matter.is_completed] or list(parent.matters)
    by_department = {matter.department: matter for matter in reversed(at_work)}
    chosen = [matter for matter in at_work if by_department[matter.department] is matter]
    document = compiled.document
    if any(one.category not in document.categories or one.department not in document.departments for one in chosen):
        return ()
    return tuple(
        Matched(
            category=matter.category,
            department=matter.department,
            # What cannot wait is looked at first, also by whoever is at work on it already.
            priority=Priority.high if decision.flags else matter.priority,
            answer=Answer.none,
            confidentiality=parent.confidentiality,
            promise=None,
            rule=None,
            confidence=1.0,
            is_statutory=matter.is_statutory,
        )
        for matter in chosen
    )


def _held(
    facts: DecidingFacts,
    matters: tuple[Matched, ...],
    by_rule: str | None,
    present: datetime,
    *,
    is_late_already: bool,
) -> HeldBecause | None:
    """Return why the item waits, if it does. `by_rule`: the words of the rule that holds it for a person."""
    if facts.held_because:
        return facts.held_because
    if facts.is_released or not matters:
        return None
    if by_rule:
        return HeldBecause.rule
    # What a colleague passed on late, or the post room scanned late, is not to become later: it goes its way, and no
    # passed date is told.
    if is_late_already:
        return None
    is_late = any(matched.promise is not None and matched.promise.due_at <= present for matched in matters)
    return HeldBecause.too_late_to_promise if is_late else None
