"""Asterisk's call detail records as CSV: `cdr_csv`, and `cdr_custom` with a template of one's own.

Source: Asterisk's cdr/cdr_csv.c and configs/samples/cdr.conf.sample (`loguniqueid`, `loguserfield`, `newcdrcolumns`),
cdr_custom.conf.sample; "CDR Specification" in the Asterisk documentation for what a row stands for.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import IO, NamedTuple

from adapters.phone.reading.csv_records import Record, records
from adapters.phone.reading.durations import seconds
from adapters.phone.reading.fault import ORDER, TIME, VALUE, Fault
from adapters.phone.reading.format import RowSettings
from adapters.phone.reading.leg_times import Told, in_order
from adapters.phone.reading.legs import legs
from adapters.phone.reading.local_clock import EPOCH, LocalClock
from adapters.phone.reading.numbers import written
from adapters.phone.reading.picking import Pick, picker, places_of
from adapters.phone.reading.times import ISO_SECONDS
from inbox.call import BadRow, Direction, Leg, Outcome

_ALWAYS = (
    "accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata", "start", "answer",
    "end", "duration", "billsec", "disposition", "amaflags",
)  # fmt: skip
_NEWER = ("peeraccount", "linkedid", "sequence")
_BY_COUNT: dict[int, tuple[str, ...]] = {
    16: _ALWAYS,
    17: (*_ALWAYS, "uniqueid"),
    18: (*_ALWAYS, "uniqueid", "userfield"),
    19: (*_ALWAYS, *_NEWER),
    20: (*_ALWAYS, "uniqueid", *_NEWER),
    21: (*_ALWAYS, "uniqueid", "userfield", *_NEWER),
}
_USERFIELD_ALONE = {17: (*_ALWAYS, "userfield"), 20: (*_ALWAYS, "userfield", *_NEWER)}
_UNIQUE_ID = re.compile(r"(?:.*-)?\d{9,11}\.\d+")
_OF_TEMPLATE = re.compile(r"CDR\((\w+)(?:,\w*)?\)")
_FORMATS = (ISO_SECONDS, "%Y-%m-%d %H:%M:%S.%f", EPOCH)
_HEADER = ("start", "disposition")
_NEVER = "1970-01-01"
"""How `cdr_custom` writes the moment of an answer that there was not."""

_DISPOSITIONS = {
    "ANSWERED": Outcome.answered,
    "NO ANSWER": Outcome.missed,
    "BUSY": Outcome.busy,
    "FAILED": Outcome.failed,
    "CONGESTION": Outcome.failed,
}
_MAILBOXES = frozenset({"VoiceMail", "MiniVM", "MinivmRecord"})
_LONGEST_EXTENSION = 5
_NO_NUMBER = re.compile(r"[a-zA-Z_~-][\w~-]*")
"""Extensions of the dialplan (`s`, `h`, `app-blackhole`) are nothing that anybody dialled."""
_END_OF_CHANNEL = re.compile(r"-[0-9a-f]{6,}(?:;\d)?$")


class Asterisk:
    """Rows of 16 to 21 columns without a header, or the columns of a template. See `CallFormat`.

    Local times; `usegmtime=yes` is a source with the zone UTC. A call is its `linkedid`, else its `uniqueid`, else its
    channel at its start. A person answered where a second channel did; voicemail and menus are none. A caller who was
    in `Queue` and in no application after it has left.
    """

    name = "asterisk"

    def __init__(self, template: str = "") -> None:
        """Take the line of cdr_custom.conf as it stands: `Master.csv => ${CSV_QUOTE(${CDR(clid)})},…`.

        Raises ValueError when it does not name `start` and `disposition`.
        """
        self._template = tuple(_OF_TEMPLATE.findall(template.replace(" ", "")))
        if template and any(needed not in self._template for needed in _HEADER):
            raise ValueError("the template has no CDR(start) or no CDR(disposition)")

    def recognises(self, beginning: bytes) -> bool:
        """Say whether the first whole row has Asterisk's columns, with its own words in their places."""
        rows = (record for record in records(io.BytesIO(beginning)) if isinstance(record, Record))
        # Of a log that was cut while it was written the first row may be half a one.
        return any(self._is_row(record.fields) for record in islice(rows, 2))

    def _is_row(self, fields: list[str]) -> bool:
        columns = self._columns(fields)
        if columns is None:
            return False
        told = _pick(columns, fields)
        clock = LocalClock(RowSettings().zone, _FORMATS)
        return told.disposition in _DISPOSITIONS and clock.moment(told.start) is not None

    def rows(self, content: IO[bytes], settings: RowSettings) -> Iterator[tuple[int, Leg | BadRow]]:
        """Yield each row in order; see `CallFormat.rows`."""
        clock = LocalClock(settings.zone, _FORMATS)
        return legs(records(content), lambda record: self._leg(record, clock, settings.region))

    def _columns(self, fields: list[str]) -> tuple[str, ...] | None:
        count = len(fields)
        if self._template:
            return self._template if count == len(self._template) else None
        if count in _USERFIELD_ALONE and not _UNIQUE_ID.fullmatch(fields[16]) and fields[16] != "uniqueid":
            return _USERFIELD_ALONE[count]
        return _BY_COUNT.get(count)

    def _leg(self, record: Record, clock: LocalClock, region: str) -> Leg | Fault | None:
        """Read one row; None for one with the names of the columns."""
        columns = self._columns(record.fields)
        if columns is None or record.is_last_cut:
            # Asterisk writes each row with its end: one without it may go on with further columns.
            return record.miscounted(str(len(self._template)) if self._template else "16 to 21")
        told = _pick(columns, record.fields)
        started = clock.moment(told.start)
        answered, is_answer_read = _optional(clock, told.answer)
        ended, is_end_read = _optional(clock, told.end)
        if started is None or not (is_answer_read and is_end_read):
            return None if (told.start, told.disposition) == _HEADER else TIME
        times = in_order(started, answered, ended, seconds(told.duration))
        if times is None or told.billsec.startswith("-"):
            return ORDER
        said = _DISPOSITIONS.get(told.disposition)
        if said is None:
            return VALUE
        outcome = _outcome(said, told, is_second_told="dstchannel" in columns)
        unique = told.uniqueid or f"{told.channel}@{told.start}"
        caller = written(told.src or told.clid, region)
        dialled = told.did or told.dst
        to = "" if _NO_NUMBER.fullmatch(dialled) else written(dialled, region)
        return Leg(
            call_key=told.linkedid or unique,
            leg_key=_leg_key(unique, told),
            started_at=times.started_at,
            answered_at=times.answered_at if outcome is Outcome.answered else None,
            ended_at=times.ended_at,
            direction=_direction(caller, to),
            caller=caller,
            dialled=to,
            queue=told.lastdata.partition(",")[0] if told.lastapp == "Queue" else "",
            agent=_agent(told.dstchannel),
            outcome=outcome,
            recording=told.recordingfile if outcome is Outcome.voicemail else "",
            is_ambiguous=times.is_ambiguous,
        )


class _Told(NamedTuple):
    """What a row says, by Asterisk's names; empty where it has no such column."""

    start: str
    answer: str
    end: str
    duration: str
    billsec: str
    disposition: str
    src: str
    clid: str
    did: str
    dst: str
    channel: str
    dstchannel: str
    lastapp: str
    lastdata: str
    uniqueid: str
    linkedid: str
    sequence: str
    recordingfile: str


@lru_cache
def _picker(columns: tuple[str, ...]) -> Pick:
    return picker(places_of(columns), _Told._fields)


def _pick(columns: tuple[str, ...], fields: list[str]) -> _Told:
    return _Told._make(_picker(columns)(fields))


def _optional(clock: LocalClock, text: str) -> tuple[Told | None, bool]:
    """Return the moment, None where there is none; and whether the text could be read."""
    if not text or text.startswith(_NEVER):
        return None, True
    told = clock.moment(text)
    return told, told is not None


def _outcome(said: Outcome, told: _Told, *, is_second_told: bool) -> Outcome:
    if told.lastapp in _MAILBOXES:
        return Outcome.voicemail
    if told.lastapp == "Queue" and (said is Outcome.missed or (said is Outcome.answered and not told.dstchannel)):
        return Outcome.abandoned
    if said is Outcome.answered and is_second_told and not told.dstchannel:
        return Outcome.missed
    return said


def _leg_key(unique: str, told: _Told) -> str:
    if told.sequence:
        return f"{unique}/{told.sequence.rjust(8, '0')}"
    return f"{unique}/{told.start}/{told.end}/{told.dstchannel}"


def _direction(caller: str, dialled: str) -> Direction:
    """Tell it by the numbers: the contexts of a dialplan are everybody's own."""
    if not _is_extension(caller):
        return Direction.inbound
    if not dialled:
        return Direction.unknown
    return Direction.internal if _is_extension(dialled) else Direction.outbound


def _is_extension(number: str) -> bool:
    return len(number) <= _LONGEST_EXTENSION and number.isdecimal()


def _agent(channel: str) -> str:
    """Return `201` of `PJSIP/201-0000001b` and of `Local/201@from-queue-00000002;1`."""
    return _END_OF_CHANNEL.sub("", channel.partition("/")[2]).partition("@")[0]
