"""Published versions of the configuration: listed, shown, compared, and gone back to."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from gateway.api.access import CallerHere, GuardedRoute, PartsHere
from gateway.api.described import answers
from gateway.api.documents import document_answer, gives_document
from gateway.api.draft_shapes import (
    DifferenceList,
    RollingBack,
    VersionLine,
    VersionList,
    VersionNumber,
    difference_lines,
)
from inbox.configuration.difference import differences
from store.configurations import roll_back, version_content, version_in_force, version_row, version_rows

router = APIRouter(prefix="/v1/configuration/versions", tags=["Configuration"], route_class=GuardedRoute)

Version = Annotated[VersionNumber, Path(description="Its number.")]


@router.get("", operation_id="listVersions", summary="List the published versions")
async def list_all(
    parts: PartsHere,
    below: Annotated[
        VersionNumber | None, Query(description="Only smaller numbers: `nextBelow` of the page before.")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=200, description="At most so many.")] = 50,
) -> VersionList:
    """List the versions, newest first: who published each, when and why."""
    await version_in_force(parts.ledger)
    rows = await version_rows(parts.ledger, below, limit + 1)
    lines = [VersionLine.model_validate(row, from_attributes=True) for row in rows[:limit]]
    return VersionList(versions=lines, next_below=lines[-1].version if len(rows) > limit else None)


@router.get(
    "/{version}",
    operation_id="getVersion",
    summary="Show a version",
    responses=gives_document(),
    openapi_extra=answers(406, headers=("ETag",)),
)
async def show(request: Request, parts: PartsHere, version: Version) -> Response:
    """Show the whole document of a version: JSON, or YAML where `Accept` asks for it. It never changes."""
    return await document_answer(request, await version_content(parts.ledger, version), ETag=f'"{version}"')


@router.get("/{version}/diff", operation_id="diffVersions", summary="Show what differs between two versions")
async def diff(
    parts: PartsHere,
    version: Version,
    against: Annotated[
        VersionNumber | None, Query(description="Compare with this one. Default: the one that was in force before it.")
    ] = None,
) -> DifferenceList:
    """Show what a version added, removed and changed, and which rules it moved."""
    row = await version_row(parts.ledger, version)
    other = against or row.from_version or version
    old, new = [await version_content(parts.ledger, one) for one in (other, version)]
    found = await asyncio.to_thread(differences, old, new)
    return DifferenceList(from_version=other, to_version=version, differences=difference_lines(found))


@router.post(
    "/{version}/roll-back", operation_id="rollBack", summary="Go back to a version", openapi_extra=answers(409)
)
async def go_back(parts: PartsHere, caller: CallerHere, version: Version, body: RollingBack) -> VersionLine:
    """Publish the words of an older version as a new one. It needs no second person: these words were in force before."""
    made = await roll_back(
        parts.ledger,
        version,
        caller.name,
        body.reason,
        expected_version=body.expected_version,
        withdraws_scheduled=body.withdraws_scheduled,
    )
    return VersionLine.model_validate(await version_row(parts.ledger, made), from_attributes=True)
