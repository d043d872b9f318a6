"""What came of a call that nobody answered, by the cause for which it was hung up."""

from __future__ import annotations

from inbox.call import Outcome

_MISSED = frozenset(
    {
        "NO_ANSWER",
        "NO_USER_RESPONSE",
        "SUBSCRIBER_ABSENT",
        "CALL_REJECTED",
        "ALLOTTED_TIMEOUT",
        "RECOVERY_ON_TIMER_EXPIRE",
    }
)
_ABANDONED = frozenset({"ORIGINATOR_CANCEL", "NORMAL_CLEARING"})
_ELSEWHERE = frozenset({"LOSE_RACE", "PICKED_OFF", "BLIND_TRANSFER", "ATTENDED_TRANSFER", "NONE", ""})
"""Another telephone took the call, or it went on somewhere: this row tells nothing of its end."""

_Q850_MISSED = frozenset({18, 19, 20, 21, 102})
_Q850_FAILED = frozenset({1, 2, 3, 22, 27, 28, 29, 34, 38, 41, 42, 44, 47, 50, 57, 58, 63, 65, 88, 111, 127})


def by_name(cause: str) -> Outcome | None:
    """Tell it by FreeSWITCH's name of the cause (its "Hangup Cause Code Table"); None when the row does not say."""
    if cause == "USER_BUSY":
        return Outcome.busy
    if cause in _MISSED:
        return Outcome.missed
    if cause in _ABANDONED:
        return Outcome.abandoned
    return None if cause in _ELSEWHERE else Outcome.failed


def by_q850(caller_cause: int, called_cause: int) -> Outcome | None:
    """Tell it by the causes of both ends (ITU-T Q.850, 0 where an end did not hang up); None when they do not say."""
    if 17 in (caller_cause, called_cause):
        return Outcome.busy
    if {caller_cause, called_cause} & _Q850_MISSED:
        return Outcome.missed
    if {caller_cause, called_cause} & _Q850_FAILED:
        return Outcome.failed
    if caller_cause == 16:
        return Outcome.abandoned
    return Outcome.missed if called_cause == 16 else None
