"""Why an item was decided as it was."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi import APIRouter
from pydantic import Field

from gateway.api.access import GuardedRoute, PartsHere, ScopeHere
from gateway.api.described import answers
from gateway.api.item_shapes import TraceLine
from gateway.api.items import NO_ITEM, ItemId
from gateway.api.shapes import Moment, Shape
from gateway.api.simulation_shapes import SimulatedMatter, SimulatedOutcome
from inbox.configuration.model import Unit
from inbox.errors import NotFound
from inbox.norms.counting import Counted, NotCounted
from inbox.routing.simulate import Change, OutcomeSaid
from store.listing import find_item
from workflows.explaining import ItemExplanation, explain_item

router = APIRouter(prefix="/v1/items", tags=["Items"], route_class=GuardedRoute)


class SkippedDayLine(Shape):
    """A day that does not count."""

    on: date
    because: NotCounted = Field(description="`closed`: a holiday or a day of our own; `weekday`: never a working day.")


class CountedLine(Shape):
    """How the promised day was counted."""

    within: int = Field(description="The norm.", examples=[5])
    unit: Unit
    received_on: date = Field(description="Day 0, in the organisation's time zone.")
    ends_on: date = Field(description="Where the norm ends by itself.")
    due_on: date = Field(description="The promised day: always a working day.")
    skipped: list[SkippedDayLine] = Field(
        description="Days that do not count: of a norm in working days all between, else those after `endsOn`."
    )


class ExplainedMatter(SimulatedMatter):
    """One matter, with how its day was counted."""

    counted: CountedLine | None = Field(description="Null where no date is promised.")


class NextRuleLine(Shape):
    """A rule behind the one that decided, that holds as well."""

    rule: str
    category: str | None = Field(description="What it would have chosen; null: it would have filed the item.")
    file: str | None
    because: str


class DoneByPerson(Shape):
    """What a person did with it since."""

    at: Moment
    actor: str
    kind: str
    reason: str


class ItemReasons(Shape):
    """Why an item was decided as it was, recomputed by the version that decided it."""

    item_id: str
    reference: str
    version: int = Field(description="The version of the configuration that decided it.")
    rule: str | None = Field(description="The rule that decided; null where none did.")
    matters: list[ExplainedMatter] = Field(description="What that version says of it; empty: it is filed.")
    filed_because: str | None
    trace: list[TraceLine] = Field(description="Every rule that was asked, with what it saw.")
    next: list[NextRuleLine] = Field(
        description="Rules that would have decided without those before them; ten at most."
    )
    stands: SimulatedOutcome = Field(description="What stands in the ledger now.")
    agrees: bool = Field(description="The ledger holds what that version says.")
    differs: list[Change] = Field(description="In what it does not.")
    because: list[str] = Field(description="What explains the difference.")
    by_people: list[DoneByPerson]


@router.get(
    "/{itemId}/explanation",
    operation_id="explainItem",
    summary="Explain why an item was decided so",
    openapi_extra=answers(409),
)
async def explain(parts: PartsHere, scope: ScopeHere, item_id: ItemId) -> ItemReasons:
    """Decide it once more by the version that decided it, and show which rule held, by which words, how the day was counted,
    and which rule would have been next. Says so where the ledger holds something else, and what explains it.

    409: nothing was decided about it; the answer says why.
    """
    if await find_item(parts.ledger, str(item_id), scope) is None:
        raise NotFound(NO_ITEM)
    return reasons(await explain_item(parts.ledger, str(item_id), parts.identity.trusted_authserv_ids))


def reasons(found: ItemExplanation) -> ItemReasons:
    """Return an explanation as it is shown."""
    return ItemReasons(
        item_id=found.item.item_id,
        reference=found.item.reference,
        version=found.version,
        rule=found.rule,
        matters=[
            ExplainedMatter(**matter, counted=_counted(how))
            for matter, how in zip(_written(found.decided)["matters"], found.counted, strict=True)
        ],
        filed_because=found.decided.filed_because,
        trace=[TraceLine.model_validate(step.model_dump()) for step in found.trace],
        next=[NextRuleLine.model_validate(rule.model_dump()) for rule in found.next],
        stands=SimulatedOutcome.model_validate(_written(found.stands)),
        agrees=not found.differs,
        differs=list(found.differs),
        because=list(found.because),
        by_people=[DoneByPerson.model_validate(event, from_attributes=True) for event in found.by_people],
    )


def _written(outcome: OutcomeSaid) -> dict[str, Any]:
    return outcome.model_dump(mode="json")


def _counted(how: Counted | None) -> CountedLine | None:
    if how is None:
        return None
    return CountedLine(
        within=how.norm.within,
        unit=how.norm.unit,
        received_on=how.received_on,
        ends_on=how.ends_on,
        due_on=how.due_on,
        skipped=[SkippedDayLine(on=day.on, because=day.because) for day in how.skipped],
    )
