"""A simulation is gone after a week, whether or not anybody begins another."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from inbox.errors import NotFound
from store.ledger import Ledger, now
from store.simulation_tables import simulated_items, simulations
from store.simulations import (
    KEPT_FOR,
    SimulatedItem,
    add_found,
    begin_simulation_again,
    forget_old_simulations,
    list_simulations,
    make_simulation,
    simulation_document,
    simulation_row,
)
from tests.store.making import rows


async def made(ledger: Ledger, age: timedelta) -> str:
    simulation_id = await make_simulation(ledger, "Beheer", {"against": "then"}, "{}", None)
    await add_found(ledger, simulation_id, 1, [SimulatedItem(1, None, "een.eml", [], {}, {}, [])])
    async with ledger.begin() as connection:
        row = simulations.c.simulation_id == simulation_id
        await connection.execute(update(simulations).where(row).values(made_at=now() - age))
    return simulation_id


async def test_an_old_one_is_shown_no_more_before_it_is_removed(ledger: Ledger) -> None:
    old, young = (
        await made(ledger, KEPT_FOR + timedelta(minutes=1)),
        await made(ledger, KEPT_FOR - timedelta(minutes=1)),
    )
    for reads in (simulation_row, simulation_document):
        assert await reads(ledger, young)
        with pytest.raises(NotFound):
            await reads(ledger, old)
    with pytest.raises(NotFound):
        await begin_simulation_again(ledger, old, "Beheer")
    assert [row.simulation_id for row in await list_simulations(ledger, 10, None)] == [young]


async def test_an_old_one_is_removed_with_all_that_it_found(ledger: Ledger) -> None:
    await made(ledger, KEPT_FOR + timedelta(minutes=1))
    young = await made(ledger, timedelta())
    assert await forget_old_simulations(ledger) == 1
    assert await forget_old_simulations(ledger) == 0
    for table in (simulations, simulated_items):
        assert [row.simulation_id for row in await rows(ledger, table)] == [young]
