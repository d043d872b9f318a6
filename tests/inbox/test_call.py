"""Legs and calls go into JSON and legs come out of it again."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from inbox.call import Direction, Leg, Outcome
from inbox.calls.outcome import call_of

LEG = Leg(
    call_key="c", leg_key="c/1", started_at=datetime(2026, 11, 16, 8, 0, tzinfo=UTC), direction=Direction.inbound,
    caller="+31612345678", outcome=Outcome.missed,
)  # fmt: skip


def test_a_leg_comes_out_of_json_as_it_went_in() -> None:
    assert Leg.from_json(json.loads(json.dumps(LEG.as_json()))) == LEG


def test_a_document_holds_what_the_leg_says_and_nothing_else() -> None:
    assert LEG.as_json() == {
        "call_key": "c", "leg_key": "c/1", "started_at": "2026-11-16T08:00:00Z", "direction": "in",
        "caller": "+31612345678", "outcome": "missed",
    }  # fmt: skip


def test_a_call_is_told_with_its_legs() -> None:
    document = call_of([LEG]).as_json()
    assert (document["outcome"], document["waited_s"], document["ended_at"]) == ("missed", 0, None)
    assert [leg["leg_key"] for leg in document["legs"]] == ["c/1"]


@pytest.mark.parametrize("wrong", [{"started_at": "2026-11-16T08:00:00"}, {"outcome": "forgotten"}, {"call_key": None}])
def test_a_document_that_is_no_leg_is_refused(wrong: dict[str, str | None]) -> None:
    with pytest.raises(ValidationError):
        Leg.from_json(LEG.as_json() | wrong)
