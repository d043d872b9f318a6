"""The Date field (RFC 5322 section 3.3)."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from adapters.email.reading.remarks import Remark, Remarks

_EARLIEST_YEAR = 1970
_LATEST_YEAR = 2200
_LONGEST = 200


def sent_at(value: str, remarks: Remarks) -> datetime | None:
    """Return the moment, aware UTC, or None where there is none or a nonsensical one. Without a zone it is UTC."""
    if not value:
        return None
    moment = moment_of(value)
    if moment is None:
        remarks.add(Remark.bad_date)
    return moment


def moment_of(value: str) -> datetime | None:
    """Return an RFC 5322 date-time as aware UTC; None for anything else, or outside 1970 to 2200. Never raises."""
    try:
        moment = parsedate_to_datetime(value[:_LONGEST])
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        # What the standard library raises depends on the nonsense.
        return None
    return moment if _EARLIEST_YEAR <= moment.year <= _LATEST_YEAR else None
