"""Names in the document: of schemas in UpperCamelCase also where two files have a shape of one name, and of levels of
confidentiality where one is a default.
"""

from __future__ import annotations

from typing import Any

from inbox.confidentiality import Confidentiality

_PREFIX = "#/components/schemas/"


def with_plain_names(document: dict[str, Any]) -> dict[str, Any]:
    """Return the document with `gateway__api__releasing__Outcome` called `ReleasingOutcome`, wherever it is named.

    FastAPI writes the whole path of a class whose name is not the only one.
    """
    schemas = document.get("components", {}).get("schemas", {})
    plain = {name: _plain(name) for name in schemas if "__" in name}
    if not plain:
        return document
    renamed: dict[str, Any] = _renamed(document, {_PREFIX + name: _PREFIX + new for name, new in plain.items()})
    renamed["components"]["schemas"] = {
        plain.get(name, name): schema for name, schema in renamed["components"]["schemas"].items()
    }
    return renamed


def with_named_levels(part: Any) -> Any:
    """Return the part of a document with each default of a confidentiality by its name; the library writes a number."""
    if isinstance(part, list):
        return [with_named_levels(below) for below in part]
    if not isinstance(part, dict):
        return part
    if isinstance(part.get("default"), int) and part.get("enum") == [level.name for level in Confidentiality]:
        return {**part, "default": Confidentiality(part["default"]).name}
    return {key: with_named_levels(below) for key, below in part.items()}


def _plain(name: str) -> str:
    *_, module, own = name.split("__")
    return "".join(word.capitalize() for word in module.split("_")) + own


def _renamed(part: Any, names: dict[str, str]) -> Any:
    if isinstance(part, dict):
        return {key: _renamed(below, names) for key, below in part.items()}
    if isinstance(part, list):
        return [_renamed(below, names) for below in part]
    return names.get(part, part) if isinstance(part, str) else part
