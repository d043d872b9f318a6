"""Sets of positions do what sets do, also with what only looks like a number."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from store.positions import Positions
from store.sources import compact
from tests.inbox.samples import quick

POSITIONS = st.sets(
    st.integers(0, 5000).map(str)
    | st.integers(0, 10**19 - 1).map(str)
    | st.sampled_from(["", "007", "²", "٣", "1:3", "1,2", "-1", "brief.pdf", "9" * 25]),
    max_size=40,
)


@given(POSITIONS, POSITIONS)
@example({"1023", "1024"}, {"1024"})
@quick
def test_they_combine_as_sets_do(some: set[str], others: set[str]) -> None:
    first, second = Positions(compact(some)), Positions(compact(others))
    assert set(first) == some
    assert set(first - second) == some - others
    assert set(first & second) == some & others
    assert set(first | second) == some | others
    assert len(first) == len(some)
    assert [position in first for position in sorted(some | others)] == [p in some for p in sorted(some | others)]
    assert (set(first), set(second)) == (some, others)
    first.update(second)
    assert set(first) == some | others


@given(POSITIONS)
@quick
def test_they_are_written_as_sweeps_are(some: set[str]) -> None:
    made = Positions()
    for position in some:
        made.add(position)
    assert made.written() == compact(some)
    assert [position for page in made.pages(7) for position in page] == list(made)


def test_a_run_over_many_masks_is_whole() -> None:
    assert len(Positions("1:100000")) == 100_000
    assert Positions("5,7:2049").written() == "5,7:2049"
    assert list(Positions("1:3000") - Positions("1:1023,1025:3000")) == ["1024"]
