"""What the legs of one call come to: one call, whatever order they are told in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import attrgetter

from inbox.call import Call, Direction, Leg, Outcome

# Python 3.11 looks a member of an enumeration up each time it is named, which takes as long as two comparisons of moments.
_ANSWERED = Outcome.answered
_UNKNOWN = Direction.unknown
_PLACE = attrgetter("started_at", "leg_key")


def call_of(legs: Iterable[Leg]) -> Call:
    """Return the call of these legs, which have one `call_key` and are at least one.

    Of a leg told twice (the same `leg_key`) the one that knows more counts: the later end, then an answer. Each fact is
    that of the earliest leg that states it, so that the line which rang first counts and not the extension that took it.
    """
    told = _once(legs)
    first = told[0]
    caller, dialled, queue, choice, recording = first.caller, first.dialled, first.queue, first.choice, first.recording
    direction, ended_at = first.direction, first.ended_at
    for leg in told[1:]:
        caller, dialled, queue = caller or leg.caller, dialled or leg.dialled, queue or leg.queue
        choice, recording = choice or leg.choice, recording or leg.recording
        if direction is _UNKNOWN:
            direction = leg.direction
        if ended_at is None or (leg.ended_at is not None and leg.ended_at > ended_at):
            ended_at = leg.ended_at
    answers = [leg for leg in told if is_answered(leg)]
    answered_at = min([leg.answered_at for leg in answers if leg.answered_at is not None], default=None)
    return Call(
        call_key=first.call_key,
        caller=caller,
        dialled=dialled,
        queue=queue,
        choice=choice,
        direction=direction,
        outcome=_ANSWERED if answers else _unanswered(told),
        started_at=first.started_at,
        answered_at=answered_at,
        ended_at=ended_at,
        waited_s=_waited(first.started_at, answered_at, None if answers else ended_at),
        talked_s=_talked(answers) if answers else 0.0,
        recording=recording,
        legs=tuple(told),
    )


def is_answered(leg: Leg) -> bool:
    """Say whether a person answered: the row says so, or says nothing and names the moment."""
    return leg.outcome is _ANSWERED or (leg.outcome is None and leg.answered_at is not None)


def fuller(one: Leg, other: Leg) -> Leg:
    """Return which of two tellings of one leg counts, whichever came first."""
    return max(one, other, key=_knows)


def _once(legs: Iterable[Leg]) -> list[Leg]:
    """Return each leg once, by its start."""
    by_key: dict[str, Leg] = {}
    for leg in legs:
        known = by_key.setdefault(leg.leg_key, leg)
        if known is not leg and known != leg and _knows(leg) > _knows(known):
            by_key[leg.leg_key] = leg
    told = list(by_key.values())
    if len(told) > 1:
        told.sort(key=_PLACE)
    return told


def _knows(leg: Leg) -> tuple[datetime, bool, str]:
    """Order two tellings of one leg; the last part only makes the choice the same in any order."""
    return leg.ended_at or leg.started_at, leg.answered_at is not None, str(leg.as_json())


def _unanswered(legs: Sequence[Leg]) -> Outcome:
    """Return what came of a call that no person answered.

    A row that says "after hours" or "voicemail" settles it. Else it depends on how it ended: with a caller who left
    (`abandoned`) or a system that gave up (`missed`). Busy and failed telephones count only where nothing else rang.
    """
    if len(legs) == 1:
        return legs[0].outcome or Outcome.missed
    said = {leg.outcome or Outcome.missed for leg in legs}
    for settles in (Outcome.after_hours, Outcome.voicemail):
        if settles in said:
            return settles
    if Outcome.abandoned in said:
        # Telephones that rang until the caller left end at the same moment: then it is the caller who ended it.
        waited = (leg for leg in legs if leg.outcome in (None, Outcome.missed, Outcome.abandoned))
        last = max(waited, key=lambda leg: (leg.ended_at or leg.started_at, leg.outcome is Outcome.abandoned))
        return last.outcome or Outcome.missed
    return next(outcome for outcome in (Outcome.missed, Outcome.busy, Outcome.failed) if outcome in said)


def _waited(started_at: datetime, answered_at: datetime | None, ended_at: datetime | None) -> float:
    """Return seconds until the answer or the end; 0 where a person answered and no row says when."""
    until = answered_at or ended_at
    return max(0.0, (until - started_at).total_seconds()) if until else 0.0


def _talked(answers: Sequence[Leg]) -> float:
    """Return seconds in which anybody talked: two legs of one conversation, or an overlap at a transfer, count once."""
    if len(answers) == 1:
        leg = answers[0]
        return (leg.ended_at - (leg.answered_at or leg.started_at)).total_seconds() if leg.ended_at else 0.0
    talks = sorted((leg.answered_at or leg.started_at, leg.ended_at) for leg in answers if leg.ended_at is not None)
    total = 0.0
    until: datetime | None = None
    for began, ended in talks:
        since = began if until is None else max(began, until)
        if ended > since:
            total += (ended - since).total_seconds()
        until = ended if until is None else max(until, ended)
    return total
