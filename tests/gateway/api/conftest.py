"""Fixtures for the API: a world of its own for each test, on each engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.api.signing_in import signing_in
from store.keys import Role
from store.ledger import Ledger
from tests.gateway.api.issuing import Issuer
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


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    """Give an identity provider on this machine, with an RSA key `one` and an EC key `curve`."""
    made = Issuer()
    made.add_key("one")
    made.add_key("curve", "ES256")
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def signed_in(ledger: Ledger, tmp_path: Path, issuer: Issuer) -> AsyncIterator[World]:
    """Give an API that takes the tokens of the issuer."""
    async with signing_in(issuer.settings()) as tells_who:
        made = await make_world(ledger, tmp_path, tells_who)
        async with made.client:
            yield made
