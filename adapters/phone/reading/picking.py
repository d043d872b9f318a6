"""The fields of a row that a format reads, by the names of their columns."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter

Pick = Callable[[list[str]], Sequence[str]]
"""Gives the wanted fields of a row, in the order wanted. Raises IndexError for a row that ends before one of them."""


def places_of(columns: Iterable[str]) -> dict[str, int]:
    """Return where each column stands, from 0."""
    return {name: place for place, name in enumerate(columns)}


def picker(places: Mapping[str, int], wanted: Sequence[str]) -> Pick:
    """Return what gives the wanted fields (two or more) of rows with these columns; empty where there is no such column."""
    # To make a dictionary of a row's fields takes longer than reading them.
    pick = itemgetter(*(places.get(name, -1) for name in wanted))
    return lambda fields: pick([*fields, ""])
