"""multipart/form-data (RFC 7578): the fields of a request, each as it came."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from inbox.errors import BadRequest

_BOUNDARY = re.compile(r"boundary=(?:\"([^\"\r\n]{1,70})\"|([^\s;\",]{1,70}))", re.IGNORECASE)
_HEAD_BYTES = 8 << 10
_NAME = re.compile(r';\s*name="([^"\r\n]*)"', re.IGNORECASE)
_FILE_NAME = re.compile(r';\s*filename="((?:[^"\\\r\n]|\\.)*)"', re.IGNORECASE)
_ENCODED_NAME = re.compile(r";\s*filename\*=utf-8''([^\s;]*)", re.IGNORECASE)


@dataclass(frozen=True)
class FormField:
    """One field of a form."""

    name: str
    file_name: str
    """As the client says; empty when it is no file."""
    media_type: str
    """Lower case, without parameters; empty when it is not said."""
    content: bytes


def form_fields(content_type: str, body: bytes, at_most: int) -> list[FormField]:
    """Return the fields in order. `content_type`: the request's own, with the boundary.

    Raises BadRequest when the body is cut off, or is not as its boundary says, or holds more than `at_most` fields.
    """
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise BadRequest("the Content-Type names no `boundary`")
    mark = b"\r\n--" + (found[1] or found[2]).encode("latin-1", "replace")
    # In the body's first line the boundary has no line end before it.
    pieces = (b"\r\n" + body).split(mark, at_most + 2)
    if len(pieces) > at_most + 2:
        raise BadRequest(f"the form has more than {at_most} fields")
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise BadRequest("the form is cut off: its last boundary is missing")
    return [_field(piece) for piece in pieces[1:-1]]


def _field(piece: bytes) -> FormField:
    head, blank, content = piece.lstrip(b" \t").removeprefix(b"\r\n").partition(b"\r\n\r\n")
    if not blank or len(head) > _HEAD_BYTES:
        raise BadRequest("a field of the form has no header, or one that is too long")
    headers = dict(_header(line) for line in head.decode("utf-8", "replace").split("\r\n"))
    disposition = headers.get("content-disposition", "")
    name = _NAME.search(disposition)
    if name is None:
        raise BadRequest("a field of the form has no name")
    return FormField(
        name=name[1],
        file_name=_file_name(disposition),
        media_type=headers.get("content-type", "").partition(";")[0].strip().lower(),
        content=content,
    )


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip()


def _file_name(disposition: str) -> str:
    encoded = _ENCODED_NAME.search(disposition)
    if encoded is not None:
        return unquote(encoded[1], errors="replace")
    plain = _FILE_NAME.search(disposition)
    # Browsers write a quotation mark as %22, others as \".
    return plain[1].replace('\\"', '"').replace("%22", '"') if plain else ""
