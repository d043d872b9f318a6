"""Documents in requests and answers: JSON or YAML, as the caller says; the content is the same."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from fastapi import Request
from starlette.responses import Response

from gateway.api.problems import NotAcceptable, UnsupportedMediaType
from inbox.configuration.written import NotRead, as_json, as_yaml, read_json, read_yaml
from inbox.errors import ConfigurationInvalid

JSON = "application/json"
YAML = "application/yaml"
"""RFC 9512."""

_YAML_TOO = frozenset({YAML, "application/x-yaml", "text/yaml", "text/x-yaml"})
_QUALITY = re.compile(r";\s*q\s*=\s*([01](?:\.\d{0,3})?)", re.IGNORECASE)

_OBJECT: dict[str, Any] = {"type": "object", "properties": {}}


def takes_document(schema: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return a route's `openapi_extra` for a body that is a document; `schema`: of its JSON."""
    content = {JSON: {"schema": schema or _OBJECT}, YAML: {"schema": {"description": "The same as YAML."}}}
    return {"requestBody": {"required": True, "content": content}}


def gives_document() -> dict[int | str, dict[str, Any]]:
    """Return a route's `responses` for an answer that is a document."""
    return {200: {"content": {JSON: {"schema": {}}, YAML: {"schema": {"type": "string"}}}}}


def media_type_of(request: Request) -> str:
    """Return in which format the body is. Raises UnsupportedMediaType for any but JSON and YAML."""
    said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if said != JSON and said not in _YAML_TOO:
        raise UnsupportedMediaType(f"send `{JSON}` or `{YAML}`")
    return JSON if said == JSON else YAML


async def read_content(request: Request) -> Any:
    """Return the body's content. Raises UnsupportedMediaType, ConfigurationInvalid with the place of each fault."""
    media_type = media_type_of(request)
    read = read_json if media_type == JSON else read_yaml
    try:
        text = (await request.body()).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotRead(1, "is not UTF-8") from None
    return (await asyncio.to_thread(read, text)).content


async def read_keys(request: Request) -> dict[str, Any]:
    """Return the body's content. Raises as `read_content`, and ConfigurationInvalid when it holds no keys."""
    content = await read_content(request)
    if not isinstance(content, dict):
        raise ConfigurationInvalid.at([((), "should hold keys with values")])
    return content


async def document_answer(request: Request, content: Any, **headers: str) -> Response:
    """Return the content in the format that the caller likes best. Raises NotAcceptable."""
    media_type = _liked(request.headers.get("accept", "*/*"))
    words = await asyncio.to_thread(as_json if media_type == JSON else as_yaml, content)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(words, media_type=media_type, headers={"Vary": "Accept", **named})


def _liked(accept: str) -> str:
    """Return JSON or YAML by the header Accept (RFC 9110 section 12.5.1); JSON where both are as good."""
    best, found = 0.0, ""
    for one in accept.split(","):
        said = one.partition(";")[0].strip().lower()
        quality = _QUALITY.search(one)
        weight = float(quality[1]) if quality else 1.0
        media_type = YAML if said in _YAML_TOO else JSON if said in (JSON, "*/*", "application/*") else ""
        if media_type and weight > best:
            best, found = weight, media_type
    if not found:
        raise NotAcceptable(f"there is `{JSON}` and `{YAML}`")
    return found
