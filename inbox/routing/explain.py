"""Explain a decision: every rule that was tried, what it saw, and what would have been next."""

from __future__ import annotations

from datetime import datetime

from inbox.confidentiality import Confidentiality
from inbox.reading import Reading
from inbox.routing.compiled import CompiledConfiguration
from inbox.routing.decide import Decision, Frozen, decide, decides
from inbox.routing.matter import Matter

NEXT_LIMIT = 10
"""Rules behind the deciding one that are shown, at most: the first of them would have decided."""


class NextRule(Frozen):
    """A rule behind the deciding one that holds as well."""

    rule: str
    category: str | None
    """What it would have chosen; None: it would have filed the item."""
    file: str | None
    because: str


class Explanation(Frozen):
    """A decision with all that led to it."""

    decision: Decision
    """As `decide` gives it, and its trace shows the rules that did not hold, too. Those behind the deciding one were not
    asked, but for flags."""
    next: tuple[NextRule, ...]
    """Rules that would have decided without those before them, in order; at most `NEXT_LIMIT`."""


def explain_decision(
    reading: Reading,
    source_id: str,
    source_confidentiality: Confidentiality,
    received_at: datetime,
    compiled: CompiledConfiguration,
) -> Explanation:
    """Decide as `decide` does, and explain it. Pure; slower than deciding, for it tries every rule."""
    decision = decide(reading, source_id, source_confidentiality, received_at, compiled, explains=True)
    return Explanation(decision=decision, next=_next(reading, source_id, received_at, compiled, decision))


def _next(
    reading: Reading, source_id: str, received_at: datetime, compiled: CompiledConfiguration, decision: Decision
) -> tuple[NextRule, ...]:
    held = {step.rule for step in decision.trace if step.holds}
    deciding = next((at for at, (rule, _) in enumerate(compiled.rules) if decides(rule) and rule.id in held), None)
    if deciding is None:
        return ()
    met = compiled.addressees.met(reading)
    matter = Matter(reading, source_id, met.key if met else None, compiled.clock(received_at), compiled.topics)
    found: list[NextRule] = []
    for number in compiled.index.candidates(matter):
        rule, test = compiled.rules[number]
        if number <= deciding or not decides(rule) or len(found) == NEXT_LIMIT:
            continue
        verdict = test(matter)
        if verdict.holds:
            found.append(NextRule(rule=rule.id, category=rule.category, file=rule.file, because=verdict.because))
    return tuple(found)
