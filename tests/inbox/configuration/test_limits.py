"""Limits in the document: what may stand there, and what holds when nothing does."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from inbox.configuration.model import Limits, Window
from tests.inbox.samples import quick, town


def window(at_most: Any = 5, within_minutes: Any = 60, **more: Any) -> dict[str, Any]:
    return {"at_most": at_most, "within_minutes": within_minutes, **more}


def test_without_a_word_there_are_limits_for_address_and_thread_and_none_overall() -> None:
    limits = Limits()
    assert limits.per_address == (
        Window(at_most=5, within_minutes=60),
        Window(at_most=20, within_minutes=1440),
    )
    assert limits.per_thread == (Window(at_most=3, within_minutes=1440),)
    assert limits.overall is None


def test_no_windows_are_no_limit() -> None:
    limits = town(limits={"per_address": [], "per_thread": []}).limits
    assert (limits.per_address, limits.per_thread) == ((), ())


@pytest.mark.parametrize(
    "written",
    [
        {"per_address": [window(at_most=0)]},
        {"per_address": [window(at_most=-1)]},
        {"per_address": [window(at_most=1_000_001)]},
        {"per_address": [window(at_most="veel")]},
        {"per_address": [window(within_minutes=0)]},
        {"per_address": [window(within_minutes=44_641)]},
        {"per_address": [window(within_minutes=0.5)]},
        {"per_address": [window(per="uur")]},
        {"per_address": [{"at_most": 5}]},
        {"per_address": window()},
        {"per_address": 5},
        {"per_address": None},
        {"per_address": [window()] * 11},
        {"per_thread": [window(at_most=0)]},
        {"overall": window(at_most=0)},
        {"overall": [window()]},
        {"per_sender": [window()]},
    ],
)
def test_what_is_no_limit_is_a_fault(written: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Limits.model_validate(written)


@quick
@given(st.integers(1, 1_000_000), st.integers(1, 44_640), st.integers(0, 10))
def test_every_limit_within_the_bounds_is_taken(at_most: int, minutes: int, count: int) -> None:
    many = [window(at_most, minutes)] * count
    limits = Limits.model_validate({"per_address": many, "per_thread": many, "overall": window(at_most, minutes)})
    assert limits.overall == Window(at_most=at_most, within_minutes=minutes)
    assert len(limits.per_address) == count
