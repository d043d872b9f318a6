"""Simulations: a configuration is rehearsed on what came in, without touching anything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field
from starlette.responses import StreamingResponse

from gateway.api.access import CallerHere, GuardedRoute, PartsHere, scope_of
from gateway.api.described import answers
from gateway.api.looks import record_page
from gateway.api.paging import next_link, parsed, written
from gateway.api.reachability import Form, wants_csv
from gateway.api.shapes import Asked
from gateway.api.simulation_csv import MEDIA_TYPE as CSV
from gateway.api.simulation_csv import as_csv
from gateway.api.simulation_request import read_request, request_body
from gateway.api.simulation_shapes import (
    NewSimulation,
    NewSimulationOfDocument,
    SimulatedItemLine,
    SimulatedItemPage,
    SimulationAccount,
    SimulationPage,
    account,
    item_line,
)
from inbox.configuration.load import configuration_of, load_configuration, load_published
from inbox.configuration.model import Configuration
from inbox.errors import Conflict
from inbox.routing.simulate import Change
from store.audit import AuditEntry
from store.configurations import version_row
from store.drafts import read_draft
from store.keys import Caller, Role
from store.listing import Position
from store.simulations import (
    begin_simulation_again,
    list_simulations,
    make_simulation,
    remove_simulation,
    shown_of,
    simulated,
    simulation_row,
    state_of,
)
from workflows.parts import Parts
from workflows.simulating import Simulator, UploadedFile, document_of

router = APIRouter(prefix="/v1", tags=["Simulations"], route_class=GuardedRoute)

PAGE_LIMIT = 200
_LAST = 1000

SimulationId = Annotated[UUID, Path(alias="simulationId", description="The simulation.")]


class SimulatedItemQuery(Asked):
    """Which of the items that change."""

    after: int = Field(0, ge=0, le=2**31 - 1, description="Those behind this ordinal: `nextAfter` of the page before.")
    limit: int = Field(50, ge=1, le=PAGE_LIMIT, description="Items on a page; a spreadsheet holds all.")
    change: Change | None = Field(None, description="Only where this changes.")
    form: Form | None = Field(
        None, alias="format", description="`csv` for a spreadsheet; without it what `Accept` asks for, else JSON."
    )


class SimulationQuery(Asked):
    """Which simulations."""

    limit: int = Field(50, ge=1, le=PAGE_LIMIT, description="Simulations on a page.")
    cursor: Annotated[str, Field(max_length=200)] | None = Field(None, description="`nextCursor` of the page before.")


@router.get("/simulations", operation_id="listSimulations", summary="List simulations, newest first")
async def list_all(
    request: Request,
    response: Response,
    parts: PartsHere,
    caller: CallerHere,
    query: Annotated[SimulationQuery, Query()],
) -> SimulationPage:
    """List those of the last week. The header `Link` holds the address of the next page."""
    found = await list_simulations(parts.ledger, query.limit + 1, parsed(query.cursor) if query.cursor else None)
    page, cursor = found[: query.limit], None
    if len(found) > query.limit:
        cursor = written(Position(page[-1].made_at, page[-1].simulation_id))
        response.headers["Link"] = next_link(request.url.path, request.query_params.multi_items(), cursor)
    return SimulationPage(simulations=[account(row, state_of(row), caller.name) for row in page], next_cursor=cursor)


@router.post(
    "/simulations",
    operation_id="simulateDocument",
    summary="Rehearse a document or a version",
    status_code=202,
    openapi_extra=request_body("NewSimulationOfDocument") | answers(404, 409, 415, headers=("Location",)),
)
async def simulate_document(
    request: Request, response: Response, parts: PartsHere, caller: CallerHere
) -> SimulationAccount:
    """Begin to rehearse a whole document, or a published version, on what came in, or on files that come along.

    202: it runs; the header `Location` says where its progress and result are found.
    """
    asked, files = await read_request(request, parts, NewSimulationOfDocument)
    if asked.document is not None:
        configuration = await asyncio.to_thread(load_configuration, asked.document)
    else:
        assert asked.version is not None
        row = await version_row(parts.ledger, asked.version)
        configuration = await asyncio.to_thread(load_published, row.document, asked.version)
    what = {"version": asked.version} if asked.version is not None else {}
    return await _begin(request, response, parts, caller, asked, files, configuration, what)


@router.post(
    "/drafts/{draftId}/simulations",
    operation_id="simulateDraft",
    summary="Rehearse a draft",
    status_code=202,
    openapi_extra=request_body("NewSimulation") | answers(409, 415, headers=("Location",)),
)
async def simulate_draft(
    request: Request,
    response: Response,
    parts: PartsHere,
    caller: CallerHere,
    draft_id: Annotated[UUID, Path(alias="draftId", description="The draft.")],
) -> SimulationAccount:
    """Begin to rehearse a draft as it is now, as `POST /simulations` does with a document."""
    asked, files = await read_request(request, parts, NewSimulation)
    draft = await read_draft(parts.ledger, str(draft_id))
    configuration = await asyncio.to_thread(configuration_of, draft.content)
    what = {"draft": draft.draft_id, "draft_version": draft.version}
    return await _begin(request, response, parts, caller, asked, files, configuration, what)


@router.get("/simulations/{simulationId}", operation_id="getSimulation", summary="Show a simulation")
async def show(parts: PartsHere, caller: CallerHere, simulation_id: SimulationId) -> SimulationAccount:
    """Show how far it is, and how many items change what. A week after it was asked for it is gone."""
    row = await simulation_row(parts.ledger, str(simulation_id))
    return account(row, state_of(row), caller.name)


@router.get(
    "/simulations/{simulationId}/items",
    operation_id="listSimulatedItems",
    summary="List the items that change",
    response_model=SimulatedItemPage,
    responses={200: {"content": {CSV: {"schema": {"type": "string"}}}}},
)
async def list_items(
    request: Request,
    parts: PartsHere,
    caller: CallerHere,
    simulation_id: SimulationId,
    query: Annotated[SimulatedItemQuery, Query()],
) -> SimulatedItemPage | Response:
    """List what each becomes, with both traces side by side: the rules that hold. As JSON, or for a spreadsheet.

    Of items outside of what you may see: the id and what changes, and no word of the item.
    """
    row = await simulation_row(parts.ledger, str(simulation_id))
    if wants_csv(request, query.form):
        return StreamingResponse(
            csv_pages(parts, caller, row, query.change),
            headers={"Content-Type": f"{CSV}; charset=utf-8; header=present"},
        )
    found = await simulated(parts.ledger, row.simulation_id, query.after, query.limit + 1, change=query.change)
    page = found[: query.limit]
    lines = await _lines(parts, caller, row, page)
    return SimulatedItemPage(items=lines, next_after=page[-1].ordinal if len(found) > query.limit else None)


@router.post(
    "/simulations/{simulationId}/retry",
    operation_id="retrySimulation",
    summary="Begin a simulation again",
    status_code=202,
    openapi_extra=answers(409),
)
async def retry(
    request: Request, parts: PartsHere, caller: CallerHere, simulation_id: SimulationId
) -> SimulationAccount:
    """Begin it again from the first item, after it was interrupted or failed; 409 while it is under way, and for uploaded
    files, which nobody kept.
    """
    row = await simulation_row(parts.ledger, str(simulation_id))
    if row.of.get("files"):
        raise Conflict("its files were not kept: upload them again")
    row = await begin_simulation_again(parts.ledger, str(simulation_id), caller.name)
    _simulator(request).begin(row.simulation_id, row.run)
    return account(row, state_of(row), caller.name)


@router.delete(
    "/simulations/{simulationId}", operation_id="removeSimulation", summary="Cancel a simulation", status_code=204
)
async def remove(request: Request, parts: PartsHere, caller: CallerHere, simulation_id: SimulationId) -> None:
    """End it, where it still runs, and forget what it found."""
    await remove_simulation(parts.ledger, str(simulation_id), caller.name)
    _simulator(request).stop(str(simulation_id))


async def _begin(
    request: Request,
    response: Response,
    parts: Parts,
    caller: Caller,
    asked: NewSimulation,
    files: Sequence[UploadedFile],
    configuration: Configuration,
    what: dict[str, Any],
) -> SimulationAccount:
    simulator = _simulator(request)
    simulator.require_room(files)
    of: dict[str, Any] = {**what, "against": "in_force" if files else asked.against}
    if files:
        of["files"] = len(files)
    else:
        of |= {"days": asked.days} if asked.days is not None else {"last": asked.last or _LAST}
    in_force = await parts.configurations.current()
    before_version = in_force.version if of["against"] == "in_force" else None
    document = await asyncio.to_thread(document_of, configuration)
    simulation_id = await make_simulation(parts.ledger, caller.name, of, document, before_version)
    row = await simulation_row(parts.ledger, simulation_id)
    simulator.begin(simulation_id, row.run, files)
    response.headers["Location"] = f"/v1/simulations/{simulation_id}"
    return account(row, state_of(row), caller.name)


def _simulator(request: Request) -> Simulator:
    simulator: Simulator = request.app.state.simulator
    return simulator


async def _lines(parts: Parts, caller: Caller, simulation: Any, rows: Sequence[Any]) -> list[SimulatedItemLine]:
    # A publisher changes what decides, and reads no message.
    ids = [row.item_id for row in rows if row.item_id is not None] if caller.role is not Role.publisher else []
    seen = await shown_of(parts.ledger, ids, scope_of(caller))
    is_own = simulation.made_by == caller.name
    return [
        item_line(
            row,
            seen.get(row.item_id),
            shows_words=row.item_id in seen if row.item_id is not None else is_own,
        )
        for row in rows
    ]


async def csv_pages(parts: Parts, caller: Caller, simulation: Any, change: Change | None) -> AsyncIterator[str]:
    """Yield the items that change page by page, each written down as a look before it leaves. `simulation`: its row.

    Raises StoreUnavailable: then nothing more leaves.
    """
    after, is_first = 0, True
    while True:
        rows = await simulated(parts.ledger, simulation.simulation_id, after, PAGE_LIMIT, change=change)
        lines = await _lines(parts, caller, simulation, rows)
        if ids := [line.item_id for line in lines if line.item_id is not None]:
            about = {"operation": "listSimulatedItems", "count": len(lines), "itemIds": ids}
            look = AuditEntry(caller.name, "items.seen", f"simulation/{simulation.simulation_id}", about=about)
            await record_page(parts.ledger, look)
        yield as_csv(lines, with_names=is_first)
        if len(rows) < PAGE_LIMIT:
            return
        after, is_first = rows[-1].ordinal, False
