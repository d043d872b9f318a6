"""Fixtures for the API: a world of its own for each test, on each engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from store.keys import Role
from store.ledger import Ledger
from tests.gateway.api.world import Headers, World, make_world


@pytest.fixture
async def world(ledger: Ledger, tmp_path: Path) -> AsyncIterator[World]:
    """Give an API over an empty ledger with the small town's configuration."""
    made = await make_world(ledger, tmp_path)
    async with made.client:
        yield made


@pytest.fixture
async def admin(world: World) -> Headers:
    """Give the headers of an administrator who sees up to `vertrouwelijk`."""
    return await world.key(Role.admin, name="Beheer")


@pytest.fixture
async def kcc(world: World) -> Headers:
    """Give the headers of the contact centre."""
    return await world.key(Role.department, ["kcc"], name="KCC")


@pytest.fixture
async def permits(world: World) -> Headers:
    """Give the headers of the department of permits."""
    return await world.key(Role.department, ["vergunningen"], name="Vergunningen")
