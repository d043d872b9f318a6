"""What the legs of one call come to."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from inbox.call import Direction, Leg, Outcome
from inbox.calls.outcome import call_of

NINE = datetime(2026, 11, 16, 8, 0, tzinfo=UTC)


def leg(key: str, start: float, end: float | None, answer: float | None = None, **facts) -> Leg:
    """Make a leg of one call; moments are seconds after nine."""

    def moment(seconds: float | None) -> datetime | None:
        return None if seconds is None else NINE + timedelta(seconds=seconds)

    return Leg(
        call_key="c", leg_key=key, started_at=moment(start), ended_at=moment(end), answered_at=moment(answer), **facts
    )


def test_a_missed_call_that_rang_three_agents_is_one_missed_call() -> None:
    call = call_of(leg(str(n), n, 20, caller="+31201234567", dialled="14010", agent=f"20{n}") for n in range(3))
    assert (call.outcome, call.waited_s, call.talked_s, len(call.legs)) == (Outcome.missed, 20, 0, 3)
    assert call.answered_at is None


def test_facts_are_those_of_the_earliest_leg_that_states_them() -> None:
    call = call_of(
        [
            leg("b", 5, 60, 10, caller="201", dialled="301", queue="Burgerzaken", agent="301"),
            leg("a", 0, 5, caller="+31612345678", dialled="14010", direction=Direction.inbound, outcome=Outcome.missed),
            leg("c", 6, 60, choice="2"),
        ]
    )
    assert (call.caller, call.dialled, call.queue, call.choice) == ("+31612345678", "14010", "Burgerzaken", "2")
    assert (call.direction, call.outcome) == (Direction.inbound, Outcome.answered)


@pytest.mark.parametrize(
    ("outcomes", "comes_to"),
    [
        (["missed", "abandoned"], "abandoned"),
        (["abandoned", "missed"], "missed"),
        (["missed", "answered"], "answered"),
        (["voicemail", "answered"], "answered"),
        (["missed", "voicemail"], "voicemail"),
        (["abandoned", "voicemail"], "voicemail"),
        (["voicemail", "after_hours"], "after_hours"),
        (["busy", "missed"], "missed"),
        (["failed", "busy"], "busy"),
        (["failed"], "failed"),
        ([None], "missed"),
        ([None, "busy"], "missed"),
        (["busy", "abandoned", "failed"], "abandoned"),
    ],
)
def test_outcome_of_legs_one_after_the_other(outcomes: list[str | None], comes_to: str) -> None:
    legs = [leg(str(n), n * 10, n * 10 + 10, outcome=said and Outcome(said)) for n, said in enumerate(outcomes)]
    assert call_of(legs).outcome == comes_to


def test_telephones_that_ring_until_the_caller_leaves_make_no_missed_call_of_it() -> None:
    queue = leg("q", 0, 30, queue="KCC", outcome=Outcome.abandoned)
    ringing = leg("r", 20, 30, agent="201", outcome=Outcome.missed)
    assert call_of([queue, ringing]).outcome is Outcome.abandoned


def test_a_machine_that_answers_is_no_answer() -> None:
    call = call_of([leg("v", 0, 40, 12, outcome=Outcome.voicemail, recording="msg0001.wav")])
    assert (call.outcome, call.answered_at, call.waited_s, call.talked_s) == (Outcome.voicemail, None, 40, 0)
    assert call.recording == "msg0001.wav"


def test_two_legs_of_one_conversation_and_a_transfer_count_talk_once() -> None:
    call = call_of([leg("a", 0, 100, 20), leg("b", 15, 100, 20), leg("t", 95, 160, 110), leg("u", 200, 230, 210)])
    assert (call.waited_s, call.talked_s) == (20, (100 - 20) + (160 - 110) + (230 - 210))


def test_an_answer_without_its_moment_has_no_wait() -> None:
    call = call_of([leg("a", 0, 100, outcome=Outcome.answered)])
    assert (call.outcome, call.answered_at, call.waited_s, call.talked_s) == (Outcome.answered, None, 0, 100)


def test_of_a_leg_told_twice_the_fuller_counts_in_any_order() -> None:
    legs = [leg("a", 0, None), leg("a", 0, 30, 10), leg("a", 0, 30), leg("b", 2, 30, outcome=Outcome.missed)]
    calls = {str(call_of(order).as_json()) for order in itertools.permutations(legs)}
    assert len(calls) == 1
    assert call_of(legs).outcome is Outcome.answered
    assert len(call_of(legs).legs) == 2
