"""What must hold of calls: departments and categories that exist, and numbers that can be met."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from inbox.call import Outcome
from inbox.configuration.model import Configuration
from inbox.mobile_number import as_e164

Fault = tuple[tuple[str | int, ...], str]


def call_faults(configuration: Configuration) -> Iterator[Fault]:
    """Yield each fault of `calls` as (path in the document, sentence)."""
    yield from _category(configuration)
    calls = configuration.calls
    if Outcome.answered in calls.call_back_on:
        yield (
            ("calls", "call_back_on"),
            "names `answered`: who was answered is not called back; a rule may want to see it",
        )
    for outcome in _twice(map(str, calls.call_back_on)):
        yield ("calls", "call_back_on"), f"names `{outcome}` twice"
    yield from _queues(configuration)
    for number in _twice(calls.shared_lines):
        yield ("calls", "shared_lines"), f"names `{number}` twice"
    for index, number in enumerate(calls.shared_lines):
        written = as_e164(number)
        if written not in ("", number):
            yield ("calls", "shared_lines", index), f"write it as `{written}`: so callers are known"


def _category(configuration: Configuration) -> Iterator[Fault]:
    key = configuration.calls.category
    if key is None:
        return
    category = configuration.categories.get(key)
    if category is None:
        yield ("calls", "category"), f"there is no category `{key}`"
    elif category.statutory:
        yield ("calls", "category"), f"`{key}` is statutory: nobody knows what a call that was not answered is about"


def _queues(configuration: Configuration) -> Iterator[Fault]:
    queues = configuration.calls.queues
    for name, queue in queues.items():
        if queue.department not in configuration.departments:
            yield ("calls", "queues", name, "department"), f"there is no department `{queue.department}`"
    for name in _twice(name.strip().casefold() for name in queues):
        yield ("calls", "queues"), f"names the queue `{name}` twice: upper and lower case are the same"


def _twice(values: Iterable[str]) -> list[str]:
    return [value for value, count in Counter(values).items() if count > 1]
