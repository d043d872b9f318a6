"""Emergency overlays: one call for the day on which everything is different, with an end that is set beforehand."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import Field, ValidationError

from gateway.api.access import CallerHere, GuardedRoute, PartsHere
from gateway.api.described import answers
from gateway.api.shapes import Asked, Moment, Shape, Words
from inbox.configuration.fault_place import fault_place
from inbox.configuration.model import Configuration
from inbox.configuration.overlay import LASTS_AT_MOST, Overlay, overlay_faults
from store.ledger import now
from store.overlays import Beginning, begin_overlay, end_overlay, find_overlay, is_running, list_overlays
from workflows.parts import Parts


class _OverlayRoute(GuardedRoute):
    """A route that names all faults of an overlay at once: what does not exist beside what is badly written."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler."""
        handle = super().get_route_handler()

        async def telling_all(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                # Only a body that the library refused comes with it.
                if not isinstance(error.body, dict):
                    raise
                parts: Parts = request.app.state.parts
                more = _faults_of_the_rest(error, (await parts.configurations.current()).document)
                raise RequestValidationError([*error.errors(), *more], body=error.body) from None

        return telling_all


router = APIRouter(prefix="/v1/overlays", tags=["Overlays"], route_class=_OverlayRoute)

PAGE_LIMIT = 200

_ANY_WORDS = "woorden"
"""Stands where a reason or words are badly written, so that the rest can be looked at; it is told to nobody."""

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
        raise RequestValidationError([_told(path, sentence) for path, sentence in faults])


def _told(path: tuple[str | int, ...], sentence: str) -> dict[str, Any]:
    return {"loc": ("body", *path), "type": "overlay_fault", "msg": sentence}


def _faults_of_the_rest(error: RequestValidationError, document: Configuration) -> list[dict[str, Any]]:
    """Return the faults of what is left of the body when everything is taken out that is badly written."""
    rest: dict[str, Any] = dict(error.body)
    dropped: set[str | int] = set()
    for found in error.errors():
        path = fault_place(error.body, found["loc"][1:])
        if path[:1] == ("routed",) and len(path) > 1:
            dropped.add(path[1])
        elif path == ("extraWords", "text") and "extraWords" in rest:
            rest["extraWords"] = {**rest["extraWords"], "text": _ANY_WORDS}
        elif path:
            rest.pop(str(path[0]), None)
    routed = rest.get("routed")
    kept: list[int] = []
    if isinstance(routed, list):
        kept = [at for at in range(len(routed)) if at not in dropped]
        rest["routed"] = [routed[at] for at in kept]
    whole = {"reason": _ANY_WORDS, "endsAt": (now() + LASTS_AT_MOST / 2).isoformat(), **rest}
    try:
        sound = NewOverlay.model_validate(whole)
    except ValidationError:
        return []
    faults = [*_moment_faults(sound), *overlay_faults(sound, document)]
    # That it changes nothing may come of what was taken out.
    return [_told(_place(path, kept), sentence) for path, sentence in faults if path]


def _place(path: tuple[str | int, ...], kept: list[int]) -> tuple[str | int, ...]:
    """Return the path in the whole body: places of routes shifted when others were taken out."""
    if path[0] == "routed" and isinstance(path[1], int):
        return (path[0], kept[path[1]], *path[2:])
    return path


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
