"""Actions and statuses: what makes sense when. The table here is written by hand, not computed from the code's."""

from __future__ import annotations

import itertools

import pytest

from inbox.actions import ALLOWED, NEEDS_REASON, Action, require_allowed
from inbox.errors import Conflict
from inbox.item import Status

TABLE = """
             accept return complete reroute split link unlink discard reopen retry release vouch
received       .      .       .        .      .     x     .       x      .      .      x      .
quarantined    .      .       .        .      .     x     .       x      .      x      .      x
triage         x      x       x        x      x     x     .       x      .      x      .      x
forwarding     x      x       x        x      x     x     .       x      .      x      .      x
forwarded      x      x       x        x      x     x     .       x      .      x      .      x
accepted       x      x       x        x      x     x     .       x      .      x      .      x
returned       x      x       x        x      x     x     .       x      .      x      .      x
completed      .      .       .        .      .     .     .       .      x      x      .      .
linked         .      .       .        .      .     .     x       .      .      x      .      .
filed          .      .       .        .      .     .     .       .      x      .      .      .
discarded      .      .       .        .      .     .     .       .      x      x      .      .
"""
"""Of the whole item; of one matter among several tests/store/test_acting.py says more."""

_HEAD, *_ROWS = [line.split() for line in TABLE.strip().splitlines()]
POSSIBLE = {
    (Action(action), Status(row[0])): mark == "x" for row in _ROWS for action, mark in zip(_HEAD, row[1:], strict=True)
}


def test_the_table_names_every_action_in_every_status() -> None:
    assert POSSIBLE.keys() == set(itertools.product(Action, Status))


@pytest.mark.parametrize(("action", "status"), list(POSSIBLE), ids=str)
def test_each_action_is_possible_exactly_where_the_table_says(action: Action, status: Status) -> None:
    if POSSIBLE[action, status]:
        require_allowed(action, status)
        return
    with pytest.raises(Conflict) as refused:
        require_allowed(action, status)
    assert f"`{action}` is not possible while the item is `{status}`" in refused.value.detail
    assert all(other.value in refused.value.detail for other in ALLOWED[action])


def test_every_status_has_a_way_out() -> None:
    for status in Status:
        assert any(status in allowed for allowed in ALLOWED.values())


def test_ended_items_are_only_begun_again_or_brought_to_their_end() -> None:
    for status in Status:
        possible = {action for action, allowed in ALLOWED.items() if status in allowed}
        assert status.is_ended is (possible <= {Action.reopen, Action.unlink, Action.retry})


def test_what_takes_an_item_out_of_sight_or_puts_it_elsewhere_needs_a_reason() -> None:
    assert {Action.discard, Action.link, Action.unlink, Action.reopen, Action.reroute, Action.return_} <= NEEDS_REASON
