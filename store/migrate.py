"""Bring the ledger's tables to the version that this code needs."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from inbox.errors import SettingsInvalid
from store.ledger import Ledger

_MIGRATIONS = Path(__file__).parent / "migrations"


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


async def migrate(ledger: Ledger) -> None:
    """Make or upgrade all tables. Repeatable; two at once wait for each other."""
    async with ledger.begin() as connection:
        await ledger.alone(connection, "migrate")
        await connection.run_sync(lambda sync: command.upgrade(_config(sync), "head"))


async def require_current(ledger: Ledger) -> None:
    """Raise SettingsInvalid when the tables are not those of this code."""
    async with ledger.read() as connection:
        present = await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())
    wanted = ScriptDirectory.from_config(_config()).get_current_head()
    if present != wanted:
        raise SettingsInvalid(
            f"the ledger's tables are at version {present or 'none'}, this program needs {wanted}: run `gateway migrate`"
        )
