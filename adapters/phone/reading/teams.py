"""Microsoft Teams: the call logs of Microsoft Graph as JSON.

Source: learn.microsoft.com/graph/api/resources/callrecords-directroutinglogrow and …/callrecords-pstncalllogrow (v1.0).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import IO, Any

from adapters.phone.reading.fault import KEY, ORDER, SHAPE, TIME, Fault, is_ordered
from adapters.phone.reading.format import RowSettings
from adapters.phone.reading.json_rows import rows, text_of
from adapters.phone.reading.legs import legs
from adapters.phone.reading.numbers import written
from inbox.call import BadRow, Direction, Leg, Outcome

_FIRST_MEMBERS = r"id|correlationId|callId|@odata\.type"
_OURS = re.compile(
    rb'"(?:callType|callrecords\.(?:directRouting|pstnCall)LogRow)"|callRecords\.\w+LogRow', re.IGNORECASE
)
_IN = re.compile(r"^byotin|(?:^|_)in(?:_|$)", re.IGNORECASE)
_OUT = re.compile(r"^byotout|(?:^|_)out(?:_|$)", re.IGNORECASE)
_VOICE_APPLICATION = re.compile("ucap", re.IGNORECASE)

_OUTCOMES = {
    408: Outcome.missed,
    480: Outcome.missed,
    486: Outcome.busy,
    487: Outcome.abandoned,
    600: Outcome.busy,
    603: Outcome.missed,
}
"""By the final SIP code (RFC 3261 section 21) of a call that was not established; every other of 4xx to 6xx failed."""


class Teams:
    """Rows of direct routing and of calling plans, as pages, arrays or JSON lines."""

    name = "teams"

    def recognises(self, beginning: bytes) -> bool:
        """Say whether it is JSON with the members of such a row."""
        bare = beginning.removeprefix(b"\xef\xbb\xbf").lstrip()
        return bare[:1] in (b"{", b"[") and _OURS.search(beginning) is not None

    def rows(self, content: IO[bytes], settings: RowSettings) -> Iterator[tuple[int, Leg | BadRow]]:
        """Yield a leg for each row; the members of a page beside its rows are passed over."""
        return legs(rows(content, _FIRST_MEMBERS), lambda row: _leg(row.members, settings))


def _leg(row: dict[str, Any], settings: RowSettings) -> Leg | Fault:
    if "callType" not in row:
        return SHAPE
    leg_key = text_of(row.get("id"))
    call_key = text_of(row.get("correlationId")) or text_of(row.get("callId")) or leg_key
    if not call_key:
        return KEY
    begun_at, ended_at = _moment(row, "startDateTime"), _moment(row, "endDateTime", "failureDateTime")
    started_at = _moment(row, "inviteDateTime") or begun_at or ended_at
    if started_at is None:
        return TIME
    answered_at = begun_at if _is_answered(row) else None
    if not is_ordered(started_at, answered_at, ended_at) or _seconds(row) < 0:
        return ORDER
    call_type, user = text_of(row["callType"]), _user(row)
    is_voice_application = _VOICE_APPLICATION.search(call_type) is not None
    return Leg(
        call_key=call_key,
        leg_key=leg_key or call_key,
        started_at=started_at,
        answered_at=answered_at,
        ended_at=ended_at,
        direction=_direction(call_type),
        caller=_number(row, "callerNumber", settings),
        dialled=_number(row, "calleeNumber", settings),
        queue=user if is_voice_application else "",
        agent="" if is_voice_application else user,
        outcome=Outcome.answered if answered_at else _outcome(row),
    )


def _moment(row: dict[str, Any], *names: str) -> datetime | None:
    """Give the first of these that happened. Graph writes year 1 for what did not, and seven digits of a second."""
    for name in names:
        try:
            moment = datetime.fromisoformat(text_of(row.get(name)))
            in_utc = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            continue
        if in_utc.year > 1:
            return in_utc
    return None


def _is_answered(row: dict[str, Any]) -> bool:
    """Go by the row's word; the log of calling plans has none, but tells how long a call was connected."""
    successful = row.get("successfulCall")
    return successful if isinstance(successful, bool) else _seconds(row) > 0


def _seconds(row: dict[str, Any]) -> float:
    duration = row.get("duration")
    return duration if isinstance(duration, int | float) else 0


def _user(row: dict[str, Any]) -> str:
    return text_of(row.get("userDisplayName")) or text_of(row.get("userPrincipalName"))


def _number(row: dict[str, Any], name: str, settings: RowSettings) -> str:
    """Give a number; of one whose end is masked nothing is left that could be rung."""
    number = text_of(row.get(name))
    return "" if "*" in number else written(number, settings.region)


def _direction(call_type: str) -> Direction:
    if _IN.search(call_type):
        return Direction.inbound
    return Direction.outbound if _OUT.search(call_type) else Direction.unknown


def _outcome(row: dict[str, Any]) -> Outcome | None:
    code = row.get("finalSipCode")
    if not isinstance(code, int) or not 400 <= code < 700:
        return None
    return _OUTCOMES.get(code, Outcome.failed)
