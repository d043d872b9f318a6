"""Destinations: how each stands, and whether it can be reached."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Path

from gateway.api.access import CallerHere, GuardedRoute, PartsHere
from gateway.api.described import answers
from gateway.api.destination_shapes import (
    DestinationLine,
    DestinationList,
    DestinationToTry,
    TriedDestination,
)
from gateway.api.shapes import Name, Pause, Resumption
from gateway.api.tries import record_try
from inbox.configuration.model import Department, Destination, FolderDestination, MailboxDestination, WebhookDestination
from inbox.errors import GatewayError, NotFound
from store.destinations import (
    DestinationState,
    PausedPlace,
    Place,
    all_pauses,
    destination_states,
    left_state,
    pause_destination,
    place_key,
    resume_destination,
)
from store.keys import Caller
from workflows.parts import Parts

router = APIRouter(prefix="/v1/destinations", tags=["Destinations"], route_class=GuardedRoute)

_Department = Annotated[Name, Path(description="Key of the department.")]
_Ordinal = Annotated[int, Path(ge=0, le=1000, description="0: the one that acts; then the informed ones, in order.")]

_TRIED = {
    "mailbox": "the relay lets us in; whether the address takes mail is seen when one is sent",
    "webhook": "it can be reached, and its secret is there; no request was made",
    "folder": "it can be written; nothing was",
}


@router.get("", operation_id="listDestinations", summary="List the departments' destinations and how each stands")
async def list_all(parts: PartsHere, caller: CallerHere) -> DestinationList:
    """List the destinations of the configuration in force, with what waits for each and what fails there; then those that
    are paused and no longer in it. A key of some departments sees theirs.
    """
    compiled = await parts.configurations.current()
    places = {
        (key, ordinal): destination
        for key, department in compiled.document.departments.items()
        if _is_seen(caller, key)
        for ordinal, destination in enumerate(_all_of(department))
    }
    states = await destination_states(parts.ledger, places.keys())
    pauses = [pause for pause in await all_pauses(parts.ledger) if _is_seen(caller, pause.department)]
    present = {(key, place_key(destination)) for (key, _), destination in places.items()}
    return DestinationList(
        version=compiled.version,
        destinations=[
            *(
                _line(place, destination, states[place], _pause_of(pauses, place[0], destination))
                for place, destination in places.items()
            ),
            *[await _left(parts, pause) for pause in pauses if _key(pause) not in present],
        ],
    )


@router.post("/try", operation_id="tryNewDestination", summary="Try a destination before it is in the configuration")
async def try_new(parts: PartsHere, caller: CallerHere, body: DestinationToTry) -> TriedDestination:
    """Reach it from the machine of this API, without a trace there: no message is sent, no request made, nothing
    written. That it was tried stands in the audit trail.
    """
    return await _tried(parts, caller, "destination", body.destination)


@router.post("/{department}/{ordinal}/try", operation_id="tryDestination", summary="Try a destination")
async def try_present(
    parts: PartsHere, caller: CallerHere, department: _Department, ordinal: _Ordinal
) -> TriedDestination:
    """Reach a destination of the configuration in force, without a trace there; the audit trail tells who tried."""
    destination = await _in_force(parts, caller, department, ordinal)
    return await _tried(parts, caller, f"destination/{department}/{ordinal}", destination)


@router.post(
    "/{department}/{ordinal}/pause",
    operation_id="pauseDestination",
    summary="Pause a destination",
    openapi_extra=answers(409),
)
async def pause(
    parts: PartsHere, caller: CallerHere, department: _Department, ordinal: _Ordinal, body: Pause
) -> DestinationLine:
    """Let what is meant for it wait until it goes on: also after a restart, in every worker, and however long. Senders are
    told as ever. An attempt that speaks at this moment ends first, and withdrawals go on.

    What is paused is this address, URL or folder of the department: it stays so when a version of the configuration moves
    it to another `ordinal` or names it no more. What goes elsewhere is not held up.
    """
    destination = await _in_force(parts, caller, department, ordinal)
    await pause_destination(parts.ledger, (department, ordinal), destination, caller.name, body.reason)
    return await _one(parts, (department, ordinal), destination)


@router.post(
    "/{department}/{ordinal}/resume",
    operation_id="resumeDestination",
    summary="Let a destination go on",
    openapi_extra=answers(409),
)
async def resume(
    parts: PartsHere, caller: CallerHere, department: _Department, ordinal: _Ordinal, body: Resumption
) -> DestinationLine:
    """Let what waited go its way, within half a minute. Where what stands there by the configuration in force is not
    paused, the one goes on that stood there when it was paused and is no longer in the configuration.
    """
    configured, left = await _paused_there(parts, caller, department, ordinal)
    if configured is not None or left is None:
        destination = await _in_force(parts, caller, department, ordinal)
        await resume_destination(parts.ledger, department, destination, caller.name, body.reason)
        return await _one(parts, (department, ordinal), destination)
    await resume_destination(parts.ledger, department, left.destination, caller.name, body.reason)
    return await _left(parts, left, goes_on=True)


async def _in_force(parts: Parts, caller: Caller, department: str, ordinal: int) -> Destination:
    found = (await parts.configurations.current()).document.departments.get(department)
    if found is None or not _is_seen(caller, department) or ordinal >= len(_all_of(found)):
        raise NotFound("there is no such destination in the configuration in force")
    return _all_of(found)[ordinal]


async def _paused_there(
    parts: Parts, caller: Caller, department: str, ordinal: int
) -> tuple[PausedPlace | None, PausedPlace | None]:
    """Return the pause of what the configuration has there, and that of what stood there and is not in it any more."""
    found = (await parts.configurations.current()).document.departments.get(department)
    present = _all_of(found) if found is not None else ()
    pauses = [
        pause
        for pause in await all_pauses(parts.ledger)
        if pause.department == department and _is_seen(caller, department)
    ]
    configured = _pause_of(pauses, department, present[ordinal]) if ordinal < len(present) else None
    keys = {place_key(destination) for destination in present}
    left = [pause for pause in pauses if pause.ordinal == ordinal and place_key(pause.destination) not in keys]
    return configured, left[0] if left else None


async def _one(parts: Parts, place: Place, destination: Destination) -> DestinationLine:
    states, pauses = await destination_states(parts.ledger, [place]), await all_pauses(parts.ledger)
    return _line(place, destination, states[place], _pause_of(pauses, place[0], destination))


async def _left(parts: Parts, pause: PausedPlace, *, goes_on: bool = False) -> DestinationLine:
    """Return the line of what is paused and no longer in the configuration, or was until this moment."""
    state = await left_state(parts.ledger, pause.department, pause.destination)
    place = (pause.department, pause.ordinal)
    return _line(place, pause.destination, state, None if goes_on else pause, is_configured=False)


def _is_seen(caller: Caller, department: str) -> bool:
    return caller.departments is None or department in caller.departments


def _key(pause: PausedPlace) -> tuple[str, str]:
    return pause.department, place_key(pause.destination)


def _pause_of(pauses: Sequence[PausedPlace], department: str, destination: Destination) -> PausedPlace | None:
    return next((pause for pause in pauses if _key(pause) == (department, place_key(destination))), None)


def _all_of(department: Department) -> tuple[Destination, ...]:
    return (department.acting, *department.informed)


def _line(
    place: Place,
    destination: Destination,
    state: DestinationState,
    pause: PausedPlace | None,
    *,
    is_configured: bool = True,
) -> DestinationLine:
    department, ordinal = place
    return DestinationLine(
        department=department,
        ordinal=ordinal,
        role="informed" if ordinal else "acting",
        is_configured=is_configured,
        kind=destination.kind,
        place=_place(destination),
        waiting_count=state.waiting,
        failing_count=state.failing,
        failed_count=state.failed,
        oldest_waiting_at=state.oldest_waiting_at,
        delivered_at=state.delivered_at,
        paused_at=pause.row.paused_at if pause else None,
        paused_by=pause.row.paused_by if pause else None,
        pause_reason=pause.row.reason if pause else None,
    )


def _place(destination: Destination) -> str:
    if isinstance(destination, MailboxDestination):
        return destination.address
    if isinstance(destination, FolderDestination):
        return destination.path
    # A URL's path and query may hold a secret of its own.
    assert isinstance(destination, WebhookDestination)
    return urlsplit(destination.url).netloc.rpartition("@")[2]


async def _tried(parts: Parts, caller: Caller, subject: str, destination: Destination) -> TriedDestination:
    await record_try(parts, caller, "destination.tried", subject, _place(destination))
    if destination.kind == "mailbox" and not parts.speaks:
        return TriedDestination(
            works=False, code="settings_invalid", detail="the setting `smtp` is missing: no mail leaves"
        )
    system = parts.systems.get(destination.kind)
    if system is None:
        return TriedDestination(works=False, code="settings_invalid", detail="nothing here speaks to this kind")
    try:
        await system.check(destination)
    except GatewayError as error:
        return TriedDestination(works=False, code=error.code, detail=error.detail)
    return TriedDestination(works=True, code="ok", detail=_TRIED[destination.kind])
