"""Small commands on the ledger: migrate, keys."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import typer
from rich.console import Console
from rich.table import Column, Table

from gateway.settings import find_settings
from inbox.confidentiality import Confidentiality
from inbox.errors import BadRequest
from store.keys import Role, list_keys, revoke_key
from store.keys import make_key as store_key
from store.ledger import Ledger
from store.migrate import migrate as migrate_tables

Result = TypeVar("Result")


def with_ledger(settings_path: Path | None, work: Callable[[Ledger], Awaitable[Result]]) -> Result:
    """Return what the work gives, on a ledger whose tables are up to date."""
    settings = find_settings(settings_path)
    if settings.ledger_url().startswith("sqlite"):
        settings.var.mkdir(parents=True, exist_ok=True)

    async def run() -> Result:
        ledger = Ledger(settings.ledger_url())
        try:
            await migrate_tables(ledger)
            return await work(ledger)
        finally:
            await ledger.close()

    return asyncio.run(run())


def migrate(settings_path: Path | None) -> None:
    """Bring the tables up to date."""

    async def nothing_more(_: Ledger) -> None:
        return

    with_ledger(settings_path, nothing_more)
    typer.echo("the ledger's tables are up to date")


def make_key(
    settings_path: Path | None,
    name: str,
    role: str,
    departments: list[str] | None,
    up_to: str,
    sources: list[str] | None = None,
    days: int | None = None,
) -> None:
    """Make a key and print it. Raises BadRequest for an unknown role or level."""
    if role not in Role.__members__.values():
        raise BadRequest(f"there is no role `{role}`; there are {', '.join(Role)}")
    if up_to not in Confidentiality.__members__:
        raise BadRequest(f"there is no level `{up_to}`; there are {', '.join(Confidentiality.__members__)}")
    if (role == Role.intake) != bool(sources):
        raise BadRequest("name each `--source` with the role `intake`, and with no other role")
    if role == Role.department and not departments:
        raise BadRequest("name each `--department` with the role `department`")
    level, ends = Confidentiality[up_to], datetime.now(UTC) + timedelta(days=days) if days is not None else None
    key = with_ledger(
        settings_path,
        lambda ledger: store_key(ledger, name, Role(role), departments, level, sources or None, expires_at=ends),
    )
    typer.echo(key)
    typer.echo("Keep it safe: it is not shown again.", err=True)


def list_all_keys(settings_path: Path | None) -> None:
    """Print a table of keys."""
    table = Table(Column("id", no_wrap=True, min_width=12), "name", "role", "departments", "up to", "made", "ends")
    for row in with_ledger(settings_path, list_keys):
        table.add_row(
            row.key_id,
            row.name,
            row.role,
            "all" if row.departments is None else ", ".join(row.departments),
            Confidentiality(row.up_to).name,
            f"{row.made_at:%Y-%m-%d %H:%M}",
            _ending(row),
        )
    Console().print(table)


def _ending(row: Any) -> str:
    if row.revoked_at is not None:
        return f"revoked {row.revoked_at:%Y-%m-%d %H:%M}"
    return f"{row.expires_at:%Y-%m-%d %H:%M}" if row.expires_at is not None else ""


def revoke(settings_path: Path | None, key_id: str) -> None:
    """End a key."""
    with_ledger(settings_path, lambda ledger: revoke_key(ledger, key_id))
    typer.echo(f"key {key_id} is revoked")
