"""Which rules want to see calls that are otherwise only registered: those that name their outcome."""

from __future__ import annotations

from collections.abc import Callable

from inbox.call import CallFacts, Outcome
from inbox.channel import Channel
from inbox.configuration.rule import Condition
from inbox.reading import Reading
from inbox.routing.compiled import CompiledConfiguration
from inbox.routing.matter import Matter


def names_outcome(condition: Condition, outcome: Outcome) -> bool:
    """Say whether the condition, or one inside it, asks for calls of this outcome. What it excludes is not asked for."""
    inside = (*condition.any, *condition.all)
    return outcome in condition.call_outcome or any(names_outcome(below, outcome) for below in inside)


def named_by(compiled: CompiledConfiguration, source_id: str) -> Callable[[CallFacts], bool]:
    """Return a function that says whether a rule names the call's outcome, and holds for it."""
    naming = {
        outcome: tuple(test for rule, test in compiled.rules if names_outcome(rule.when, outcome))
        for outcome in Outcome
    }

    def is_named(call: CallFacts) -> bool:
        tests = naming[call.outcome]
        if not tests:
            return False
        clock = compiled.clock(call.started_at)
        matter = Matter(Reading(channel=Channel.phone, call=call), source_id, clock=clock)
        return any(test(matter).holds for test in tests)

    return is_named
