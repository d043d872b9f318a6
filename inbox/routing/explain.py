"""Explain a decision: every rule that was tried, what it saw, and what would have been next."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from inbox.confidentiality import Confidentiality
from inbox.quality import too_poor
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
    rule: str | None
    """The rule that decided; None where none did."""
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
    # By their places: the routes of one overlay share a name.
    holding = [] if too_poor(reading) else list(_holding(reading, source_id, received_at, compiled))
    return Explanation(decision=decision, rule=holding[0].rule if holding else None, next=tuple(holding[1:]))


def _holding(
    reading: Reading, source_id: str, received_at: datetime, compiled: CompiledConfiguration
) -> Iterator[NextRule]:
    """Yield the rules that hold and decide, in order: the deciding one, and at most `NEXT_LIMIT` behind it."""
    met = compiled.addressees.met(reading)
    matter = Matter(reading, source_id, met.key if met else None, compiled.clock(received_at), compiled.topics)
    found = 0
    for number in compiled.index.candidates(matter):
        rule, test = compiled.rules[number]
        if not decides(rule) or found > NEXT_LIMIT:
            continue
        verdict = test(matter)
        if verdict.holds:
            found += 1
            yield NextRule(rule=rule.id, category=rule.category, file=rule.file, because=verdict.because)
