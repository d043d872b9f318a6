"""If-Match: act only on the version that the caller has seen (RFC 9110 section 13.1.1)."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import Depends, Header

from gateway.api.problems import PreconditionFailed, PreconditionRequired
from inbox.errors import BadRequest

_TAGS = re.compile(r'(?:W/)?"[!#-~]*"(?:[ \t]*,[ \t]*(?:W/)?"[!#-~]*")*')
_STRONG = re.compile(r'(?<!W/)"(\d{1,9})"')


class Precondition:
    """Which versions the caller is willing to act on."""

    def __init__(self, versions: frozenset[int] | None, *, was_sent: bool = True) -> None:
        """`versions`: None when the caller does not ask, or is content with any. `was_sent`: the header was there."""
        self._versions = versions
        self.was_sent = was_sent

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
        return Precondition(None, was_sent=value is not None)
    if not _TAGS.fullmatch(value.strip()):
        raise BadRequest("`If-Match` is no entity tag: send the item's `ETag` as it is, with its quotation marks")
    return Precondition(frozenset(int(found) for found in _STRONG.findall(value)))


def require_match(precondition: Precondition, version: int, what: str) -> None:
    """Let only somebody change it who says which version they saw, and saw this one.

    Raises PreconditionRequired, PreconditionFailed. `what`: names it, such as `source`.
    """
    if not precondition.was_sent:
        raise PreconditionRequired(f"send the {what}'s `ETag` as `If-Match`, so that nobody's change is lost")
    if not precondition.holds(version):
        raise PreconditionFailed(f"the {what} is at version {version}: read it again and decide again")


async def _asked(
    if_match: Annotated[
        str | None,
        Header(
            alias="If-Match",
            max_length=200,
            description="The item's `ETag`: the action is refused with 412 when the item has changed since.",
            examples=['"3"'],
        ),
    ] = None,
) -> Precondition:
    return parse_if_match(if_match)


PreconditionHere = Annotated[Precondition, Depends(_asked)]
