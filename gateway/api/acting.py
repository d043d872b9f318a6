"""What every action on one item shares: who acts, on which item, on which version."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Response
from pydantic import Field

from gateway.api.access import CallerHere, PartsHere
from gateway.api.item_shapes import ItemState
from gateway.api.items import ItemId, etag
from gateway.api.performing import Wish, perform
from gateway.api.preconditions import PreconditionHere
from gateway.api.shapes import Asked, Name, Words
from inbox.actions import Action

_WHY = "Why, for whoever reads the item later."

Needed = Annotated[Words, Field(min_length=1, description=_WHY, examples=["hoort bij Vergunningen"])]


class Reasoned(Asked):
    """An action on the item as a whole."""

    reason: Words = Field("", description=_WHY, examples=["hoort bij Vergunningen"])


class Explained(Reasoned):
    """An action on the item as a whole that nobody carries out without saying why."""

    reason: Needed


class OnAssignment(Reasoned):
    """An action on one matter of the item."""

    assignment_id: UUID | None = Field(
        None, description="Which matter; without it, all that the key may act on and that stand where it is possible."
    )


class ExplainedOnAssignment(OnAssignment):
    """An action on one matter that nobody carries out without saying why."""

    reason: Needed


class WithCategory(ExplainedOnAssignment):
    """Another category for one matter."""

    category: Name = Field(
        description="The new category; its department, norm and text come with it.", examples=["vergunning"]
    )


class NewMatter(Reasoned):
    """A further matter in the same message."""

    category: Name = Field(description="The category of the further matter.", examples=["lantaarn"])


class CopyOf(Explained):
    """The item is a copy."""

    other_item_id: UUID = Field(description="The item that it is a copy of, in which it lives on.")


class Vouched(Explained):
    """Who wrote the message."""

    address: Annotated[str, Field(pattern=r"^[^\s@<>()\[\]\\,;:\"]{1,64}@[^\s@<>()\[\]\\,;:\"]{1,185}$")] | None = (
        Field(None, description="Where they may be told; without it, the address that the message itself names.")
    )


class Acting:
    """One request for an action."""

    def __init__(
        self,
        response: Response,
        parts: PartsHere,
        caller: CallerHere,
        precondition: PreconditionHere,
        item_id: ItemId,
    ) -> None:
        """Filled in by FastAPI."""
        self._response = response
        self._parts = parts
        self._caller = caller
        self._precondition = precondition
        self._item_id = str(item_id)

    async def carry_out(self, action: Action, body: Asked | None) -> ItemState:
        """Carry the action out; the answer's ETag is the new version. Raises as `perform`."""
        words = body.model_dump(mode="json") if body is not None else {}
        state = await perform(self._parts, self._caller, Wish(action, self._item_id, **words), self._precondition)
        self._response.headers["ETag"] = etag(state.version)
        return state


async def _acting(
    response: Response, parts: PartsHere, caller: CallerHere, precondition: PreconditionHere, item_id: ItemId
) -> Acting:
    return Acting(response, parts, caller, precondition, item_id)


ActingHere = Annotated[Acting, Depends(_acting)]
