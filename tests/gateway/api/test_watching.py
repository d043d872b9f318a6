"""Sources, configuration and health: what watches over the gateway."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from sqlalchemy import update

from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from inbox.errors import SettingsInvalid
from inbox.ports import Sighting, Source
from store.configurations import publish
from store.ledger import Ledger
from store.sources import finish_sweep, record_look, register_source
from store.tables import sources
from tests.configuration import SMALL_TOWN
from tests.gateway.api.world import Headers, World
from workflows.parts import ConfiguredSource


async def with_source(world: World, sweep_seconds: float = 240.0) -> None:
    await register_source(world.ledger, "info", Channel.email, "live", datetime(2026, 1, 1, tzinfo=UTC))
    world.parts.sources["info"] = ConfiguredSource(
        cast("Source", None), Channel.email, "live", None, Confidentiality.intern, "message/rfc822", sweep_seconds
    )


async def swept(world: World, ago: timedelta, read_ago: timedelta = timedelta(0)) -> None:
    async with world.ledger.begin() as connection:
        present = datetime.now(UTC)
        await connection.execute(update(sources).values(swept_at=present - ago, read_at=present - read_ago))


async def source(world: World, headers: Headers) -> dict[str, Any]:
    answer = await world.get("/sources/info", headers)
    assert answer.status_code == 200
    [listed] = (await world.get("/sources", headers)).json()["sources"]
    told: dict[str, Any] = answer.json()
    alone = {"sweepAgeSeconds": 0, "waitingCount": None, "settings": None}
    assert {**listed, **alone} == {**told, **alone}
    return told


async def test_a_source_tells_what_it_saw_and_what_is_kept(world: World, admin: Headers) -> None:
    await with_source(world)
    for _ in range(2):
        await world.kept()
    sweep = await record_look(world.ledger, "info", Sighting("imap://t", ("1", "2", "3")))
    await finish_sweep(world.ledger, "info", sweep, (), is_whole=True)
    told = await source(world, admin)
    assert (told["keptCount"], told["seenCount"], told["healthy"], told["isConfigured"]) == (2, 3, True, True)
    assert told["waitingCount"] == 1
    assert (told["mode"], told["liveFrom"]) == ("live", "2026-01-01T00:00:00Z")
    assert told["sweepAgeSeconds"] < 60
    assert told["trouble"] is None


@pytest.mark.parametrize(
    ("sweep_seconds", "age_seconds", "healthy"),
    [(30, 295, True), (30, 305, False), (240, 475, True), (240, 485, False)],
)
async def test_a_source_is_healthy_while_its_sweeps_come_in_time(
    world: World, admin: Headers, sweep_seconds: float, age_seconds: int, healthy: bool
) -> None:
    await with_source(world, sweep_seconds)
    await swept(world, timedelta(seconds=age_seconds))
    told = await source(world, admin)
    assert told["healthy"] is healthy
    assert abs(told["sweepAgeSeconds"] - age_seconds) <= 2


@pytest.mark.parametrize(("silent_seconds", "healthy"), [(55, True), (65, False), (-3600, False)])
async def test_a_source_without_a_living_reader_for_a_minute_is_not_healthy(
    world: World, admin: Headers, silent_seconds: int, healthy: bool
) -> None:
    """Nor is one whose reader signed in the future: the clock was set back since."""
    await with_source(world)
    await swept(world, timedelta(0), timedelta(seconds=silent_seconds))
    assert (await source(world, admin))["healthy"] is healthy


async def test_a_source_that_was_never_swept_is_not_healthy(world: World, admin: Headers) -> None:
    await with_source(world)
    told = await source(world, admin)
    assert (told["healthy"], told["sweptAt"], told["seenCount"], told["keptCount"]) == (False, None, None, 0)


async def test_a_source_that_the_settings_no_longer_name_is_marked(world: World, admin: Headers) -> None:
    await with_source(world)
    world.parts.sources.clear()
    assert (await source(world, admin))["isConfigured"] is False


async def test_a_source_that_is_not_there_is_not_found(world: World, admin: Headers) -> None:
    for name in ("elders", "NOT A NAME"):
        assert (await world.get(f"/sources/{name}", admin)).status_code == 404


async def test_the_configuration_names_departments_and_categories_for_everybody(
    world: World, admin: Headers, kcc: Headers
) -> None:
    for headers, sees_document in ((admin, True), (kcc, False)):
        told = (await world.get("/configuration", headers)).json()
        assert told["version"] == 1
        assert {"key": "kcc", "name": "Klantcontactcentrum"} in told["departments"]
        assert {"key": "bezwaar", "name": "uw bezwaar", "department": "juridisch", "answer": "receipt_only"} in told[
            "categories"
        ]
        assert (told["document"] is not None) is sees_document
    assert "afdeling.test" not in (await world.get("/configuration", kcc)).text


async def test_a_newly_published_configuration_is_in_force_at_once(world: World, admin: Headers) -> None:
    document = SMALL_TOWN.replace("FOLDER", "/tmp") + "# changed\n"
    await publish(world.ledger, document, "test")
    told = (await world.get("/configuration", admin)).json()
    assert (told["version"], told["document"]) == (2, document)


async def test_a_gateway_that_can_work_is_ready(world: World) -> None:
    for path, status in (("live", "live"), ("ready", "ready")):
        answer = await world.get(f"/health/{path}")
        assert (answer.status_code, answer.json()) == (200, {"status": status})


async def test_without_ledger_the_process_lives_and_is_not_ready(world: World) -> None:
    away = Ledger("postgresql+asyncpg://geheim@127.0.0.1:1/nothing")
    world.parts.ledger = away
    answer = await world.get("/health/ready")
    assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")
    assert answer.json()["detail"] == "the ledger does not answer"
    assert "geheim" not in answer.text
    assert (await world.get("/health/live")).status_code == 200
    await away.close()


class _ReadOnly:
    """A byte store that cannot be written."""

    checks = 0

    async def check(self) -> None:
        self.checks += 1
        raise SettingsInvalid("`bytes_folder` (/srv/geheim) cannot be written")


async def test_without_a_writable_byte_store_the_gateway_is_not_ready(world: World) -> None:
    world.parts.bytes = cast("Any", _ReadOnly())
    answer = await world.get("/health/ready")
    assert (answer.status_code, answer.json()["detail"]) == (503, "the byte store cannot be written")
    assert "geheim" not in answer.text


async def test_however_often_somebody_asks_the_disk_is_tried_once_a_second(world: World) -> None:
    store = _ReadOnly()
    world.parts.bytes = cast("Any", store)
    for _ in range(20):
        await world.get("/health/ready")
    assert store.checks <= 2
