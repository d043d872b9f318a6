"""FreeSWITCH: the JSON that mod_json_cdr writes or posts, one object for each leg.

Source: developer.signalwire.com/freeswitch/FreeSWITCH-Explained/Modules/mod_json_cdr_4653124, the variables of
mod_callcenter and mod_voicemail there, and `switch_ivr_generate_json_cdr` in FreeSWITCH's source for the objects.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any
from urllib.parse import unquote

from adapters.phone.reading import hangup
from adapters.phone.reading.ends import direction_between
from adapters.phone.reading.fault import KEY, ORDER, SHAPE, TIME, Fault, is_ordered
from adapters.phone.reading.format import RowSettings
from adapters.phone.reading.json_rows import rows, text_of
from adapters.phone.reading.legs import legs
from adapters.phone.reading.numbers import written
from adapters.phone.reading.times import epoch
from inbox.call import BadRow, Direction, Leg, Outcome

_FIRST_MEMBERS = "core-uuid|switchname|channel_data|variables"
_OURS = re.compile(rb'^\s*\[?\s*\{\s*"(?:core-uuid|switchname|channel_data|variables)"')
_DIRECTIONS = {"inbound": Direction.inbound, "outbound": Direction.outbound, "local": Direction.internal}
_CALL_KEYS = ("cc_member_session_uuid", "originating_leg_uuid", "ent_originate_aleg_uuid")
"""Where a B leg names its A leg: of a queue, of a bridge, of an enterprise originate."""


class FreeswitchJson:
    """A and B legs; values are URL-encoded unless `encode-values` is false."""

    name = "freeswitch-json"

    def recognises(self, beginning: bytes) -> bool:
        """Say whether it begins with the object of such a leg."""
        return _OURS.match(beginning.removeprefix(b"\xef\xbb\xbf")) is not None

    def rows(self, content: IO[bytes], settings: RowSettings) -> Iterator[tuple[int, Leg | BadRow]]:
        """Yield a leg for each object."""
        return legs(rows(content, _FIRST_MEMBERS), lambda row: _leg(row.members, settings))


def _leg(row: dict[str, Any], settings: RowSettings) -> Leg | Fault:
    if not isinstance(row.get("variables"), dict):
        return SHAPE
    told = _Told.of(row)
    uuid = told.value("uuid") or text_of(told.profile.get("uuid"))
    if not uuid:
        return KEY
    started_at = told.moment("start", "created_time")
    if started_at is None:
        return TIME
    ended_at, answered_at = told.moment("end", "hangup_time"), told.answered_at()
    if not is_ordered(started_at, answered_at, ended_at):
        return ORDER
    caller, dialled = _numbers(told, settings)
    return Leg(
        call_key=told.call_key() or uuid,
        leg_key=uuid,
        started_at=started_at,
        answered_at=answered_at,
        ended_at=ended_at,
        direction=_DIRECTIONS.get(told.value("call_direction")) or direction_between(caller, dialled),
        caller=caller,
        dialled=dialled,
        queue=told.value("cc_queue"),
        choice=told.value("digits_dialed").replace("none", ""),
        agent=told.value("cc_agent") or (_rang(told, settings) if told.is_b_leg else ""),
        outcome=_outcome(told, answered_at),
        recording=told.voicemail(),
    )


@dataclass(frozen=True)
class _Told:
    """What an object says, whichever of its parts says it."""

    variables: dict[str, Any]
    profile: dict[str, Any]
    """Of the caller, as it came in: before any transfer."""
    originator: dict[str, Any]
    """The A leg's profile, in a B leg; else empty."""
    times: dict[str, Any]
    is_b_leg: bool

    @classmethod
    def of(cls, row: dict[str, Any]) -> _Told:
        flow = row.get("callflow")
        # The newest part comes first; an older FreeSWITCH writes one object instead of a list.
        parts = [part for part in (flow if isinstance(flow, list) else [flow]) if isinstance(part, dict)]
        first, last = (parts[-1], parts[0]) if parts else ({}, {})
        profile = _members(first.get("caller_profile"))
        profiles = _members(profile.get("originator")).get("originator_caller_profiles")
        originator = _members(profiles[0]) if isinstance(profiles, list) and profiles else {}
        variables = row["variables"]
        is_b_leg = bool(originator) or any(variables.get(name) for name in _CALL_KEYS[1:])
        is_b_leg = is_b_leg or _members(row.get("channel_data")).get("direction") == "outbound"
        return cls(variables, profile, originator, _members(last.get("times")), is_b_leg)

    def value(self, name: str) -> str:
        """Give a variable's value, not encoded any more; empty when there is none."""
        found = self.variables.get(name)
        if found is None:
            return ""
        text = text_of(found)
        # A "+" is never a space here; what is no UTF-8 becomes U+FFFD.
        return unquote(text, errors="replace") if "%" in text else text

    def moment(self, name: str, of_times: str) -> datetime | None:
        """Give when that happened, by the variables or else by the times of the call's last part."""
        return (
            epoch(self.value(f"{name}_uepoch"), 1_000_000)
            or epoch(self.value(f"{name}_epoch"))
            or epoch(text_of(self.times.get(of_times)), 1_000_000)
        )

    def call_key(self) -> str:
        """Give the A leg's uuid, by whichever way it is told; empty when the leg names none."""
        for name in _CALL_KEYS:
            if key := self.value(name):
                return key
        return text_of(self.originator.get("uuid")) or self.value("call_uuid")

    def answered_at(self) -> datetime | None:
        """Give when a person answered: a menu, a queue's music and a mailbox answer an A leg too."""
        if self.voicemail():
            return None
        if self.is_b_leg:
            return self.moment("answer", "answered_time")
        if self.value("cc_queue"):
            return epoch(self.value("cc_queue_answered_epoch"))
        bridged_at = self.moment("bridge", "bridged_time")
        answered_at = self.moment("answer", "answered_time")
        return max(bridged_at, answered_at) if bridged_at and answered_at else None

    def voicemail(self) -> str:
        """Give the recording of a voicemail; empty when nothing was said."""
        length = self.value("voicemail_message_len")
        return self.value("voicemail_file_path") if length not in ("", "0") else ""


def _members(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _numbers(told: _Told, settings: RowSettings) -> tuple[str, str]:
    """Give caller and dialled line; a B leg was rung because of what its A leg dialled."""
    member = told.value("cc_member_session_uuid")
    if member not in ("", told.value("uuid")) and not told.originator:
        # A queue rings an agent by itself: what was dialled is told by the waiting caller's own leg.
        return written(told.value("caller_id_number") or unquote(_caller_id(told.profile)), settings.region), ""
    dialler = told.originator or told.profile
    caller = _caller_id(dialler) or told.value("caller_id_number")
    dialled = told.value("caller_destination") or text_of(dialler.get("destination_number"))
    dialled = dialled or told.value("destination_number") or told.value("sip_req_user")
    return written(unquote(caller), settings.region), written(unquote(dialled), settings.region)


def _caller_id(profile: dict[str, Any]) -> str:
    return text_of(profile.get("caller_id_number"))


def _rang(told: _Told, settings: RowSettings) -> str:
    number = text_of(told.profile.get("destination_number")) or told.value("destination_number")
    return written(unquote(number), settings.region)


def _outcome(told: _Told, answered_at: datetime | None) -> Outcome | None:
    if told.voicemail():
        return Outcome.voicemail
    if answered_at:
        return Outcome.answered
    if not told.is_b_leg and told.value("cc_queue"):
        # The caller broke out, or the queue gave up (TIMEOUT, NO_AGENT_TIMEOUT, EXIT_WITH_KEY).
        return Outcome.abandoned if told.value("cc_cancel_reason") == "BREAK_OUT" else Outcome.missed
    if told.value("last_app") == "voicemail":
        return Outcome.missed
    return hangup.by_name(told.value("hangup_cause"))
