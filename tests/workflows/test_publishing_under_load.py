"""Publishing while mail comes in: every decision is of one version, whole."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from sqlalchemy import select

from store.configurations import publish
from store.ledger import Ledger
from store.tables import assignments, items
from tests.configuration import SMALL_TOWN
from tests.gateway.api.world import make_world

VERSIONS = 6
ITEMS = 36


def town(version: int, folder: str) -> str:
    """Return a document in which rule, category, priority and norm all tell which version it is."""
    document = SMALL_TOWN.replace("FOLDER", folder)
    document = document.replace(
        "norm: {within: 5,", f"priority: {['low', 'normal', 'high'][version % 3]}\n    norm: {{within: {version},"
    )
    document = document.replace("  lantaarn:\n", f"  lantaarn-{version}:\n")
    return document.replace("  - id: lantaarn\n", f"  - id: regel-{version}\n").replace(
        "category: lantaarn\n", f"category: lantaarn-{version}\n"
    )


async def test_no_decision_mixes_two_versions(ledger: Ledger, tmp_path: Path) -> None:
    folder = str(tmp_path / "forwarded")
    world = await make_world(ledger, tmp_path)
    await publish(ledger, town(2, folder), "test")

    async def publishes() -> None:
        for version in range(3, 3 + VERSIONS):
            await asyncio.sleep(0.05)
            assert await publish(ledger, town(version, folder), "test") == version

    async def decides() -> None:
        for _ in range(ITEMS // 4):
            await world.decided("Lantaarn kapot")

    async with world.client, asyncio.TaskGroup() as tasks:
        tasks.create_task(publishes())
        for _ in range(4):
            tasks.create_task(decides())
    rows = await _decided(ledger)
    assert len(rows) == ITEMS
    for row in rows:
        version = row.configuration_version
        assert row.category == f"lantaarn-{version}"
        assert row.rule == f"regel-{version}"
        assert row.priority == ["low", "normal", "high"][version % 3]
        assert row.promise["norm"]["within"] == version
    assert len({row.configuration_version for row in rows}) > 1


async def _decided(ledger: Ledger) -> list[Any]:
    async with ledger.read() as connection:
        query = select(assignments).join(items, items.c.item_id == assignments.c.item_id)
        return list((await connection.execute(query)).all())
