"""What the API says of reachability: figures, and the calls behind each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from urllib.parse import urlencode

from pydantic import Field

from gateway.api.shapes import Moment, Shape
from gateway.reachability import CountedCall
from inbox.call import Outcome
from inbox.calls.counted import CountedAs
from inbox.calls.period import Period
from inbox.calls.reachability import Cell, Dimension
from inbox.calls.reached import Reached

CALLS_PATH = "/v1/reachability/calls"


class Figures(Shape):
    """How many calls to us there were, what became of them, and how long they waited."""

    offered: int = Field(description="People who wanted to speak to us while we could be reached, and got that far.")
    measured: int = Field(description="Those that weigh in the norm: offered, without `abandonedShort`.")
    answered: int = Field(description="A person answered.")
    answered_within_norm: int = Field(description="Soon enough, by the norm of their queue.")
    missed: int = Field(description="It rang until the telephone system gave up.")
    abandoned: int = Field(description="The caller gave up, after waiting.")
    abandoned_short: int = Field(description="The caller gave up before anybody could have answered.")
    voicemail: int
    busy: int
    after_hours: int = Field(description="We were closed: not offered.")
    failed: int = Field(description="It reached no line of ours, through a fault or a wrong number: not offered.")
    average_wait_s: float | None = Field(description="Of the answered, in seconds; null when no wait is known.")
    longest_wait_s: float | None
    average_wait_of_offered_s: float | None = Field(description="Of all offered, also of who was never answered.")
    longest_wait_of_offered_s: float | None
    share_answered: float | None = Field(description="Answered of measured; null without any.", examples=[0.925])
    share_within_norm: float | None = Field(description="Answered within the norm, of measured.", examples=[0.8125])
    norm_seconds: int | None = Field(description="The norm: so soon. Null when queues with different norms are in it.")
    norm_share: float | None = Field(
        description="The norm: so large `shareWithinNorm` is to be; of several queues their mean, by measured calls."
    )
    is_norm_met: bool | None = Field(description="Null when nothing was measured.")


class FiguresOf(Figures):
    """The figures of one queue, department, hour or day, or of several of these together."""

    queue: str | None = Field(description="Null when queues are not told apart.", examples=["Burgerzaken"])
    department: str | None = Field(description="Empty: the configuration does not know the queue.")
    hour: int | None = Field(description="Of the day, 0 to 23, by the organisation's clock.")
    day: date | None
    calls: str = Field(description="Where the calls behind these figures are listed.")


class ReachabilityReport(Shape):
    """The figures of a period."""

    since: date = Field(alias="from", description="The first day.")
    until: date = Field(alias="to", description="The last day.")
    time_zone: str = Field(description="In which days begin and hours are told.", examples=["Europe/Amsterdam"])
    by: list[Dimension] = Field(description="What is told apart.")
    total: Figures = Field(description="All of it together.")
    figures: list[FiguresOf]
    unknown_queues: list[str] = Field(
        description="Queues and short numbers that `calls.queues` of the configuration does not name; at most 200. Empty: any other "
        "number, which may be somebody's and is not shown."
    )
    not_counted: int | None = Field(
        description="Calls that are nobody's wish to reach us: outgoing, internal, and those of which neither direction nor "
        "queue is known. Null when only some queues are asked for: they belong to none."
    )


class CountedCallLine(Shape):
    """A call behind a figure; who rang is not told."""

    call_id: str
    started_at: Moment
    queue: str
    department: str
    waited_s: float | None = Field(description="Until a person answered or the call ended; null when no row says so.")
    outcome: str = Field(description="What came of it.", json_schema_extra={"enum": [str(each) for each in Outcome]})
    counted_as: CountedAs = Field(description="As what it stands in the figures.")


class CountedCallPage(Shape):
    """One page of calls, by their start."""

    calls: list[CountedCallLine]
    next_cursor: str | None = Field(description="Ask for the next page with this `cursor`; null on the last page.")


def figures_of(reached: Reached) -> Figures:
    """Return what is shown of figures."""
    return Figures.model_validate(_facts(reached))


def cell_figures(cell: Cell, period: Period, by: Iterable[Dimension], asked: Sequence[tuple[str, str]]) -> FiguresOf:
    """Return what is shown of a cell. `asked`: what the request asks besides, by parameter."""
    return FiguresOf.model_validate(
        {
            **_facts(cell.reached),
            "queue": cell.queue,
            "department": cell.department,
            "hour": cell.hour,
            "day": cell.day,
            "calls": _link(cell, period, by, asked),
        }
    )


def call_line(found: CountedCall) -> CountedCallLine:
    """Return what is shown of a call."""
    counted = found.counted
    started_at: datetime = found.row.started_at
    return CountedCallLine(
        call_id=found.row.call_id,
        started_at=started_at,
        queue=counted.line.queue,
        department=counted.line.department,
        waited_s=counted.wait_ms / 1000 if counted.wait_ms is not None else None,
        outcome=found.row.outcome,
        counted_as=counted.counted_as,
    )


def _facts(reached: Reached) -> dict[str, object]:
    counts = {str(counted_as): count for counted_as, count in reached.counts.items() if counted_as in _SHOWN_BY_NAME}
    return {
        **counts,
        "offered": reached.offered,
        "measured": reached.measured,
        "answered": reached.answered,
        "average_wait_s": reached.answered_waits.average_s,
        "longest_wait_s": reached.answered_waits.longest_s,
        "average_wait_of_offered_s": reached.offered_waits.average_s,
        "longest_wait_of_offered_s": reached.offered_waits.longest_s,
        "share_answered": reached.share_answered,
        "share_within_norm": reached.share_within_norm,
        "norm_seconds": reached.norm_seconds,
        "norm_share": reached.norm_share,
        "is_norm_met": reached.is_norm_met,
    }


_SHOWN_BY_NAME = frozenset(CountedAs) - {CountedAs.answered_late}
"""What was answered late is the rest of `answered`."""


def _link(cell: Cell, period: Period, by: Iterable[Dimension], asked: Sequence[tuple[str, str]]) -> str:
    """Return the address of the calls behind a cell."""
    first, last = (cell.day, cell.day) if cell.day is not None else (period.first, period.last)
    parameters = {"from": first.isoformat(), "to": last.isoformat(), **dict(asked)}
    for dimension in by:
        if dimension is not Dimension.day:
            parameters[str(dimension)] = str(getattr(cell, dimension))
    return f"{CALLS_PATH}?{urlencode(parameters)}"
