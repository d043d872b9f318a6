"""What a text must surely hold before a condition can: a few words that are looked up, instead of rules that are tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from inbox.configuration.rule import Condition
from inbox.routing.phrases import Asked, How, is_pattern, phrase
from inbox.routing.postcodes import area

HEADER = "header "
"""Before the name of a header field, in the name of a place."""
LETTER_FIELD = "letter_field "
"""The same of a letter's field."""
PRESENT = "*"
"""A value of such a place: it is there. No word of a text."""


class Need(NamedTuple):
    """Something that must be found at a place: a word, or a `/pattern/` when `asked` is none."""

    place: str
    """A field of Condition, or one header or field of a letter."""
    asked: Asked | None
    pattern: str = ""


Needs = frozenset[Need]
"""Of these at least one must be met."""


def needs_of(condition: Condition) -> Needs | None:
    """Return what must be met for the condition to hold, as few rules as possible sharing it; None: it may always hold.

    Sound and no more than that: where one of the needs is met the condition may still not hold. The condition can be
    compiled: see `compile_condition`.
    """
    known = [needs for needs in _each(condition) if needs is not None]
    return min(known, key=_commonness, default=None)


def _each(condition: Condition) -> Iterator[Needs | None]:
    """Yield the needs of each part; all parts must hold, so any of them will do."""
    for name in sorted(condition.model_fields_set):
        if name in _LISTS:
            yield _LISTS[name](name, getattr(condition, name))
    for place, named in ((HEADER, condition.header), (LETTER_FIELD, condition.letter_field)):
        for name, values in named.items():
            yield _present_words(place + (name.lower() if place == HEADER else name), values)
    for below in condition.all:
        yield needs_of(below)
    if condition.any:
        alternatives = [needs_of(below) for below in condition.any]
        if all(needs is not None for needs in alternatives):
            yield frozenset[Need]().union(*(needs for needs in alternatives if needs is not None))


def _commonness(needs: Needs) -> tuple[int, int]:
    """Tell how many items will meet one: many share a channel, and few a word."""
    return max(_COMMON.get(need.place, 0) + _commoner(need) for need in needs), len(needs)


def _commoner(need: Need) -> int:
    if need.asked is None:
        return 1
    return 5 if need.asked.word == PRESENT else 0


_COMMON = {"addressed_as": 9, "channel": 8, "language": 7, "source": 6, "topic": 4, "recipient": 3}


def _words(place: str, written: tuple[str, ...]) -> Needs:
    return frozenset(
        Need(place, None, one) if is_pattern(one) else Need(place, max(phrase(one), key=_length)) for one in written
    )


def _length(asked: Asked) -> tuple[bool, int]:
    """Of a phrase the longest word is the rarest; the beginning of one is less."""
    return asked.how is not How.beginning, len(asked.word)


def _present_words(place: str, written: tuple[str, ...]) -> Needs:
    # Any value at all is needed: a pattern costs more to look up than the few rules that name this place.
    if "*" in written or any(map(is_pattern, written)):
        return frozenset([Need(place, Asked(PRESENT, How.whole))])
    return _words(place, written)


def _values(place: str, written: tuple[str, ...]) -> Needs:
    return frozenset(Need(place, Asked(str(value), How.whole)) for value in written)


def _addresses(place: str, written: tuple[str, ...]) -> Needs | None:
    if any(value.startswith("/") for value in written):
        return None
    return _values(place, tuple(value.lower() for value in written))


def _of_calls(place: str, written: tuple[str, ...]) -> Needs:
    return _values(place, tuple(value.strip().casefold() for value in written))


def _areas(place: str, written: tuple[str, ...]) -> Needs:
    return frozenset(Need(place, Asked(area(value), How.beginning)) for value in written)


_LISTS: dict[str, Callable[[str, tuple[str, ...]], Needs | None]] = {
    **dict.fromkeys(("subject", "text", "words", "attachment", "attached_words"), _words),
    **dict.fromkeys(("channel", "source", "language", "addressed_as", "addressed_to", "topic"), _values),
    **dict.fromkeys(("sender", "recipient"), _addresses),
    **dict.fromkeys(("queue", "menu_choice", "dialled", "caller", "call_outcome", "call_direction"), _of_calls),
    "postcode": _areas,
}
"""Fields that hold when one of their values is met at the place of the same name. A field that is missing here costs
speed and nothing else."""
