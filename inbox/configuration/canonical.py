"""One way to write a configuration: defaults left out, keys of a part in the order of its shape, everything else in its own.

Two documents that mean the same have the same canonical content, but for the order of departments and the like.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ValidationError

from inbox.configuration.flag import Flag
from inbox.configuration.model import (
    Addressee,
    Calendar,
    Calls,
    Category,
    Configuration,
    Copied,
    Department,
    Limits,
    Organisation,
    Sms,
    Text,
    Threads,
    WebForm,
)
from inbox.configuration.rule import Rule
from inbox.configuration.topic import Topic

SINGLES: dict[str, type[BaseModel]] = {
    "organisation": Organisation,
    "calendar": Calendar,
    "copied": Copied,
    "threads": Threads,
    "limits": Limits,
    "sms": Sms,
    "calls": Calls,
}
"""Parts of which there is one."""

COLLECTIONS: dict[str, type[BaseModel]] = {
    "departments": Department,
    "categories": Category,
    "texts": Text,
    "addressees": Addressee,
    "flags": Flag,
    "topics": Topic,
}
"""Parts that hold many, by their keys."""

LISTS: dict[str, type[BaseModel]] = {"web_forms": WebForm, "rules": Rule}
"""Parts that hold many, in their order."""

PARTS = tuple(Configuration.model_fields)
"""All parts, in the order in which they are written."""

_NEEDED = frozenset(name for name, field in Configuration.model_fields.items() if field.is_required())


def canonical(configuration: Configuration) -> dict[str, Any]:
    """Return the configuration's content."""
    return configuration.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def tidied(content: dict[str, Any]) -> dict[str, Any]:
    """Return the content with each part in its canonical form, where that part by itself has the right shape.

    So drafts that are not valid yet can be compared. Of a valid one it is what `canonical` gives.
    """
    known = {name: tidied_part(name, content[name]) for name in PARTS if name in content}
    kept = {name: part for name, part in known.items() if part not in ({}, []) or name in _NEEDED}
    return {**kept, **{name: part for name, part in content.items() if name not in PARTS}}


def tidied_part(name: str, part: Any) -> Any:
    """Return one part in its canonical form, or as it is where it has another shape."""
    if name in SINGLES:
        return _tidied(SINGLES[name], part)
    if name in COLLECTIONS and isinstance(part, dict):
        return {key: _tidied(COLLECTIONS[name], below) for key, below in part.items()}
    if name in LISTS and isinstance(part, list):
        return [_tidied(LISTS[name], below) for below in part]
    return part


def _tidied(shape: type[BaseModel], written: Any) -> Any:
    try:
        return shape.model_validate(written).model_dump(mode="json", by_alias=True, exclude_defaults=True)
    except ValidationError:
        return written
