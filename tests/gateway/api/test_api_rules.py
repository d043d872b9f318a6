"""The NL GOV REST API Design Rules that no linter sees: what the running API does, over the whole of its document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from gateway.api.app import api_document
from tests.gateway.api.furnished import Keys, existing_ids, furnish, key_for, keys_of_all_roles
from tests.gateway.api.world import World

DOCUMENT = api_document()
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
ABSENT = "3f0a5d7e-4a4b-4a55-9a53-0d4c7a9d1c2e"
OPERATIONS = [
    (path, method, operation) for path, methods in DOCUMENT["paths"].items() for method, operation in methods.items()
]
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
ALWAYS = {
    "api-version": DOCUMENT["info"]["version"],
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
IN_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


@pytest.fixture
async def keys(world: World) -> Keys:
    """Give a world with something of everything in it, and keys of all roles."""
    await furnish(world)
    return await keys_of_all_roles(world)


def filled(path: str, ids: dict[str, list[str]] | None = None) -> str:
    """Return the path with ids in it: of things that exist, where they are given."""
    known = ids or {}
    return re.sub(r"\{(\w+)\}", lambda found: known.get(found[1], [ABSENT])[0], path)


def require_headers(answer: httpx.Response) -> None:
    """Check what stands on every answer."""
    assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["strict-transport-security"].startswith("max-age=31536000")


async def test_every_operation_answers_with_the_security_headers(world: World, keys: Keys) -> None:
    for path, method, operation in OPERATIONS:
        for headers in (None, key_for(operation, keys)):
            answer = await world.client.request(method.upper(), f"/v1{filled(path)}", headers=headers)
            require_headers(answer)
            if answer.status_code >= 400:
                assert answer.headers["content-type"] == "application/problem+json", (path, method)
                assert answer.json()["status"] == answer.status_code


async def test_a_slash_at_the_end_is_another_path_and_leads_nowhere(world: World, keys: Keys) -> None:
    for path, method, operation in OPERATIONS:
        answer = await world.client.request(method.upper(), f"/v1{filled(path)}/", headers=key_for(operation, keys))
        assert answer.status_code in {404, 405}, (path, method)
        assert "location" not in answer.headers
        require_headers(answer)


async def test_every_path_says_which_methods_it_has(world: World) -> None:
    for path, methods in DOCUMENT["paths"].items():
        own = {method.upper() for method in methods} | ({"HEAD"} if "get" in methods else set())
        for method in METHODS - own:
            answer = await world.client.request(method, f"/v1{filled(path)}")
            assert answer.status_code == 405, (path, method)
            assert set(answer.headers["allow"].split(", ")) == own
            require_headers(answer)


async def test_head_is_get_without_a_body(world: World, keys: Keys) -> None:
    ids = await existing_ids(world, DOCUMENT, keys)
    for path, method, operation in OPERATIONS:
        if method == "get":
            headers = key_for(operation, keys)
            got = await world.client.get(f"/v1{filled(path, ids)}", headers=headers)
            head = await world.client.head(f"/v1{filled(path, ids)}", headers=headers)
            assert (head.status_code, head.content) == (got.status_code, b""), path
            assert head.headers.get("etag") == got.headers.get("etag")
            assert head.headers.get("content-type") == got.headers.get("content-type")


async def test_only_the_document_is_for_any_website(world: World, keys: Keys) -> None:
    for path, method, operation in OPERATIONS:
        headers = {**(key_for(operation, keys) or {}), "Origin": "https://elsewhere.example"}
        answer = await world.client.request(method.upper(), f"/v1{filled(path)}", headers=headers)
        allowed = answer.headers.get("access-control-allow-origin")
        assert allowed == ("*" if path == "/openapi.json" else None), path


def _body(operation: dict[str, Any]) -> dict[str, Any] | None:
    """Return the schema of a JSON body that takes only the keys it names."""
    content = operation.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    for option in schema.get("anyOf", [schema]):
        named: dict[str, Any] = SCHEMAS[option["$ref"].rpartition("/")[2]] if "$ref" in option else option
        if named.get("additionalProperties") is False:
            return named
    return None


async def test_all_faults_of_a_body_are_told_at_once_with_pointers(world: World, keys: Keys) -> None:
    ids, seen = await existing_ids(world, DOCUMENT, keys), 0
    for path, method, operation in OPERATIONS:
        schema = _body(operation)
        if schema is None:
            continue
        wrong = {name: {"no": ["such", "thing"]} for name in schema.get("properties", {})} | {
            "misspelt": 1,
            "alsoNot": 2,
        }
        headers = {**(key_for(operation, keys) or {}), "Idempotency-Key": "k-1", "If-Match": "*"}
        answer = await world.client.request(method.upper(), f"/v1{filled(path, ids)}", headers=headers, json=wrong)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input"), (path, method, answer.text)
        pointers = {"/" + fault["location"]["pointer"].split("/")[1] for fault in answer.json()["errors"]}
        assert {"/misspelt", "/alsoNot"} <= pointers, (path, method)
        scalars = {f"/{name}" for name, below in schema.get("properties", {}).items() if below.get("type") == "string"}
        assert scalars <= pointers, (path, method)
        seen += 1
    assert seen > 10


async def test_all_faults_of_a_query_are_told_at_once_by_name(world: World, keys: Keys) -> None:
    ids, seen = await existing_ids(world, DOCUMENT, keys), 0
    for path, method, operation in OPERATIONS:
        strict = {parameter["name"] for parameter in operation.get("parameters", []) if _is_strict(parameter)}
        if len(strict) < 2:
            continue
        answer = await world.client.request(
            method.upper(),
            f"/v1{filled(path, ids)}",
            headers=key_for(operation, keys),
            params=dict.fromkeys(sorted(strict), "*&*"),
        )
        assert answer.status_code == 400, (path, method)
        assert {fault["location"]["name"] for fault in answer.json()["errors"]} >= strict, (path, method)
        seen += 1
    assert seen > 2


def _is_strict(parameter: dict[str, Any]) -> bool:
    """Say whether no words fit the query parameter."""
    schema = parameter["schema"]
    return parameter["in"] == "query" and (
        schema.get("type") in {"integer", "number", "boolean"} or schema.get("format") in {"date-time", "date", "uuid"}
    )


def test_what_is_called_a_moment_or_a_day_is_one() -> None:
    for shape, schema in SCHEMAS.items():
        for name, below in schema.get("properties", {}).items():
            formats = {option.get("format") for option in below.get("anyOf", [below])}
            assert "date-time" in formats or not re.search(r"(^at|At)$", name), (shape, name)
            assert "date" in formats or not name.endswith("On"), (shape, name)


async def test_every_moment_is_told_in_utc(world: World, keys: Keys) -> None:
    ids, seen = await existing_ids(world, DOCUMENT, keys), 0
    for path, method, operation in OPERATIONS:
        if method == "get":
            answer = await world.client.get(f"/v1{filled(path, ids)}", headers=key_for(operation, keys))
            if answer.headers.get("content-type") == "application/json" and path != "/openapi.json":
                for name, moment in _moments(answer.json()):
                    assert IN_UTC.fullmatch(moment), (path, name, moment)
                    seen += 1
    assert seen > 20


def _moments(told: Any) -> Iterator[tuple[str, str]]:
    if isinstance(told, list):
        for below in told:
            yield from _moments(below)
    elif isinstance(told, dict):
        for name, below in told.items():
            if isinstance(below, str) and re.search(r"(^at|At)$", name):
                yield name, below
            yield from _moments(below)


@pytest.mark.parametrize("moment", ["0", "0.5", "20261116", "1763283600", "2026", "2026-11-16", "2026-11-16T09:00:00"])
async def test_a_moment_that_is_not_written_as_one_is_refused(world: World, keys: Keys, moment: str) -> None:
    operation = DOCUMENT["paths"]["/items"]["get"]
    answer = await world.get("/items", key_for(operation, keys), receivedFrom=moment)
    assert (answer.status_code, answer.json()["errors"][0]["location"]) == (400, {"name": "receivedFrom"})


async def test_a_moment_of_any_zone_is_taken(world: World, keys: Keys) -> None:
    operation = DOCUMENT["paths"]["/items"]["get"]
    for moment in ("2026-11-16T09:00:00Z", "2026-11-16T10:00:00+01:00", "2026-11-16t09:00:00.123-05:00"):
        assert (await world.get("/items", key_for(operation, keys), receivedFrom=moment)).status_code == 200
