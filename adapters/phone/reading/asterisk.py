"""Asterisk's call detail records as CSV: `cdr_csv`, and `cdr_custom` with a template of one's own.

Source: Asterisk's cdr/cdr_csv.c and configs/samples/cdr.conf.sample (`loguniqueid`, `loguserfield`, `newcdrcolumns`),
cdr_custom.conf.sample; "CDR Specification" in the Asterisk documentation for what a row stands for.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from itertools import islice
from typing import IO, NamedTuple

from adapters.phone.reading.csv_records import Record, records
from adapters.phone.reading.durations import seconds
from adapters.phone.reading.fault import ORDER, TIME, VALUE, Fault
from adapters.phone.reading.format import RowSettings
from adapters.phone.reading.leg_times import in_order
from adapters.phone.reading.legs import legs
from adapters.phone.reading.local_clock import EPOCH, LocalClock
from adapters.phone.reading.numbers import written
from adapters.phone.reading.picking import picker, places_of
from adapters.phone.reading.times import ISO_SECONDS
from inbox.call import BadRow, Direction, Leg, Outcome

_ALWAYS = (
    "accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata", "start", "answer",
    "end", "duration", "billsec", "disposition", "amaflags",
)  # fmt: skip
_NEWER = ("peeraccount", "linkedid", "sequence")


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


class _Layout:
    """Which columns a row has, in their order."""

    def __init__(self, *columns: str) -> None:
        self.count = len(columns)
        self.tells_second_channel = "dstchannel" in columns
        self._pick = picker(places_of(columns), _Told._fields)

    def told(self, fields: list[str]) -> _Told:
        """Return what a row says that has all columns."""
        return _Told._make(self._pick(fields))


_BY_COUNT = {
    16: _Layout(*_ALWAYS),
    17: _Layout(*_ALWAYS, "uniqueid"),
    18: _Layout(*_ALWAYS, "uniqueid", "userfield"),
    19: _Layout(*_ALWAYS, *_NEWER),
    20: _Layout(*_ALWAYS, "uniqueid", *_NEWER),
    21: _Layout(*_ALWAYS, "uniqueid", "userfield", *_NEWER),
}
_USERFIELD_ALONE = {17: _Layout(*_ALWAYS, "userfield"), 20: _Layout(*_ALWAYS, "userfield", *_NEWER)}
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
_ANSWERED = Outcome.answered
"""Python 3.11 looks it up each time it is named."""
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
        columns = _OF_TEMPLATE.findall(template.replace(" ", ""))
        if template and any(needed not in columns for needed in _HEADER):
            raise ValueError("the template has no CDR(start) or no CDR(disposition)")
        self._template = _Layout(*columns) if template else None

    def recognises(self, beginning: bytes) -> bool:
        """Say whether the first whole row has Asterisk's columns, with its own words in their places."""
        rows = (record for record in records(io.BytesIO(beginning)) if isinstance(record, Record))
        # Of a log that was cut while it was written the first row may be half a one.
        return any(self._is_row(record.fields) for record in islice(rows, 2))

    def _is_row(self, fields: list[str]) -> bool:
        layout = self._layout(fields)
        if layout is None:
            return False
        told = layout.told(fields)
        clock = LocalClock(RowSettings().zone, _FORMATS)
        return told.disposition in _DISPOSITIONS and clock.moment(told.start) is not None

    def rows(self, content: IO[bytes], settings: RowSettings) -> Iterator[tuple[int, Leg | BadRow]]:
        """Yield each row in order; see `CallFormat.rows`."""
        clock = LocalClock(settings.zone, _FORMATS)
        return legs(records(content), lambda record: self._leg(record, clock, settings.region))

    def _layout(self, fields: list[str]) -> _Layout | None:
        count = len(fields)
        if self._template:
            return self._template if count == self._template.count else None
        if count in _USERFIELD_ALONE and not _UNIQUE_ID.fullmatch(fields[16]) and fields[16] != "uniqueid":
            return _USERFIELD_ALONE[count]
        return _BY_COUNT.get(count)

    def _leg(self, record: Record, clock: LocalClock, region: str) -> Leg | Fault | None:
        """Read one row; None for one with the names of the columns."""
        layout = self._layout(record.fields)
        if layout is None or record.is_last_cut:
            # Asterisk writes each row with its end: one without it may go on with further columns.
            return record.miscounted(str(self._template.count) if self._template else "16 to 21")
        told = layout.told(record.fields)
        is_never = not told.answer or told.answer.startswith(_NEVER)
        started, ended = clock.moment(told.start), clock.moment(told.end)
        answered = None if is_never else clock.moment(told.answer)
        if started is None or (told.end and ended is None) or (answered is None and not is_never):
            return None if (told.start, told.disposition) == _HEADER else TIME
        times = in_order(started, answered, ended, seconds(told.duration))
        if times is None or told.billsec.startswith("-"):
            return ORDER
        said = _DISPOSITIONS.get(told.disposition)
        if said is None:
            return VALUE
        outcome = _outcome(said, told, tells_second=layout.tells_second_channel)
        unique = told.uniqueid or f"{told.channel}@{told.start}"
        caller = written(told.src or told.clid, region)
        dialled = told.did or told.dst
        is_number = dialled.isdecimal() or not _NO_NUMBER.fullmatch(dialled)
        to = written(dialled, region) if is_number else ""
        return Leg(
            call_key=told.linkedid or unique,
            leg_key=_leg_key(unique, told),
            started_at=times.started_at,
            answered_at=times.answered_at if outcome is _ANSWERED else None,
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


def _outcome(said: Outcome, told: _Told, *, tells_second: bool) -> Outcome:
    if told.lastapp in _MAILBOXES:
        return Outcome.voicemail
    is_by_nobody = said is _ANSWERED and not told.dstchannel
    if told.lastapp == "Queue" and (is_by_nobody or said is Outcome.missed):
        return Outcome.abandoned
    return Outcome.missed if is_by_nobody and tells_second else said


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
