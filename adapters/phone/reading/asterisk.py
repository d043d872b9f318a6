"""Asterisk's call detail records as CSV: `cdr_csv`, and `cdr_custom` with a template of one's own.

Source: Asterisk's cdr/cdr_csv.c and configs/samples/cdr.conf.sample (`loguniqueid`, `loguserfield`, `newcdrcolumns`),
cdr_custom.conf.sample; "CDR Specification" in the Asterisk documentation for what a row stands for.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from itertools import islice
from typing import IO

from adapters.phone.reading.csv_records import Record, records
from adapters.phone.reading.durations import seconds
from adapters.phone.reading.format import RowSettings
from adapters.phone.reading.leg_times import DISORDER, Told, in_order
from adapters.phone.reading.local_clock import EPOCH, LocalClock
from adapters.phone.reading.numbers import written
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
_NEEDED = ("start", "disposition")
_OF_TEMPLATE = re.compile(r"CDR\((\w+)(?:,\w*)?\)")
_FORMATS = (ISO_SECONDS, "%Y-%m-%d %H:%M:%S.%f", EPOCH)
_NEVER = "1970-01-01"
"""How `cdr_custom` writes the moment of an answer that there was not."""

_DISPOSITIONS = {
    "ANSWERED": Outcome.answered,
    "NO ANSWER": Outcome.missed,
    "BUSY": Outcome.busy,
    "FAILED": Outcome.failed,
    "CONGESTION": Outcome.failed,
}
_EXTENSION = re.compile(r"\d{1,5}")
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
        if template and any(needed not in self._template for needed in _NEEDED):
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
        facts = dict(zip(columns, fields, strict=True))
        clock = LocalClock(RowSettings().zone, _FORMATS)
        return facts["disposition"] in _DISPOSITIONS and clock.moment(facts["start"]) is not None

    def rows(self, content: IO[bytes], settings: RowSettings) -> Iterator[tuple[int, Leg | BadRow]]:
        """Yield each row in order; see `CallFormat.rows`."""
        clock = LocalClock(settings.zone, _FORMATS)
        for record in records(content):
            if isinstance(record, BadRow):
                yield record.line, record
                continue
            columns = self._columns(record.fields)
            if columns is None:
                yield record.line, record.miscounted(str(len(self._template)) if self._template else "16 to 21")
                continue
            facts = dict(zip(columns, record.fields, strict=True))
            if facts["start"] == "start" and facts["disposition"] == "disposition":
                continue
            yield record.line, self._leg(record, facts, clock, settings)

    def _columns(self, fields: list[str]) -> tuple[str, ...] | None:
        count = len(fields)
        if self._template:
            return self._template if count == len(self._template) else None
        if count in _USERFIELD_ALONE and not _UNIQUE_ID.fullmatch(fields[16]) and fields[16] != "uniqueid":
            return _USERFIELD_ALONE[count]
        return _BY_COUNT.get(count)

    def _leg(self, record: Record, facts: dict[str, str], clock: LocalClock, settings: RowSettings) -> Leg | BadRow:
        if record.is_last_cut:
            # Asterisk writes each row with its end: this one may go on with further columns.
            return record.miscounted("")
        started = clock.moment(facts["start"])
        answered, is_answer_read = _optional(clock, facts.get("answer", ""))
        ended, is_end_read = _optional(clock, facts.get("end", ""))
        if started is None or not (is_answer_read and is_end_read):
            return record.bad("row_time", "`start`, `answer` or `end` is no moment as Asterisk writes it.")
        duration = seconds(facts.get("duration", ""))
        times = in_order(started, answered, ended, duration)
        if times is None or facts.get("billsec", "").startswith("-"):
            return record.bad("row_order", DISORDER)
        said = _DISPOSITIONS.get(facts["disposition"])
        if said is None:
            return record.bad("row_value", "`disposition` is none of ANSWERED, NO ANSWER, BUSY, FAILED and CONGESTION.")
        outcome = _outcome(said, facts)
        unique = facts.get("uniqueid", "") or f"{facts.get('channel', '')}@{facts['start']}"
        caller = written(facts.get("src", "") or facts.get("clid", ""), settings.region)
        dialled = facts.get("did", "") or facts.get("dst", "")
        to = "" if _NO_NUMBER.fullmatch(dialled) else written(dialled, settings.region)
        return Leg(
            call_key=facts.get("linkedid", "") or unique,
            leg_key=_leg_key(unique, facts),
            started_at=times.started_at,
            answered_at=times.answered_at if outcome is Outcome.answered else None,
            ended_at=times.ended_at,
            direction=_direction(caller, to),
            caller=caller,
            dialled=to,
            queue=facts.get("lastdata", "").partition(",")[0] if facts.get("lastapp") == "Queue" else "",
            agent=_agent(facts.get("dstchannel", "")),
            outcome=outcome,
            recording=facts.get("recordingfile", "") if outcome is Outcome.voicemail else "",
            is_ambiguous=times.is_ambiguous,
        )


def _optional(clock: LocalClock, text: str) -> tuple[Told | None, bool]:
    """Return the moment, None where there is none; and whether the text could be read."""
    if not text or text.startswith(_NEVER):
        return None, True
    told = clock.moment(text)
    return told, told is not None


def _outcome(said: Outcome, facts: dict[str, str]) -> Outcome:
    application = facts.get("lastapp", "")
    if application in ("VoiceMail", "MiniVM", "MinivmRecord"):
        return Outcome.voicemail
    if application == "Queue" and (
        said is Outcome.missed or (said is Outcome.answered and not facts.get("dstchannel"))
    ):
        return Outcome.abandoned
    if said is Outcome.answered and "dstchannel" in facts and not facts["dstchannel"]:
        return Outcome.missed
    return said


def _leg_key(unique: str, facts: dict[str, str]) -> str:
    if sequence := facts.get("sequence"):
        return f"{unique}/{sequence.rjust(8, '0')}"
    return f"{unique}/{facts['start']}/{facts.get('end', '')}/{facts.get('dstchannel', '')}"


def _direction(caller: str, dialled: str) -> Direction:
    """Tell it by the numbers: the contexts of a dialplan are everybody's own."""
    if not _EXTENSION.fullmatch(caller):
        return Direction.inbound
    if not dialled:
        return Direction.unknown
    return Direction.internal if _EXTENSION.fullmatch(dialled) else Direction.outbound


def _agent(channel: str) -> str:
    """Return `201` of `PJSIP/201-0000001b` and of `Local/201@from-queue-00000002;1`."""
    return _END_OF_CHANNEL.sub("", channel.partition("/")[2]).partition("@")[0]
