"""If-Match: act only on the version that the caller has seen (RFC 9110 section 13.1.1)."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends, Header

from inbox.errors import BadRequest

_TAGS = re.compile(r'(?:W/)?"[!#-~]*"(?:[ \t]*,[ \t]*(?:W/)?"[!#-~]*")*')
_STRONG = re.compile(r'(?<!W/)"(\d{1,9})"')


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
        raise BadRequest("`If-Match` is no entity tag: send the item's `ETag` as it is, with its quotation marks")
    return Precondition(frozenset(int(found) for found in _STRONG.findall(value)))


async def _asked(
    if_match: Annotated[
        str | None,
        Header(
            alias="If-Match",
            max_length=200,
            # Said, not checked here: `parse_if_match` does, in words that tell what to send.
            json_schema_extra={"pattern": r'^(\*|(W/)?"[!#-~]*"(, *(W/)?"[!#-~]*")*)$'},
            description="The item's `ETag`: the action is refused with 412 when the item has changed since.",
            examples=['"3"'],
        ),
    ] = None,
) -> Precondition:
    return parse_if_match(if_match)


PreconditionHere = Annotated[Precondition, Depends(_asked)]
