"""Sources over the API: made, changed with what was seen, bounded by the settings file, and never a secret in sight."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from gateway.settings import Settings, SourceSettings
from gateway.source_body import SourceBody
from gateway.source_desk import SourceDesk
from inbox.channel import Channel
from store.audit_tables import audit
from store.keys import Role
from store.source_definition_tables import source_definitions
from store.source_definitions import definition_row
from store.sources import register_source, source_row
from tests.gateway.api.world import Headers, World

SECRET = "Zonnebloem-4417"
IMAP = {"host": "imap.gemeente.test", "user": "bezwaar@gemeente.test", "passwordEnv": "SOURCE_BEZWAAR"}
BODY: dict[str, Any] = {"sourceId": "bezwaar", "imap": IMAP}


async def make(world: World, headers: Headers, **changes: Any) -> httpx.Response:
    return await world.post("/sources", headers, **{**BODY, **changes})


async def send(world: World, method: str, headers: Headers, etag: str | None, **body: Any) -> httpx.Response:
    sent = headers | ({"If-Match": etag} if etag is not None else {})
    return await world.client.request(method, "/v1/sources/bezwaar", headers=sent, json=body or None)


def pointers(answer: httpx.Response) -> set[str]:
    assert answer.status_code == 400, answer.text
    return {fault["location"]["pointer"] for fault in answer.json()["errors"]}


async def test_a_source_is_made_shown_changed_and_ended(world: World, admin: Headers) -> None:
    made = await make(world, admin)
    assert (made.status_code, made.headers["location"], made.headers["etag"]) == (201, "/v1/sources/bezwaar", '"1"')
    told = made.json()
    assert (told["sourceId"], told["mode"], told["managedBy"], told["healthy"]) == ("bezwaar", "observe", "api", False)
    assert told["settings"] == BODY
    changed = await send(world, "PATCH", admin, '"1"', mode="live", sweepSeconds=60)
    assert (changed.status_code, changed.headers["etag"], changed.json()["mode"]) == (200, '"2"', "live")
    assert changed.json()["settings"] == {**BODY, "mode": "live", "sweepSeconds": 60.0}
    other = {**BODY, "imap": {**IMAP, "folder": "Bezwaar"}}
    replaced = await send(world, "PUT", admin, '"2"', **other)
    assert (replaced.headers["etag"], replaced.json()["settings"], replaced.json()["mode"]) == ('"3"', other, "observe")
    assert (await send(world, "DELETE", admin, '"3"')).status_code == 204
    assert (await world.get("/sources/bezwaar", admin)).status_code == 404
    assert "bezwaar" not in {line["sourceId"] for line in (await world.get("/sources", admin)).json()["sources"]}
    async with world.ledger.read() as connection:
        kinds = (await connection.execute(select(audit.c.kind, audit.c.actor).order_by(audit.c.entry_id))).all()
    assert [kind for kind, actor in kinds if actor == "Beheer"] == [
        "source.made",
        "source.changed",
        "source.changed",
        "source.ended",
    ]


async def test_two_administrators_do_not_overwrite_each_other(world: World, admin: Headers) -> None:
    await make(world, admin)
    both = await asyncio.gather(*(send(world, "PATCH", admin, '"1"', sweepSeconds=s) for s in (50, 100)))
    assert sorted(answer.status_code for answer in both) == [200, 412]
    for method, body in (("PATCH", {"mode": "live"}), ("PUT", BODY), ("DELETE", {})):
        assert (await send(world, method, admin, None, **body)).status_code == 428
        assert (await send(world, method, admin, '"1"', **body)).status_code == 412
    assert (await definition_row(world.ledger, "bezwaar")).version == 2


@pytest.mark.parametrize("where", ["password", "passwordEnv", "user"])
async def test_a_literal_secret_is_refused_or_a_name_and_never_echoed(world: World, admin: Headers, where: str) -> None:
    imap = {**IMAP, where: SECRET} if where != "user" else {**IMAP, "passwordEnv": SECRET, "user": "a\r\nb"}
    answer = await make(world, admin, imap=imap)
    assert pointers(answer) <= {f"/imap/{where}", "/imap/passwordEnv"}
    assert SECRET not in answer.text
    tried = await world.post("/sources/try", admin, **{**BODY, "imap": imap})
    assert tried.status_code == 400
    assert SECRET not in tried.text
    async with world.ledger.read() as connection:
        assert (await connection.execute(select(source_definitions))).all() == []


async def test_all_faults_are_told_together_with_where_they_are(world: World, admin: Headers, tmp_path: Path) -> None:
    answer = await make(
        world,
        admin,
        imap={**IMAP, "passwordEnv": "HOME", "caFile": "/etc/passwd", "tls": "none", "allowInsecure": True},
    )
    assert pointers(answer) == {"/imap/passwordEnv", "/imap/caFile", "/imap/allowInsecure"}
    nothing = await world.post("/sources", admin, sourceId="leeg")
    assert pointers(nothing) == {""}
    strange = await world.post("/sources", admin, sourceId="A b", imap={"host": "x y", "port": 0}, mode="loud")
    assert {"/sourceId", "/mode", "/imap/host", "/imap/port", "/imap/user"} <= pointers(strange)


@pytest.mark.parametrize("folder", ["/etc", "ROOT/../..", "relative", "ROOT/link", "ROOT"])
async def test_only_folders_below_the_roots_can_be_named(
    world: World, admin: Headers, tmp_path: Path, folder: str
) -> None:
    root = tmp_path / "scans"
    root.mkdir()
    (root / "link").symlink_to("/etc")
    path = folder.replace("ROOT", str(root))
    answer = await world.post("/sources", admin, sourceId="map", callFolder={"folder": path})
    if folder == "ROOT":
        assert answer.status_code == 201, answer.text
    else:
        assert "/callFolder/folder" in pointers(answer)
        assert path not in answer.text


async def test_a_secret_file_stands_below_its_own_roots(world: World, admin: Headers, tmp_path: Path) -> None:
    imap = {name: value for name, value in IMAP.items() if name != "passwordEnv"}
    good = await make(world, admin, imap={**imap, "passwordFile": str(tmp_path / "secrets" / "bezwaar")})
    assert good.status_code == 201, good.text
    bad = await make(world, admin, imap={**imap, "passwordFile": str(tmp_path / "thread.key")})
    assert pointers(bad) == {"/imap/passwordFile"}


async def test_ids_do_not_collide_with_the_settings_file(world: World, admin: Headers) -> None:
    assert (await make(world, admin, sourceId="website")).status_code == 409
    await register_source(world.ledger, "elders", Channel.email, "live", None)  # of another host's settings
    assert (await make(world, admin, sourceId="elders")).status_code == 409
    await make(world, admin)
    assert (await make(world, admin)).status_code == 409


async def test_a_place_is_read_by_one_source(world: World, admin: Headers, tmp_path: Path) -> None:
    folder = {"folder": str(tmp_path / "scans" / "cdr"), "afterKeep": "leave"}
    assert (await world.post("/sources", admin, sourceId="bel-a", callFolder=folder)).status_code == 201
    assert (await world.post("/sources", admin, sourceId="bel-b", callFolder=folder)).status_code == 409
    await make(world, admin)
    shouted = {**IMAP, "user": IMAP["user"].upper(), "folder": "inbox"}
    assert (await make(world, admin, sourceId="nog-een", imap=shouted)).status_code == 409


def test_a_place_of_the_settings_file_is_known_too() -> None:
    imap = {"host": "imap.test", "user": "a@gemeente.test", "password_env": "SOURCE_A"}
    desk = SourceDesk(Settings.model_validate({"sources": [{"id": "info", "imap": imap}]}))
    assert desk.neighbour(SourceSettings.model_validate({"id": "ander", "imap": imap})) == "info"
    elsewhere = {**imap, "folder": "Bezwaar"}
    assert desk.neighbour(SourceSettings.model_validate({"id": "ander", "imap": elsewhere})) is None
    website = {"id": "ander", "intake": {"channel": "web"}}
    assert desk.neighbour(SourceSettings.model_validate(website)) is None


async def test_a_source_of_the_settings_file_is_paused_here_and_changed_there(world: World, admin: Headers) -> None:
    await register_source(world.ledger, "website", Channel.web, "live", None)
    shown = await world.get("/sources/website", admin)
    assert (shown.json()["managedBy"], shown.headers["etag"]) == ("settings", '"0"')
    for method, body in (("PATCH", {"mode": "live"}), ("DELETE", None)):
        answer = await world.client.request(
            method, "/v1/sources/website", headers=admin | {"If-Match": '"0"'}, json=body
        )
        assert (answer.status_code, "settings file" in answer.json()["detail"]) == (409, True)
    paused = await world.post("/sources/website/pause", admin, reason="de website wordt vernieuwd")
    told = paused.json()
    assert (told["pausedBy"], told["pauseReason"], told["healthy"]) == ("Beheer", "de website wordt vernieuwd", False)
    assert (await world.post("/sources/website/pause", admin, reason="nog eens")).status_code == 409
    resumed = await world.post("/sources/website/resume", admin)
    assert (resumed.status_code, resumed.json()["pausedAt"], resumed.json()["healthy"]) == (200, None, True)


async def test_a_source_stays_of_its_channel_and_its_id(world: World, admin: Headers) -> None:
    await make(world, admin)
    other = await send(world, "PUT", admin, '"1"', sourceId="bezwaar", intake={"channel": "web"})
    assert (other.status_code, "channel email" in other.json()["detail"]) == (409, True)
    renamed = await send(world, "PUT", admin, '"1"', **{**BODY, "sourceId": "ander"})
    assert pointers(renamed) == {"/sourceId"}
    assert (await source_row(world.ledger, "bezwaar")).channel == "email"


async def test_a_publisher_keeps_sources_an_operator_pauses_and_a_reader_sees_no_settings(
    world: World, admin: Headers
) -> None:
    publisher, operator, reader = [await world.key(role) for role in (Role.publisher, Role.operator, Role.reader)]
    assert (await make(world, operator)).status_code == 403
    assert (await make(world, publisher)).status_code == 201
    assert (await world.post("/sources/bezwaar/pause", operator, reason="storing")).status_code == 200
    seen = (await world.get("/sources/bezwaar", reader)).json()
    assert (seen["settings"], seen["pauseReason"], seen["pausedAt"] is None) == (None, None, False)
    assert "imap.gemeente.test" not in str(seen)


async def test_a_key_of_some_departments_keeps_no_sources(world: World, admin: Headers) -> None:
    await make(world, admin)
    publisher, operator = [await world.key(role, ["kcc"]) for role in (Role.publisher, Role.operator)]
    assert (await make(world, publisher, sourceId="ander")).status_code == 403
    assert (await send(world, "PATCH", publisher, '"1"', mode="live")).status_code == 403
    assert (await send(world, "DELETE", publisher, '"1"')).status_code == 403
    for action, body in (("pause", {"reason": "storing"}), ("resume", {}), ("try", {})):
        assert (await world.post(f"/sources/bezwaar/{action}", operator, **body)).status_code == 403
    line = (await world.get("/sources/bezwaar", operator)).json()
    assert (line["pausedAt"], line["mode"]) == (None, "observe")


async def test_a_token_endpoint_on_this_machine_is_for_the_settings_file(world: World, admin: Headers) -> None:
    imap = {name: value for name, value in IMAP.items() if name != "passwordEnv"}
    oauth = {"clientId": "a", "scope": "b", "clientSecretEnv": "SOURCE_A"}
    for url in ("http://127.0.0.1:8500/v1", "http://localhost/x", "https://localhost/x", "https://[::1]/x"):
        for path in ("/sources", "/sources/try"):
            body = {**BODY, "imap": {**imap, "oauth": {**oauth, "tokenUrl": url}}}
            assert pointers(await world.post(path, admin, **body)) == {"/imap/oauth/tokenUrl"}
    away = {**imap, "oauth": {**oauth, "tokenUrl": "https://login.example/token"}}
    assert (await make(world, admin, imap=away)).status_code == 201


async def test_a_stored_definition_that_is_no_longer_valid_is_shown_without_settings(
    world: World, admin: Headers
) -> None:
    await make(world, admin)
    async with world.ledger.begin() as connection:
        await connection.execute(update(source_definitions).values(settings={"id": "bezwaar", "fax": {}}))
    shown = await world.get("/sources/bezwaar", admin)
    assert (shown.status_code, shown.headers["etag"], shown.json()["settings"]) == (200, '"1"', None)
    assert shown.json()["trouble"]["code"] == "settings_invalid"
    assert (await send(world, "PUT", admin, '"1"', **BODY)).status_code == 200


async def test_live_needs_a_relay_and_a_wish_needs_something(world: World, admin: Headers) -> None:
    await make(world, admin)
    assert pointers(await send(world, "PATCH", admin, '"1"', mode=None)) == {""}
    assert (await send(world, "PATCH", admin, '"1"', mode="loud")).status_code == 400


def test_every_kind_of_source_of_the_settings_file_can_be_made_here() -> None:
    assert set(SourceBody.model_fields) == set(SourceSettings.model_fields)
