"""The OpenAPI document, as the NL GOV REST API Design Rules want it."""

from __future__ import annotations

import re
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from gateway.api.access import BY_PASSWORD, ROLES
from gateway.api.described import HEADERS, PROBLEMS
from gateway.api.draft_shapes import NewDraft
from gateway.api.edge import API_VERSION
from gateway.api.problems import MEDIA_TYPE, TITLE_OF, Problem
from gateway.api.schema_names import with_named_levels, with_plain_names
from gateway.api.simulation_shapes import NewSimulation, NewSimulationOfDocument
from gateway.api.submission_shapes import NewItem

BASE_PATH = "/v1"

_REFERENCE = re.compile(r"#/components/schemas/(\w+)")

CONTACT = {
    "name": "Inbox gateway team",
    "url": "https://inbox-gateway.example/contact",
    "email": "team@inbox-gateway.example",
}

_DESCRIPTION = """\
Every message that reaches the municipality is kept, acknowledged with a date, and forwarded once.
Here the people and systems around the gateway see where each message stands, and act on it.

**Keys and tokens.** Send `Authorization: Bearer gw_…`, or, where the installation takes them, a token of your identity
provider. Either has one role (`admin`, `publisher`, `operator`, `department`, `reader`, `monitor`, `intake`), may be limited to
departments, and sees items up to a level of confidentiality. What lies outside is answered as if it did not exist.

**Actions** are answered from the ledger's own commit: what the answer says is durable. Send the item's `ETag` as
`If-Match` to act only on what you have seen; without it, an action that makes no sense any more is refused with 409.

**Problems** are `application/problem+json` (RFC 9457). Programs look at `code`, people at `title` and `detail`.

**Moments** are RFC 3339 in UTC (`Z`); dates such as `dueOn` are days in the organisation's time zone.
"""

_TAGS = [
    {"name": "Items", "description": "What was sent to us, and where it stands."},
    {"name": "Intake", "description": "What websites, desks, apps and area tables hand in."},
    {"name": "Call records", "description": "What telephone systems send."},
    {"name": "Actions", "description": "What a person or a department does with an item."},
    {"name": "Tasks", "description": "What waits for a person, so that nobody waits in vain."},
    {"name": "Flags", "description": "What cannot wait, and whether somebody has taken it up."},
    {"name": "Overlays", "description": "What changes for a while on a day of crisis."},
    {"name": "Sources", "description": "The mailboxes that messages come from, and their health."},
    {"name": "Destinations", "description": "Where departments receive their items, and how each stands."},
    {"name": "Reachability", "description": "How well people could reach us by telephone."},
    {"name": "Calls", "description": "What telephone systems told us: their logs, and the calls that these come to."},
    {"name": "Configuration", "description": "What the administrators decided."},
    {"name": "Drafts", "description": "What is to be decided from now on: worked on, checked, and published."},
    {"name": "Simulations", "description": "What a configuration would change, rehearsed on what came in."},
    {"name": "Keys", "description": "Who may use this API."},
    {"name": "Break-glass", "description": "Who looked at what was too confidential for them, and why."},
    {"name": "Audit", "description": "Who changed what, and who looked at whose data."},
    {"name": "Documentation", "description": "This API, described."},
    {"name": "Health", "description": "For whatever watches over the process."},
]

_HEADERS = {
    "ApiVersion": {
        "description": "The full version of this API.",
        "schema": {"type": "string", "examples": [API_VERSION]},
    },
    "ETag": {"description": "The version, for `If-Match`.", "schema": {"type": "string", "examples": ['"3"']}},
    "Link": {
        "description": 'The next page, as `rel="next"` (RFC 8288); absent on the last page.',
        "schema": {"type": "string"},
    },
    "Location": {
        "description": "Where what was made is found.",
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "Rule-Position": {"description": "Where the rule stands; 1 is on top.", "schema": {"type": "integer"}},
    "RetryAfter": {"description": "Seconds to wait before trying again.", "schema": {"type": "integer"}},
    "WwwAuthenticate": {"description": "How to authenticate.", "schema": {"type": "string"}},
}

_PROBLEM_WORDS = {
    "400": "The request is not as described; `errors` names every fault.",
    "401": TITLE_OF["unauthenticated"],
    "403": TITLE_OF["not_allowed"],
    "404": TITLE_OF["not_found"],
    "406": TITLE_OF["not_acceptable"],
    "409": TITLE_OF["conflict"],
    "412": TITLE_OF["precondition_failed"],
    "428": TITLE_OF["precondition_required"],
    "413": TITLE_OF["body_too_large"],
    "415": TITLE_OF["unsupported_media_type"],
    "422": f"{TITLE_OF['idempotency_key_reused']}. Or: {TITLE_OF['no_records'].lower()}.",
    "500": TITLE_OF["unexpected"],
    "503": TITLE_OF["not_ready"],
}


def make_document(app: FastAPI) -> dict[str, Any]:
    """Return the document that describes the application's routes."""
    found = get_openapi(
        title="Inbox gateway",
        version=API_VERSION,
        openapi_version="3.1.0",
        summary="No message lost, none handled twice, every sender told when.",
        description=_DESCRIPTION,
        routes=app.routes,
        tags=_TAGS,
        servers=[{"url": BASE_PATH, "description": "This installation."}],
        license_info={"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
    )
    document: dict[str, Any] = with_named_levels(with_plain_names(found))
    document["info"]["contact"] = CONTACT
    document["paths"] = {
        path.removeprefix(BASE_PATH): {method: _operation(path, described) for method, described in methods.items()}
        for path, methods in document["paths"].items()
    }
    document["components"] = _components(document.get("components", {}), document["paths"])
    return document


def _components(components: dict[str, Any], paths: dict[str, Any]) -> dict[str, Any]:
    by_hand = (NewItem, NewDraft, NewSimulation, NewSimulationOfDocument)
    schemas = {name: below for shape in by_hand for name, below in _schemas_of(shape).items()}
    schemas |= {**components.get("schemas", {}), **_problem_schemas()}
    # What FastAPI would answer with; here it is a Problem with status 400.
    # Levels of confidentiality are written by their names, which stand where they are used.
    # Conditions of rules are shown as plain objects: their own names are those of the configuration document.
    for name in ("HTTPValidationError", "ValidationError", "Confidentiality", "Condition"):
        schemas.pop(name, None)
    return {
        "schemas": dict(sorted(_reached(schemas, paths).items())),
        "headers": _HEADERS,
        "securitySchemes": {
            "key": {"type": "http", "scheme": "bearer", "description": "A key of this gateway (`gw_…`), or a token."},
            "password": {"type": "http", "scheme": "basic", "description": "The key as password, with any user."},
        },
    }


def _reached(schemas: dict[str, Any], paths: dict[str, Any]) -> dict[str, Any]:
    """Return the schemas that the paths name, and those that these name: nobody asks for others."""
    found: set[str] = set()
    left = [str(paths)]
    while left:
        named = set(_REFERENCE.findall(left.pop())) - found
        found |= named
        left += [str(schemas[name]) for name in named]
    return {name: schemas[name] for name in found}


def _schemas_of(shape: type[BaseModel]) -> dict[str, Any]:
    # An operation that reads its body by hand brings no schema.
    schema = shape.model_json_schema(ref_template="#/components/schemas/{model}")
    below: dict[str, Any] = schema.pop("$defs", {})
    return {shape.__name__: schema, **below}


def _problem_schemas() -> dict[str, Any]:
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    below: dict[str, Any] = schema.pop("$defs")
    return {"Problem": schema, **below}


def _operation(path: str, described: dict[str, Any]) -> dict[str, Any]:
    operation_id = described["operationId"]
    roles = ROLES[operation_id]
    described["security"] = [{"key": []}] if roles is not None else []
    if operation_id in BY_PASSWORD:
        described["security"].append({"password": []})
    described["x-roles"] = sorted(roles) if roles is not None else []
    for parameter in described.get("parameters", []):
        parameter["schema"] = _sendable(parameter["schema"])
    further: list[str] = described.pop(PROBLEMS, [])
    own: list[str] = described.pop(HEADERS, [])
    responses = {status: below for status, below in described["responses"].items() if status != "422"}
    responses |= {status: _problem(status) for status in _problem_statuses(path, described, further)}
    for status, response in responses.items():
        response["headers"] = {"API-Version": _header("ApiVersion"), **_own_headers(own, status)}
        if status == "200":
            response["description"] = described["summary"]
    described["responses"] = dict(sorted(responses.items()))
    return described


def _sendable(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a parameter's schema without null, which no address and no header can carry, and without its title."""
    options = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
    kept = {key: value for key, value in schema.items() if key not in ("anyOf", "title")}
    if len(options) == 1:
        return {**kept, **options[0]}
    return {**kept, "anyOf": options} if options else kept


def _problem_statuses(path: str, described: dict[str, Any], further: list[str]) -> set[str]:
    operation_id = described["operationId"]
    statuses = {"500", "503"}
    if operation_id in ("getLive", "getOpenapi", "getDocs"):
        statuses = {"500"}
    if ROLES[operation_id] is not None:
        statuses |= {"401", "403"}
    if described.get("parameters") or "requestBody" in described:
        statuses.add("400")
    if "{" in path:
        statuses.add("404")
    if "requestBody" in described:
        statuses.add("413")
    return statuses | set(further)


def _problem(status: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": _PROBLEM_WORDS[status], "content": {MEDIA_TYPE: {"schema": schema}}}


def _own_headers(own: list[str], status: str) -> dict[str, Any]:
    if status.startswith("2"):
        return {name: _header(name) for name in own}
    if status == "401":
        return {"WWW-Authenticate": _header("WwwAuthenticate")}
    return {"Retry-After": _header("RetryAfter")} if status == "503" else {}


def _header(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/headers/{name}"}
