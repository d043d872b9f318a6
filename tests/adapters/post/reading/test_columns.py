"""Columns are seen before a soiled page is read as one block: read across, their sentences would run together."""

from __future__ import annotations

import pytest

from adapters.post.reading.columns import has_columns
from adapters.post.reading.ink import ink_of
from tests.letters.degrade import degraded
from tests.letters.letter import letters
from tests.letters.typeset import typeset

LETTERS = letters()


@pytest.mark.parametrize("damages", [(), ("coffee",), ("stamp",), ("folded",)])
@pytest.mark.parametrize("name", sorted(LETTERS))
def test_columns_are_told_from_a_letters_head_and_labels(name: str, damages: tuple[str, ...]) -> None:
    page = degraded(typeset(LETTERS[name])[0].image, *damages, seed=7)
    assert has_columns(ink_of(page)) is (LETTERS[name].layout == "columns")
