"""What must hold for call logs and calls: every row of a log is a leg of a call, or a bad row that is kept.

A call log has no item, and that is no loss.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Integer, Select, String, cast, func, literal, or_, select

from inbox.calls.register import CallLogState, CallVerdict
from inbox.reconciliation import Difference, Kind
from store.call_tables import call_bad_rows, call_legs, call_logs, calls
from store.checks import Check, found_by
from store.ledger import Ledger
from store.tables import deliveries


def differing_calls(
    ledger: Ledger, source_id: str | None, *, settled_before: datetime, pause: timedelta
) -> AsyncIterator[Difference]:
    """Give what does not hold; each is looked at once more before it is given.

    `settled_before`: a log that waits since then is named.
    """
    return found_by(_CHECKS, ledger, source_id, settled_before=settled_before, pause=pause)


def _of_log(*detail: ColumnElement[str] | Column[Any] | str) -> Select[Any]:
    return select(
        call_logs.c.source_id,
        deliveries.c.key_space,
        deliveries.c.position,
        call_logs.c.delivery_id,
        _said(*detail),
    ).join(deliveries, deliveries.c.delivery_id == call_logs.c.delivery_id)


def _said(*parts: Any) -> ColumnElement[str]:
    said: Any = literal("")
    for part in parts:
        said = said + (literal(part) if isinstance(part, str) else cast(part, String))
    return said.label("detail")  # type: ignore[no-any-return]


def _rows_of(table: Any) -> Any:
    rows = select(func.count()).select_from(table).where(table.c.delivery_id == call_logs.c.delivery_id)
    return rows.correlate(call_logs).scalar_subquery()


def _waiting(settled_before: datetime) -> Select[Any]:
    return _of_log("row ", call_logs.c.rows_done).where(
        call_logs.c.state == str(CallLogState.waiting), call_logs.c.kept_at < settled_before
    )


def _in_trouble(_: datetime) -> Select[Any]:
    return _of_log(call_logs.c.code).where(call_logs.c.code.is_not(None))


def _rows_missing(_: datetime) -> Select[Any]:
    counted = call_logs.c.legs_new + call_logs.c.legs_again + call_logs.c.bad_rows
    legs, bad = _rows_of(call_legs), _rows_of(call_bad_rows)
    own = call_logs.c.legs_new + func.coalesce(call_logs.c.legs_before, 0)
    of_counts = ("rows ", call_logs.c.rows_done, " counted ", counted)
    of_rows = ("; legs ", own, " there ", legs, "; bad rows ", call_logs.c.bad_rows, " there ", bad)
    return _of_log(*of_counts, *of_rows).where(
        or_(call_logs.c.rows_done != counted, own != legs, call_logs.c.bad_rows != bad)
    )


def _leg_without_call(_: datetime) -> Select[Any]:
    return (
        select(
            call_logs.c.source_id,
            func.min(call_legs.c.delivery_id).label("delivery_id"),
            call_legs.c.call_id.label("name"),
            _said("legs ", cast(func.count(), Integer)),
        )
        .join(call_logs, call_logs.c.delivery_id == call_legs.c.delivery_id)
        .outerjoin(calls, calls.c.call_id == call_legs.c.call_id)
        .where(calls.c.call_id.is_(None))
        .group_by(call_legs.c.call_id, call_logs.c.source_id)
    )


def _call_incomplete(_: datetime) -> Select[Any]:
    legs = select(func.count()).select_from(call_legs).where(call_legs.c.call_id == calls.c.call_id)
    there = legs.correlate(calls).scalar_subquery()
    return select(
        calls.c.source_id, calls.c.call_id.label("name"), _said("legs ", calls.c.legs_count, " there ", there)
    ).where(calls.c.legs_count != there)


def _call_back_without_item(_: datetime) -> Select[Any]:
    return select(calls.c.source_id, calls.c.call_id.label("name"), _said("its outcome is ", calls.c.outcome)).where(
        calls.c.verdict == str(CallVerdict.call_back), calls.c.item_id.is_(None)
    )


_CHECKS = (
    Check(Kind.call_log_waiting, call_logs.c.delivery_id, _waiting, call_logs.c.source_id),
    Check(Kind.call_log_in_trouble, call_logs.c.delivery_id, _in_trouble, call_logs.c.source_id),
    Check(Kind.call_rows_missing, call_logs.c.delivery_id, _rows_missing, call_logs.c.source_id),
    Check(Kind.leg_without_call, call_legs.c.call_id, _leg_without_call, call_logs.c.source_id),
    Check(Kind.call_incomplete, calls.c.call_id, _call_incomplete, calls.c.source_id),
    Check(Kind.call_back_without_item, calls.c.call_id, _call_back_without_item, calls.c.source_id),
)
