"""The API's description as one HTML page: no scripts, nothing loaded, readable with a keyboard or a screen reader."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from typing import Any

from gateway.api.docs_style import STYLE
from gateway.api.docs_words import anchor, body_schema, curl, default_words, escaped, inline, paragraphs, type_words
from gateway.api.problems import STATUS_OF, TITLE_OF

STYLE_HASH = "sha256-" + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
"""What the Content-Security-Policy allows: this style and no other."""


def docs_page(document: dict[str, Any]) -> str:
    """Return the page for an OpenAPI document of ours."""
    info = document["info"]
    title = f"{escaped(info['title'])} API {escaped(info['version'])}"
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{STYLE}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header>
<h1>{title}</h1>
<p class="lead">{inline(info["summary"])}</p>
</header>
<div class="columns">
{_contents(document)}
<main id="content">
{_introduction(document)}
{"".join(_tag(tag, document) for tag in document["tags"])}
{_problems()}
{_shapes(document)}
</main>
</div>
<footer>
<p>Questions: {escaped(info["contact"]["name"])}, {escaped(info["contact"]["email"])}.
Licence: {escaped(info["license"]["name"])}.
For programs: <a href="/v1/openapi.json">openapi.json</a>.</p>
</footer>
</body>
</html>
"""


def _operations(document: dict[str, Any], tag: str) -> Iterable[tuple[str, str, dict[str, Any]]]:
    """Yield (method, path with its base path, operation) of one tag."""
    base = document["servers"][0]["url"]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if tag in operation["tags"]:
                yield method, base + path, operation


def _contents(document: dict[str, Any]) -> str:
    groups = []
    for tag in document["tags"]:
        lines = "".join(
            f'<li><a href="#{escaped(operation["operationId"])}">{escaped(operation["summary"])}</a></li>'
            for _, _, operation in _operations(document, tag["name"])
        )
        groups.append(f'<li><a href="#{anchor(tag["name"])}">{escaped(tag["name"])}</a><ul>{lines}</ul></li>')
    return (
        '<nav aria-label="Contents"><ul>'
        + "".join(groups)
        + '<li><a href="#problems">Problems</a></li><li><a href="#shapes">Shapes</a></li></ul></nav>'
    )


def _introduction(document: dict[str, Any]) -> str:
    rows = [
        [f'<a href="#{operation["operationId"]}"><code>{method.upper()} {escaped(path)}</code></a>']
        + [_may(role, operation) for role in ("admin", "department", "reader")]
        for tag in document["tags"]
        for method, path, operation in _operations(document, tag["name"])
    ]
    table = _table("Who may do what", ["Operation", "admin", "department", "reader"], rows)
    return f"<section>{paragraphs(document['info']['description'])}{table}</section>"


def _may(role: str, operation: dict[str, Any]) -> str:
    if not operation["security"]:
        return "no key needed"
    return "yes" if role in operation["x-roles"] else '<span class="no">no</span>'


def _tag(tag: dict[str, str], document: dict[str, Any]) -> str:
    articles = "".join(
        _article(method, path, operation, document) for method, path, operation in _operations(document, tag["name"])
    )
    return (
        f'<section aria-labelledby="{anchor(tag["name"])}"><h2 id="{anchor(tag["name"])}">{escaped(tag["name"])}</h2>'
        f"<p>{inline(tag['description'])}</p>{articles}</section>"
    )


def _article(method: str, path: str, operation: dict[str, Any], document: dict[str, Any]) -> str:
    schemas = document["components"]["schemas"]
    roles = " or ".join(f"<code>{escaped(role)}</code>" for role in operation["x-roles"])
    who = f"Needs a key with the role {roles}." if operation["security"] else "Needs no key."
    name = escaped(operation["operationId"])
    pieces = [
        f'<article aria-labelledby="{name}"><h3 id="{name}">{escaped(operation["summary"])}</h3>',
        f'<p class="line"><span class="method {method}">{method.upper()}</span> <code>{escaped(path)}</code></p>',
        paragraphs(operation.get("description", "")),
        f"<p>{who}</p>",
    ]
    if operation.get("parameters"):
        pieces.append(_parameters(operation["parameters"]))
    if "requestBody" in operation:
        pieces.append(_body(operation["requestBody"], schemas))
    pieces.append(_responses(operation["responses"]))
    pieces.append(f'<pre tabindex="0" aria-label="Example">{curl(method, path, operation, schemas)}</pre></article>')
    return "".join(pieces)


def _parameters(parameters: list[dict[str, Any]]) -> str:
    rows = [
        [
            f"<code>{escaped(below['name'])}</code>",
            below["in"] + (", needed" if below.get("required") else ""),
            type_words(below["schema"]),
            inline(below.get("description", "")) + default_words(below["schema"]),
        ]
        for below in parameters
    ]
    return _table("Parameters", ["Name", "Where", "Value", "Meaning"], rows)


def _body(request_body: dict[str, Any], schemas: dict[str, Any]) -> str:
    caption = "Body (JSON)" if request_body.get("required") else "Body (JSON), may be left out"
    return _table(caption, ["Key", "Value", "Meaning"], _properties(body_schema(request_body, schemas)))


def _properties(schema: dict[str, Any]) -> list[list[str]]:
    needed = schema.get("required", [])
    return [
        [
            f"<code>{escaped(name)}</code>" + (" <small>needed</small>" if name in needed else ""),
            type_words(below),
            inline(below.get("description", "")) + default_words(below),
        ]
        for name, below in schema.get("properties", {}).items()
    ]


def _responses(responses: dict[str, Any]) -> str:
    rows = [
        [
            f"<code>{status}</code>",
            inline(response["description"]),
            "; ".join(
                f"<code>{escaped(media_type)}</code> {type_words(below.get('schema', {}))}"
                for media_type, below in response.get("content", {}).items()
            )
            or "nothing",
            ", ".join(f"<code>{escaped(header)}</code>" for header in response["headers"]),
        ]
        for status, response in responses.items()
    ]
    return _table("Answers", ["Status", "Meaning", "Body", "Headers"], rows)


def _problems() -> str:
    rows = [
        [
            f'<span id="problem-{code.replace("_", "-")}"><code>{escaped(code)}</code></span>',
            str(int(status)),
            escaped(TITLE_OF[code]),
        ]
        for code, status in STATUS_OF.items()
    ]
    return (
        '<section aria-labelledby="problems"><h2 id="problems">Problems</h2>'
        "<p>Each error is <code>application/problem+json</code> with one of these codes.</p>"
        f"{_table('Codes', ['Code', 'Status', 'Meaning'], rows)}</section>"
    )


def _shapes(document: dict[str, Any]) -> str:
    return (
        '<section aria-labelledby="shapes"><h2 id="shapes">Shapes</h2>'
        + "".join(
            f'<h3 id="shape-{anchor(name)}">{escaped(name)}</h3>{_shape(name, schema)}'
            for name, schema in document["components"]["schemas"].items()
        )
        + "</section>"
    )


def _shape(name: str, schema: dict[str, Any]) -> str:
    words = paragraphs(schema.get("description", ""))
    if "properties" not in schema:
        return f"{words}<p>{type_words(schema)}</p>"
    return words + _table(f"Keys of {name}", ["Key", "Value", "Meaning"], _properties(schema))


def _table(caption: str, heads: list[str], rows: list[list[str]]) -> str:
    """Return a table; cells are HTML already, the first of each row is its heading."""
    head = "".join(f'<th scope="col">{escaped(words)}</th>' for words in heads)
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>' + "".join(f"<td>{cell}</td>" for cell in row[1:]) + "</tr>" for row in rows
    )
    return (
        f'<div class="table" tabindex="0" role="region" aria-label="{escaped(caption)}">'
        f"<table><caption>{escaped(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )
