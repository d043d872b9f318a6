"""The API's description: the OpenAPI document and the page for people."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from gateway.api.access import ROLES
from gateway.api.app import api_document
from gateway.api.problems import STATUS_OF
from inbox.actions import ALLOWED, Action
from tests.gateway.api.world import World

DOCUMENT = api_document()
OPERATIONS = [
    (path, method, operation) for path, methods in DOCUMENT["paths"].items() for method, operation in methods.items()
]


def test_the_document_names_contact_licence_and_version() -> None:
    info = DOCUMENT["info"]
    assert DOCUMENT["openapi"].startswith("3.1")
    assert info["contact"].keys() == {"name", "url", "email"}
    assert info["license"]["identifier"] == "EUPL-1.2"
    assert re.fullmatch(r"1\.\d+\.\d+", info["version"])
    assert DOCUMENT["servers"][0]["url"] == "/v1"


def test_every_answer_declares_its_version_header() -> None:
    for path, method, operation in OPERATIONS:
        for status, response in operation["responses"].items():
            assert "API-Version" in response["headers"], (path, method, status)


def test_every_error_is_a_problem_and_422_is_only_of_what_is_handed_in() -> None:
    for _, _, operation in OPERATIONS:
        handed_in = operation["operationId"] in {"submitItem", "receiveCallRecords"}
        assert ("422" in operation["responses"]) == handed_in
        errors = [response for status, response in operation["responses"].items() if status >= "400"]
        assert errors
        assert all(response["content"].keys() == {"application/problem+json"} for response in errors)


def test_every_operation_that_takes_something_can_say_that_it_is_wrong() -> None:
    for path, _, operation in OPERATIONS:
        if operation.get("parameters") or "requestBody" in operation:
            assert "400" in operation["responses"], path
        if "{" in path:
            assert "404" in operation["responses"], path


def test_paths_are_kebab_case_and_keys_are_camel_case() -> None:
    for path, _, operation in OPERATIONS:
        assert re.fullmatch(r"(/([a-z0-9.-]+|\{[a-zA-Z]+\}))+", path)
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "query":
                assert re.fullmatch(r"[a-z][a-zA-Z]*", parameter["name"])
    for schema in DOCUMENT["components"]["schemas"].values():
        assert all(re.fullmatch(r"[a-z][a-zA-Z0-9]*", name) for name in schema.get("properties", {}))


def test_everything_is_described() -> None:
    names = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(names) == len(set(names))
    for path, method, operation in OPERATIONS:
        assert operation["summary"], path
        assert operation["description"], path
        assert len(operation["tags"]) == 1
        for parameter in operation.get("parameters", []):
            assert parameter.get("description"), (path, method, parameter["name"])
    assert all(schema.get("description") for schema in DOCUMENT["components"]["schemas"].values())


def _asked(part: Any, found: set[str]) -> set[str]:
    """Return `found` with the names of the schemas that this part of the document leads to."""
    if isinstance(part, list):
        part = dict(enumerate(part))
    if isinstance(part, dict):
        name = str(part.get("$ref", "")).rpartition("/")[2]
        if name and name not in found:
            found.add(name)
            _asked(DOCUMENT["components"]["schemas"][name], found)
        for value in part.values():
            _asked(value, found)
    return found


def test_everything_that_a_caller_writes_is_explained() -> None:
    names = _asked([operation.get("requestBody") for _, _, operation in OPERATIONS], set())
    for name in names:
        for key, value in DOCUMENT["components"]["schemas"][name].get("properties", {}).items():
            explains_itself = "const" in value or "$ref" in value
            assert value.get("description") or explains_itself, f"{name}.{key}"
    body = DOCUMENT["components"]["schemas"]["ImapBody"]["properties"]
    assert "`processedFolder`" in body["afterKeep"]["description"], "keys are named as they are written here"


def test_every_action_is_there_and_says_when_it_is_possible() -> None:
    described = {operation["operationId"]: operation["description"] for _, _, operation in OPERATIONS}
    for action in Action:
        assert all(f"`{status}`" in described[f"{action}Item"] for status in ALLOWED[action])


def test_every_operation_names_its_roles() -> None:
    for _, _, operation in OPERATIONS:
        roles = ROLES[operation["operationId"]]
        assert operation["x-roles"] == sorted(roles or ())
        assert bool(operation["security"]) == (roles is not None)


def test_examples_have_the_shape_that_they_are_examples_of() -> None:
    shown = 0
    for schema in DOCUMENT["components"]["schemas"].values():
        for described in schema.get("properties", {}).values():
            resolved = {**described, "components": DOCUMENT["components"]}
            for example in described.get("examples", []):
                jsonschema.validate(example, resolved)
                shown += 1
    assert shown > 10


async def test_the_document_may_be_read_by_any_website_without_a_key(world: World) -> None:
    answer = await world.get("/openapi.json")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["api-version"] == answer.json()["info"]["version"]
    assert answer.json() == DOCUMENT


class _Page(HTMLParser):
    """Collects what a page links to, and whether its elements are closed."""

    void = frozenset({"meta", "br", "link", "img", "input", "hr"})

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []
        self.ids: list[str] = []
        self.tags: set[str] = set()
        self.open: list[str] = []
        self.levels: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        named: dict[str, Any] = dict(attrs)
        self.targets += [named[name] for name in ("href", "src", "action") if named.get(name)]
        self.ids += [named["id"]] if named.get("id") else []
        if re.fullmatch(r"h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
async def page(world: World) -> _Page:
    answer = await world.get("/docs")
    assert answer.headers["content-type"].startswith("text/html")
    parsed = _Page()
    parsed.feed(answer.text)
    return parsed


async def test_the_page_loads_nothing_and_leads_nowhere_else(world: World, page: _Page) -> None:
    assert all(target.startswith("#") or target == "/v1/openapi.json" for target in page.targets)
    assert not page.tags & {"script", "link", "img", "iframe", "form", "object"}
    text = (await world.get("/docs")).text
    assert "url(" not in text
    assert "@import" not in text
    policy = (await world.get("/docs")).headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


async def test_the_page_is_well_formed_and_its_anchors_lead_somewhere(page: _Page) -> None:
    assert page.open == []
    assert len(page.ids) == len(set(page.ids))
    assert {target[1:] for target in page.targets if target.startswith("#")} <= set(page.ids)


async def test_the_page_can_be_walked_by_its_headings(page: _Page) -> None:
    assert page.levels[0] == 1
    assert page.levels.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(page.levels, page.levels[1:], strict=False))
    assert {"main", "nav", "header", "footer", "caption", "th"} <= page.tags


async def test_the_page_describes_every_operation_and_every_problem(world: World, page: _Page) -> None:
    text = (await world.get("/docs")).text
    for path, method, operation in OPERATIONS:
        assert operation["operationId"] in page.ids
        assert f"{method.upper()} /v1{path}" in text
    assert {f"problem-{code.replace('_', '-')}" for code in STATUS_OF} <= set(page.ids)
