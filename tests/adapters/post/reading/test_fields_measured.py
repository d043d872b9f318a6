"""The fields of two dozen letters against their truth, well read and misread. `-s` prints the tables."""

from __future__ import annotations

import pytest

from tests.adapters.post.reading.letters import LETTERS
from tests.adapters.post.reading.measured import measure

FEWEST_VALUES = 1_000
"""Values of high confidence below which a share of 98 % would be chance."""


def test_there_are_letters_of_all_kinds() -> None:
    assert len(LETTERS) >= 20
    assert len({letter.name for letter in LETTERS}) == len(LETTERS)


def test_every_field_of_a_well_read_letter_is_right() -> None:
    measured = measure(0.0, seeds=1)
    print("\n" + measured.table("clean"))
    assert measured.precision() == 1.0
    assert measured.recall() == 1.0


@pytest.mark.parametrize(("rate", "precision", "recall"), [(0.03, 0.95, 0.92), (0.1, 0.88, 0.78)])
def test_high_confidence_is_right_in_98_of_100_whatever_the_scan(rate: float, precision: float, recall: float) -> None:
    measured = measure(rate, seeds=10)
    print("\n" + measured.table(f"{rate:.0%} of words damaged"))
    print("\n".join(measured.mistakes))
    assert measured.high_right + measured.high_wrong >= FEWEST_VALUES
    assert measured.high_share >= 0.98
    assert measured.precision() >= precision
    assert measured.recall() >= recall


def test_confidence_falls_with_the_scan() -> None:
    clean, poor = measure(0.0, seeds=1), measure(0.3, seeds=1)
    assert poor.high_right < clean.high_right / 2
