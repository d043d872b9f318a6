"""Several steps as one transaction: all of it stands, or nothing."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import insert, select

from store.ledger import Ledger
from store.tables import installation
from tests.store.making import rows


async def write(ledger: Ledger, name: str) -> None:
    async with ledger.begin() as connection:
        await connection.execute(insert(installation).values(installation_id=name))


async def names(ledger: Ledger) -> set[str]:
    return {row.installation_id for row in await rows(ledger, installation)}


async def test_steps_that_are_one_are_seen_by_others_only_at_the_end(ledger: Ledger, neighbour: Ledger) -> None:
    async with ledger.as_one():
        await write(ledger, "een")
        await write(ledger, "twee")
        assert await names(neighbour) == set()
    assert await names(neighbour) == {"een", "twee"}


async def test_a_step_sees_what_the_one_before_it_wrote(ledger: Ledger) -> None:
    async with ledger.as_one():
        await write(ledger, "een")
        async with ledger.read() as connection:
            found = (await connection.execute(select(installation.c.installation_id))).scalars().all()
        assert found == ["een"]
        assert await names(ledger) == {"een"}


async def test_when_one_step_fails_none_has_happened(ledger: Ledger) -> None:
    async def fail() -> None:
        async with ledger.as_one():
            await write(ledger, "een")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await names(ledger) == set()
    await write(ledger, "daarna")
    assert await names(ledger) == {"daarna"}


async def test_who_is_not_in_the_block_does_not_join_it(ledger: Ledger, neighbour: Ledger) -> None:
    """Neither another task nor another ledger."""
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        async with ledger.as_one():
            await write(ledger, "binnen")
            assert await names(neighbour) == set()
            begun.set()
            await may_end.wait()
            raise RuntimeError

    holding = asyncio.create_task(hold())
    await begun.wait()
    assert await names(ledger) == set()
    may_end.set()
    with pytest.raises(RuntimeError):
        await holding
    await write(ledger, "buiten")
    assert await names(ledger) == {"buiten"}
