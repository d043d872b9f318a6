"""Calls: the register, and one call with its legs."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field, StringConstraints

from gateway.api.access import CallerHere, GuardedRoute, PartsHere, scope_of
from gateway.api.call_shapes import CallLine, CallPage, RegisteredCall, call_line, registered_call
from gateway.api.described import answers
from gateway.api.paging import next_link, parsed, written
from gateway.api.shapes import Asked, Moment, Name
from inbox.call import Direction, Outcome
from inbox.calls.register import CallVerdict
from inbox.confidentiality import Confidentiality
from inbox.errors import NotFound
from store.call_listing import CallFilter, find_call, list_calls
from store.keys import Caller
from store.listing import Position
from workflows.parts import Parts, call_sources

router = APIRouter(prefix="/v1/calls", tags=["Calls"], route_class=GuardedRoute)

PAGE_LIMIT = 200

CallId = Annotated[UUID, Path(alias="callId", description="The call.")]
QueueName = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class CallQuery(Asked):
    """Which calls, and which page of them."""

    source: Name | None = Field(None, description="The source whose logs told of the call.")
    queue: QueueName | None = Field(
        None, description="As the telephone system calls it; empty: of which none is known."
    )
    outcome: Outcome | None = Field(None, description="What came of it.")
    direction: Direction | None = Field(None, description="Who began it.")
    verdict: CallVerdict | None = Field(None, description="What became of it here.")
    started_from: Moment | None = Field(None, description="Began at this moment or later.")
    started_before: Moment | None = Field(None, description="Began earlier than this moment.")
    limit: int = Field(50, ge=1, le=PAGE_LIMIT, description="Calls on a page.")
    cursor: Annotated[str, Field(max_length=200)] | None = Field(None, description="`nextCursor` of the page before.")

    def as_filter(self) -> CallFilter:
        """Return what is asked of the ledger."""
        return CallFilter(
            source_id=self.source,
            queue=self.queue,
            outcome=self.outcome,
            direction=self.direction,
            verdict=self.verdict,
            started_from=self.started_from,
            started_before=self.started_before,
        )


@router.get(
    "",
    operation_id="listCalls",
    openapi_extra=answers(headers=("Link",)),
    summary="List calls, those that began last first",
)
async def list_all(
    request: Request, response: Response, parts: PartsHere, caller: CallerHere, query: Annotated[CallQuery, Query()]
) -> CallPage:
    """List the calls that meet every filter. The header `Link` holds the address of the next page.

    Who rang is told to keys of all departments that may see items as confidential as those of the source, and the item
    that the call belongs to; which item that is, to keys that may see it.
    """
    after = parsed(query.cursor) if query.cursor else None
    found = await list_calls(parts.ledger, scope_of(caller), query.as_filter(), query.limit + 1, after)
    page, cursor = found[: query.limit], None
    if len(found) > query.limit:
        cursor = written(Position(page[-1].started_at, page[-1].call_id))
        response.headers["Link"] = next_link(request.url.path, request.query_params.multi_items(), cursor)
    shown = [CallLine(**call_line(row, shows_people=_sees_people_of(parts, caller, row))) for row in page]
    return CallPage(calls=shown, next_cursor=cursor)


@router.get("/{callId}", operation_id="getCall", summary="Show a call with its legs")
async def show(parts: PartsHere, caller: CallerHere, call_id: CallId) -> RegisteredCall:
    """Show a call, the rows that it was worked out of, and what became of it."""
    found = await find_call(parts.ledger, scope_of(caller), str(call_id))
    if found is None:
        raise NotFound("there is no such call")
    row, legs = found
    return registered_call(row, list(legs), shows_people=_sees_people_of(parts, caller, row))


def _sees_people_of(parts: Parts, caller: Caller, row: Any) -> bool:
    may_see_item = row.item_id is None or row.is_item_in_scope
    return may_see_item and sees_people(parts, caller, row.source_id, row.confidentiality)


def sees_people(parts: Parts, caller: Caller, source_id: str, kept_as: int) -> bool:
    """Say whether the caller may see every item that is made of the source's calls, whatever its department.

    `kept_as`: the source's confidentiality when what it told was kept. That it was lowered since opens nothing.
    """
    configured = call_sources(parts).get(source_id)
    # Of a source that is no longer configured nothing is known: then the strictest.
    level = configured.confidentiality if configured else max(Confidentiality)
    return caller.departments is None and caller.up_to >= max(level, kept_as)
