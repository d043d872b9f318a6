"""Destinations: how each stands, and whether it can be reached; no secret in sight."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import update

from adapters.departments.folder import FolderSystem
from inbox.errors import DestinationPaused, DestinationUnavailable
from inbox.ports import Delivered, DepartmentSystem
from store.configurations import publish
from store.deciding import standing
from store.keys import Role
from store.tables import forwards
from tests.configuration import SMALL_TOWN
from tests.gateway.api.world import Headers, World
from workflows.forwarding import forward


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


async def test_a_fault_in_a_destination_to_try_names_its_place_as_it_was_written(world: World, admin: Headers) -> None:
    answer = await world.post("/destinations/try", admin, destination={"kind": "webhook", "url": "x", "secret": "abc"})
    assert answer.status_code == 400
    places = [fault["location"]["pointer"] for fault in answer.json()["errors"]]
    assert places == ["/destination/url", "/destination/secret"]


async def test_a_literal_secret_of_a_webhook_is_refused_and_not_echoed(world: World, admin: Headers) -> None:
    webhook = {"kind": "webhook", "url": "https://zaken.test/in", "secret": "whsec_Zonnebloem4417"}
    answer = await world.post("/destinations/try", admin, destination=webhook)
    assert answer.status_code == 400
    assert "Zonnebloem" not in answer.text


@pytest.mark.parametrize("path", ["niemand/0", "kcc/7"])
async def test_what_is_not_in_the_configuration_is_not_tried(world: World, admin: Headers, path: str) -> None:
    assert (await world.post(f"/destinations/{path}/try", admin)).status_code == 404


async def test_while_a_destination_is_paused_forwards_to_it_wait_and_then_go_on(
    world: World, admin: Headers, tmp_path: Path
) -> None:
    sent: list[str] = []

    class Counting(FolderSystem):
        kind = "mailbox"

        async def deliver(self, handover: Any, *_: Any, **__: Any) -> Delivered:
            sent.append(handover.forward_id)
            return Delivered("remote")

        def prepare(self, *_: Any, **__: Any) -> bytes:
            return b"prepared"

    class Away(Counting):
        async def deliver(self, *_: Any, **__: Any) -> Delivered:
            raise DestinationUnavailable("nobody answers")

    world.parts.systems = {"mailbox": cast("DepartmentSystem", Counting(tmp_path))}
    item_id = await world.launched("Lantaarn")
    row = await world.acting_forward(item_id)
    path = f"/destinations/{row.department}/{row.ordinal}"
    paused = await world.post(f"{path}/pause", admin, reason="het zaaksysteem wordt bijgewerkt")
    assert (paused.status_code, paused.json()["pausedBy"]) == (200, "Beheer")
    assert (await world.post(f"{path}/pause", admin, reason="nog eens")).status_code == 409
    # Older than the days after which trying is given up: a pause is no failure.
    async with world.ledger.begin() as connection:
        await connection.execute(update(forwards).values(made_at=datetime.now(UTC) - timedelta(days=60)))
    for _ in range(3):
        with pytest.raises(DestinationPaused):
            await forward(world.parts, row.forward_id)
    waiting = await world.acting_forward(item_id)
    assert (waiting.state, waiting.trouble_code, waiting.attempts) == ("wanted", "destination_paused", 1)
    line = (await _lines(world, admin))["kcc/0"]
    assert (line["waitingCount"], line["failingCount"]) == (1, 0)
    assert sent == []
    gone_on = await world.post(f"{path}/resume", admin)
    assert (gone_on.status_code, gone_on.json()["pausedAt"]) == (200, None)
    # The first attempt after a long pause is not the last one.
    world.parts.systems = {"mailbox": cast("DepartmentSystem", Away(tmp_path))}
    with pytest.raises(DestinationUnavailable):
        await forward(world.parts, row.forward_id)
    assert (await world.acting_forward(item_id)).state == "wanted"
    # Nor is the first one after a person asked for another, however long ago that pause was.
    async with world.ledger.begin() as connection:
        long_ago = datetime.now(UTC) - timedelta(days=60)
        await connection.execute(update(forwards).values(state="failed", tried_from=long_ago, made_at=long_ago))
    await world.do("retry", item_id, admin)
    with pytest.raises(DestinationUnavailable):
        await forward(world.parts, row.forward_id)
    assert (await world.acting_forward(item_id)).state == "wanted"
    world.parts.systems = {"mailbox": cast("DepartmentSystem", Counting(tmp_path))}
    assert await forward(world.parts, row.forward_id) == "delivered"
    assert sent == [row.forward_id]
    assert (await world.post(f"{path}/resume", admin)).status_code == 409


async def test_only_what_is_in_force_is_paused_and_by_whom_it_may_be(
    world: World, admin: Headers, kcc: Headers
) -> None:
    assert (await world.post("/destinations/niemand/0/pause", admin, reason="omdat")).status_code == 404
    assert (await world.post("/destinations/kcc/0/pause", admin)).status_code == 400
    assert (await world.post("/destinations/kcc/0/pause", kcc, reason="omdat")).status_code == 403


async def test_what_is_paused_and_leaves_the_configuration_is_still_shown_and_can_go_on(
    world: World, admin: Headers, tmp_path: Path
) -> None:
    row = await world.acting_forward(await world.launched("Vergunning", "Mijn vergunning."))
    path = f"/destinations/{row.department}/0"
    assert (await world.post(f"{path}/pause", admin, reason="verhuizing")).status_code == 200
    without = SMALL_TOWN.replace("vergunningen:", "bouwen:").replace("department: vergunningen", "department: bouwen")
    await publish(world.ledger, without, "test")
    with pytest.raises(DestinationPaused):
        await forward(world.parts, row.forward_id)
    line = (await _lines(world, admin))["vergunningen/0"]
    assert (line["isConfigured"], line["pauseReason"], line["waitingCount"]) == (False, "verhuizing", 1)
    assert line["place"] == "vergunningen@afdeling.test"
    assert (await world.post(f"{path}/pause", admin, reason="nog eens")).status_code == 404
    gone_on = await world.post(f"{path}/resume", admin)
    assert (gone_on.status_code, gone_on.json()["pausedAt"], gone_on.json()["waitingCount"]) == (200, None, 1)
    assert (await world.acting_forward(row.item_id)).tried_from is not None
    world.parts.systems = {"mailbox": cast("DepartmentSystem", _Taking(tmp_path))}
    assert await forward(world.parts, row.forward_id) == "delivered"
    assert "vergunningen/0" not in await _lines(world, admin)
    assert (await world.post(f"{path}/resume", admin)).status_code == 404


async def test_a_pause_holds_for_the_place_and_not_for_what_comes_to_stand_there(
    world: World, admin: Headers, tmp_path: Path
) -> None:
    old = await _informed(world, await world.launched("Vergunning", "Mijn vergunning."))
    path = "/destinations/vergunningen/1"
    assert (await world.post(f"{path}/pause", admin, reason="het archief is vol")).status_code == 200
    town = SMALL_TOWN.replace("FOLDER", str(tmp_path / "forwarded"))
    [archive] = [line for line in town.splitlines(keepends=True) if "/archief" in line]
    other = archive.replace("/archief", "/nieuw")
    world.parts.systems = {"folder": cast("DepartmentSystem", _Taking(tmp_path, kind="folder"))}

    await publish(world.ledger, town.replace(archive, other), "test")
    new = await _informed(world, await world.launched("Vergunning", "Nog een vergunning."))
    assert await forward(world.parts, new.forward_id) == "delivered"
    with pytest.raises(DestinationPaused):
        await forward(world.parts, old.forward_id)
    both = (await world.get("/destinations", admin)).json()["destinations"]
    told = [line for line in both if (line["department"], line["ordinal"]) == ("vergunningen", 1)]
    assert [(line["isConfigured"], line["pausedAt"] is None) for line in told] == [(True, True), (False, False)]

    # Moved in the list it is the same place.
    await publish(world.ledger, town.replace(archive, other + archive), "test")
    moved = [row for row in await _forwards(world, await world.launched("Vergunning", "Derde.")) if row.ordinal == 2]
    with pytest.raises(DestinationPaused):
        await forward(world.parts, moved[0].forward_id)
    lines = await _lines(world, admin)
    assert [lines[f"vergunningen/{ordinal}"]["pausedAt"] is None for ordinal in (1, 2)] == [True, False]
    assert (await world.post(f"{path}/resume", admin)).status_code == 409
    assert (await world.post("/destinations/vergunningen/2/resume", admin)).status_code == 200
    assert await forward(world.parts, old.forward_id) == "delivered"


async def test_for_a_key_of_some_departments_there_are_no_destinations_of_others(world: World, admin: Headers) -> None:
    operator = await world.key(Role.operator, ["vergunningen"])
    assert {line.partition("/")[0] for line in await _lines(world, operator)} == {"vergunningen"}
    for action in ("try", "pause", "resume"):
        answer = await world.post(f"/destinations/kcc/0/{action}", operator, **_reason(action))
        assert answer.status_code == 404, action
    assert (await _lines(world, admin))["kcc/0"]["pausedAt"] is None
    assert (await world.post("/destinations/kcc/0/pause", admin, reason="verhuizing")).status_code == 200
    await publish(world.ledger, SMALL_TOWN.replace("kcc@afdeling.test", "ander@afdeling.test"), "test")
    assert {line.partition("/")[0] for line in await _lines(world, operator)} == {"vergunningen"}
    assert (await world.post("/destinations/kcc/0/resume", operator)).status_code == 404
    assert (await world.post("/destinations/vergunningen/0/pause", operator, reason="verhuizing")).status_code == 200


class _Taking(FolderSystem):
    """Takes everything."""

    def __init__(self, root: Path, kind: str = "mailbox") -> None:
        super().__init__(root)
        self.kind = kind

    async def deliver(self, *_: Any, **__: Any) -> Delivered:
        return Delivered("remote")

    def prepare(self, *_: Any, **__: Any) -> bytes:
        return b"prepared"


async def _forwards(world: World, item_id: str) -> list[Any]:
    return list((await standing(world.ledger, item_id)).forwards)


async def _informed(world: World, item_id: str) -> Any:
    [row] = [row for row in await _forwards(world, item_id) if row.ordinal == 1]
    return row


def _reason(action: str) -> dict[str, str]:
    return {"reason": "omdat"} if action == "pause" else {}
