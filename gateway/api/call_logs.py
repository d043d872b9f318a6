"""Call logs: how far each is in the register, which rows cannot be used, and that it is to be read again."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from gateway.api.access import SEES_DETAILS, CallerHere, GuardedRoute, PartsHere
from gateway.api.call_shapes import CallLogAccount, CallLogLine, CallLogPage, bad_row_line, call_log_line
from gateway.api.calls import sees_people
from gateway.api.described import answers
from gateway.api.paging import next_link, parsed, written
from gateway.api.shapes import Asked, Name
from inbox.calls.register import CallLogState
from inbox.errors import NotFound
from store.call_listing import bad_rows_of, find_call_log, list_call_logs
from store.call_logs import import_again
from store.listing import Position

router = APIRouter(prefix="/v1/call-logs", tags=["Calls"], route_class=GuardedRoute)

PAGE_LIMIT = 200
ROWS_LIMIT = 1000

_NO_LOG = "there is no such call log"

CallLogId = Annotated[UUID, Path(alias="callLogId", description="The call log.")]


class CallLogQuery(Asked):
    """Which call logs, and which page of them."""

    source: Name | None = Field(None, description="The source that showed us the log.")
    state: CallLogState | None = Field(None, description="Where it stands.")
    code: Name | None = Field(None, description="With this trouble.")
    limit: int = Field(50, ge=1, le=PAGE_LIMIT, description="Logs on a page.")
    cursor: Annotated[str, Field(max_length=200)] | None = Field(None, description="`nextCursor` of the page before.")


class BadRowQuery(Asked):
    """Which of a log's bad rows."""

    after_row: int = Field(0, ge=0, le=2**31 - 1, description="Those behind this row: `nextRow` of the answer before.")
    limit: int = Field(100, ge=1, le=ROWS_LIMIT, description="At most so many.")


@router.get(
    "",
    operation_id="listCallLogs",
    openapi_extra=answers(headers=("Link",)),
    summary="List the call logs, newest first",
)
async def list_all(
    request: Request, response: Response, parts: PartsHere, caller: CallerHere, query: Annotated[CallLogQuery, Query()]
) -> CallLogPage:
    """List the logs that meet every filter. The header `Link` holds the address of the next page."""
    after = parsed(query.cursor) if query.cursor else None
    found = await list_call_logs(
        parts.ledger, query.limit + 1, after, source_id=query.source, state=query.state, code=query.code
    )
    page, cursor = found[: query.limit], None
    if len(found) > query.limit:
        cursor = written(Position(page[-1].kept_at, page[-1].delivery_id))
        response.headers["Link"] = next_link(request.url.path, request.query_params.multi_items(), cursor)
    shows = caller.role in SEES_DETAILS
    return CallLogPage(
        call_logs=[CallLogLine(**call_log_line(row, shows_details=shows)) for row in page], next_cursor=cursor
    )


@router.get("/{callLogId}", operation_id="getCallLog", summary="Show a call log and its bad rows")
async def show(
    parts: PartsHere, caller: CallerHere, call_log_id: CallLogId, query: Annotated[BadRowQuery, Query()]
) -> CallLogAccount:
    """Show how far a log is, and the rows of it that cannot be used, with line and code.

    The rows themselves are shown to administrators who may see everything of the source.
    """
    row = await find_call_log(parts.ledger, str(call_log_id))
    if row is None:
        raise NotFound(_NO_LOG)
    found = await bad_rows_of(parts.ledger, row.delivery_id, query.limit + 1, query.after_row)
    shows = caller.role in SEES_DETAILS
    page = found[: query.limit]
    shows_raw = shows and sees_people(parts, caller, row.source_id, row.confidentiality)
    return CallLogAccount(
        **call_log_line(row, shows_details=shows),
        rows=[bad_row_line(bad, shows_raw=shows_raw) for bad in page],
        next_row=page[-1].row if len(found) > query.limit else None,
    )


@router.post(
    "/{callLogId}/retry", operation_id="retryCallLog", openapi_extra=answers(409), summary="Have a call log read again"
)
async def retry(parts: PartsHere, caller: CallerHere, call_log_id: CallLogId) -> CallLogLine:
    """Read a log again from its first row, after what stood in the way was mended; 409 while it waits to be read anyway.

    Rows that are in the register change nothing. Only calls that get new legs are judged again.
    """
    await import_again(parts.ledger, str(call_log_id), caller.name)
    row = await find_call_log(parts.ledger, str(call_log_id))
    if row is None:
        raise NotFound(_NO_LOG)
    return CallLogLine(**call_log_line(row, shows_details=True))
