"""Migrations: what they make is what the code believes."""

from __future__ import annotations

import asyncio

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from inbox.errors import SettingsInvalid
from store.ledger import Ledger
from store.migrate import migrate, require_current
from store.tables import metadata

Empty = tuple[Ledger, Ledger]


async def test_the_migrated_tables_are_those_of_the_code(ledger: Ledger) -> None:
    async with ledger.read() as connection:
        differences = await connection.run_sync(
            lambda sync: compare_metadata(
                MigrationContext.configure(sync, opts={"compare_type": True, "compare_server_default": True}), metadata
            )
        )
        tables = await connection.run_sync(lambda sync: set(inspect(sync).get_table_names()))
    assert differences == []
    assert tables == set(metadata.tables) | {"alembic_version"}


async def test_constraints_and_indexes_have_the_names_of_the_code(ledger: Ledger) -> None:
    async with ledger.read() as connection:
        for table in metadata.sorted_tables:
            indexes, uniques = await connection.run_sync(
                lambda sync, name=table.name: (
                    inspect(sync).get_indexes(name),
                    inspect(sync).get_unique_constraints(name),
                )
            )
            found = {str(index["name"]) for index in indexes} | {str(unique["name"]) for unique in uniques}
            assert {str(index.name) for index in table.indexes} <= found


async def test_migrating_twice_changes_nothing(ledger: Ledger) -> None:
    await migrate(ledger)
    await require_current(ledger)


async def test_two_processes_that_migrate_at_once_wait_for_each_other(empty: Empty) -> None:
    first, second = empty
    await asyncio.gather(migrate(first), migrate(second), migrate(first))
    await require_current(second)


async def test_an_empty_database_is_refused_with_the_command_to_run(empty: Empty) -> None:
    with pytest.raises(SettingsInvalid, match="gateway migrate"):
        await require_current(empty[0])


async def test_every_index_name_fits_into_postgresql() -> None:
    for table in metadata.sorted_tables:
        assert all(len(str(index.name)) <= 63 for index in table.indexes)
