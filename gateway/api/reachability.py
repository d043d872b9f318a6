"""Reachability: how well people could reach us by telephone, and the calls behind each figure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field

from gateway.api.access import GuardedRoute, PartsHere, ScopeHere
from gateway.api.described import answers
from gateway.api.paging import next_link, parsed, written
from gateway.api.reachability_csv import MEDIA_TYPE as CSV
from gateway.api.reachability_csv import as_csv
from gateway.api.reachability_shapes import (
    CountedCallPage,
    ReachabilityReport,
    call_line,
    cell_figures,
    figures_of,
)
from gateway.api.shapes import Asked, Day
from gateway.reachability import counted_calls, reachability
from inbox.calls.counted import CountedAs
from inbox.calls.period import Period, period
from inbox.calls.reachability import Dimension, Only
from inbox.routing.compiled import CompiledConfiguration
from store.listing import Position, Scope

router = APIRouter(prefix="/v1/reachability", tags=["Reachability"], route_class=GuardedRoute)

PAGE_LIMIT = 1000

_BY = "|".join(Dimension)


class Form(StrEnum):
    """In what the figures are written."""

    json = "json"
    csv = "csv"


class PeriodQuery(Asked):
    """Which days, and which calls of these."""

    since: Day | None = Field(
        None,
        alias="from",
        description="The first day, by the organisation's clock. Without it the seven days until `to`.",
    )
    until: Day | None = Field(None, alias="to", description="The last day; without it today. At most 366 days.")
    queue: Annotated[str, Field(max_length=200)] | None = Field(
        None, description="Only this queue, as the figures name it; empty: calls to other numbers."
    )
    department: Annotated[str, Field(max_length=60)] | None = Field(
        None, description="Only queues of this department; empty: queues that the configuration does not know."
    )

    def in_zone(self, configuration: CompiledConfiguration) -> Period:
        """Return the period. Raises BadRequest."""
        return period(self.since, self.until, datetime.now(UTC).astimezone(configuration.zone).date())

    def asked(self) -> Iterator[tuple[str, str]]:
        """Yield each parameter that picks queues, as it is sent."""
        if self.queue is not None:
            yield "queue", self.queue
        if self.department is not None:
            yield "department", self.department


class ReachabilityQuery(PeriodQuery):
    """Which figures."""

    by: Annotated[str, Field(pattern=rf"^({_BY})(,({_BY}))*$")] = Field(
        "queue",
        description="What is told apart: `queue`, `department`, `hour` and `day`, with commas between.",
        examples=["department,day"],
    )
    form: Form | None = Field(
        None, alias="format", description="`csv` for a spreadsheet; without it what `Accept` asks for, else JSON."
    )

    def dimensions(self) -> list[Dimension]:
        """Return what is told apart, each once."""
        return [Dimension(name) for name in dict.fromkeys(self.by.split(","))]


class CountedCallQuery(PeriodQuery):
    """Which calls, and which page of them."""

    hour: int | None = Field(None, ge=0, le=23, description="Only those that began in this hour of a day.")
    counted_as: list[CountedAs] = Field([], description="Only what counts as one of these; repeat the parameter.")
    limit: int = Field(100, ge=1, le=PAGE_LIMIT, description="Calls on a page.")
    cursor: Annotated[str, Field(max_length=200)] | None = Field(None, description="`nextCursor` of the page before.")


@router.get(
    "",
    operation_id="getReachability",
    summary="Show how well we could be reached",
    response_model=ReachabilityReport,
    responses={200: {"content": {CSV: {"schema": {"type": "string"}}}}},
)
async def show(
    request: Request, parts: PartsHere, scope: ScopeHere, query: Annotated[ReachabilityQuery, Query()]
) -> ReachabilityReport | Response:
    """Count all calls to us of some days: offered, answered, answered within the norm of their queue, lost, and their waits.

    A key of some departments sees the figures of their queues. Calls of the last quarter of an hour may still change.
    Many calls take time: a hundred thousand about five seconds.
    """
    configuration = await parts.configurations.current()
    asked_for, by = query.in_zone(configuration), query.dimensions()
    only = Only(queue=query.queue, department=query.department, departments=scope.departments)
    found = await reachability(parts.ledger, configuration, asked_for, by, only)
    asked = list(query.asked())
    report = ReachabilityReport.model_validate(
        {
            "from": asked_for.first,
            "to": asked_for.last,
            "time_zone": configuration.zone.key,
            "by": by,
            "total": figures_of(found.total()),
            "figures": [cell_figures(cell, asked_for, by, asked) for cell in found.cells()],
            "unknown_queues": found.unknown_queues,
            "not_counted": found.not_ours,
        }
    )
    if wants_csv(request, query.form):
        return Response(as_csv(report), headers={"Content-Type": f"{CSV}; charset=utf-8; header=present"})
    return report


@router.get(
    "/calls",
    operation_id="listReachabilityCalls",
    openapi_extra=answers(headers=("Link",)),
    summary="List the calls behind a figure",
)
async def list_calls(
    request: Request,
    response: Response,
    parts: PartsHere,
    scope: ScopeHere,
    query: Annotated[CountedCallQuery, Query()],
) -> CountedCallPage:
    """List the calls to us of some days, by their start, and as what each counts. Who rang is not told.

    Each figure names its own address here (`calls`). The header `Link` holds the address of the next page.
    """
    configuration = await parts.configurations.current()
    after = parsed(query.cursor) if query.cursor else None
    found = await counted_calls(
        parts.ledger, configuration, query.in_zone(configuration), _only(query, scope), query.limit + 1, after
    )
    page, cursor = found[: query.limit], None
    if len(found) > query.limit:
        cursor = written(Position(page[-1].row.started_at, page[-1].row.call_id))
        response.headers["Link"] = next_link(request.url.path, request.query_params.multi_items(), cursor)
    return CountedCallPage(calls=[call_line(call) for call in page], next_cursor=cursor)


def _only(query: CountedCallQuery, scope: Scope) -> Only:
    return Only(query.queue, query.department, query.hour, frozenset(query.counted_as), scope.departments)


def wants_csv(request: Request, form: Form | None) -> bool:
    """Say whether the answer is to be for a spreadsheet."""
    if form is not None:
        return form is Form.csv
    asked = [name.partition(";")[0].strip().lower() for name in request.headers.get("accept", "").split(",")]
    # Whoever takes JSON, too, or anything, gets that.
    return CSV in asked and not {"application/json", "*/*"} & set(asked)
