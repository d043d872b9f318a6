"""Hand in: a website, desk, app or area table gives us an item, once however often it asks."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from gateway.api.access import CallerHere, GuardedRoute, PartsHere
from gateway.api.described import answers
from gateway.api.form_data import FormField, form_fields
from gateway.api.item_shapes import PromiseLine
from gateway.api.problems import BodyTooLarge, UnsupportedMediaType
from gateway.api.submission_shapes import NewItem, SubmittedItem
from inbox.errors import BadRequest, NotAllowed, SourcePaused
from inbox.submission import Attached, SubmissionLimits
from store.handed_in import Told, told_of
from store.keys import Caller
from workflows.parts import Intake, Parts
from workflows.receiving import Wanted, receive

router = APIRouter(prefix="/v1/items", tags=["Intake"], route_class=GuardedRoute)

_JSON = "application/json"
_FORM = "multipart/form-data"
_LOOKS_AGAIN_SECONDS = 0.05

_REQUEST_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            _JSON: {"schema": {"$ref": "#/components/schemas/NewItem"}},
            _FORM: {
                "schema": {
                    "type": "object",
                    "required": ["item"],
                    "additionalProperties": False,
                    "properties": {
                        "item": {"$ref": "#/components/schemas/NewItem"},
                        "attachments": {
                            "type": "array",
                            "items": {"type": "string", "contentMediaType": "application/octet-stream"},
                        },
                    },
                },
                "encoding": {"item": {"contentType": _JSON}},
            },
        },
    }
}
"""The body is read by hand: a form with files in it has no model."""

_Key = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        pattern=r'^("[\x21\x23-\x7e]{1,255}"|[\x21\x23-\x7e]{1,255})$',
        description="Yours for this item, such as a UUID; the same for each repeat of the request "
        "(draft-ietf-httpapi-idempotency-key-header). With another content it is refused.",
        examples=["8e03978e-40d5-43e8-bc93-6894a57f9324"],
    ),
]


@router.post(
    "",
    operation_id="submitItem",
    summary="Hand in an item",
    status_code=202,
    openapi_extra=_REQUEST_BODY | answers(415, 422),
)
async def submit(request: Request, parts: PartsHere, caller: CallerHere, idempotency_key: _Key) -> SubmittedItem:
    """Keep what was said at a desk or an area table, or sent from a website or app. 202: it is durable, and goes its way
    as every message does. A repeat with the same key and content is the same item, and the same answer.

    Attachments go as `multipart/form-data`: one field `item` with the JSON, and a field `attachments` for each file.
    """
    intake = _intake_of(parts)
    asked, attachments = await _read(request, intake.limits)
    source_id = _source_of(intake, caller, asked)
    if intake.sources[source_id].is_paused:
        raise SourcePaused(f"source `{source_id}` is paused: hand it in again later")
    wanted = Wanted(idempotency_key.strip('"'), asked.submission(attachments))
    [received] = await receive(parts, intake, source_id, [wanted])
    item = received.item
    told = await _told(parts, item.item_id, intake.limits.wait_seconds)
    is_promised = told.promise is not None and not await _is_told_otherwise(parts, told)
    promise = PromiseLine.model_validate(told.promise, from_attributes=True) if is_promised else None
    return SubmittedItem(
        item_id=item.item_id,
        reference=item.reference,
        received_at=item.received_at,
        is_decided=told.is_decided,
        promise=promise,
    )


def _intake_of(parts: Parts) -> Intake:
    if parts.intake is None:
        raise NotAllowed("nothing is handed in here: the settings name no source for it")
    return parts.intake


def _source_of(intake: Intake, caller: Caller, asked: NewItem) -> str:
    """Return where it is handed in. Raises NotAllowed, BadRequest when there is a choice."""
    own = [source_id for source_id in sorted(caller.sources) if source_id in intake.sources]
    fitting = [source_id for source_id in own if intake.sources[source_id].channel is asked.channel]
    if asked.source is not None:
        fitting = [source_id for source_id in fitting if source_id == asked.source]
    if not fitting:
        raise NotAllowed("this key may not hand in at such a source and channel")
    if len(fitting) > 1:
        raise BadRequest(f"name the `source`: this key has {', '.join(fitting)} of this channel")
    return fitting[0]


async def _read(request: Request, limits: SubmissionLimits) -> tuple[NewItem, tuple[Attached, ...]]:
    """Return what is asked. Raises RequestValidationError, BadRequest, BodyTooLarge, UnsupportedMediaType."""
    content_type = request.headers.get("content-type", "")
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == _JSON:
        return _item_of(await request.body(), limits), ()
    if media_type != _FORM:
        raise UnsupportedMediaType(f"send `{_JSON}`, or `{_FORM}` with attachments")
    fields = form_fields(content_type, await request.body(), limits.attachments + 1)
    items = [field for field in fields if field.name == "item"]
    files = [field for field in fields if field.name == "attachments"]
    if len(items) != 1 or len(items) + len(files) != len(fields):
        raise BadRequest("the form has one field `item` and any number of fields `attachments`, and no others")
    return _item_of(items[0].content, limits), tuple(_attached(n, field, limits) for n, field in enumerate(files, 1))


def _item_of(content: bytes, limits: SubmissionLimits) -> NewItem:
    try:
        asked = NewItem.model_validate_json(content)
    except ValidationError as error:
        faults = [{**fault, "loc": ("body", *fault["loc"])} for fault in error.errors(include_input=False)]
        raise RequestValidationError(faults) from None
    if len(asked.text) > limits.text_characters:
        words = f"should have at most {limits.text_characters} characters"
        raise RequestValidationError([{"loc": ("body", "text"), "type": "string_too_long", "msg": words}])
    return asked


def _attached(number: int, field: FormField, limits: SubmissionLimits) -> Attached:
    if len(field.content) > limits.attachment_bytes:
        raise BodyTooLarge(f"attachment {number} holds more than {limits.attachment_bytes} bytes")
    return Attached(name=field.file_name, media_type=field.media_type, content=field.content)


async def _is_told_otherwise(parts: Parts, told: Told) -> bool:
    """Say whether a flag acknowledges in its own text, which tells no date: then the website tells none either."""
    if not told.flags:
        return False
    known = (await parts.configurations.current()).document.flags
    return any(known[key].text is not None for key in told.flags if key in known)


async def _told(parts: Parts, item_id: str, seconds: float) -> Told:
    """Return what is decided, waiting for it a little: the item is kept, whatever comes of this."""
    loop = asyncio.get_running_loop()
    until = loop.time() + seconds
    while True:
        told = await told_of(parts.ledger, item_id)
        if told.is_decided or loop.time() >= until:
            return told
        await asyncio.sleep(_LOOKS_AGAIN_SECONDS)
