"""What must hold of `calls` in a configuration."""

from __future__ import annotations

import pytest

from inbox.configuration.load import load_configuration
from inbox.errors import ConfigurationInvalid
from tests.configuration import SMALL_TOWN


def faults(calls: str) -> list[str]:
    try:
        load_configuration(f"{SMALL_TOWN}calls: {calls}\n")
    except ConfigurationInvalid as error:
        return error.faults
    return []


@pytest.mark.parametrize(
    "calls",
    [
        "{}",
        "{category: lantaarn, call_back_on: [missed, busy], window_minutes: 0}",
        "{queues: {Balie: {department: kcc}, '14099': {department: vergunningen}}}",
        "{shared_lines: ['+31201234567', '14099', '201']}",
    ],
)
def test_what_can_be_met_is_no_fault(calls: str) -> None:
    assert faults(calls) == []


@pytest.mark.parametrize(
    ("calls", "says"),
    [
        ("{category: nergens}", "there is no category `nergens`"),
        ("{category: bezwaar}", "`bezwaar` is statutory"),
        ("{queues: {Balie: {department: nergens}}}", "there is no department `nergens`"),
        ("{queues: {Balie: {department: kcc}, balie: {department: kcc}}}", "names the queue `balie` twice"),
        ("{call_back_on: [missed, answered]}", "names `answered`"),
        ("{call_back_on: [missed, missed]}", "names `missed` twice"),
        ("{shared_lines: ['+31201234567', '+31201234567']}", "names `+31201234567` twice"),
        ("{shared_lines: ['0201234567']}", "write it as `+31201234567`"),
    ],
)
def test_what_never_can_be_is_named(calls: str, says: str) -> None:
    [fault] = faults(calls)
    assert says in fault
    assert "calls" in fault
