"""From what FastAPI raises to problems: invalid input, unknown paths."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from gateway.api.pointers import pointer
from gateway.api.problems import (
    STATUS_OF,
    Fault,
    Location,
    known_code,
    new_instance,
    problem_response,
    public_detail,
)
from inbox.configuration.fault_place import fault_place
from inbox.configuration.shape_faults import FORMS
from inbox.errors import ConfigurationInvalid, GatewayError

log = structlog.get_logger()

_NAMEABLE = re.compile(r"^[A-Za-z0-9_.-]{1,60}$")
_ECHOES = {
    "json_invalid": "is not JSON",
    "uuid_parsing": "should be a UUID",
    "extra_forbidden": "is not known here",
    "string_pattern_mismatch": "holds a character that is not possible here, or has another form",
    "datetime_from_date_parsing": "should be a moment such as 2026-11-16T09:00:00Z",
    "timezone_aware": "should name its time zone, such as 2026-11-16T09:00:00Z",
}
"""Words of our own where the library's would repeat what was sent, or say little."""

_MEMBER = re.compile(r"<\w+\.\w+: ('[^']*')>")
"""One of the words that are possible, as the library shows it where only some of our words are."""


def install(app: FastAPI) -> None:
    """Let every error inside the application become a problem."""
    app.add_exception_handler(GatewayError, _own_error)
    app.add_exception_handler(RequestValidationError, _invalid_input)
    app.add_exception_handler(HTTPException, _http_error)


async def _own_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, GatewayError)
    code = known_code(error)
    instance = new_instance()
    if isinstance(error, ConfigurationInvalid):
        return _invalid_document(code, error)
    if STATUS_OF[code] >= 500:
        operation = getattr(request.scope.get("route"), "operation_id", None)
        log.error("request_failed", code=error.code, operation=operation, instance=instance)
    return problem_response(code, public_detail(error), instance=instance)


def _invalid_document(code: str, invalid: ConfigurationInvalid) -> Response:
    """Return the answer that names all that is wrong in a document. It is configured, and holds nobody's data."""
    faults = [
        Fault(place="body", location=Location(pointer=pointer(path)), code=invalid.code, detail=sentence)
        for path, sentence in invalid.places
    ]
    count = "one fault" if len(faults) == 1 else f"{len(faults)} faults"
    return problem_response(code, f"{count} in the document: see `errors`", errors=faults)


async def _invalid_input(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    if any(fault["loc"][:1] == ("path",) for fault in error.errors()):
        # A path that cannot name anything names nothing.
        return problem_response("not_found", "there is nothing under this path")
    return invalid_input([fault_of(_placed(fault, error.body)) for fault in error.errors()])


def _placed(found: Mapping[str, Any], body: Any) -> Mapping[str, Any]:
    """Return the fault with its place as the caller wrote it: the library names kinds of things in between."""
    place, *path = found["loc"]
    if place != "body" or not isinstance(body, dict):
        return found
    return {**found, "loc": (place, *fault_place(body, path))}


def invalid_input(faults: list[Fault]) -> Response:
    """Return the answer that names all faults in the request."""
    count = "one fault" if len(faults) == 1 else f"{len(faults)} faults"
    return problem_response("invalid_input", f"{count} in the request: see `errors`", errors=faults)


def fault_of(found: Mapping[str, Any]) -> Fault:
    """Return what a model's fault says, in words that repeat nothing of what was sent. `loc`: with its place first."""
    place, *path = found["loc"]
    kind = str(found["type"])
    form = FORMS.get(str(found.get("ctx", {}).get("pattern")))
    words = form or _ECHOES.get(kind) or _MEMBER.sub(r"\1", str(found["msg"]).removeprefix("Value error, "))
    # Of a body that is no JSON the framework gives the number of a character.
    at = [] if kind == "json_invalid" and len(path) == 1 else path
    return Fault(place=place, location=_location(place, at), code=kind, detail=words)


def _location(place: str, path: Iterable[Any]) -> Location:
    # The caller's own keys are repeated only when they look like keys.
    steps = [str(step) if _NAMEABLE.match(str(step)) else "(unnamed)" for step in path]
    if place == "body":
        return Location(pointer="".join(f"/{step}" for step in steps))
    return Location(name=steps[0] if steps else None)


async def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 400:
        fault = Fault(place="body", location=Location(pointer=""), code="json_invalid", detail="is not JSON")
        return invalid_input([fault])
    if error.status_code == 404:
        return problem_response("not_found", "there is nothing under this path; paths end without a slash")
    if error.status_code == 413:
        return problem_response("body_too_large", error.detail)
    # Nothing of ours raises another one.
    raise error
