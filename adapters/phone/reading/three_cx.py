"""3CX: call data records as its CDR service writes them to a file or sends them over a socket.

Source: 3cx.com/blog/docs/cdr-call-data-records (fields, outputs), whose list gives the default order. The kinds of ends
and the reasons are in no list of 3CX's: they are those that rows of several releases show.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, NamedTuple

from adapters.phone.reading.csv_records import ONE_LINE, Record, first_fields, records
from adapters.phone.reading.ends import direction_between
from adapters.phone.reading.fault import KEY, ORDER, TIME, Fault
from adapters.phone.reading.format import RowSettings
from adapters.phone.reading.leg_times import in_order
from adapters.phone.reading.legs import legs
from adapters.phone.reading.local_clock import LocalClock
from adapters.phone.reading.numbers import written
from adapters.phone.reading.picking import picker, places_of
from adapters.phone.reading.times import ISO_SECONDS
from inbox.call import BadRow, Direction, Leg, Outcome

DEFAULT_FIELDS = (
    "historyid", "callid", "duration", "time-start", "time-answered", "time-end", "reason-terminated", "from-no", "to-no",
    "from-dn", "to-dn", "dial-no", "reason-changed", "final-number", "final-dn", "bill-code", "bill-rate", "bill-cost",
    "bill-name", "chain", "from-type", "to-type", "final-type", "from-dispname", "to-dispname", "final-dispname",
    "missed-queue-calls",
)  # fmt: skip
_WITHOUT_TYPES = 20
"""Fields up to `chain`: many installations write no more."""
_CALL_ID = re.compile(r"[0-9A-F]{8,}_\d+", re.IGNORECASE)
_EXTENSION = "Ext."
_FORMATS = (
    "%Y/%m/%d %H:%M:%S",
    ISO_SECONDS,
    "%Y/%m/%d %H:%M:%S.%f",
    "%Y-%m-%d %H:%M:%S.%f",
    "%d/%m/%Y %H:%M:%S",
    "%d-%m-%Y %H:%M:%S",
)

_QUEUES = frozenset({"queue", "ringgroup", "ring_group", "hunt_group"})
_MACHINES = frozenset({"ivr", "digitalreceptionist", "digital_receptionist", "fax", "parking", *_QUEUES})
_MAILBOXES = frozenset({"voicemail", "vmail", "voice_mail", "specialmenu", "special_menu"})
_NOBODY = _MACHINES | _MAILBOXES
"""Ends that answer without anybody answering."""
_OUTSIDE = frozenset({"externalline", "external_line", "line", "provider", "bridge"})

_OUTCOMES = {
    "terminatedbysrc": Outcome.abandoned,
    "srcparticipantterminated": Outcome.abandoned,
    "terminatedbydst": Outcome.missed,
    "dstparticipantterminated": Outcome.missed,
    "noanswer": Outcome.missed,
    "cancelled": Outcome.abandoned,
    "busy": Outcome.busy,
    "failed": Outcome.failed,
    "failedcancelled": Outcome.abandoned,
    "noroute": Outcome.failed,
    "notregistered": Outcome.failed,
    "notfound": Outcome.failed,
    "rejected": Outcome.missed,
}
"""By the reason of a call that was not answered, in small letters without underscores: releases differ in both."""


@dataclass(frozen=True)
class ThreeCx:
    """Rows without a header; a socket's begin with "Call ". Which fields there are, and their order, is configured in 3CX."""

    fields: tuple[str, ...] = DEFAULT_FIELDS
    name: str = "3cx"

    def recognises(self, beginning: bytes) -> bool:
        """Say whether it begins with a history id and a call id, as in the default order."""
        fields = first_fields(beginning)
        return (
            len(fields) in (_WITHOUT_TYPES, len(DEFAULT_FIELDS))
            and _bare(fields[0]).isdigit()
            and _CALL_ID.fullmatch(fields[1].strip()) is not None
        )

    def rows(self, content: IO[bytes], settings: RowSettings) -> Iterator[tuple[int, Leg | BadRow]]:
        """Yield a leg for each row."""
        return legs(records(content, ONE_LINE), _Reading(self.fields, settings).leg)


class _Told(NamedTuple):
    """What a row says, by 3CX's names with `_` for `-`; empty for a field that is not configured."""

    historyid: str
    callid: str
    duration: str
    time_start: str
    time_answered: str
    time_end: str
    reason_terminated: str
    from_no: str
    to_no: str
    from_dn: str
    to_dn: str
    dial_no: str
    final_number: str
    final_dn: str
    from_type: str
    to_type: str
    final_type: str
    missed_queue_calls: str


_WANTED = tuple(name.replace("_", "-") for name in _Told._fields)


class _Reading:
    """Makes legs of the rows of one file."""

    def __init__(self, fields: tuple[str, ...], settings: RowSettings) -> None:
        self._clock = LocalClock(settings.zone, _FORMATS)
        self._region = settings.region
        self._expected = str(len(fields))
        self._picks = {len(fields): picker(places_of(fields), _WANTED)}
        if fields == DEFAULT_FIELDS:
            self._picks[_WITHOUT_TYPES] = picker(places_of(fields[:_WITHOUT_TYPES]), _WANTED)

    def leg(self, record: Record) -> Leg | Fault:
        """Read one row."""
        fields = record.fields
        pick = self._picks.get(len(fields))
        if pick is None:
            return record.miscounted(self._expected)
        fields[0] = _bare(fields[0])
        told = _Told._make(map(str.strip, pick(fields)))
        if not (call_key := told.historyid or told.callid):
            return KEY
        start, answer, end = map(self._clock.moment, (told.time_start, told.time_answered, told.time_end))
        if start is None:
            return TIME
        times = in_order(start, answer, end)
        if times is None or told.duration.startswith("-"):
            return ORDER
        final = (told.final_type or told.to_type).lower()
        caller = written(_number(told.from_no, told.from_dn), self._region)
        dialled = written(_number(told.dial_no, told.to_no, told.to_dn), self._region)
        taken_by = "" if final in _MACHINES or final in _OUTSIDE else _number(told.final_number, told.final_dn)
        return Leg(
            call_key=call_key,
            leg_key=told.callid or call_key,
            started_at=times.started_at,
            answered_at=None if final in _NOBODY else times.answered_at,
            ended_at=times.ended_at,
            direction=_direction(told, caller, dialled),
            caller=caller,
            dialled=dialled,
            queue=_queue(told, final),
            agent=written(taken_by, self._region),
            outcome=_outcome(told, final, is_picked_up=answer is not None),
            is_ambiguous=times.is_ambiguous,
        )


def _bare(first: str) -> str:
    return first.strip().removeprefix("Call ").strip()


def _number(first: str, second: str, third: str = "") -> str:
    """Give the first of these that is there, an extension without the word for it."""
    return _without_word(first or second or third)


def _without_word(number: str) -> str:
    has_word = number[: len(_EXTENSION)].lower() == _EXTENSION.lower()
    return number[len(_EXTENSION) :].lstrip() if has_word else number


def _direction(told: _Told, caller: str, dialled: str) -> Direction:
    if told.from_no.startswith(_EXTENSION):
        is_inside = told.to_no.startswith(_EXTENSION) or told.to_type.lower() in _NOBODY
        return Direction.internal if is_inside else Direction.outbound
    return Direction.inbound if told.from_type.lower() in _OUTSIDE else direction_between(caller, dialled)


def _queue(told: _Told, final: str) -> str:
    if told.to_type.lower() in _QUEUES or told.missed_queue_calls:
        return _number(told.to_dn, told.to_no)
    return _without_word(told.final_dn) if told.final_type and final in _QUEUES else ""


def _outcome(told: _Told, final: str, *, is_picked_up: bool) -> Outcome | None:
    if is_picked_up and final in _MAILBOXES:
        return Outcome.voicemail
    if is_picked_up and final not in _MACHINES:
        return Outcome.answered
    return _OUTCOMES.get(told.reason_terminated.lower().replace("_", ""))
