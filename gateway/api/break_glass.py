"""Break-glass: look at one item above one's own confidentiality, for a reason and a while."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field, StringConstraints

from gateway.api.access import CallerHere, GuardedRoute, PartsHere, scope_of
from gateway.api.described import answers
from gateway.api.items import ItemId
from gateway.api.paging import next_link, parsed, written
from gateway.api.shapes import Asked, Moment, Shape
from inbox.confidentiality import ConfidentialityName
from inbox.errors import NobodyToAlert
from store.break_glass import break_glass, list_broken_glass
from store.listing import Position

router = APIRouter(prefix="/v1", tags=["Break-glass"], route_class=GuardedRoute)

PAGE_LIMIT = 200

_Reason = Annotated[
    str,
    StringConstraints(
        min_length=10, max_length=500, strip_whitespace=True, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"
    ),
]
"""Long enough to say something: whoever is alerted asks about it."""


class BreakGlass(Asked):
    """Why, and for how long."""

    reason: _Reason = Field(
        description="Why this item must be seen now. Others read it.",
        examples=["melding van acuut gevaar, collega ziek"],
    )
    minutes: int = Field(15, ge=1, le=60, description="So long; then it ends by itself.")


class BrokenGlass(Shape):
    """One time that somebody looked at an item above their confidentiality."""

    glass_id: str
    item_id: str
    actor: str = Field(description="Whose key or token it was.")
    reason: str = Field(description="Why, in the actor's words.")
    up_to: ConfidentialityName = Field(description="The item's confidentiality at that moment; it reaches no further.")
    made_at: Moment
    ends_at: Moment = Field(description="From then on the item is out of sight again.")
    alerted_at: Moment | None = Field(description="When whoever must know was told; null: not all of them yet.")


class BrokenGlassPage(Shape):
    """One page, newest first."""

    broken_glass: list[BrokenGlass]
    next_cursor: str | None = Field(description="Ask for the next page with this `cursor`; null on the last page.")


class BrokenGlassQuery(Asked):
    """Which page."""

    limit: int = Field(50, ge=1, le=PAGE_LIMIT, description="Lines on a page.")
    cursor: Annotated[str, Field(max_length=200)] | None = Field(None, description="`nextCursor` of the page before.")


@router.post(
    "/items/{itemId}/break-glass",
    operation_id="breakGlass",
    openapi_extra=answers(409),
    summary="See an item above your confidentiality, for a while",
    status_code=201,
)
async def break_it(parts: PartsHere, caller: CallerHere, item_id: ItemId, body: BreakGlass) -> BrokenGlass:
    """Let whoever asks see this one item, its explanation and its original until `endsAt`; not act on it.

    It stands in the audit trail, and whoever the installation names is told. 409 when no glass needs to be broken, and
    where nobody can be told (`nobody_to_alert`).
    """
    if not parts.glass_alerts:
        raise NobodyToAlert("nobody would hear of it: set `break_glass.alerts` and `smtp`")
    lasts = timedelta(minutes=body.minutes)
    row = await break_glass(parts.ledger, str(item_id), scope_of(caller), caller.name, body.reason, lasts)
    return BrokenGlass.model_validate(row, from_attributes=True)


@router.get(
    "/break-glass",
    operation_id="listBrokenGlass",
    openapi_extra=answers(headers=("Link",)),
    summary="List who saw items above their confidentiality",
)
async def list_all(
    request: Request,
    response: Response,
    parts: PartsHere,
    caller: CallerHere,
    query: Annotated[BrokenGlassQuery, Query()],
) -> BrokenGlassPage:
    """List every time that glass was broken, newest first. The header `Link` holds the address of the next page."""
    after = parsed(query.cursor) if query.cursor else None
    found = await list_broken_glass(parts.ledger, scope_of(caller), query.limit + 1, after)
    page, cursor = found[: query.limit], None
    if len(found) > query.limit:
        cursor = written(Position(page[-1].made_at, page[-1].glass_id))
        response.headers["Link"] = next_link(request.url.path, request.query_params.multi_items(), cursor)
    return BrokenGlassPage(
        broken_glass=[BrokenGlass.model_validate(row, from_attributes=True) for row in page], next_cursor=cursor
    )
