"""What a request for a simulation holds: JSON, or a form with files in it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from gateway.api.form_data import FormField, form_fields
from gateway.api.problems import UnsupportedMediaType
from gateway.api.simulation_shapes import NewSimulation
from gateway.api.source_view import source_confidentiality
from gateway.api.submission_shapes import NewItem
from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from inbox.errors import BadRequest
from workflows.parts import Parts
from workflows.simulating import UploadedFile

_JSON = "application/json"
_FORM = "multipart/form-data"
_FILES_AT_MOST = 500

Wanted = TypeVar("Wanted", bound=NewSimulation)


def request_body(shape: str) -> dict[str, Any]:
    """Return the description of such a body. `shape`: the JSON's name among the schemas."""
    schema = {"$ref": f"#/components/schemas/{shape}"}
    form = {
        "type": "object",
        "required": ["simulation", "files"],
        "properties": {
            "simulation": schema,
            "files": {
                "type": "array",
                "minItems": 1,
                "items": {"type": "string", "contentMediaType": "application/octet-stream"},
            },
        },
    }
    content = {_JSON: {"schema": schema}, _FORM: {"schema": form, "encoding": {"simulation": {"contentType": _JSON}}}}
    return {"requestBody": {"required": True, "content": content}}


async def read_request(request: Request, parts: Parts, shape: type[Wanted]) -> tuple[Wanted, list[UploadedFile]]:
    """Return what is asked, and the uploaded files. Raises RequestValidationError, BadRequest, UnsupportedMediaType."""
    content_type = request.headers.get("content-type", "")
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == _JSON:
        return _validated(await request.body(), shape, ()), []
    if media_type != _FORM:
        raise UnsupportedMediaType(f"send `{_JSON}`, or `{_FORM}` with files")
    fields = form_fields(content_type, await request.body(), _FILES_AT_MOST + 1)
    asked = [field for field in fields if field.name == "simulation"]
    files = [field for field in fields if field.name == "files"]
    if len(asked) != 1 or len(asked) + len(files) != len(fields) or not files:
        raise BadRequest("the form has one field `simulation`, at least one field `files`, and no others")
    wanted = _validated(asked[0].content, shape, ())
    if wanted.against == "then" or wanted.last is not None or wanted.days is not None:
        raise BadRequest("files are compared with what is in force: leave out `last`, `days` and `against: then`")
    level = await _confidentiality(request, parts, wanted.source)
    uploaded = _files(parts, files)
    return wanted, [replace(one, source_id=wanted.source or "", confidentiality=level) for one in uploaded]


async def _confidentiality(request: Request, parts: Parts, source_id: str | None) -> Confidentiality:
    """Return that of what comes in there. Raises BadRequest when there is no such source."""
    if source_id is None:
        return Confidentiality.zaakvertrouwelijk
    level = await source_confidentiality(parts, request.app.state.source_desk, source_id)
    if level is None:
        raise BadRequest("`source` names no source that messages come in at: see `GET /v1/sources`")
    return level


def _validated(content: bytes, shape: type[Wanted], place: tuple[Any, ...]) -> Wanted:
    try:
        return shape.model_validate_json(content)
    except ValidationError as error:
        faults = [{**fault, "loc": ("body", *place, *fault["loc"])} for fault in error.errors(include_input=False)]
        raise RequestValidationError(faults) from None


def _files(parts: Parts, fields: list[FormField]) -> list[UploadedFile]:
    """Return the uploaded files. Raises RequestValidationError with what is wrong in all of them."""
    read: list[UploadedFile] = []
    faults: list[Any] = []
    for number, one in enumerate(fields):
        try:
            read.append(_file(parts, number, one))
        except RequestValidationError as unread:
            faults += unread.errors()
    if faults:
        raise RequestValidationError(faults)
    return read


def _file(parts: Parts, number: int, field: FormField) -> UploadedFile:
    """Return a mail, or what a website would hand in, as it would be kept."""
    name = field.file_name[:200] or f"file {number + 1}"
    if field.media_type != _JSON and not name.lower().endswith(".json"):
        return UploadedFile(name, Channel.email, field.content)
    if parts.intake is None:
        raise BadRequest("nothing is handed in here, so that JSON files cannot be read: send mails")
    try:
        item = NewItem.model_validate_json(field.content)
    except ValidationError as error:
        faults = [{**one, "loc": ("body", "files", number, *one["loc"])} for one in error.errors(include_input=False)]
        raise RequestValidationError(faults) from None
    return UploadedFile(name, item.channel, parts.intake.write(item.submission()))
