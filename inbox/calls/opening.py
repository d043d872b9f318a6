"""When the telephone is answered: who rang outside those hours was not missed by anybody."""

from __future__ import annotations

from datetime import datetime

from inbox.call import Outcome
from inbox.configuration.model import Weekday
from inbox.routing.compiled import CompiledConfiguration

_NOT_ANSWERED = (Outcome.missed, Outcome.abandoned)
"""A voicemail stays one, for something was said, and so does a line that was engaged."""
_ORDER = tuple(Weekday)


def outcome_within_hours(outcome: Outcome, started_at: datetime, compiled: CompiledConfiguration) -> Outcome:
    """Return the outcome of a call to us: `after_hours` where nobody was to answer. Pure.

    `started_at`: aware. What the telephone system itself calls after hours stays so.
    """
    hours = compiled.document.calls.opening_hours
    if not hours or outcome not in _NOT_ANSWERED:
        return outcome
    local = started_at.astimezone(compiled.zone)
    today = hours.get(_ORDER[local.weekday()])
    if today is None or not compiled.days.is_working_day(local.date()):
        return Outcome.after_hours
    return outcome if today.opens <= f"{local:%H:%M}" < today.closes else Outcome.after_hours
