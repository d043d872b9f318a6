"""Cisco Unified Communications Manager: call detail records as it pushes them, `cdr_<cluster>_<node>_<date>_<sequence>`.

Source: Cisco, Call Detail Records Administration Guide for Cisco Unified Communications Manager, "CDR Field Descriptions"
and "Call Termination Cause Codes" (release 11.0 and later; earlier ones have fewer columns of the same names).
"""

# ruff: noqa: N815 - Cisco's own names

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, NamedTuple

from adapters.phone.reading import hangup
from adapters.phone.reading.csv_records import ONE_LINE, Record, first_fields, records
from adapters.phone.reading.ends import direction_between
from adapters.phone.reading.fault import HEADER, KEY, ORDER, TIME, Fault, is_ordered
from adapters.phone.reading.format import RowSettings
from adapters.phone.reading.legs import legs
from adapters.phone.reading.numbers import written
from adapters.phone.reading.picking import Pick, picker, places_of
from adapters.phone.reading.times import epoch
from inbox.call import BadRow, Direction, Leg, Outcome

_FIRST_COLUMNS = ["cdrRecordType", "globalCallID_callManagerId", "globalCallID_callId"]
_TYPE = re.compile(r"(?:INTEGER|VARCHAR\(\d+\)|UNIQUEIDENTIFIER)", re.IGNORECASE)
_CALL_RECORD = "1"
_QUALITY_RECORD = "2"
_TELEPHONE = re.compile(r"^(?:SEP|CSF|BOT|TCT|TAB|ATA|AN[0-9A-F]|CIPC)", re.IGNORECASE)
"""How the names of telephones of the house begin; every other device is a trunk, a gateway or a server."""


@dataclass(frozen=True)
class Cucm:
    """Call records (type 1), with the names of their columns in the header.

    The named remainder: header lines, and call quality records (type 2), which tell of sound and of no call.
    """

    voicemail_pilots: frozenset[str] = field(default_factory=frozenset)
    """Numbers of the voice mailbox, as the records write them: a call that ends there was answered by nobody."""
    name: str = "cucm"

    def recognises(self, beginning: bytes) -> bool:
        """Say whether it begins with the header of call records, or of call quality records."""
        return first_fields(beginning)[:3] == _FIRST_COLUMNS

    def rows(self, content: IO[bytes], settings: RowSettings) -> Iterator[tuple[int, Leg | BadRow]]:
        """Yield a leg for each call record. Both header lines may come again: files may have been joined."""
        reading = _Reading(self.voicemail_pilots, settings.region)
        return legs(records(content, ONE_LINE), reading.leg)


class _Told(NamedTuple):
    """What a record says, by Cisco's names; empty where this release has no such column."""

    cdrRecordType: str
    globalCallID_callManagerId: str
    globalCallID_callId: str
    globalCallId_ClusterID: str
    origLegCallIdentifier: str
    destLegIdentifier: str
    pkid: str
    dateTimeOrigination: str
    dateTimeConnect: str
    dateTimeDisconnect: str
    duration: str
    callingPartyNumber: str
    originalCalledPartyNumber: str
    finalCalledPartyNumber: str
    finalCalledPartyUnicodeLoginUserID: str
    lastRedirectDn: str
    huntPilotDN: str
    origDeviceName: str
    destDeviceName: str
    origCause_value: str
    destCause_value: str

    def call_key(self) -> str:
        node, number = self.globalCallID_callManagerId, self.globalCallID_callId
        if not node or not number:
            return ""
        return "-".join(filter(None, (self.globalCallId_ClusterID, node, number)))

    def leg_key(self) -> str:
        return self.pkid or f"{self.origLegCallIdentifier}-{self.destLegIdentifier}-{self.dateTimeOrigination}"


class _Reading:
    """Makes legs of the records of one file, by the header that came last."""

    def __init__(self, voicemail_pilots: frozenset[str], region: str) -> None:
        self._voicemail_pilots = voicemail_pilots
        self._region = region
        self._count = 0
        """Columns of the last header; 0 before the first."""
        self._pick: Pick | None = None

    def leg(self, record: Record) -> Leg | Fault | None:
        """Read one record; None for a header line, and for a record of call quality."""
        kind = record.fields[0].strip()
        if kind == _QUALITY_RECORD and not record.is_last_cut:
            return None
        if kind != _CALL_RECORD and self._is_header(kind, record.fields):
            return None
        if self._pick is None:
            return HEADER
        if len(record.fields) != self._count:
            return record.miscounted(str(self._count))
        if kind == _QUALITY_RECORD:
            return None
        told = _Told._make(map(str.strip, self._pick(record.fields)))
        call_key = told.call_key()
        if kind != _CALL_RECORD or not call_key:
            return KEY
        return self._leg(told, call_key)

    def _is_header(self, kind: str, fields: list[str]) -> bool:
        """Say whether it is one of both header lines, and keep where the columns stand."""
        if kind == _FIRST_COLUMNS[0]:
            self._count = len(fields)
            self._pick = picker(places_of(fields), _Told._fields)
            return True
        return all(map(_TYPE.fullmatch, fields[:3]))

    def _leg(self, told: _Told, call_key: str) -> Leg | Fault:
        started_at, ended_at = epoch(told.dateTimeOrigination), epoch(told.dateTimeDisconnect)
        if started_at is None:
            return TIME
        connected_at = epoch(told.dateTimeConnect) if told.duration != "0" else None
        if not is_ordered(started_at, connected_at, ended_at) or told.duration.startswith("-"):
            return ORDER
        caller, dialled = (
            written(told.callingPartyNumber, self._region),
            written(told.originalCalledPartyNumber, self._region),
        )
        is_voicemail = connected_at is not None and told.finalCalledPartyNumber in self._voicemail_pilots
        answered_at = None if is_voicemail else connected_at
        direction = _direction(told, caller, dialled)
        return Leg(
            call_key=call_key,
            leg_key=told.leg_key(),
            started_at=started_at,
            answered_at=answered_at,
            ended_at=ended_at,
            direction=direction,
            caller=caller,
            dialled=dialled,
            queue=told.huntPilotDN,
            agent=_agent(told, direction, self._region, is_voicemail=is_voicemail),
            outcome=Outcome.voicemail if is_voicemail else _outcome(told, is_answered=answered_at is not None),
        )


def _direction(told: _Told, caller: str, dialled: str) -> Direction:
    """Tell it by the devices, for extensions may look like numbers of outside; without their names by the numbers."""
    from_device, to_device = told.origDeviceName, told.destDeviceName
    if from_device and not _TELEPHONE.match(from_device):
        return Direction.inbound
    if from_device and to_device:
        return Direction.internal if _TELEPHONE.match(to_device) else Direction.outbound
    return direction_between(caller, dialled)


def _agent(told: _Told, direction: Direction, region: str, *, is_voicemail: bool) -> str:
    """Give who took a call that came in; of a voicemail whose it is, which is who passed the call on last."""
    if direction is Direction.outbound:
        return ""
    if is_voicemail:
        return told.lastRedirectDn
    return told.finalCalledPartyUnicodeLoginUserID or written(told.finalCalledPartyNumber, region)


def _outcome(told: _Told, *, is_answered: bool) -> Outcome | None:
    if is_answered:
        return Outcome.answered
    return hangup.by_q850(_cause(told.origCause_value), _cause(told.destCause_value))


def _cause(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
