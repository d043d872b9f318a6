"""What the API says of call logs and calls. Who rang is told only to keys that may see all that is made of their calls."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from gateway.api.item_shapes import Trouble
from gateway.api.shapes import Moment, Shape
from inbox.call import Direction, Leg, Outcome
from inbox.calls.register import CallLogState, CallVerdict

_NUMBER = "E.164, or as the telephone system writes it; empty when withheld; null when this key may not see it."


class CallLogLine(Shape):
    """One call log: a file of a telephone system, or what it sent."""

    call_log_id: str
    source: str = Field(examples=["telefonie"])
    state: CallLogState
    position: str | None = Field(
        description="What the source calls it, such as a file's name; for administrators only."
    )
    size_bytes: int
    format: str | None = Field(description="In which it is read; null while nobody has looked.", examples=["asterisk"])
    rows_done: int = Field(description="Rows, good and bad, that are in the register.")
    legs_new: int = Field(description="Of these, legs that the register did not have.")
    legs_again: int = Field(description="Legs that it had already.")
    bad_rows: int = Field(description="Rows that cannot be used; they are kept.")
    trouble: Trouble | None = Field(description="Why it was set aside, or that most of its rows cannot be used.")
    is_observed: bool = Field(description="Kept while its source only observed: nothing comes of its calls.")
    kept_at: Moment
    finished_at: Moment | None = Field(description="Null while it waits.")
    retried_by: str | None = Field(description="Who had it read again, the last time.")


class CallLogPage(Shape):
    """One page of call logs, newest first."""

    call_logs: list[CallLogLine]
    next_cursor: str | None = Field(description="Ask for the next page with this `cursor`; null on the last page.")


class BadRowLine(Shape):
    """A row that cannot be used."""

    row: int = Field(description="Of the log, from 1, counting good and bad ones.")
    line: int = Field(description="Of the file, from 1.")
    code: str = Field(examples=["row_columns"])
    detail: str = Field(description="What to do about it, without the caller's words or number.")
    raw: str | None = Field(
        description="As it stands in the file, bytes that are no UTF-8 replaced; null when this key may not see it."
    )


class CallLogAccount(CallLogLine):
    """One call log, with the rows that cannot be used."""

    rows: list[BadRowLine] = Field(description="Rows that cannot be used, by their place in the log.")
    next_row: int | None = Field(description="Ask for further ones with this `afterRow`; null when there are none.")


class CallLine(Shape):
    """One call, of all that is known of it."""

    call_id: str
    source: str
    caller: str | None = Field(description=_NUMBER, examples=["+31612345678"])
    dialled: str | None = Field(description=f"Of calls to us always told. {_NUMBER}", examples=["14076"])
    queue: str = Field(description="As the telephone system calls it; empty when it is not known.")
    choice: str = Field(description="What the caller chose in the menu.")
    direction: Direction
    outcome: Outcome
    started_at: Moment
    answered_at: Moment | None = Field(description="When a person answered.")
    ended_at: Moment | None
    waited_s: float = Field(description="Seconds until a person answered or the call ended.")
    talked_s: float
    legs_count: int
    is_observed: bool = Field(description="Nothing comes of it.")
    verdict: CallVerdict | None = Field(description="What became of it; null until it was judged.")
    because: str = Field(description="Why.")
    quiet_from: Moment | None = Field(description="When it may be judged, once more if it was; null: nothing changed.")
    item_id: str | None = Field(
        description="The call-back that it asked for, or that it settled; null when this key may not see it."
    )
    changed_at: Moment


class CallPage(Shape):
    """One page of calls, those that began last first."""

    calls: list[CallLine]
    next_cursor: str | None = Field(description="Ask for the next page with this `cursor`; null on the last page.")


class LegLine(Shape):
    """One row of a log: a stretch of the call between two ends."""

    call_log_id: str = Field(description="The log that brought it first.")
    line: int
    started_at: Moment
    answered_at: Moment | None
    ended_at: Moment | None
    direction: Direction
    caller: str | None = Field(description=_NUMBER)
    dialled: str | None = Field(description=f"Of legs to us always told. {_NUMBER}")
    queue: str
    choice: str
    agent: str | None = Field(description="Who took it, or whose telephone rang; null when this key may not see it.")
    outcome: Outcome | None = Field(description="What the row itself says.")
    is_ambiguous: bool = Field(description="Its local time exists twice, and the earlier moment is told.")


class RegisteredCall(CallLine):
    """One call with its legs."""

    call_key: str | None = Field(description="What the telephone system calls it; null when this key may not see it.")
    recording: str | None = Field(
        description="Where the system keeps the voicemail; null when this key may not see it."
    )
    legs: list[LegLine] = Field(description="By their start; at most a thousand.")


def call_log_line(row: Any, *, shows_details: bool) -> dict[str, Any]:
    """Return what is told of a log's row. `shows_details`: to an administrator."""
    detail = row.detail if shows_details else None
    return {
        "call_log_id": row.delivery_id,
        "source": row.source_id,
        "state": row.state,
        "position": row.position if shows_details else None,
        "size_bytes": row.size_bytes,
        "format": row.format,
        "rows_done": row.rows_done,
        "legs_new": row.legs_new,
        "legs_again": row.legs_again,
        "bad_rows": row.bad_rows,
        "trouble": Trouble(code=row.code, detail=detail) if row.code else None,
        "is_observed": row.is_observed,
        "kept_at": row.kept_at,
        "finished_at": row.finished_at,
        "retried_by": row.again_by,
    }


def bad_row_line(row: Any, *, shows_raw: bool) -> BadRowLine:
    """Return what is told of a row that cannot be used."""
    raw = bytes(row.raw).decode("utf-8", "replace") if shows_raw else None
    return BadRowLine(row=row.row, line=row.line, code=row.code, detail=row.detail, raw=raw)


def call_line(row: Any, *, shows_people: bool) -> dict[str, Any]:
    """Return what is told of a call's row. `shows_people`: also who rang, and whom we rang."""
    names = ("call_id", "queue", "choice", "direction", "outcome", "started_at", "answered_at", "ended_at", "waited_s")
    more = ("talked_s", "legs_count", "is_observed", "verdict", "because", "quiet_from", "changed_at")
    return {
        "source": row.source_id,
        "caller": row.caller if shows_people else None,
        "dialled": row.dialled if shows_people or row.direction == Direction.inbound else None,
        "item_id": row.item_id if row.is_item_in_scope else None,
        **{name: getattr(row, name) for name in (*names, *more)},
    }


def registered_call(row: Any, legs: list[Any], *, shows_people: bool) -> RegisteredCall:
    """Return the call with its legs."""
    return RegisteredCall(
        **call_line(row, shows_people=shows_people),
        call_key=row.call_key if shows_people else None,
        recording=row.recording if shows_people else None,
        legs=sorted(
            (_leg_line(leg, shows_people=shows_people) for leg in legs), key=lambda leg: (leg.started_at, leg.line)
        ),
    )


def _leg_line(row: Any, *, shows_people: bool) -> LegLine:
    leg = Leg.from_json(row.leg)
    return LegLine(
        call_log_id=row.delivery_id,
        line=row.line,
        started_at=leg.started_at,
        answered_at=leg.answered_at,
        ended_at=leg.ended_at,
        direction=leg.direction,
        caller=leg.caller if shows_people else None,
        dialled=leg.dialled if shows_people or leg.direction is Direction.inbound else None,
        queue=leg.queue,
        choice=leg.choice,
        agent=leg.agent if shows_people else None,
        outcome=leg.outcome,
        is_ambiguous=leg.is_ambiguous,
    )
