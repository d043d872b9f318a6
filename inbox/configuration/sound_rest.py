"""What is left of a document when all that has a fault of shape is taken out, so that the rest is checked at once."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from inbox.configuration.canonical import COLLECTIONS, LISTS
from inbox.errors import Path

_SEEMS_MISSING = COLLECTIONS.keys() - {"topics"}
"""Parts that others name: without the whole of one everything would seem missing."""

_QUOTED = re.compile(r"`([^`]*)`")

_ALONE: dict[str, frozenset[str]] = {
    **{
        name: frozenset({**COLLECTIONS, **LISTS}[name].model_fields)
        for name in ("rules", "addressees", "flags", "texts")
    },
    "categories": frozenset({"norm", "priority"}),
}
"""Values of entries that are taken out by themselves. On others, such as how much a department may hold, depends what is said
of other entries: for them the whole entry is."""


@dataclass(frozen=True)
class SoundRest:
    """The rest of a document's content."""

    content: dict[str, Any]
    taken: frozenset[Path]
    """What was taken out: paths in the whole document."""
    kept: dict[Path, list[int]] = field(default_factory=dict)
    """By the path of a list in the rest: the places that its values had in the whole document."""

    def place_of(self, path: Path) -> Path:
        """Return the path in the whole document."""
        whole: list[str | int] = []
        for at, step in enumerate(path):
            kept = self.kept.get(path[:at])
            whole.append(kept[step] if kept is not None and isinstance(step, int) else step)
        return tuple(whole)

    def misses(self, place: Path, sentence: str) -> bool:
        """Say whether a fault may be none of the whole document, by its place there: it speaks of what was taken out."""
        named = set(_QUOTED.findall(sentence))
        return not named.isdisjoint(self._names) or any(
            place == out or (place == out[: len(place)] and len(place) > 2) or not named.isdisjoint(map(str, out[2:]))
            for out in self._by_entry.get(place[:2], ())
        )

    @cached_property
    def _names(self) -> set[str]:
        """What others may name: the key of a whole entry, or a value of a part of which there is one."""
        return {str(out[1]) for out in self.taken if len(out) == 2 and out[0] not in LISTS}

    @cached_property
    def _by_entry(self) -> dict[Path, list[Path]]:
        outs: dict[Path, list[Path]] = defaultdict(list)
        for out in self.taken:
            outs[out[:2]].append(out)
        return outs


def sound_rest(content: Any, faulty: Iterable[Path]) -> SoundRest | None:
    """Return the rest; None where a whole part that others name cannot be read, so that everything would seem missing."""
    taken = frozenset(map(_taken_with, faulty))
    if not isinstance(content, dict) or any(not out or (len(out) == 1 and out[0] in _SEEMS_MISSING) for out in taken):
        return None
    kept: dict[Path, list[int]] = {}
    touched = frozenset(out[:end] for out in taken for end in range(len(out)))

    def without(value: Any, path: Path, there: Path) -> Any:
        """Return the value without what is taken out below it. `there`: its place in the rest."""
        if path not in touched:
            return value
        if isinstance(value, dict):
            keys = [key for key in value if (*path, key) not in taken]
            return {key: without(value[key], (*path, key), (*there, key)) for key in keys}
        if isinstance(value, list):
            kept[there] = [at for at in range(len(value)) if (*path, at) not in taken]
            return [without(value[at], (*path, at), (*there, now)) for now, at in enumerate(kept[there])]
        return value

    return SoundRest(without(content, (), ()), taken, kept)


def _taken_with(fault: Path) -> Path:
    """Return what is taken out for a fault: the value itself, or as much around it as says something only together."""
    part, value = str(fault[0]) if fault else "", fault[2:3]
    if part == "sms":
        return fault[:1]
    shape = {**COLLECTIONS, **LISTS}.get(part)
    if shape is not None and value and value[0] in shape.model_fields and value[0] not in _ALONE.get(part, ()):
        return fault[:2]
    return fault
