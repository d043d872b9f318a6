"""What differs between two documents: parts that were added, removed or changed, and rules that moved."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from inbox.configuration.canonical import COLLECTIONS, PARTS, tidied
from inbox.configuration.parts import RULES
from inbox.errors import Path

Place = tuple[str, str]
"""Name of a part, and the key or rule in it; empty for a part that is one whole."""


class Kind(StrEnum):
    """What became of it."""

    added = "added"
    removed = "removed"
    changed = "changed"
    moved = "moved"
    """A rule stands elsewhere among those that both have, and so may decide more, or less."""


@dataclass(frozen=True)
class Difference:
    """One thing that differs."""

    kind: Kind
    part: str
    key: str
    """Of the department, category, rule and the like; empty for a part that is one whole."""
    path: Path
    """In the new document; of what was removed, in the old one."""
    old: Any = None
    new: Any = None
    old_position: int | None = None
    """Of a rule: where it stood, counted from 1."""
    new_position: int | None = None


@dataclass(frozen=True)
class Flat:
    """A document as its smallest parts that are compared by themselves."""

    values: dict[Place, Any]
    paths: dict[Place, Path]

    @property
    def rules(self) -> list[str]:
        """The rules' names, in their order."""
        return [key for part, key in self.values if part == RULES and key]


def differences(old: dict[str, Any], new: dict[str, Any]) -> list[Difference]:
    """Return what differs, in the order in which parts are written. Defaults that are written out differ from nothing."""
    return list(_differences(flat(old), flat(new)))


def flat(content: dict[str, Any]) -> Flat:
    """Take a document apart. It may be a draft's, and so of any shape."""
    values: dict[Place, Any] = {}
    paths: dict[Place, Path] = {}

    def put(place: Place, path: Path, value: Any) -> None:
        values[place], paths[place] = value, path

    for name, part in tidied(content).items():
        if name in COLLECTIONS and isinstance(part, dict) and "" not in part:
            for key, entry in part.items():
                put((name, key), (name, key), entry)
        elif name == RULES and isinstance(part, list):
            for index, (key, rule) in enumerate(_named(part)):
                put((name, key), (name, index), rule)
        else:
            put((name, ""), (name,), part)
    return Flat(values, paths)


def leaves(old: Any, new: Any, path: Path = ()) -> Iterator[tuple[Path, Any, Any]]:
    """Yield each value that differs inside a part, as (path, old, new); None where it is not written."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in (*old, *(key for key in new if key not in old)):
            yield from leaves(old.get(key), new.get(key), (*path, key))
    elif old != new:
        yield path, old, new


def _differences(old: Flat, new: Flat) -> Iterator[Difference]:
    moved = _moved(old.rules, new.rules)
    stood = {key: at for at, key in enumerate(old.rules, 1)}
    stands = {key: at for at, key in enumerate(new.rules, 1)}
    for place in sorted({**old.values, **new.values}, key=lambda place: _order(place, old, new)):
        part, key = place
        positions = (stood.get(key), stands.get(key)) if part == RULES else (None, None)
        before, after = old.values.get(place), new.values.get(place)
        if place not in old.values:
            yield Difference(Kind.added, part, key, new.paths[place], None, after, None, positions[1])
        elif place not in new.values:
            yield Difference(Kind.removed, part, key, old.paths[place], before, None, positions[0], None)
        else:
            if before != after:
                yield Difference(Kind.changed, part, key, new.paths[place], before, after, *positions)
            if part == RULES and key in moved:
                yield Difference(Kind.moved, part, key, new.paths[place], None, None, *positions)


def _order(place: Place, old: Flat, new: Flat) -> tuple[int, int]:
    part, _ = place
    return (PARTS.index(part) if part in PARTS else len(PARTS), _index(place, new) or _index(place, old))


def _index(place: Place, document: Flat) -> int:
    path = document.paths.get(place, ())
    return path[1] + 1 if len(path) > 1 and isinstance(path[1], int) else 0


def _named(rules: list[Any]) -> list[tuple[str, Any]]:
    """Return each rule with a name that no other has: a draft's rules may have none, or one that stands twice."""
    seen: Counter[str] = Counter()
    named = []
    for index, rule in enumerate(rules, 1):
        name = str(rule.get("id", "")) if isinstance(rule, dict) else ""
        name = name or f"#{index}"
        seen[name] += 1
        named.append((name if seen[name] == 1 else f"{name}#{seen[name]}", rule))
    return named


def _moved(old: list[str], new: list[str]) -> set[str]:
    """Return the fewest rules that must have moved: all that are outside a longest run whose order both share."""
    stood = {key: at for at, key in enumerate(old)}
    shared = [key for key in new if key in stood]
    ends: list[int] = []
    last: list[int] = []
    before: list[int | None] = []
    for index, key in enumerate(shared):
        at = bisect_left(ends, stood[key])
        before.append(last[at - 1] if at else None)
        ends[at : at + 1] = [stood[key]]
        last[at : at + 1] = [index]
    kept: set[str] = set()
    here: int | None = last[-1] if last else None
    while here is not None:
        kept.add(shared[here])
        here = before[here]
    return set(shared) - kept
