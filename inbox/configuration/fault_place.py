"""Where in what somebody wrote a fault is that pydantic found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inbox.errors import Path


def fault_place(content: Any, loc: Sequence[str | int]) -> Path:
    """Return where in the content it is: without the names of kinds that the library puts between."""
    path: list[str | int] = []
    here = content
    for index, step in enumerate(loc):
        is_last = index == len(loc) - 1
        if _has(here, step):
            here = here[step]
        elif not (isinstance(here, dict) and is_last) or step == "[key]":
            continue
        path.append(step)
    return tuple(path)


def _has(here: Any, step: str | int) -> bool:
    if isinstance(here, list):
        return isinstance(step, int) and step < len(here)
    return isinstance(here, dict) and step in here
