"""Raised flags: what cannot wait, and whether somebody has taken it up."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from gateway.api.access import CallerHere, GuardedRoute, PartsHere, ScopeHere
from gateway.api.described import answers
from gateway.api.flag_shapes import FlagLine, flag_line
from gateway.api.paging import next_link, parsed, written
from gateway.api.shapes import Asked, Name, Shape, Words
from store.flags import FlagFilter, accept_flag, list_flags
from store.listing import Position

router = APIRouter(prefix="/v1/flags", tags=["Flags"], route_class=GuardedRoute)

PAGE_LIMIT = 200

FlagId = Annotated[UUID, Path(alias="flagId", description="The raised flag.")]


class FlagPage(Shape):
    """One page of raised flags, newest first."""

    flags: list[FlagLine]
    next_cursor: str | None = Field(description="Ask for the next page with this `cursor`; null on the last page.")


class FlagQuery(Asked):
    """Which flags."""

    accepted: bool = Field(False, description="Those that were accepted, instead of those that wait.")
    flag: Name | None = Field(None, description="Only this one, by its key.")
    item_id: UUID | None = Field(None, description="Only those of this item.")
    limit: int = Field(50, ge=1, le=PAGE_LIMIT, description="Flags on a page.")
    cursor: Annotated[str, Field(max_length=200)] | None = Field(None, description="`nextCursor` of the page before.")


class Acceptance(Asked):
    """That somebody takes it up."""

    reason: Words = Field("", description="What is being done, for whoever reads it later.", examples=["ik bel nu"])


@router.get("", operation_id="listFlags", openapi_extra=answers(headers=("Link",)), summary="List raised flags")
async def list_all(
    request: Request, response: Response, parts: PartsHere, scope: ScopeHere, query: Annotated[FlagQuery, Query()]
) -> FlagPage:
    """List the flags on items in the key's scope, newest first. The header `Link` holds the address of the next page."""
    after = parsed(query.cursor) if query.cursor else None
    wanted = FlagFilter(query.accepted, query.flag, str(query.item_id) if query.item_id else None)
    found = await list_flags(parts.ledger, scope, wanted, query.limit + 1, after)
    page, cursor = found[: query.limit], None
    if len(found) > query.limit:
        cursor = written(Position(page[-1].raised_at, page[-1].flag_id))
        response.headers["Link"] = next_link(request.url.path, request.query_params.multi_items(), cursor)
    return FlagPage(flags=[flag_line(row) for row in page], next_cursor=cursor)


@router.post("/{flagId}/accept", operation_id="acceptFlag", openapi_extra=answers(409), summary="Accept a raised flag")
async def accept(
    parts: PartsHere, caller: CallerHere, scope: ScopeHere, flag_id: FlagId, body: Acceptance | None = None
) -> FlagLine:
    """Say that you take it up: nobody is alerted about it any more. What was accepted cannot be accepted again: 409."""
    row: Any = await accept_flag(parts.ledger, str(flag_id), scope, caller.name, body.reason if body else "")
    return flag_line(row)
