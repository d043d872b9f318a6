"""A call counts for the queue that is named, else for the number that was dialled."""

from __future__ import annotations

import pytest

from inbox.calls.lines import Line, Lines
from inbox.configuration.model import Calls

CALLS = Calls.model_validate(
    {
        "answered_within_seconds": 30,
        "answered_share": 0.8,
        "queues": {
            "Burgerzaken": {"department": "burgerzaken", "answered_within_seconds": 20, "answered_share": 0.9},
            "14 0168": {"department": "kcc"},
            "0168 123 456": {"department": "vergunningen"},
        },
    }
)


@pytest.mark.parametrize(
    ("queue", "dialled", "counts_for", "department"),
    [
        ("Burgerzaken", "", "Burgerzaken", "burgerzaken"),
        (" burgerZAKEN ", "140168", "Burgerzaken", "burgerzaken"),
        ("", "140168", "14 0168", "kcc"),
        ("", "+31168123456", "0168 123 456", "vergunningen"),
        ("9001", "140168", "14 0168", "kcc"),
        ("Belastingen ", "+31168999999", "Belastingen", ""),
        ("", "140999", "140999", ""),
        ("", "201", "201", ""),
        ("", "+31612345678", "", ""),
        ("", "iemand@thuis.test", "", ""),
        ("", "", "", ""),
    ],
)
def test_a_queue_is_known_by_its_name_else_by_its_number_else_shown_as_it_is(
    queue: str, dialled: str, counts_for: str, department: str
) -> None:
    line = Lines(CALLS).line_of(queue, dialled)
    assert (line.queue, line.department, line.is_known) == (counts_for, department, bool(department))


def test_a_queue_has_its_own_norm_or_that_of_all() -> None:
    lines = Lines(CALLS)
    norms = [(line.within_ms, line.share_millionths) for line in _lines(lines, "Burgerzaken", "14 0168", "anders")]
    assert norms == [(20_000, 900_000), (30_000, 800_000), (30_000, 800_000)]


def test_numbers_without_end_do_not_fill_the_memory() -> None:
    lines = Lines(CALLS)
    for number in range(25_000):
        lines.line_of("", str(number))
    assert len(lines._remembered) <= 10_000


def _lines(lines: Lines, *names: str) -> list[Line]:
    return [lines.line_of(name, "") for name in names]
