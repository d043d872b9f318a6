"""The chaos run in short, with a fixed seed: `make chaos` is the long one."""

from __future__ import annotations

import pytest

from tests.chaos.run import run

_SEED = 20261123


@pytest.mark.parametrize(("engine", "letters", "seconds"), [("sqlite", 20, 15), ("postgresql", 20, 15)])
async def test_random_trouble_loses_and_doubles_nothing(engine: str, letters: int, seconds: float) -> None:
    """Invariants 1, 2, 5, 6, 7, 10 and 13 at once."""
    report = await run(engine, letters, _SEED, seconds, lambda _words, _sent: None)
    assert report.left == []
    assert report.verdict.faults == []
    assert report.verdict.letters == letters
    assert report.verdict.items >= letters
    assert report.lives > 1
