"""Emergency overlays: one call for the day on which everything is different, with an end that is set beforehand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from fastapi.exceptions import RequestValidationError
from pydantic import Field

from gateway.api.access import CallerHere, GuardedRoute, PartsHere
from gateway.api.described import answers
from gateway.api.shapes import Asked, Moment, Shape, Words
from inbox.configuration.model import Configuration
from inbox.configuration.overlay import LASTS_AT_MOST, Overlay, overlay_faults
from store.ledger import now
from store.overlays import Beginning, begin_overlay, end_overlay, find_overlay, is_running, list_overlays

router = APIRouter(prefix="/v1/overlays", tags=["Overlays"], route_class=GuardedRoute)

PAGE_LIMIT = 200

OverlayId = Annotated[UUID, Path(alias="overlayId", description="The overlay.")]


class NewOverlay(Overlay):
    """The overlay that is to begin now."""

    reason: Annotated[Words, Field(min_length=3)] = Field(
        description="Why, for whoever reads it later.", examples=["grote brand in de haven"]
    )
    ends_at: Moment = Field(description="When it falls away by itself: within the next fourteen days.")


class OverlayAccount(Shape):
    """One emergency overlay."""

    overlay_id: str
    reason: str
    begun_at: Moment
    begun_by: str
    configuration_version: int = Field(description="The version that it was checked against.")
    ends_at: Moment
    ended_at: Moment | None = Field(description="When a person ended it early.")
    ended_by: str | None
    is_running: bool = Field(description="Whether it is in force.")
    paused_count: int = Field(description="Acknowledgements that are told once it is over.")
    faults: list[str] = Field(
        description="What no longer fits the configuration in force, as paths with a sentence; that part changes nothing."
    )
    content: dict[str, Any] = Field(description="What it changes: `extraWords`, `routed`, `pausedAcknowledgements`.")


class OverlayList(Shape):
    """Overlays, newest first."""

    overlays: list[OverlayAccount]


class OverlayQuery(Asked):
    """Which overlays."""

    running: bool = Field(True, description="False: also those that are over.")
    limit: int = Field(50, ge=1, le=PAGE_LIMIT, description="At most so many, the newest.")


@router.get("", operation_id="listOverlays", summary="List emergency overlays")
async def list_all(parts: PartsHere, query: Annotated[OverlayQuery, Query()]) -> OverlayList:
    """List those in force, or all, the newest first."""
    rows = await list_overlays(parts.ledger, running_only=query.running, limit=query.limit)
    document = (await parts.configurations.current()).document
    return OverlayList(overlays=[_account(row, document) for row in rows])


@router.post(
    "",
    operation_id="beginOverlay",
    openapi_extra=answers(headers=("Location",)),
    summary="Begin an emergency overlay",
    status_code=201,
)
async def begin(response: Response, parts: PartsHere, caller: CallerHere, body: NewOverlay) -> OverlayAccount:
    """Put it in force for everything that is decided from now on. Its end is mandatory, and comes by itself."""
    compiled = await parts.configurations.current()
    _require_sound(body, compiled.document)
    content = body.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude={"reason", "ends_at"})
    wanted = Beginning(Overlay.model_validate(content), body.reason, body.ends_at, compiled.version)
    overlay_id = await begin_overlay(parts.ledger, wanted, caller.name)
    response.headers["Location"] = f"/v1/overlays/{overlay_id}"
    return _account(await find_overlay(parts.ledger, overlay_id), compiled.document)


@router.get("/{overlayId}", operation_id="getOverlay", summary="Show an emergency overlay")
async def show(parts: PartsHere, overlay_id: OverlayId) -> OverlayAccount:
    """Show one overlay, also one that is over."""
    row = await find_overlay(parts.ledger, str(overlay_id))
    return _account(row, (await parts.configurations.current()).document)


@router.delete("/{overlayId}", operation_id="endOverlay", summary="End an emergency overlay", status_code=204)
async def end(parts: PartsHere, caller: CallerHere, overlay_id: OverlayId) -> None:
    """End it now. What it paused is told afterwards. One that is over already stays as it is."""
    await end_overlay(parts.ledger, str(overlay_id), caller.name)


def _require_sound(body: NewOverlay, document: Configuration) -> None:
    """Raise one problem that names every fault, with its place in the body."""
    faults = [*_moment_faults(body), *overlay_faults(body, document)]
    if faults:
        raise RequestValidationError(
            [{"loc": ("body", *path), "type": "overlay_fault", "msg": sentence} for path, sentence in faults]
        )


def _moment_faults(body: NewOverlay) -> Iterator[tuple[tuple[str | int, ...], str]]:
    moment = now()
    if body.ends_at <= moment:
        yield ("endsAt",), "has passed"
    elif body.ends_at > moment + LASTS_AT_MOST:
        yield (
            ("endsAt",),
            f"lies more than {LASTS_AT_MOST.days} days ahead: what lasts longer belongs in the configuration",
        )


def _account(row: Any, document: Configuration) -> OverlayAccount:
    is_in_force = is_running(row)
    faults = overlay_faults(Overlay.model_validate(row.document), document) if is_in_force else ()
    return OverlayAccount(
        overlay_id=row.overlay_id,
        reason=row.reason,
        begun_at=row.begun_at,
        begun_by=row.begun_by,
        configuration_version=row.version,
        ends_at=row.ends_at,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
        is_running=is_in_force,
        paused_count=row.paused,
        faults=[f"{''.join(f'/{step}' for step in path)}: {sentence}" for path, sentence in faults],
        content=row.document,
    )
