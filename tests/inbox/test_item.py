"""Where an item stands: with its least advanced assignment."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.item import ForwardState, NoticeState, Status, least_advanced
from tests.inbox.samples import quick

IN_ORDER = [
    Status.returned,
    Status.triage,
    Status.forwarding,
    Status.forwarded,
    Status.accepted,
    Status.completed,
]


@pytest.mark.parametrize(("less", "more"), list(itertools.combinations(IN_ORDER, 2)))
def test_of_two_assignments_the_less_advanced_counts(less: Status, more: Status) -> None:
    assert least_advanced([less, more]) is least_advanced([more, less]) is less


@given(st.lists(st.sampled_from(IN_ORDER), min_size=1))
@quick
def test_an_item_is_completed_only_when_all_of_it_is(statuses: list[Status]) -> None:
    assert (least_advanced(statuses) is Status.completed) is (set(statuses) == {Status.completed})
    assert least_advanced(iter(statuses)) in statuses


@pytest.mark.parametrize("status", [status for status in Status if status not in IN_ORDER])
def test_a_status_that_no_assignment_can_have_is_a_fault_somebody_sees(status: Status) -> None:
    with pytest.raises(ValueError, match="not in tuple"):
        least_advanced([status, Status.triage])


def test_without_assignments_there_is_no_least_advanced() -> None:
    with pytest.raises(ValueError, match="empty"):
        least_advanced([])


def test_ended_open_and_settled_are_what_the_design_says() -> None:
    assert {status for status in Status if status.is_ended} == {"completed", "linked", "filed", "discarded"}
    assert {state for state in ForwardState if not state.is_open} == {"delivered", "failed", "cancelled", "withdrawn"}
    assert {state for state in NoticeState if not state.is_open} == {"sent", "failed", "withheld", "undelivered"}
