"""Every operation of the OpenAPI document succeeds at least once, and what it answers then is what the document says.

Random calls seldom succeed where something must be there first; here it is furnished: see tests/gateway/api/good_calls.py.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from copy import deepcopy
from itertools import islice, product
from typing import Any
from urllib.parse import quote

import httpx
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from gateway.api.app import api_document
from tests.gateway.api.calling import OPERATIONS
from tests.gateway.api.furnished import existing_ids, furnish, key_for, keys_of_all_roles
from tests.gateway.api.good_calls import WAYS, Call, furnish_more
from tests.gateway.api.world import Headers, World

DOCUMENT = api_document()

_AT_MOST = 25
"""Calls of one operation with ids that exist."""

_TOLD = ("ETag", "Link", "Location", "Rule-Position", "Retry-After", "WWW-Authenticate", "API-Version")
"""Headers that the document must name where they are sent."""

_ANY = "*/*"

_OPTIONAL = frozenset({"Link"})
"""Headers that are sent only where there is something to say."""


async def test_every_operation_succeeds_and_answers_as_the_document_says(world: World) -> None:
    await furnish(world)
    keys = await keys_of_all_roles(world)
    admin = await world.key(name="Beheer")
    await furnish_more(world, admin)
    told = Answers(DOCUMENT)
    for path, method, operation in OPERATIONS:
        if operation["operationId"] in WAYS:
            made = await WAYS[operation["operationId"]](world, admin)
            told.hold_asked(operation, made.body)
            for accept in _media_types(operation) if method == "get" else [_ANY]:
                told.hold(operation, await _send(world, path, method, key_for(operation, keys), made, accept))
    ids = await existing_ids(world, told.document, keys)
    for path, method, operation in OPERATIONS:
        if method != "get" and operation["operationId"] in WAYS:
            continue
        for made, accept in product(_plain(operation, ids), _media_types(operation)):
            answer = await _send(world, path, method, key_for(operation, keys), made, accept)
            told.hold(operation, answer)
            if method != "get" and answer.is_success:
                break
    told.hold_together()
    assert not told.faults, "\n".join(told.faults)


def test_the_table_names_operations_that_exist() -> None:
    assert WAYS.keys() <= {operation["operationId"] for _, _, operation in OPERATIONS}


def test_an_answer_that_the_document_does_not_know_is_a_fault() -> None:
    [beginning] = [operation for _, _, operation in OPERATIONS if operation["operationId"] == "beginOverlay"]
    line = {
        "overlayId": "a", "reason": "b", "begunAt": "2026-11-16T09:00:00Z", "begunBy": "c", "configurationVersion": 1,
        "endsAt": "2026-11-16T09:00:00Z", "endedAt": None, "endedBy": None, "isRunning": True, "pausedCount": 0,
        "faults": [], "content": {},
    }  # fmt: skip
    headers = {"API-Version": "1.0.0", "Location": "/v1/overlays/a"}
    for status, sent, with_headers, is_good in (
        (201, line, headers, True),
        (200, line, headers, False),
        (201, {**line, "more": 1}, headers, False),
        (201, {key: value for key, value in line.items() if key != "endsAt"}, headers, False),
        (201, {**line, "endsAt": "tomorrow"}, headers, False),
        (201, line, {**headers, "Content-Type": "text/plain"}, False),
        (201, line, {"API-Version": "1.0.0"}, False),
        (201, line, {**headers, "ETag": '"1"'}, False),
    ):
        told = Answers(DOCUMENT)
        told.hold(beginning, httpx.Response(status, json=sent, headers=with_headers))
        assert (told.faults == []) == is_good, (status, sent, with_headers)


class Answers:
    """Holds answers against the document, and remembers what does not fit."""

    def __init__(self, document: dict[str, Any]) -> None:
        """`document`: the OpenAPI document."""
        self.document = document
        self.faults: list[str] = []
        self._strict = {"components": {"schemas": _closed(document["components"]["schemas"])}}
        self._seen: dict[str, set[str]] = defaultdict(set)
        self._refused: dict[str, str] = {}

    def hold(self, operation: dict[str, Any], answer: httpx.Response) -> None:
        """Hold an answer against what the operation says of itself."""
        name, status = operation["operationId"], str(answer.status_code)
        if status not in operation["responses"]:
            self._fault(f"{name}: {status} is not described: {answer.text[:300]}")
            return
        described = operation["responses"][status]
        self._hold_headers(f"{name} {status}", described.get("headers", {}), answer)
        media_type = answer.headers.get("content-type", "").partition(";")[0]
        content = described.get("content", {})
        if answer.is_success:
            self._seen[name].add(media_type)
        else:
            self._refused[name] = answer.text[:300]
        if not content and not answer.content:
            return
        if media_type not in content:
            self._fault(f"{name} {status}: `{media_type}` is not described")
        elif media_type.endswith("json"):
            self._hold_body(f"{name} {status}", _closed(content[media_type]["schema"]), answer.json(), self._strict)

    def hold_asked(self, operation: dict[str, Any], body: Any) -> None:
        """Hold the body that is sent against the document: what succeeds must be described."""
        name = operation["operationId"]
        if body is None:
            return
        if "requestBody" not in operation:
            self._fault(f"{name}: takes no body")
            return
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        self._hold_body(f"{name}, asked", schema, body, self.document)

    def hold_together(self) -> None:
        """Name the operations that never succeeded, and described media types that never came, but for downloads."""
        for _, _, operation in OPERATIONS:
            name = operation["operationId"]
            if name not in self._seen:
                self._fault(f"{name}: never succeeded: {self._refused.get(name, 'was not called')}")
                continue
            for status, described in operation["responses"].items():
                for media_type, below in described.get("content", {}).items() if status < "300" else ():
                    if below["schema"].get("format") != "binary" and media_type not in self._seen[name]:
                        self._fault(f"{name}: `{media_type}` never came")

    def _hold_headers(self, where: str, described: dict[str, Any], answer: httpx.Response) -> None:
        for name in _TOLD:
            if name in answer.headers and name not in described:
                self._fault(f"{where}: the header {name} is not described")
            if name in described and name not in answer.headers and name not in _OPTIONAL:
                self._fault(f"{where}: the header {name} is missing")

    def _hold_body(self, where: str, schema: dict[str, Any], body: Any, beside: dict[str, Any]) -> None:
        whole = {**schema, "components": beside["components"]}
        checked = Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)
        for error in checked.iter_errors(body):
            self._fault(f"{where}: {error.json_path}: {error.message[:300]}")

    def _fault(self, said: str) -> None:
        if said not in self.faults:
            self.faults.append(said)


def _closed(schema: Any) -> Any:
    """Return the schema with no room for fields that it does not name, where it does not speak of others itself."""
    if isinstance(schema, list):
        return [_closed(below) for below in schema]
    if not isinstance(schema, dict):
        return deepcopy(schema)
    closed = {name: _closed(below) for name, below in schema.items()}
    if closed.get("type") == "object" and closed.get("properties"):
        closed.setdefault("additionalProperties", False)
    return closed


def _plain(operation: dict[str, Any], ids: dict[str, list[str]]) -> Iterator[Call]:
    """Yield calls with ids that exist, and without a body."""
    choices = {
        parameter["name"]: parameter["schema"].get("enum") or ids.get(parameter["name"], [])
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "path"
    }
    for chosen in islice(product(*choices.values()), _AT_MOST):
        yield Call(dict(zip(choices, chosen, strict=True)))


def _media_types(operation: dict[str, Any]) -> list[str]:
    """Return what to ask for: each media type that is given, but any where bytes are given as they are."""
    given = {
        media_type: below["schema"]
        for status, one in operation["responses"].items()
        for media_type, below in one.get("content", {}).items()
        if status < "300" and below["schema"].get("format") != "binary"
    }
    return list(given) or [_ANY]


async def _send(world: World, path: str, method: str, key: Headers | None, made: Call, accept: str) -> httpx.Response:
    for name, value in made.ids.items():
        path = path.replace(f"{{{name}}}", quote(str(value), safe=""))
    assert "{" not in path, path
    headers = {**(key or {}), "Accept": accept, **made.headers}
    return await world.client.request(method.upper(), f"/v1{path}", headers=headers, json=made.body)
