"""FreeSWITCH: the rows that mod_cdr_csv writes by its default templates.

Source: developer.signalwire.com/freeswitch/FreeSWITCH-Explained/Configuration/CDR, and the templates `sql`, `example`,
`snom`, `linksys` and `asterisk` in FreeSWITCH's own conf/vanilla/autoload_configs/cdr_csv.conf.xml.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, NamedTuple

from adapters.phone.reading import hangup
from adapters.phone.reading.csv_records import ONE_LINE, Record, first_fields, records
from adapters.phone.reading.ends import direction_between, is_extension
from adapters.phone.reading.fault import KEY, ORDER, TIME, Fault
from adapters.phone.reading.format import RowSettings
from adapters.phone.reading.leg_times import in_order
from adapters.phone.reading.legs import legs
from adapters.phone.reading.local_clock import LocalClock
from adapters.phone.reading.numbers import written
from adapters.phone.reading.picking import picker, places_of
from inbox.call import BadRow, Leg, Outcome

_COMMON = (
    "caller_id_name", "caller_id_number", "destination_number", "context", "start_stamp", "answer_stamp", "end_stamp",
    "duration", "billsec", "hangup_cause", "uuid", "bleg_uuid", "accountcode",
)  # fmt: skip
_ASTERISK = (
    "accountcode", "caller_id_number", "destination_number", "context", "caller_id", "channel_name", "bridge_channel",
    "last_app", "last_arg", "start_stamp", "answer_stamp", "end_stamp", "duration", "billsec", "hangup_cause", "amaflags",
    "uuid", "userfield",
)  # fmt: skip


class _Told(NamedTuple):
    """What a row says, by FreeSWITCH's names; empty where its template has no such column."""

    caller_id_number: str
    destination_number: str
    start_stamp: str
    answer_stamp: str
    end_stamp: str
    duration: str
    hangup_cause: str
    uuid: str
    bleg_uuid: str
    bridge_channel: str


_OF_COMMON, _OF_ASTERISK = (picker(places_of(names), _Told._fields) for names in (_COMMON, _ASTERISK))
_TEMPLATES = {13: _OF_COMMON, 15: _OF_COMMON, 17: _OF_COMMON, 20: _OF_COMMON, 18: _OF_ASTERISK}
"""By the number of columns, which tells them apart: sql, example, linksys, snom, asterisk."""
_STAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class FreeswitchCsv:
    """One row for each leg that is logged (`legs` in its configuration), without a header."""

    name = "freeswitch-csv"

    def recognises(self, beginning: bytes) -> bool:
        """Say whether its first row has the columns of a template, with a time and a uuid where they belong."""
        told = _pick(first_fields(beginning))
        return bool(told and _STAMP.fullmatch(told.start_stamp) and _UUID.fullmatch(told.uuid))

    def rows(self, content: IO[bytes], settings: RowSettings) -> Iterator[tuple[int, Leg | BadRow]]:
        """Yield a leg for each row."""
        clock = LocalClock(settings.zone)
        return legs(records(content, ONE_LINE), lambda record: _leg(record, clock, settings.region))


def _pick(fields: list[str]) -> _Told | None:
    """Give the values by the names of the template they fit; None when they fit none."""
    pick = _TEMPLATES.get(len(fields))
    return _Told._make(map(str.strip, pick(fields))) if pick else None


def _leg(record: Record, clock: LocalClock, region: str) -> Leg | Fault:
    told = _pick(record.fields)
    if told is None:
        return record.miscounted(" or ".join(map(str, sorted(_TEMPLATES))))
    if not told.uuid:
        return KEY
    start, answer, end = clock.moment(told.start_stamp), clock.moment(told.answer_stamp), clock.moment(told.end_stamp)
    if start is None:
        return TIME
    times = in_order(start, answer, end)
    if times is None or told.duration.startswith("-"):
        return ORDER
    is_to_a_person = bool(told.bleg_uuid or told.bridge_channel)
    answered_at = times.answered_at if is_to_a_person else None
    caller, dialled = written(told.caller_id_number, region), written(told.destination_number, region)
    return Leg(
        # Both legs of a bridge name each other: the smaller uuid is the same for both.
        call_key=min(told.uuid, told.bleg_uuid) if told.bleg_uuid else told.uuid,
        leg_key=told.uuid,
        started_at=times.started_at,
        answered_at=answered_at,
        ended_at=times.ended_at,
        direction=direction_between(caller, dialled),
        caller=caller,
        dialled=dialled,
        agent=dialled if is_extension(dialled) else "",
        outcome=Outcome.answered if answered_at else hangup.by_name(told.hangup_cause),
        is_ambiguous=times.is_ambiguous,
    )
