"""Problems: the one place where an error becomes an answer (RFC 9457, `application/problem+json`).

A problem says what the caller can mend and never repeats a word of a message, of a request or of a foreign library.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from uuid import uuid4

from pydantic import Field
from starlette.responses import JSONResponse

from gateway.api.shapes import Shape
from inbox.errors import GatewayError, PermanentError, TransientError

MEDIA_TYPE = "application/problem+json"

RETRY_AFTER_SECONDS = 5
"""What a 503 asks for: about as long as a restarted ledger needs."""


class Unauthenticated(PermanentError):
    """The request carries no key or token, or one that is unknown, wrong, revoked or over."""

    code = "unauthenticated"


class IssuerUnreachable(TransientError):
    """The identity provider does not tell its keys, so that nobody can say whose token it is."""

    code = "issuer_unreachable"


class PreconditionRequired(PermanentError):
    """Without If-Match this would overwrite what somebody else wrote (RFC 6585 section 3)."""

    code = "precondition_required"


class UnsupportedMediaType(PermanentError):
    """The body is in a format that the operation does not take (RFC 9110 section 15.5.16)."""

    code = "unsupported_media_type"


class NotAcceptable(PermanentError):
    """No format that the request accepts is one that there is (RFC 9110 section 15.5.7)."""

    code = "not_acceptable"


class BodyTooLarge(PermanentError):
    """The request, or a part of it, is larger than is taken."""

    code = "body_too_large"


class NoRecords(PermanentError):
    """The request holds no call records."""

    code = "no_records"


class NotReady(GatewayError):
    """The process lives and cannot work now: the ledger or the byte store does not answer."""

    code = "not_ready"
    is_transient = True


STATUS_OF: dict[str, HTTPStatus] = {
    "bad_request": HTTPStatus.BAD_REQUEST,
    "invalid_input": HTTPStatus.BAD_REQUEST,
    "unauthenticated": HTTPStatus.UNAUTHORIZED,
    "not_allowed": HTTPStatus.FORBIDDEN,
    "not_found": HTTPStatus.NOT_FOUND,
    "method_not_allowed": HTTPStatus.METHOD_NOT_ALLOWED,
    "conflict": HTTPStatus.CONFLICT,
    "precondition_failed": HTTPStatus.PRECONDITION_FAILED,
    "precondition_required": HTTPStatus.PRECONDITION_REQUIRED,
    "configuration_invalid": HTTPStatus.BAD_REQUEST,
    "document_unreadable": HTTPStatus.BAD_REQUEST,
    "document_unsound": HTTPStatus.BAD_REQUEST,
    "not_acceptable": HTTPStatus.NOT_ACCEPTABLE,
    "body_too_large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "unsupported_media_type": HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    "nobody_to_alert": HTTPStatus.CONFLICT,
    "idempotency_key_reused": HTTPStatus.UNPROCESSABLE_ENTITY,
    "no_records": HTTPStatus.UNPROCESSABLE_ENTITY,
    "bytes_missing": HTTPStatus.INTERNAL_SERVER_ERROR,
    "unexpected": HTTPStatus.INTERNAL_SERVER_ERROR,
    "not_ready": HTTPStatus.SERVICE_UNAVAILABLE,
    "issuer_unreachable": HTTPStatus.SERVICE_UNAVAILABLE,
    "settings_invalid": HTTPStatus.SERVICE_UNAVAILABLE,
    "source_paused": HTTPStatus.SERVICE_UNAVAILABLE,
    "store_unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
    "transient": HTTPStatus.SERVICE_UNAVAILABLE,
}
"""Code → status. What is not named here is a fault of ours: `unexpected`."""

TITLE_OF: dict[str, str] = {
    "bad_request": "The request cannot be carried out as it is written",
    "invalid_input": "The request does not have the described shape",
    "unauthenticated": "A valid API key or token is needed",
    "not_allowed": "This key or token may not do this",
    "not_found": "There is no such thing, or this key may not see it",
    "method_not_allowed": "This path does not know this method",
    "conflict": "This is not possible as things stand",
    "precondition_failed": "It has changed since it was read",
    "precondition_required": "This needs the header If-Match",
    "configuration_invalid": "The configuration has faults",
    "document_unreadable": "The document is neither YAML nor JSON",
    "document_unsound": "The document holds what none can hold",
    "not_acceptable": "There is no answer in the format that is asked for",
    "body_too_large": "The request is too large",
    "unsupported_media_type": "The request is in a format that is not taken here",
    "nobody_to_alert": "Nobody would be told that glass was broken",
    "idempotency_key_reused": "This Idempotency-Key came with another request before",
    "no_records": "There are no call records in the request",
    "bytes_missing": "The original bytes are not as they were kept",
    "unexpected": "Something went wrong inside the gateway",
    "not_ready": "The gateway cannot work at this moment",
    "issuer_unreachable": "Nobody can sign in at this moment",
    "settings_invalid": "The gateway is not set up completely",
    "source_paused": "Nothing is taken in there for a while",
    "store_unavailable": "The ledger does not answer at this moment",
    "transient": "The gateway cannot do this at this moment",
}

_OWN_FAULT: dict[str, str] = {
    "bytes_missing": "The bytes are missing, or differ from the sha256 that the ledger holds: tell the administrator.",
    "issuer_unreachable": "The identity provider does not answer. Try again in a moment, or send an API key.",
    "settings_invalid": "The administrator finds what is missing with `gateway check`.",
}
UNEXPECTED = "The administrator finds this occurrence in the log by its `instance`."
_TRY_AGAIN = "Try again in a moment. After an action, read the item first: it may have been carried out."


class Location(Shape):
    """Where in the request the fault is."""

    pointer: str | None = Field(default=None, description="JSON Pointer into the body (RFC 6901).")
    name: str | None = Field(default=None, description="Name of the query, path or header parameter.")


class Fault(Shape):
    """One fault in the request."""

    place: str = Field(serialization_alias="in", description="`body`, `query`, `path` or `header`.", examples=["query"])
    location: Location
    code: str = Field(description="Stable code of the fault.", examples=["less_than_equal"])
    detail: str = Field(description="What is expected there.", examples=["Input should be less than or equal to 200"])


class Problem(Shape):
    """What went wrong, for programs (`code`) and for people (`title`, `detail`); RFC 9457."""

    type: str = Field(description="Where the documentation explains it.", examples=["/v1/docs#problem-conflict"])
    title: str = Field(description="The kind of problem.", examples=[TITLE_OF["conflict"]])
    status: int = Field(description="The HTTP status.", examples=[409])
    detail: str = Field(
        description="What to mend in this case.",
        examples=["`accept` is not possible while the item is `completed`; it is possible in: forwarded, triage"],
    )
    instance: str = Field(
        description="Names this occurrence; a problem of the gateway's own stands in its log under this name.",
        examples=["urn:uuid:0b5ab2b9-6f3c-4d0c-a3b6-0c6f0f2a7f11"],
    )
    code: str = Field(description="Stable code of the problem.", examples=["conflict"])
    errors: list[Fault] = Field(default_factory=list, description="All faults in the request, together.")


def new_instance() -> str:
    """Return a name for one occurrence. Random: a path could hold a person's data."""
    return f"urn:uuid:{uuid4()}"


def problem_response(
    code: str,
    detail: str,
    *,
    instance: str | None = None,
    errors: list[Fault] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """Return the answer for a code of STATUS_OF. `detail` is shown as it is."""
    status = STATUS_OF[code]
    problem = Problem(
        type=f"/v1/docs#problem-{code.replace('_', '-')}",
        title=TITLE_OF[code],
        status=int(status),
        detail=detail,
        instance=instance or new_instance(),
        code=code,
        errors=errors or [],
    )
    content: dict[str, Any] = problem.model_dump(mode="json", by_alias=True, exclude_none=True)
    if not content["errors"]:
        del content["errors"]
    return JSONResponse(content, status, {**_headers(code), **(headers or {})}, MEDIA_TYPE)


def _headers(code: str) -> dict[str, str]:
    if code == "unauthenticated":
        return {"WWW-Authenticate": 'Bearer realm="inbox gateway"'}
    if STATUS_OF[code] is HTTPStatus.SERVICE_UNAVAILABLE:
        return {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return {}


def known_code(error: GatewayError) -> str:
    """Return the error's code when the API has an answer for it, else that of its kind."""
    if error.code in STATUS_OF:
        return error.code
    return "transient" if error.is_transient else "unexpected"


def public_detail(error: GatewayError) -> str:
    """Return what the caller may read. A fault of the caller is told in our own words; ours names settings and
    folders, which concern nobody outside.
    """
    code = known_code(error)
    if STATUS_OF[code] < HTTPStatus.INTERNAL_SERVER_ERROR or isinstance(error, NotReady):
        return error.detail
    if code in _OWN_FAULT:
        return _OWN_FAULT[code]
    return _TRY_AGAIN if STATUS_OF[code] is HTTPStatus.SERVICE_UNAVAILABLE else UNEXPECTED
