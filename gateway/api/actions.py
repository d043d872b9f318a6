"""Actions on one item. Each is one transaction in the ledger, and the answer comes from that commit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from fastapi import APIRouter

from gateway.api.access import GuardedRoute
from gateway.api.acting import (
    ActingHere,
    CopyOf,
    Explained,
    ExplainedOnAssignment,
    NewMatter,
    OnAssignment,
    Reasoned,
    Vouched,
    WithCategory,
)
from gateway.api.described import answers
from gateway.api.item_shapes import ItemState
from inbox.actions import ALLOWED, NEEDS_REASON, Action

router = APIRouter(prefix="/v1/items", tags=["Actions"], route_class=GuardedRoute)

Handler = TypeVar("Handler", bound=Callable[..., Any])


def _route(action: Action, summary: str) -> Callable[[Handler], Handler]:
    """Let the function answer `POST /v1/items/{itemId}/<action>`; its docstring is the description."""

    def register(handler: Handler) -> Handler:
        standing = ", ".join(f"`{status}`" for status in sorted(ALLOWED[action]))
        needed = " A reason is needed." if action in NEEDS_REASON else ""
        router.add_api_route(
            f"/{{itemId}}/{action}",
            handler,
            methods=["POST"],
            operation_id=f"{action}Item",
            summary=summary,
            openapi_extra=answers(409, 412, headers=("ETag",)),
            description=f"{handler.__doc__}{needed}\n\nPossible while the item is: {standing}.",
        )
        return handler

    return register


@_route(Action.accept, "Take an item")
async def accept(acting: ActingHere, body: OnAssignment | None = None) -> ItemState:
    """The department takes it."""
    return await acting.carry_out(Action.accept, body)


@_route(Action.return_, "Give an item back")
async def return_(acting: ActingHere, body: ExplainedOnAssignment) -> ItemState:
    """The department says that it is not theirs: it goes to triage."""
    return await acting.carry_out(Action.return_, body)


@_route(Action.complete, "Complete an item")
async def complete(acting: ActingHere, body: OnAssignment | None = None) -> ItemState:
    """The sender has been answered."""
    return await acting.carry_out(Action.complete, body)


@_route(Action.reroute, "Give an item another category")
async def reroute(acting: ActingHere, body: WithCategory) -> ItemState:
    """What was forwarded is withdrawn, then the new department gets it. The promise is computed again, counted from
    receipt; the sender is told when the date becomes later. An unknown category is answered with those that exist.
    """
    return await acting.carry_out(Action.reroute, body)


@_route(Action.split, "Add a further matter")
async def split(acting: ActingHere, body: NewMatter) -> ItemState:
    """The same message also asks something else: that gets an assignment of its own, with its own department."""
    return await acting.carry_out(Action.split, body)


@_route(Action.link, "Call an item a copy of another")
async def link(acting: ActingHere, body: CopyOf) -> ItemState:
    """It lives on in the other one; what was forwarded of it is withdrawn."""
    return await acting.carry_out(Action.link, body)


@_route(Action.unlink, "Undo that an item is a copy")
async def unlink(acting: ActingHere, body: Explained) -> ItemState:
    """It was no copy: it goes its own way."""
    return await acting.carry_out(Action.unlink, body)


@_route(Action.discard, "Discard an item")
async def discard(acting: ActingHere, body: Explained) -> ItemState:
    """It is not to be handled; what was forwarded is withdrawn."""
    return await acting.carry_out(Action.discard, body)


@_route(Action.reopen, "Reopen an ended item")
async def reopen(acting: ActingHere, body: Explained) -> ItemState:
    """It begins again with its department."""
    return await acting.carry_out(Action.reopen, body)


@_route(Action.retry, "Try again what failed")
async def retry(acting: ActingHere, body: Reasoned | None = None) -> ItemState:
    """The reading of a quarantined item, or failed forwards, withdrawals and notices, also of an ended item. Of a
    discarded or linked one only withdrawals come back.
    """
    return await acting.carry_out(Action.retry, body)


@_route(Action.release, "Release a held item")
async def release(acting: ActingHere, body: Reasoned | None = None) -> ItemState:
    """It is acknowledged and forwarded as if it had just come in."""
    return await acting.carry_out(Action.release, body)


@_route(Action.vouch, "Say who wrote a message")
async def vouch(acting: ActingHere, body: Vouched) -> ItemState:
    """A person looked, and says who wrote it: they are told at that address. For what a colleague passed on, for a
    sender whom our own border did not believe, and for an acknowledgement that did not arrive.
    """
    return await acting.carry_out(Action.vouch, body)
