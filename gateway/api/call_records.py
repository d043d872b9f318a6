"""Send call records: a telephone system gives us what it wrote, once however often it sends it."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any
from urllib.parse import unquote_to_bytes

from fastapi import APIRouter, Path, Request
from pydantic import Field

from gateway.api.access import CallerHere, GuardedRoute, PartsHere
from gateway.api.described import answers
from gateway.api.problems import BodyTooLarge, NoRecords
from gateway.api.shapes import Name, Shape
from inbox.errors import NotFound, SourcePaused
from store.keys import Caller
from workflows.parts import ConfiguredCalls, Parts
from workflows.receiving_calls import receive_records

router = APIRouter(prefix="/v1/call-records", tags=["Call records"], route_class=GuardedRoute)

_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"
_FORM_BASE64 = "application/x-www-form-base64-encoded"
_UNKNOWN = "application/octet-stream"
_FIELD = b"cdr="
_KNOWN = frozenset({_JSON, "application/x-ndjson", "application/jsonl", "text/csv", "text/plain"})
"""Media types that are kept as they were said; what it is, is seen when it is read."""

_REQUEST_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            _JSON: {"schema": {"description": "What the telephone system wrote."}},
            "text/csv": {"schema": {"description": "Lines, as the telephone system wrote them."}},
            _FORM: {"schema": {"type": "object", "properties": {"cdr": {"description": "The record as JSON."}}}},
        },
    }
}
"""The body is kept as it is: nothing of it is read here, so that no shape is asked for either."""


class ReceivedRecords(Shape):
    """What became of the records: they are kept as a call log."""

    call_log_id: str = Field(description="The call log's id.", examples=["3f0a5d7e-4a4b-5a55-9a53-0d4c7a9d1c2e"])


@router.post(
    "/{sourceId}",
    operation_id="receiveCallRecords",
    summary="Send call records",
    status_code=202,
    openapi_extra=_REQUEST_BODY | answers(422),
)
async def receive_call_records(
    request: Request,
    parts: PartsHere,
    caller: CallerHere,
    source_id: Annotated[Name, Path(alias="sourceId", description="A source that is sent call records.")],
) -> ReceivedRecords:
    """Keep call records as the telephone system wrote them: JSON, lines, or the form that FreeSWITCH's mod_json_cdr sends.
    202: they are durable; their calls stand in the register once they are read. The same records again are the same log.

    The key may also stand as the password of Basic authentication, with any user: many telephone systems know no other.
    """
    calls = _calls_of(parts, caller, source_id)
    body = await request.body()
    if len(body) > calls.push_bytes:
        raise BodyTooLarge(f"a request to this source may hold at most {calls.push_bytes} bytes")
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    records, media_type = _records(body, media_type)
    if not records.strip():
        raise NoRecords("the request holds no call records")
    return ReceivedRecords(call_log_id=await receive_records(parts, calls, source_id, records, media_type))


def _calls_of(parts: Parts, caller: Caller, source_id: str) -> ConfiguredCalls:
    """Return the source. Raises NotFound when it takes no records, or not those of this caller; SourcePaused."""
    calls = parts.calls.sources.get(source_id) if parts.calls is not None else None
    if calls is None or not calls.push_bytes or source_id not in caller.sources:
        raise NotFound("there is no such source that is sent call records, or this key may not send any to it")
    if calls.is_paused:
        raise SourcePaused(f"source `{source_id}` is paused: send them again later")
    return calls


def _records(body: bytes, media_type: str) -> tuple[bytes, str]:
    """Return the records out of their wrapping, and what they are said to be. Raises NoRecords."""
    if media_type not in {_FORM, _FORM_BASE64}:
        return body, media_type if media_type in _KNOWN else _UNKNOWN
    if not body.startswith(_FIELD):
        # Some send bare records and call them a form, since their HTTP library does.
        return body, _UNKNOWN
    # To the end: old versions of FreeSWITCH leave an `&` in it as it is.
    written = body.removeprefix(_FIELD)
    if media_type == _FORM:
        return unquote_to_bytes(written.replace(b"+", b" ")), _JSON
    try:
        return base64.b64decode(written), _JSON
    except binascii.Error:
        raise NoRecords("the field `cdr` is not base64") from None
