"""Pieces of the description in HTML: paragraphs, types and examples. Everything is escaped here."""

from __future__ import annotations

import html
import json
import re
from typing import Any

_INLINE = re.compile(r"`([^`]+)`|\*\*([^*]+)\*\*")
_REF = "#/components/schemas/"


def escaped(text: str) -> str:
    """Return the text safe inside HTML, also inside an attribute."""
    return html.escape(text, quote=True)


def inline(text: str) -> str:
    """Return one paragraph's HTML; `code` and **strong** are understood."""

    def mark(found: re.Match[str]) -> str:
        return f"<code>{found[1]}</code>" if found[1] is not None else f"<strong>{found[2]}</strong>"

    return _INLINE.sub(mark, escaped(" ".join(text.split())))


def paragraphs(text: str) -> str:
    """Return the HTML of paragraphs that are divided by empty lines."""
    return "".join(f"<p>{inline(piece)}</p>" for piece in text.strip().split("\n\n") if piece.strip())


def anchor(name: str) -> str:
    """Return a fragment name for a heading."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def type_words(schema: dict[str, Any]) -> str:
    """Return in HTML what kind of value a schema asks for, with links to named shapes."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_REF)
        return f'<a href="#shape-{anchor(name)}">{escaped(name)}</a>'
    if "anyOf" in schema:
        return " or ".join(type_words(option) for option in schema["anyOf"])
    if "enum" in schema:
        return "one of " + ", ".join(f"<code>{escaped(str(value))}</code>" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {type_words(schema.get('items', {}))}"
    words = str(schema.get("type", "anything"))
    if "format" in schema:
        words += f" ({schema['format']})"
    limits = [f"{label} {schema[key]}" for key, label in _LIMITS if key in schema]
    return escaped(", ".join([words, *limits]))


_LIMITS = (
    ("minimum", "at least"),
    ("maximum", "at most"),
    ("maxLength", "longest"),
    ("maxItems", "at most so many:"),
)


def default_words(schema: dict[str, Any]) -> str:
    """Return in HTML what applies when nothing is sent, or nothing."""
    default = schema.get("default")
    if default in (None, "", []):
        return ""
    return f" Default: <code>{escaped(json.dumps(default))}</code>."


def curl(method: str, path: str, operation: dict[str, Any], schemas: dict[str, Any]) -> str:
    """Return an example command. `path`: with its base path; the address of this installation is `$GATEWAY`."""
    shown = re.sub(r"\{(\w+)\}", lambda found: f"${found[1].upper()}", path)
    lines = [f'curl "$GATEWAY{shown}"']
    if method != "get":
        lines[0] = f'curl -X {method.upper()} "$GATEWAY{shown}"'
    if operation["security"]:
        lines.append('-H "Authorization: Bearer $KEY"')
    if "requestBody" in operation:
        body = json.dumps(_example_body(operation["requestBody"], schemas), ensure_ascii=False)
        lines += ['-H "Content-Type: application/json"', f"-d '{body}'"]
    if operation["operationId"] in ("getOriginal", "getScan"):
        lines.append("-OJ")
    return escaped(" \\\n  ".join(lines))


def body_schema(request_body: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    """Return the schema that a JSON body follows."""
    schema: dict[str, Any] = request_body["content"]["application/json"]["schema"]
    for option in schema.get("anyOf", [schema]):
        if "$ref" in option:
            named: dict[str, Any] = schemas[option["$ref"].removeprefix(_REF)]
            return named
    return schema


def _example_body(request_body: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    schema = body_schema(request_body, schemas)
    needed = schema.get("required", [])
    example = {
        name: _example(below, schemas)
        for name, below in schema.get("properties", {}).items()
        if name in needed or name == "reason"
    }
    # A bulk release needs one of its filters, which no single field can say.
    return {"source": "info", **example} if schema.get("title") == "ManyReleases" else example


def _example(schema: dict[str, Any], schemas: dict[str, Any]) -> Any:
    if "$ref" in schema:
        return _example(schemas[schema["$ref"].removeprefix(_REF)], schemas)
    if schema.get("examples"):
        return schema["examples"][0]
    if "enum" in schema:
        return schema["enum"][-1]
    if schema.get("format") == "uuid":
        return "3f0a5d7e-4a4b-4a55-9a53-0d4c7a9d1c2e"
    return "going live" if schema.get("type") == "string" else 1
