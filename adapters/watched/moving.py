"""Moving a kept file away: under its own name, or the next that is free; nothing is ever replaced."""

from __future__ import annotations

from collections.abc import Callable

from adapters.watched.files import Entry, Files, Moved, Place
from inbox.errors import SourceUnreachable

_NAME_BYTES = 120
"""Every file system takes so many. A longer name does not get longer by its number: it is cut in front of it."""
_SUFFIX_BYTES = 20
"""A longer ending is part of the name."""
_TRIES = 20
"""Each lost to somebody who took the name first."""


def move_away(files: Files, entry: Entry) -> None:
    """Move it to the processed folder. Nothing happens when it is gone or has become another file."""
    if files.entry(entry.name, Place.incoming) != entry:
        return
    name = _moved(files, entry.name, Place.incoming, entry.name, Place.processed)
    moved = None if name is None else files.entry(name, Place.processed)
    if moved is None or (moved.size_bytes, moved.modified_ns) == (entry.size_bytes, entry.modified_ns):
        return
    # Somebody put another file in its place right before the move: it was never kept, and is shown again.
    _moved(files, moved.name, Place.processed, entry.name, Place.incoming)


def numbered(name: str, number: int) -> str:
    """Return `brief (2).pdf` for the second `brief.pdf`; the first is as it is."""
    if number == 1:
        return name
    stem, dot, suffix = name.rpartition(".")
    if not stem or len(_as_bytes(suffix)) > _SUFFIX_BYTES:
        stem, dot, suffix = name, "", ""
    ending = f" ({number}){dot}{suffix}"
    return _cut(stem, max(_NAME_BYTES, len(_as_bytes(name))) - len(_as_bytes(ending))) + ending


def free_number(is_taken: Callable[[int], bool]) -> int:
    """Return a number from 1 on that is free and follows a taken one. Asks few times also when thousands are taken."""
    if not is_taken(1):
        return 1
    taken, free = 1, 2
    while is_taken(free):
        taken, free = free, free * 2
    while free - taken > 1:
        middle = (free + taken) // 2
        taken, free = (middle, free) if is_taken(middle) else (taken, middle)
    return free


def _moved(files: Files, name: str, place: Place, wanted: str, new_place: Place) -> str | None:
    """Move it to a free name like the wanted one; return that, or None when there is nothing to move."""
    for _ in range(_TRIES):
        number = free_number(lambda number: files.is_taken(numbered(wanted, number), new_place))
        outcome = files.rename(name, place, numbered(wanted, number), new_place)
        if outcome is Moved.done:
            return numbered(wanted, number)
        if outcome is Moved.gone:
            return None
    raise SourceUnreachable(f"{files.place}: others take every free name in `{new_place.value}` first")


def _cut(stem: str, size_bytes: int) -> str:
    while len(_as_bytes(stem)) > size_bytes:
        stem = stem[:-1]
    return stem


def _as_bytes(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")
