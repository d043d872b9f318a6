"""Call any operation of the OpenAPI document, with what it says of its own path."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from gateway.api.app import api_document
from tests.gateway.api.world import Headers, World

ABSENT = "3f0a5d7e-4a4b-4a55-9a53-0d4c7a9d1c2e"

OPERATIONS: list[tuple[str, str, dict[str, Any]]] = [
    (path, method, operation)
    for path, methods in api_document()["paths"].items()
    for method, operation in methods.items()
]
"""Path, method and description of each."""

_DESCRIBED = {(path, method): operation for path, method, operation in OPERATIONS}


async def call(world: World, path: str, method: str, headers: Headers | None, **ids: str) -> Any:
    """Call an operation with values for its path that fit its schema and name nothing, and a body that fits actions."""
    filled = path
    for parameter in _DESCRIBED[path, method].get("parameters", ()):
        if parameter["in"] == "path":
            name = parameter["name"]
            filled = filled.replace(f"{{{name}}}", quote(ids.get(name) or _value(parameter["schema"]), safe=""))
    assert "{" not in filled, f"{filled}: a part of the path is not described"
    body = {"reason": "omdat het moet"} if method == "post" and "taskId" not in path else None
    return await world.client.request(method.upper(), f"/v1{filled}", headers=headers, json=body)


def _value(schema: dict[str, Any]) -> str:
    """Return a value of the schema that names nothing there is."""
    if schema.get("format") == "uuid":
        return ABSENT
    if schema.get("type") == "integer":
        return str(schema.get("maximum", 2_000_000))
    if "enum" in schema:
        return str(schema["enum"][0])
    return "abc"
