"""FreeSWITCH: the rows that mod_cdr_csv writes by its default templates.

Source: developer.signalwire.com/freeswitch/FreeSWITCH-Explained/Configuration/CDR, and the templates `sql`, `example`,
`snom`, `linksys` and `asterisk` in FreeSWITCH's own conf/vanilla/autoload_configs/cdr_csv.conf.xml.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import IO

from adapters.phone.reading import hangup
from adapters.phone.reading.ends import direction_between, is_extension
from adapters.phone.reading.fault import KEY, ORDER, TIME, Fault, is_ordered
from adapters.phone.reading.format import RowSettings
from adapters.phone.reading.numbers import written
from adapters.phone.reading.separated import Row, first_values, rows
from adapters.phone.reading.times import ISO_SECONDS, local
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
_TEMPLATES = {13: _COMMON, 15: _COMMON, 17: _COMMON, 20: _COMMON, 18: _ASTERISK}
"""By the number of columns, which tells them apart: sql, example, linksys, snom, asterisk."""
_SQL = re.compile(r"^\s*INSERT INTO \w+ VALUES \(\s*\"?", re.IGNORECASE)
_STAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class FreeswitchCsv:
    """One row for each leg that is logged (`legs` in its configuration), without a header."""

    name = "freeswitch-csv"

    def recognises(self, beginning: bytes) -> bool:
        """Say whether its first row has the columns of a template, with a time and a uuid where they belong."""
        values = first_values(beginning)
        told = _told(values)
        return bool(told and _STAMP.fullmatch(told["start_stamp"]) and _UUID.fullmatch(told["uuid"]))

    def rows(self, content: IO[bytes], settings: RowSettings) -> Iterator[tuple[int, Leg | BadRow]]:
        """Yield a leg for each row."""
        for row in rows(content):
            if isinstance(row, BadRow):
                yield row.line, row
                continue
            found = _leg(row, settings)
            yield row.line, found.of(row.line, row.raw) if isinstance(found, Fault) else found


def _told(values: list[str]) -> dict[str, str] | None:
    """Give the values by the names of the template they fit; None when they fit none."""
    names = _TEMPLATES.get(len(values))
    if names is None:
        return None
    told = dict(zip(names, values, strict=False))
    if len(values) == len(_COMMON) and (statement := _SQL.match(values[0])):
        # The statement's parenthesis hides the first value's quotes, and the last one's.
        told["caller_id_name"] = values[0][statement.end() :].rstrip('"')
    return told


def _leg(row: Row, settings: RowSettings) -> Leg | Fault:
    told = _told(row.values)
    if told is None:
        return row.too_few_or_many()
    uuid, other = told["uuid"].strip(), told.get("bleg_uuid", "").strip()
    if not uuid:
        return KEY
    start, answer, end = (_moment(told[name], settings) for name in ("start_stamp", "answer_stamp", "end_stamp"))
    if start is None:
        return TIME
    is_to_a_person = bool(other or told.get("bridge_channel"))
    answered_at = answer[0] if answer and is_to_a_person else None
    ended_at = end[0] if end else None
    if not is_ordered(start[0], answer[0] if answer else None, ended_at) or told["duration"].startswith("-"):
        return ORDER
    caller = written(told["caller_id_number"], settings.region)
    dialled = written(told["destination_number"], settings.region)
    return Leg(
        # Both legs of a bridge name each other: the smaller uuid is the same for both.
        call_key=min(uuid, other) if other else uuid,
        leg_key=uuid,
        started_at=start[0],
        answered_at=answered_at,
        ended_at=ended_at,
        direction=direction_between(caller, dialled),
        caller=caller,
        dialled=dialled,
        agent=dialled if is_extension(dialled) else "",
        outcome=_outcome(told, is_answered=answered_at is not None),
        is_ambiguous=any(moment[1] for moment in (start, answer, end) if moment),
    )


def _moment(stamp: str, settings: RowSettings) -> tuple[datetime, bool] | None:
    return local(stamp, settings.zone, (ISO_SECONDS,)) if stamp else None


def _outcome(told: dict[str, str], *, is_answered: bool) -> Outcome | None:
    if is_answered:
        return Outcome.answered
    return hangup.by_name(told["hangup_cause"].strip())
