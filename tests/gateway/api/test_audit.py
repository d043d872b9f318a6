"""Looks and changes stand in the audit trail before anybody has an answer, and hold no word of a sender."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from gateway.api.access import ROLES
from gateway.api.audit import AuditQuery
from inbox.actions import Action
from store.audit import AuditEntry, write_audit
from store.audit_chain import seal
from store.audit_checks import verify_audit
from store.audit_tables import audit
from store.keys import Role
from tests.gateway.api.test_scope import OPERATIONS, call
from tests.gateway.api.test_source_changes import BODY
from tests.gateway.api.world import MARK, Headers, World
from tests.store.making import rows


async def trail(world: World, kind: str = "") -> list[Any]:
    return [row for row in await rows(world.ledger, audit) if row.kind.startswith(kind)]


async def test_a_look_at_an_item_tells_who_saw_which(world: World, kcc: Headers) -> None:
    item_id = await world.forwarded("Lantaarn")
    for path, kind in (("", "item.seen"), ("/original", "original.seen")):
        assert (await world.get(f"/items/{item_id}{path}", kcc)).status_code == 200
        [row] = await trail(world, kind)
        assert (row.actor, row.subject) == ("KCC", f"item/{item_id}")


@pytest.mark.parametrize("kind", ["item.glass_broken", "call-log.retried", "audit.erased"])
async def test_every_kind_can_be_asked_for(world: World, admin: Headers, kind: str) -> None:
    async with world.ledger.begin() as connection:
        await write_audit(connection, AuditEntry("Beheer", kind, "x/1"))
    assert [line["kind"] for line in (await world.get("/audit", admin, kind=kind)).json()["entries"]] == [kind]


def test_no_kind_that_is_written_has_a_form_that_cannot_be_asked_for() -> None:
    """What stands beside `AuditEntry(` or in a constant as `thing.happened`; kinds made of actions are made of names."""
    written = {
        kind
        for folder in ("store", "gateway", "workflows")
        for path in Path(folder).rglob("*.py")
        if "write_audit" in (source := path.read_text())
        for kind in re.findall(r'f?"([a-z-]+\.[a-z_-]+)"', source)
    }
    assert {"item.glass_broken", "key.made", "destination.paused"} <= written
    assert [kind for kind in sorted(written) if AuditQuery(kind=kind).kind != kind] == []
    assert [AuditQuery(kind=f"item.{action}") for action in Action]


async def test_a_try_tells_who_reached_for_which_machine_also_when_nobody_answers(world: World, admin: Headers) -> None:
    webhook = {"kind": "webhook", "url": "https://intern.test/geheim", "secret": "env:WEBHOOK"}
    assert (await world.post("/destinations/try", admin, destination=webhook)).status_code == 200
    assert (await world.post("/sources/try", admin, **BODY)).status_code == 200
    [destination], [source] = await trail(world, "destination.tried"), await trail(world, "source.tried")
    assert (destination.subject, destination.about) == ("destination", {"place": "intern.test"})
    assert (source.subject, source.about["place"].split(":")[0]) == (f"source/{BODY['sourceId']}", BODY["imap"]["host"])
    assert (await world.post("/sources/website/try", admin)).status_code == 200
    assert (await trail(world, "source.tried"))[-1].about == {"place": "nothing: others hand in"}


async def test_a_list_is_one_look_with_the_ids_in_it_and_an_empty_one_none(
    world: World, kcc: Headers, permits: Headers
) -> None:
    seen = [await world.forwarded("Lantaarn"), await world.forwarded("Lantaarn elders")]
    for headers in (kcc, permits):
        assert (await world.get("/items", headers)).status_code == 200
    [row] = await trail(world, "items.listed")
    assert (row.actor, row.subject, row.about["count"]) == ("KCC", "items", 2)
    assert sorted(row.about["itemIds"]) == sorted(seen)


async def test_an_item_is_found_by_each_way_that_its_path_may_be_written(world: World, kcc: Headers) -> None:
    item_id = await world.forwarded("Lantaarn")
    for written in (item_id.upper(), item_id.replace("-", "")):
        assert (await world.get(f"/items/{written}", kcc)).status_code == 200
    assert [row.subject for row in await trail(world, "item.seen")] == [f"item/{item_id}"] * 2


async def test_whoever_is_refused_or_finds_nothing_saw_nothing(world: World, permits: Headers) -> None:
    item_id = await world.forwarded("Lantaarn")
    assert (await world.get(f"/items/{item_id}", permits)).status_code == 404
    assert (await world.get(f"/items/{item_id}")).status_code == 401
    assert await trail(world, "item.") == []


@pytest.mark.parametrize("path", ["/items", "/items/{itemId}", "/items/{itemId}/original"])
async def test_no_data_leaves_when_the_look_cannot_be_written(world: World, admin: Headers, path: str) -> None:
    item_id = await world.forwarded("Lantaarn", f"De lantaarn, {MARK}.")
    address = path.replace("{itemId}", item_id)
    async with world.ledger.begin() as connection:
        await connection.execute(text("ALTER TABLE audit RENAME COLUMN commitment TO away"))
    try:
        answer = await world.get(address, admin)
    finally:
        async with world.ledger.begin() as connection:
            await connection.execute(text("ALTER TABLE audit RENAME COLUMN away TO commitment"))
    assert answer.status_code == 503
    assert MARK not in answer.text
    assert item_id not in answer.text


async def test_every_operation_that_reads_leaves_a_trail_or_tells_of_no_person(world: World, admin: Headers) -> None:
    item_id = await world.forwarded("Lantaarn")
    personless = {"getOpenapi", "getDocs", "getLive", "getReady", "getMetrics", "listKeys", "getReachability"}
    personless |= {"listCallLogs", "listSimulations"}
    about_the_house = ("/configuration", "/destinations", "/drafts", "/overlays", "/sources")
    personless |= {told["operationId"] for path, _, told in OPERATIONS if path.startswith(about_the_house)}
    for path, method, operation in OPERATIONS:
        name = operation["operationId"]
        if method != "get" or Role.admin not in (ROLES[name] or ()):
            continue
        before = len(await trail(world))
        answer = await call(world, path, method, admin, itemId=item_id, sourceId="info")
        is_empty = answer.status_code >= 300 or not any(
            value for value in (answer.json() if "json" in answer.headers["content-type"] else {"": 1}).values()
        )
        assert (len(await trail(world)) > before) == (name not in personless and not is_empty), name


async def test_an_action_is_told_with_the_id_of_its_event_and_without_its_words(world: World, kcc: Headers) -> None:
    item_id = await world.forwarded("Lantaarn")
    before = (await world.row(item_id)).version
    done = await world.do("return", item_id, kcc, reason=f"Omdat {MARK}")
    assert done.status_code == 200
    [row] = await trail(world, "item.return")
    assert (row.actor, row.subject, row.from_version, row.to_version) == ("KCC", f"item/{item_id}", before, before + 1)
    [event] = [event for event in await world.events(item_id) if event.kind == "return"]
    assert (row.about["action"], row.reason) == (event.action_id, "")


async def test_a_refused_action_leaves_no_trail(world: World, kcc: Headers) -> None:
    item_id = await world.forwarded("Lantaarn")
    await world.do("complete", item_id, kcc)
    assert (await world.do("accept", item_id, kcc)).status_code == 409
    assert [row.kind for row in await trail(world, "item.")] == ["item.complete"]


async def test_keys_and_published_versions_are_told(world: World, admin: Headers) -> None:
    made = (await world.post("/keys", admin, name="Zaakstad", role="reader")).json()
    for _ in range(2):
        await world.client.delete(f"/v1/keys/{made['keyId']}", headers=admin)
    told = [(row.actor, row.kind) for row in await trail(world, "key.") if row.subject == f"key/{made['keyId']}"]
    assert told == [("Beheer", "key.made"), ("Beheer", "key.revoked")]
    assert made["key"] not in str(await trail(world))
    [version] = await trail(world, "version.published")
    assert (version.actor, version.subject, version.from_version, version.to_version) == ("test", "version/1", None, 1)


async def test_the_trail_is_filtered_and_paged(world: World, admin: Headers, kcc: Headers) -> None:
    lamp, other = await world.forwarded("Lantaarn"), await world.forwarded("Lantaarn elders")
    for headers in (admin, kcc):
        await world.get(f"/items/{lamp}", headers)
        await world.get(f"/items/{other}", headers)
    await world.get("/items", kcc)
    about = (await world.get("/audit", admin, itemId=lamp)).json()["entries"]
    assert [(line["actor"], line["kind"]) for line in about] == [
        ("KCC", "items.listed"),
        ("KCC", "item.seen"),
        ("Beheer", "item.seen"),
    ]
    assert {line["actor"] for line in (await world.get("/audit", admin, actor="KCC")).json()["entries"]} == {"KCC"}
    first = (await world.get("/audit", admin, kind="item", limit=3)).json()
    second = await world.get("/audit", admin, kind="item", limit=3, cursor=first["nextCursor"])
    assert len(first["entries"]) == 3
    assert (len(second.json()["entries"]), second.json()["nextCursor"]) == (1, None)
    assert (await world.get("/audit", admin, atBefore="2020-01-01T00:00:00Z")).json()["entries"] == []
    assert len((await world.get("/audit", admin, subject="item")).json()["entries"]) == 4
    # To look at the trail is a look, too.
    assert (await world.get("/audit", admin, kind="audit")).json()["entries"][0]["kind"] == "audit.listed"


async def test_the_trail_is_for_administrators(world: World) -> None:
    for role in set(Role) - {Role.admin}:
        headers = await world.key(role, ["kcc"] if role is Role.department else None)
        assert (await world.get("/audit", headers)).status_code == 403


async def test_no_entry_holds_a_word_of_a_sender(world: World, admin: Headers) -> None:
    item_id = await world.forwarded(f"Lantaarn {MARK}", f"De lantaarn, {MARK}.")
    for path in ("", f"/{item_id}", f"/{item_id}/original"):
        assert (await world.get(f"/items{path}", admin)).status_code == 200
    await world.do("return", item_id, admin, reason=f"Niet van ons: {MARK}")
    listed = await world.get("/audit", admin)
    assert MARK not in json.dumps([dict(row._mapping) for row in await trail(world)], default=str)
    assert MARK not in listed.text
    assert "jan@inwoner.test" not in listed.text
    while await seal(world.ledger):
        pass
    assert (await verify_audit(world.ledger)).broken is None
