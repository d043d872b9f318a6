"""Walking through a condition: each value that it lists, and where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from inbox.configuration.rule import Condition
from inbox.routing.phrases import is_pattern

Path = tuple[str | int, ...]

WORD_FIELDS = ("subject", "text", "words", "attachment", "attached_words")
"""Fields that list words of a text."""
NAMED_WORD_FIELDS = ("header", "letter_field")
"""Fields that list words for each name."""
PATTERN_FIELDS = (*WORD_FIELDS, "sender", "recipient")
"""Fields in which a `/pattern/` can stand, beside those."""


class Listed(NamedTuple):
    """One value that a condition lists."""

    path: Path
    """Within the condition, as in the document: the name of a field of one value stands for that value's list."""
    field: str
    name: str
    """Of the header or field of a letter, as it was written; empty for other fields."""
    written: str


def words_in(condition: Condition, fields: tuple[str, ...] = WORD_FIELDS) -> Iterator[Listed]:
    """Yield every value of the fields, and of headers and fields of letters, also of conditions inside this one."""
    for field in fields:
        for at, written in enumerate(getattr(condition, field)):
            yield Listed((field, at), field, "", written)
    for field in NAMED_WORD_FIELDS:
        for name, values in getattr(condition, field).items():
            for at, written in enumerate(values):
                yield Listed((field, name, at), field, name, written)
    for path, below in inside(condition):
        for listed in words_in(below, fields):
            yield listed._replace(path=(*path, *listed.path))


def inside(condition: Condition) -> Iterator[tuple[Path, Condition]]:
    """Yield the conditions directly inside this one, each with its path."""
    for at, below in enumerate(condition.any):
        yield ("any", at), below
    for at, below in enumerate(condition.all):
        yield ("all", at), below
    if condition.not_ is not None:
        yield ("not",), condition.not_


def topics_in(condition: Condition) -> Iterator[tuple[Path, str]]:
    """Yield each topic that a condition asks for with its path."""
    for at, key in enumerate(condition.topic):
        yield ("topic", at), key
    for path, below in inside(condition):
        yield from (((*path, *where), key) for where, key in topics_in(below))


def patterns_in(condition: Condition) -> Iterator[tuple[Path, str]]:
    """Yield each `/pattern/` of a condition with its path."""
    for listed in words_in(condition, PATTERN_FIELDS):
        if is_pattern(listed.written):
            yield listed.path, listed.written
