"""What is left of a document when each entry with a fault of shape is taken out, so that the others are checked at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from inbox.configuration.canonical import COLLECTIONS, LISTS
from inbox.errors import Path


@dataclass(frozen=True)
class SoundRest:
    """The rest of a document's content."""

    content: dict[str, Any]
    kept: dict[str, list[int]]
    """By the name of a list: the places that its entries had in the whole document."""
    taken_out: frozenset[str]
    """Keys and ids of what was taken out."""

    def place_of(self, path: Path) -> Path:
        """Return the path in the whole document."""
        if len(path) > 1 and path[0] in self.kept and isinstance(path[1], int):
            return (path[0], self.kept[str(path[0])][path[1]], *path[2:])
        return path

    def misses(self, sentence: str) -> bool:
        """Say whether a fault's sentence names what was taken out: then it may be none of the whole document."""
        return any(f"`{name}`" in sentence for name in self.taken_out)


def sound_rest(content: Any, faulty: Iterable[Path]) -> SoundRest | None:
    """Return the rest; None where a whole part that others name cannot be read, so that everything would seem missing."""
    if not isinstance(content, dict):
        return None
    rest: dict[str, Any] = dict(content)
    dropped: dict[str, set[Any]] = {name: set() for name in (*COLLECTIONS, *LISTS)}
    for path in faulty:
        part = path[0] if path else None
        if part not in rest:
            continue
        if part in COLLECTIONS and part != "topics" and len(path) < 2 and isinstance(part, str):
            return None
        if part in dropped and len(path) > 1:
            dropped[str(part)].add(path[1])
        else:
            del rest[str(part)]
    taken_out: set[str] = set()
    kept: dict[str, list[int]] = {}
    for part, entries in dropped.items():
        whole = rest.get(part)
        if isinstance(whole, dict):
            rest[part] = {key: one for key, one in whole.items() if key not in entries}
            taken_out |= {str(key) for key in entries}
        elif isinstance(whole, list):
            kept[part] = [at for at in range(len(whole)) if at not in entries]
            rest[part] = [whole[at] for at in kept[part]]
    return SoundRest(rest, kept, frozenset(taken_out))
