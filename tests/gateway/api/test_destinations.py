"""Destinations: how each stands, and whether it can be reached; no secret in sight."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import update

from adapters.departments.folder import FolderSystem
from inbox.ports import DepartmentSystem
from store.tables import forwards
from tests.gateway.api.world import Headers, World


async def _lines(world: World, headers: Headers) -> dict[str, dict[str, Any]]:
    answer = await world.get("/destinations", headers)
    assert answer.status_code == 200, answer.text
    return {f"{line['department']}/{line['ordinal']}": line for line in answer.json()["destinations"]}


async def test_each_destination_tells_what_waits_fails_and_arrived(world: World, admin: Headers) -> None:
    await world.forwarded("Lantaarn een")
    await world.launched("Lantaarn twee")
    line = (await _lines(world, admin))["kcc/0"]
    assert (line["role"], line["waitingCount"], line["failingCount"], line["failedCount"]) == ("acting", 1, 0, 0)
    assert line["deliveredAt"]
    assert line["oldestWaitingAt"]
    async with world.ledger.begin() as connection:
        waiting = forwards.c.state == "wanted"
        await connection.execute(update(forwards).where(waiting).values(trouble_code="destination_unavailable"))
    assert (await _lines(world, admin))["kcc/0"]["failingCount"] == 1
    async with world.ledger.begin() as connection:
        await connection.execute(update(forwards).where(waiting).values(state="failed"))
    line = (await _lines(world, admin))["kcc/0"]
    assert (line["waitingCount"], line["failedCount"], line["oldestWaitingAt"]) == (0, 1, None)


async def test_a_destination_is_tried_before_it_is_in_the_configuration(
    world: World, admin: Headers, tmp_path: Path
) -> None:
    (tmp_path / "uit").mkdir()
    world.parts.systems = {"folder": cast("DepartmentSystem", FolderSystem(tmp_path / "uit"))}
    good = await world.post("/destinations/try", admin, destination={"kind": "folder", "path": "kcc"})
    assert (good.json()["works"], good.json()["code"]) == (True, "ok")
    assert list((tmp_path / "uit").iterdir()) == []
    away = await world.post("/destinations/try", admin, destination={"kind": "folder", "path": "a/b/c"})
    assert (away.json()["works"], away.json()["code"]) == (False, "destination_unavailable")
    out = await world.post("/destinations/try", admin, destination={"kind": "folder", "path": "../.."})
    assert (out.json()["works"], out.json()["code"]) == (False, "destination_refused")


async def test_a_literal_secret_of_a_webhook_is_refused_and_not_echoed(world: World, admin: Headers) -> None:
    webhook = {"kind": "webhook", "url": "https://zaken.test/in", "secret": "whsec_Zonnebloem4417"}
    answer = await world.post("/destinations/try", admin, destination=webhook)
    assert answer.status_code == 400
    assert "Zonnebloem" not in answer.text


@pytest.mark.parametrize("path", ["niemand/0", "kcc/7"])
async def test_what_is_not_in_the_configuration_is_not_tried(world: World, admin: Headers, path: str) -> None:
    assert (await world.post(f"/destinations/{path}/try", admin)).status_code == 404
