"""Names of schemas in the document: UpperCamelCase also where two files have a shape of one name."""

from __future__ import annotations

from typing import Any

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


def _plain(name: str) -> str:
    *_, module, own = name.split("__")
    return "".join(word.capitalize() for word in module.split("_")) + own


def _renamed(part: Any, names: dict[str, str]) -> Any:
    if isinstance(part, dict):
        return {key: _renamed(below, names) for key, below in part.items()}
    if isinstance(part, list):
        return [_renamed(below, names) for below in part]
    return names.get(part, part) if isinstance(part, str) else part
