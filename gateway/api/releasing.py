"""Bulk release: let held items go their way, by name or by what they have in common."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import Field, model_validator

from gateway.api.access import CallerHere, GuardedRoute, PartsHere, scope_of
from gateway.api.performing import Wish, perform
from gateway.api.preconditions import Precondition
from gateway.api.shapes import Asked, Moment, Name, Shape, Words
from inbox.actions import Action
from inbox.errors import PermanentError, TransientError
from inbox.item import HeldBecause
from store.keys import Caller
from store.listing import Filter, held_items
from workflows.parts import Parts

router = APIRouter(prefix="/v1/items", tags=["Actions"], route_class=GuardedRoute)

AT_ONCE = 1000


class ManyReleases(Asked):
    """Which held items to release: either `itemIds`, or at least one of the filters."""

    item_ids: Annotated[list[UUID], Field(max_length=AT_ONCE)] | None = Field(None, description="These items.")
    source: Name | None = Field(None, description="Held items of this source.")
    held_because: HeldBecause | None = Field(None, description="Items held for this reason.")
    received_before: Moment | None = Field(None, description="Held items received earlier than this moment.")
    limit: int = Field(AT_ONCE, ge=1, le=AT_ONCE, description="At most so many, those received first first.")
    reason: Words = Field("", description="Why, for whoever reads the items later.")

    @model_validator(mode="after")
    def _names_something(self) -> Self:
        has_filter = bool(self.source or self.held_because or self.received_before)
        if has_filter == (self.item_ids is not None):
            raise ValueError("names either `itemIds` or at least one of `source`, `heldBecause`, `receivedBefore`")
        return self


class Outcome(StrEnum):
    """What became of one item."""

    released = "released"
    refused = "refused"


class ReleasedItem(Shape):
    """What became of one item."""

    item_id: str
    outcome: Outcome
    code: str | None = Field(description="Why it was refused, such as `conflict` or `not_found`.")


class Releases(Shape):
    """What became of each item, in the order of the request, or of receipt."""

    items: list[ReleasedItem]


@router.post("/release", operation_id="releaseItems", summary="Release many held items")
async def release_many(parts: PartsHere, caller: CallerHere, body: ManyReleases) -> Releases:
    """Release the items one by one: each is a transaction of its own, and one that is refused stops no other.

    With filters, ask again until nothing is released any more.
    """
    if body.item_ids is not None:
        wanted = list(dict.fromkeys(str(item_id) for item_id in body.item_ids))
    else:
        held = Filter(source_id=body.source, held_because=body.held_because, received_before=body.received_before)
        wanted = list(await held_items(parts.ledger, scope_of(caller), held, body.limit))
    return Releases(items=await _release_each(parts, caller, wanted, body.reason))


async def _release_each(parts: Parts, caller: Caller, item_ids: list[str], reason: str) -> list[ReleasedItem]:
    outcomes: list[ReleasedItem] = []
    gave_up: str | None = None
    for item_id in item_ids:
        code = gave_up
        if gave_up is None:
            try:
                await perform(parts, caller, Wish(Action.release, item_id, reason), Precondition(None))
            except PermanentError as error:
                code = error.code
            except TransientError as error:
                # The ledger is away: the rest would each wait for it in vain.
                code = gave_up = error.code
        outcome = Outcome.refused if code else Outcome.released
        outcomes.append(ReleasedItem(item_id=item_id, outcome=outcome, code=code))
    return outcomes
