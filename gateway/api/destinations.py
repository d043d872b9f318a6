"""Destinations: how each stands, and whether it can be reached."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Path

from gateway.api.access import GuardedRoute, PartsHere
from gateway.api.destination_shapes import (
    DestinationLine,
    DestinationList,
    DestinationToTry,
    TriedDestination,
)
from gateway.api.shapes import Name
from inbox.configuration.model import Department, Destination, FolderDestination, MailboxDestination, WebhookDestination
from inbox.errors import GatewayError, NotFound
from store.destinations import DestinationState, destination_states
from workflows.parts import Parts

router = APIRouter(prefix="/v1/destinations", tags=["Destinations"], route_class=GuardedRoute)

_TRIED = {
    "mailbox": "the relay lets us in; whether the address takes mail is seen when one is sent",
    "webhook": "it can be reached, and its secret is there; no request was made",
    "folder": "it can be written; nothing was",
}


@router.get("", operation_id="listDestinations", summary="List the departments' destinations and how each stands")
async def list_all(parts: PartsHere) -> DestinationList:
    """List the destinations of the configuration in force, with what waits for each and what fails there."""
    compiled = await parts.configurations.current()
    places = {
        (key, ordinal): destination
        for key, department in compiled.document.departments.items()
        for ordinal, destination in enumerate(_all_of(department))
    }
    states = await destination_states(parts.ledger, places.keys())
    return DestinationList(
        version=compiled.version,
        destinations=[
            _line(key, ordinal, destination, states[key, ordinal]) for (key, ordinal), destination in places.items()
        ],
    )


@router.post("/try", operation_id="tryNewDestination", summary="Try a destination before it is in the configuration")
async def try_new(parts: PartsHere, body: DestinationToTry) -> TriedDestination:
    """Reach it from the machine of this API, without a trace: no message is sent, no request made, nothing written."""
    return await _tried(parts, body.destination)


@router.post("/{department}/{ordinal}/try", operation_id="tryDestination", summary="Try a destination")
async def try_present(
    parts: PartsHere,
    department: Annotated[Name, Path(description="Key of the department.")],
    ordinal: Annotated[int, Path(ge=0, le=1000, description="0: the one that acts; then the informed ones, in order.")],
) -> TriedDestination:
    """Reach a destination of the configuration in force, without a trace."""
    found = (await parts.configurations.current()).document.departments.get(department)
    if found is None or ordinal >= len(_all_of(found)):
        raise NotFound("there is no such destination in the configuration in force")
    return await _tried(parts, _all_of(found)[ordinal])


def _all_of(department: Department) -> tuple[Destination, ...]:
    return (department.acting, *department.informed)


def _line(key: str, ordinal: int, destination: Destination, state: DestinationState) -> DestinationLine:
    return DestinationLine(
        department=key,
        ordinal=ordinal,
        role="informed" if ordinal else "acting",
        kind=destination.kind,
        place=_place(destination),
        waiting_count=state.waiting,
        failing_count=state.failing,
        failed_count=state.failed,
        oldest_waiting_at=state.oldest_waiting_at,
        delivered_at=state.delivered_at,
    )


def _place(destination: Destination) -> str:
    if isinstance(destination, MailboxDestination):
        return destination.address
    if isinstance(destination, FolderDestination):
        return destination.path
    # A URL's path and query may hold a secret of its own.
    assert isinstance(destination, WebhookDestination)
    return urlsplit(destination.url).netloc.rpartition("@")[2]


async def _tried(parts: Parts, destination: Destination) -> TriedDestination:
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
