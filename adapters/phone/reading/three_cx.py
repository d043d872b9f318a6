"""3CX: call data records as its CDR service writes them to a file or sends them over a socket.

Source: 3cx.com/blog/docs/cdr-call-data-records (fields, outputs), whose list gives the default order. The kinds of ends
and the reasons are in no list of 3CX's: they are those that rows of several releases show.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from adapters.phone.reading.ends import direction_between
from adapters.phone.reading.fault import KEY, ORDER, TIME, Fault, is_ordered
from adapters.phone.reading.format import RowSettings
from adapters.phone.reading.numbers import written
from adapters.phone.reading.separated import Row, first_values, rows
from adapters.phone.reading.times import ISO_SECONDS, local
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
_EXTENSION = re.compile(r"^Ext\.\s*", re.IGNORECASE)

_QUEUES = frozenset({"queue", "ringgroup", "ring_group", "hunt_group"})
_MACHINES = frozenset({"ivr", "digitalreceptionist", "digital_receptionist", "fax", "parking", *_QUEUES})
_MAILBOXES = frozenset({"voicemail", "vmail", "voice_mail", "specialmenu", "special_menu"})
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
        values = first_values(beginning)
        return (
            len(values) in (_WITHOUT_TYPES, len(DEFAULT_FIELDS))
            and _bare(values[0]).isdigit()
            and _CALL_ID.fullmatch(values[1].strip()) is not None
        )

    def rows(self, content: IO[bytes], settings: RowSettings) -> Iterator[tuple[int, Leg | BadRow]]:
        """Yield a leg for each row."""
        for row in rows(content):
            if isinstance(row, BadRow):
                yield row.line, row
                continue
            found = self._leg(row, settings)
            yield row.line, found.of(row.line, row.raw) if isinstance(found, Fault) else found

    def _leg(self, row: Row, settings: RowSettings) -> Leg | Fault:
        fits = len(row.values) == len(self.fields)
        if not fits and (self.fields != DEFAULT_FIELDS or len(row.values) != _WITHOUT_TYPES):
            return row.too_few_or_many()
        told = _Told(dict(zip(self.fields, (_bare(row.values[0]), *row.values[1:]), strict=False)))
        if not (call_key := told["historyid"] or told["callid"]):
            return KEY
        start, answer, end = (_moment(told[name], settings) for name in ("time-start", "time-answered", "time-end"))
        if start is None:
            return TIME
        ended_at = end[0] if end else None
        if not is_ordered(start[0], answer[0] if answer else None, ended_at) or told["duration"].startswith("-"):
            return ORDER
        final = _kind(told["final-type"]) or _kind(told["to-type"])
        answered_at = answer[0] if answer and final not in _MACHINES | _MAILBOXES else None
        caller, dialled = (written(_number(told, *names), settings.region) for names in (_CALLER, _DIALLED))
        return Leg(
            call_key=call_key,
            leg_key=told["callid"] or call_key,
            started_at=start[0],
            answered_at=answered_at,
            ended_at=ended_at,
            direction=_direction(told, caller, dialled),
            caller=caller,
            dialled=dialled,
            queue=_queue(told),
            agent="" if final in _MACHINES | _OUTSIDE else written(_number(told, *_TAKEN_BY), settings.region),
            outcome=_outcome(told, final, is_picked_up=answer is not None),
            is_ambiguous=any(moment[1] for moment in (start, answer, end) if moment),
        )


_CALLER = ("from-no", "from-dn")
_TAKEN_BY = ("final-number", "final-dn")
_DIALLED = ("dial-no", "to-no", "to-dn")


@dataclass(frozen=True)
class _Told:
    """A row's values by its fields; empty for a field that is not configured."""

    values: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "").strip()


def _bare(first: str) -> str:
    return first.strip().removeprefix("Call ").strip()


def _kind(word: str) -> str:
    return word.lower()


def _number(told: _Told, *names: str) -> str:
    return _EXTENSION.sub("", next((told[name] for name in names if told[name]), ""))


def _moment(text: str, settings: RowSettings) -> tuple[datetime, bool] | None:
    if not text:
        return None
    return local(text.replace("/", "-"), settings.zone, (ISO_SECONDS, "%Y-%m-%d %H:%M:%S.%f", "%d-%m-%Y %H:%M:%S"))


def _direction(told: _Told, caller: str, dialled: str) -> Direction:
    if told["from-no"].startswith("Ext."):
        is_inside = told["to-no"].startswith("Ext.") or _kind(told["to-type"]) in _MACHINES | _MAILBOXES
        return Direction.internal if is_inside else Direction.outbound
    if _kind(told["from-type"]) in _OUTSIDE:
        return Direction.inbound
    return direction_between(caller, dialled)


def _queue(told: _Told) -> str:
    if _kind(told["to-type"]) in _QUEUES or told["missed-queue-calls"]:
        return _EXTENSION.sub("", told["to-dn"] or told["to-no"])
    return _EXTENSION.sub("", told["final-dn"]) if _kind(told["final-type"]) in _QUEUES else ""


def _outcome(told: _Told, final: str, *, is_picked_up: bool) -> Outcome | None:
    if is_picked_up and final in _MAILBOXES:
        return Outcome.voicemail
    if is_picked_up and final not in _MACHINES:
        return Outcome.answered
    return _OUTCOMES.get(told["reason-terminated"].lower().replace("_", ""))
