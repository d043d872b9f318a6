"""Made-up call logs of each format, of any length: a call each seven seconds, two rows to a call.

The first telephone that rings does not answer, the second one does. Callers are 9,000 mobile numbers, in turn.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

_BEGAN = datetime(2026, 11, 2, 8, 0)  # noqa: DTZ001 - local times, as in a log
_AGENTS = ("201", "202")


class _Part(NamedTuple):
    """One row to be."""

    call: int
    part: int
    agent: str
    number: str
    start: datetime
    answer: datetime | None
    end: datetime

    @property
    def uuid(self) -> str:
        return f"51156b0b-f91b-4fd3-9c8f-{self.call * 2 + self.part:012x}"

    @property
    def other_uuid(self) -> str:
        """Of the call's other row."""
        return f"51156b0b-f91b-4fd3-9c8f-{self.call * 2 + 1 - self.part:012x}"


def _parts() -> Iterator[_Part]:
    start, call = _BEGAN, 0
    while True:
        number, end = f"06{12340000 + call % 9000}", start + timedelta(seconds=180)
        for part, (agent, answer) in enumerate(zip(_AGENTS, (None, start + timedelta(seconds=30)), strict=True)):
            yield _Part(call, part, agent, number, start, answer, end)
        start, call = start + timedelta(seconds=7), call + 1


def asterisk_rows() -> Iterator[str]:
    """Yield rows with all 21 columns."""
    for one in _parts():
        unique = f"1763280000.{one.call * 2}"
        said, disposition = (f'"{one.answer}"', "ANSWERED") if one.answer else ("", "NO ANSWER")
        yield (
            f'"","{one.number}","14010","from-trunk","""Jan Jansen"" <{one.number}>","PJSIP/trunk-{one.call:08x}",'
            f'"PJSIP/{one.agent}-{one.call:08x}","Queue","burgerzaken,t,,,120","{one.start}",{said},"{one.end}",180,0,'
            f'"{disposition}","DOCUMENTATION","{unique}","","","{unique}",{one.call * 2 + one.part}\n'
        )


MAPPED_NAMES = ("call", "started_at", "answered_at", "ended_at", "caller", "dialled", "queue", "agent")


def mapped_rows() -> Iterator[str]:
    """Yield an export with a header, of eight columns."""
    yield ";".join(MAPPED_NAMES) + "\n"
    for one in _parts():
        answer = one.answer or ""
        yield f"c{one.call};{one.start};{answer};{one.end};{one.number};14 010;Burgerzaken;{one.agent}\n"


def three_cx_rows() -> Iterator[str]:
    """Yield rows with 3CX's default fields."""
    for one in _parts():
        began, ended = (f"{moment:%Y/%m/%d %H:%M:%S}" for moment in (one.start, one.end))
        answered = f"{one.answer:%Y/%m/%d %H:%M:%S}" if one.answer else ""
        yield (
            f"{600000 + one.call},00000C21DE{one.call:06X}_{one.part},00:03:00,{began},{answered},{ended},"
            f"{'TerminatedBySrc' if answered else 'NoAnswer'},{one.number},Ext.800,10001,800,0168373601,,Ext.{one.agent},"
            f"{one.agent},,,,,Chain: {one.number};Ext.800;Ext.{one.agent};,ExternalLine,Queue,Extension,Jansen,"
            f"Burgerzaken,Els,\n"
        )


def freeswitch_rows() -> Iterator[str]:
    """Yield rows of the template `example`."""
    for one in _parts():
        talked, cause = ("150", "NORMAL_CLEARING") if one.answer else ("0", "NO_ANSWER")
        yield (
            f'"Jansen","{one.number}","{one.agent}","public","{one.start}","{one.answer or ""}","{one.end}","180",'
            f'"{talked}","{cause}","{one.uuid}","{one.other_uuid}","moerdijk","PCMA","PCMA"\n'
        )


def cucm_rows() -> Iterator[str]:
    """Yield both header lines and records with the columns that are read, and a dozen others."""
    yield (
        '"cdrRecordType","globalCallID_callManagerId","globalCallID_callId","origLegCallIdentifier","dateTimeOrigination",'
        '"origNodeId","origSpan","origIpAddr","callingPartyNumber","callingPartyUnicodeLoginUserID","origCause_location",'
        '"origCause_value","destLegIdentifier","destNodeId","destSpan","destIpAddr","originalCalledPartyNumber",'
        '"finalCalledPartyNumber","finalCalledPartyUnicodeLoginUserID","destCause_location","destCause_value",'
        '"dateTimeConnect","dateTimeDisconnect","lastRedirectDn","pkid","originalCalledPartyNumberPartition",'
        '"callingPartyNumberPartition","finalCalledPartyNumberPartition","lastRedirectDnPartition","duration",'
        '"origDeviceName","destDeviceName","huntPilotDN","globalCallId_ClusterID"\n'
    )
    yield "INTEGER,INTEGER,INTEGER,INTEGER" + 30 * ",VARCHAR(129)" + "\n"
    for one in _parts():
        began, ended, answered = _epoch(one.start), _epoch(one.end), _epoch(one.answer) if one.answer else 0
        yield (
            f'1,2,{one.call},{30000000 + one.part},{began},0,0,-1139627840,"{one.number}","",0,{16 if answered else 0},'
            f'{40000000 + one.part},0,0,184550154,"0168373600","3{one.agent}","",0,{0 if answered else 19},{answered},'
            f'{ended},"3600","{one.uuid}","","","","",{150 if answered else 0},"SIP-TRUNK-KPN","SEP0011AABBCC01",'
            f'"3600","MOERDIJK"\n'
        )


def freeswitch_objects() -> Iterator[str]:
    """Yield an A and a B leg for each call, one object to a line, with few of the variables that there can be."""
    for one in _parts():
        began, ended = (f"{_epoch(moment)}000000" for moment in (one.start, one.end))
        answered = f"{_epoch(one.answer)}000000" if one.answer else "0"
        direction = ("inbound", "outbound")[one.part]
        caller = {"caller_id_name": "Jansen", "caller_id_number": one.number, "ani": one.number, "rdnis": ""}
        profile = {**caller, "destination_number": one.agent, "uuid": one.uuid, "context": "public"}
        yield _line(
            {
                "core-uuid": "3f0e2a4c-1111-4c6b-9a11-0a0a0a0a0a0a",
                "switchname": "pbx1",
                "channel_data": {"state": "CS_REPORTING", "direction": direction, "state_number": "11"},
                "variables": {
                    "direction": direction,
                    "uuid": one.uuid,
                    "start_uepoch": began,
                    "answer_uepoch": answered,
                    "bridge_uepoch": answered,
                    "end_uepoch": ended,
                    "hangup_cause": "NORMAL_CLEARING",
                    "sip_to_uri": "201%40192.0.2.10",
                    **({"originating_leg_uuid": one.other_uuid} if one.part else {}),
                },
                "callflow": [{"dialplan": "XML", "profile_index": "1", "caller_profile": profile, "times": {}}],
            }
        )


def teams_objects() -> Iterator[str]:
    """Yield rows of direct routing, one object to a line."""
    for one in _parts():
        began, invited, ended = (
            f"{moment:%Y-%m-%dT%H:%M:%S}.1050000Z" for moment in (one.answer or one.start, one.start, one.end)
        )
        yield _line(
            {
                "id": one.uuid,
                "correlationId": f"c98e1515-a937-4b81-b8a8-{one.call:012x}",
                "userId": "db03c14b-06eb-4189-939b-7cbf3a20ba27",
                "userPrincipalName": "e.devries@moerdijk.example",
                "userDisplayName": "Els de Vries",
                "startDateTime": began,
                "inviteDateTime": invited,
                "failureDateTime": "0001-01-01T00:00:00Z",
                "endDateTime": ended,
                "duration": 150 if one.answer else 0,
                "callType": "ByotIn",
                "successfulCall": one.answer is not None,
                "callerNumber": f"+31{one.number[1:]}",
                "calleeNumber": "+31168373600",
                "finalSipCode": 0 if one.answer else 480,
                "finalSipCodePhrase": "BYE",
                "trunkFullyQualifiedDomainName": "sbc01.moerdijk.example",
                "mediaBypassEnabled": False,
            }
        )


def _epoch(local: datetime) -> int:
    return int(local.replace(tzinfo=UTC).timestamp())


def _line(members: dict[str, Any]) -> str:
    return json.dumps(members) + "\n"
