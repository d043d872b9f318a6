"""What is wrong inside a condition: every value that cannot be used, each at its own place."""

from __future__ import annotations

from collections.abc import Iterator

from inbox.configuration.conditions import NAMED_WORD_FIELDS, PATTERN_FIELDS, Listed, inside, words_in
from inbox.configuration.model import Configuration
from inbox.configuration.rule import Condition
from inbox.configuration.topics import unknown_topics
from inbox.errors import PatternInvalid
from inbox.routing.match import compile_condition

Path = tuple[str | int, ...]
Fault = tuple[Path, str]


def condition_faults(condition: Condition, configuration: Configuration) -> Iterator[Fault]:
    """Yield each fault as (path in the condition, sentence): what cannot be asked, and names that do not exist."""
    try:
        compile_condition(condition)
    except PatternInvalid as error:
        # It names the first; whatever is found nowhere inside must not go unseen.
        yield from [*_empty(condition), *_values(condition)] or [((), error.detail)]
    for path, key in _unknown_addressees(condition, configuration):
        yield path, f"there is no addressee `{key}`"
    for path, key in unknown_topics(condition, configuration):
        yield path, f"there is no topic `{key}`"


def alone(listed: Listed) -> Condition:
    """Return the condition that asks for this one value."""
    value = (listed.written,)
    return Condition.model_validate({listed.field: {listed.name: value} if listed.name else value})


def _empty(condition: Condition) -> Iterator[Fault]:
    named = condition.model_fields_set
    if not named:
        yield (), "names no condition, so it would match everything"
    for name in sorted(named):
        written = name.rstrip("_")
        if getattr(condition, name) in ((), {}, None):
            yield (written,), f"`{written}` is empty: leave it out, or say what it must hold"
    for field in NAMED_WORD_FIELDS:
        for name, values in getattr(condition, field).items():
            if not values:
                yield (field, name), "has no value: write `*` when it only has to be there"
    for path, below in inside(condition):
        yield from (((*path, *where), sentence) for where, sentence in _empty(below))


def _values(condition: Condition) -> Iterator[Fault]:
    for listed in words_in(condition, PATTERN_FIELDS):
        try:
            compile_condition(alone(listed))
        except PatternInvalid as error:
            yield listed.path, error.detail


def _unknown_addressees(condition: Condition, configuration: Configuration) -> Iterator[tuple[Path, str]]:
    for at, key in enumerate(condition.addressed_to):
        if key not in configuration.addressees:
            yield ("addressed_to", at), key
    for path, below in inside(condition):
        yield from (((*path, *where), key) for where, key in _unknown_addressees(below, configuration))
