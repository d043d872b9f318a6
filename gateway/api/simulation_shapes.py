"""The JSON of simulations."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from gateway.api.shapes import Asked, Moment, Name, Shape
from inbox.configuration.model import Answer
from inbox.configuration.rule import Priority
from inbox.item import HeldBecause
from inbox.routing.simulate import Change
from store.simulations import SimulationState

LONGEST_DOCUMENT = 5_000_000


class NewSimulation(Asked):
    """On which items a draft is rehearsed, and against what."""

    last: Annotated[int, Field(ge=1, le=50_000)] | None = Field(
        None, description="The last so many items. Without this and `days`: the last 1,000."
    )
    days: Annotated[int, Field(ge=1, le=366)] | None = Field(
        None, description="The items of the last so many days; of more than 50,000 the newest."
    )
    against: Literal["in_force", "then"] = Field(
        "in_force",
        description="`in_force`: what the version in force would decide now. `then`: what stands in the ledger, with what"
        " people changed since.",
    )
    source: Name | None = Field(
        None,
        description="Of uploaded files: the source at which they are taken to come in, with its confidentiality. Without"
        " it: none, and `zaakvertrouwelijk`.",
    )

    @model_validator(mode="after")
    def _one_choice(self) -> Self:
        if self.last is not None and self.days is not None:
            raise ValueError("names both `last` and `days`: one of them says which items")
        return self


class NewSimulationOfDocument(NewSimulation):
    """What is rehearsed, on which items, and against what."""

    document: Annotated[str, Field(max_length=LONGEST_DOCUMENT)] | None = Field(
        None, description="A configuration as YAML or JSON, whole."
    )
    version: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = Field(None, description="Or a published version.")

    @model_validator(mode="after")
    def _one_document(self) -> Self:
        if (self.document is None) == (self.version is None):
            raise ValueError("needs either `document` or `version`")
        return self


class Moved(Shape):
    """How many items go from one department to another."""

    before: str = Field(description="Keys of departments; empty: none, it is filed.")
    after: str
    items: int


class SimulationCounts(Shape):
    """What a simulation counts, so far."""

    examined: int = Field(0, description="Items that were compared.")
    skipped: int = Field(
        0,
        description="Without a whole reading: they wait to be read, or could not be; or deciding them failed, which the log names.",
    )
    changed: int = Field(0, description="Items of which anything changes.")
    by_change: dict[str, int] = Field(
        default_factory=dict,
        description="What changes → how many items: `category`, `department`, `promise` and so on.",
    )
    departments: list[Moved] = Field(default_factory=list, description="Who gets what from whom, most first.")


class UnreadFile(Shape):
    """An uploaded file that could not be read."""

    file: str | None = Field(description="Its name; null where somebody else uploaded it.")
    code: str = Field(description="Why, as in docs/errors.md.")


class SimulationAccount(Shape):
    """A simulation, with its progress and what it came to."""

    simulation_id: str
    state: SimulationState
    made_at: Moment
    made_by: str
    draft_id: str | None = Field(description="What is rehearsed; null for a document or a version.")
    draft_version: int | None = Field(
        description="The draft as it was then: whoever changed it since did not rehearse it."
    )
    version: int | None
    against: str
    before_version: int | None = Field(description="The version that it is compared with; null for `then`.")
    last: int | None
    days: int | None
    files: int | None = Field(description="So many uploaded files are rehearsed, and no items.")
    done: int = Field(description="Items that were looked at.")
    total: int | None = Field(description="Items that will be; null while that is not known.")
    counts: SimulationCounts
    unread_files: list[UnreadFile] = Field(
        description="Files that count as `skipped`: they could not be read, or not decided."
    )
    failure_code: str | None = Field(description="Why it failed.")
    ended_at: Moment | None


class SimulationPage(Shape):
    """Simulations, newest first."""

    simulations: list[SimulationAccount]
    next_cursor: str | None = Field(description="Ask for the next page with this `cursor`; null on the last page.")


class SimulatedMatter(Shape):
    """One matter of an outcome."""

    category: str
    department: str
    priority: Priority
    answer: Answer
    rule: str | None = Field(description="The rule that chose; null where none did.")
    due_on: Annotated[str, Field(json_schema_extra={"format": "date"})] | None = Field(description="The promised day.")
    within: str | None = Field(description="The norm, in Dutch.")


class SimulatedOutcome(Shape):
    """What one item comes to."""

    matters: list[SimulatedMatter]
    filed_because: str | None
    held_because: HeldBecause | None
    hold_reason: str | None
    confidentiality: str
    joins: bool = Field(description="It goes on as an addition to another item.")
    flags: list[str]
    labels: list[str]


class SimulatedStep(Shape):
    """What a rule came to on one side."""

    holds: bool
    because: str | None = Field(description="Null where you may not see what the item says.")


class SimulatedTraceLine(Shape):
    """One rule on both sides; null: there is no such rule there."""

    rule: str
    before: SimulatedStep | None
    after: SimulatedStep | None


class SimulatedItemLine(Shape):
    """One item that changes."""

    ordinal: int
    item_id: str | None = Field(description="Null for an uploaded file.")
    file: str | None = Field(description="The uploaded file's name; null where somebody else uploaded it.")
    reference: str | None = Field(description="Null where you may not see the item; so are the next two.")
    subject: str | None
    sender_address: str | None
    changes: list[Change]
    before: SimulatedOutcome
    after: SimulatedOutcome
    trace: list[SimulatedTraceLine]


class SimulatedItemPage(Shape):
    """Items that change, newest first."""

    items: list[SimulatedItemLine]
    next_after: int | None = Field(description="`after` of the next page; null on the last, so far.")


def account(row: Any, state: SimulationState, caller: str) -> SimulationAccount:
    """Return a simulation's row as it is shown. `caller`: who asks; a file's name may name a person."""
    of, is_own = row.of, row.made_by == caller
    unread = row.counts.get("unread_files", [])
    return SimulationAccount(
        simulation_id=row.simulation_id,
        state=state,
        made_at=row.made_at,
        made_by=row.made_by,
        draft_id=of.get("draft"),
        draft_version=of.get("draft_version"),
        version=of.get("version"),
        against=of["against"],
        before_version=row.before_version,
        last=of.get("last"),
        days=of.get("days"),
        files=of.get("files"),
        done=row.done,
        total=row.total,
        counts=SimulationCounts.model_validate(row.counts),
        unread_files=[UnreadFile(file=one["file"] if is_own else None, code=one["code"]) for one in unread],
        failure_code=row.failure_code,
        ended_at=row.ended_at,
    )


def item_line(row: Any, seen: Any, *, shows_words: bool) -> SimulatedItemLine:
    """Return one changed item. `seen`: reference, subject and sender where the caller may see the item, else None;
    `shows_words`: the reasons of its trace may be shown, which quote it.
    """
    return SimulatedItemLine(
        ordinal=row.ordinal,
        item_id=row.item_id,
        file=row.file if row.item_id is None and shows_words else None,
        reference=seen.reference if seen else None,
        subject=seen.subject if seen else None,
        sender_address=seen.sender_address if seen else None,
        changes=row.changes,
        before=_outcome(row.before, shows_words=shows_words),
        after=_outcome(row.after, shows_words=shows_words),
        trace=[
            SimulatedTraceLine(
                rule=line["rule"],
                before=_step(line["before"], shows_words=shows_words),
                after=_step(line["after"], shows_words=shows_words),
            )
            for line in row.trace
        ],
    )


def _outcome(written: dict[str, Any], *, shows_words: bool) -> SimulatedOutcome:
    outcome = SimulatedOutcome.model_validate(written)
    # Of an item that joins another, this names that other one.
    is_quoting = outcome.filed_because is not None and not shows_words
    return outcome.model_copy(update={"filed_because": "filed"}) if is_quoting else outcome


def _step(written: dict[str, Any] | None, *, shows_words: bool) -> SimulatedStep | None:
    if written is None:
        return None
    return SimulatedStep(holds=written["holds"], because=written["because"] if shows_words else None)
