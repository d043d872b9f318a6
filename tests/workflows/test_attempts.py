"""Who meets an attempt that is speaking comes back when its claim is over, or, where its word is awaited, earlier."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from inbox.errors import UnderWay
from workflows.attempts import require_claim_over

LASTS = timedelta(seconds=90)


async def pause(age: float, *, asks_often: bool) -> float | None:
    """Return how many seconds to stay away from a claim of that age (seconds); None: it is over."""
    row = SimpleNamespace(claimed_at=datetime.now(UTC) - timedelta(seconds=age))

    async def redate() -> None:
        return

    try:
        await require_claim_over(LASTS, row, redate, asks_often=asks_often)
    except UnderWay as error:
        return error.retry_after_seconds
    return None


@pytest.mark.parametrize(
    ("age", "seconds"), [(0, 1.5), (1, 1.5), (3, 3), (10, 10), (40, 15), (80, 10), (89.5, 1), (-5, 1.5)]
)
async def test_a_withdrawal_asks_soon_and_then_more_rarely(age: float, seconds: float) -> None:
    assert await pause(age, asks_often=True) == pytest.approx(seconds, abs=0.2)


async def test_a_word_that_comes_late_is_asked_for_a_few_times() -> None:
    at, asked = 0.0, 0
    while (wait := await pause(at, asks_often=True)) is not None:
        at, asked = at + wait, asked + 1
    assert 8 <= asked <= 11


@pytest.mark.parametrize(("age", "seconds"), [(0, 90), (30, 60), (89.5, 1), (-5, 90)])
async def test_others_come_back_when_the_claim_is_over(age: float, seconds: float) -> None:
    assert await pause(age, asks_often=False) == pytest.approx(seconds, abs=0.2)


@pytest.mark.parametrize("asks_often", [False, True])
async def test_a_claim_that_is_over_holds_nobody_up(asks_often: bool) -> None:
    assert await pause(90.1, asks_often=asks_often) is None
