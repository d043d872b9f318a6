"""If-Match: act only on the version that the caller has seen (RFC 9110 section 13.1.1)."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import Depends, Header

from gateway.api.problems import PreconditionRequired
from inbox.errors import BadRequest, PreconditionFailed

_TAGS = re.compile(r'(?:W/)?"[!#-~]*"(?:[ \t]*,[ \t]*(?:W/)?"[!#-~]*")*')
_STRONG = re.compile(r'(?<!W/)"(\d{1,9})"')

_TAGS_PATTERN = r'^(\*|(W/)?"[!#-~]*"(, *(W/)?"[!#-~]*")*)$'
"""For the document only: `parse_if_match` tells in words what to send."""


class Precondition:
    """Which versions the caller is willing to act on."""

    def __init__(self, versions: frozenset[int] | None) -> None:
        """`versions`: None when the caller does not ask, or is content with any."""
        self._versions = versions

    @property
    def asks(self) -> bool:
        """Say whether a change since the caller looked must stop the action."""
        return self._versions is not None

    def holds(self, version: int) -> bool:
        """Say whether the caller is willing to act on this version."""
        return self._versions is None or version in self._versions


def parse_if_match(value: str | None) -> Precondition:
    """Return what the header asks. A weak tag never matches. Raises BadRequest when it is no list of tags."""
    if value is None or value.strip() == "*":
        return Precondition(None)
    if not _TAGS.fullmatch(value.strip()):
        raise BadRequest("`If-Match` is no entity tag: send the `ETag` as it is, with its quotation marks")
    return Precondition(frozenset(int(found) for found in _STRONG.findall(value)))


def require_match(precondition: Precondition, version: int, what: str) -> None:
    """Let only somebody change it who saw this version. Raises PreconditionFailed. `what`: names it, such as `source`."""
    if not precondition.holds(version):
        raise PreconditionFailed(f"the {what} is at version {version}: read it again and decide again")


def _if_match(description: str) -> Any:
    return Header(
        alias="If-Match",
        max_length=200,
        json_schema_extra={"pattern": _TAGS_PATTERN},
        description=description,
        examples=['"3"'],
    )


_May = Annotated[str | None, _if_match("The `ETag` of what was read: refused with 412 when it has changed since.")]
_Must = Annotated[
    str | None,
    _if_match("Needed: the `ETag` of what was read, or `*`. Without it 428, and 412 when it has changed since."),
]


async def _asked(if_match: _May = None) -> Precondition:
    return parse_if_match(if_match)


async def _required(if_match: _Must = None) -> Precondition:
    if if_match is None:
        raise PreconditionRequired(
            "send the `ETag` of what you read as `If-Match`, so that nobody's work is overwritten"
        )
    return parse_if_match(if_match)


PreconditionHere = Annotated[Precondition, Depends(_asked)]
RequiredHere = Annotated[Precondition, Depends(_required)]


def etag(version: int) -> str:
    """Return the version as an entity tag."""
    return f'"{version}"'
