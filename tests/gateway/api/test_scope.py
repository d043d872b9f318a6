"""What a key may see and do: outside of its scope nothing seems to exist."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gateway.api.access import ROLES
from inbox.confidentiality import Confidentiality
from store.deciding import standing
from store.keys import Role
from tests.gateway.api.calling import ABSENT, OPERATIONS, call
from tests.gateway.api.world import Headers, World

ON_ITEMS = [
    (path, method, operation)
    for path, method, operation in OPERATIONS
    if "{itemId}" in path and Role.department in (ROLES[operation["operationId"]] or ())
]


def test_only_what_tells_of_no_item_needs_no_key() -> None:
    public = {path for path, _, operation in OPERATIONS if not operation["security"]}
    assert public == {"/openapi.json", "/docs", "/health/live", "/health/ready"}


async def test_a_department_lists_its_own_items_only(world: World, kcc: Headers, permits: Headers) -> None:
    lamp, permit = await world.forwarded("Lantaarn"), await world.forwarded("Vergunning")
    await world.quarantined()
    for headers, own in ((kcc, lamp), (permits, permit)):
        page = (await world.get("/items", headers)).json()
        assert [line["itemId"] for line in page["items"]] == [own]
    assert (await world.get("/items", permits, department="kcc")).json()["items"] == []
    assert (await world.get("/items", permits, status="quarantined")).json()["items"] == []


@pytest.mark.parametrize(("path", "method", "operation"), ON_ITEMS, ids=lambda value: str(value)[:40])
async def test_anothers_item_answers_as_if_it_did_not_exist(
    world: World, permits: Headers, path: str, method: str, operation: dict[str, Any]
) -> None:
    lamp = await world.forwarded("Lantaarn")
    theirs = await call(world, path, method, permits, itemId=lamp)
    absent = await call(world, path, method, permits, itemId=ABSENT)
    assert theirs.status_code == absent.status_code == 404
    assert {**theirs.json(), "instance": ""} == {**absent.json(), "instance": ""}
    assert (await world.row(lamp)).status == "forwarded"


async def test_an_item_without_a_department_is_for_keys_of_all_departments(
    world: World, admin: Headers, kcc: Headers
) -> None:
    odd = await world.quarantined()
    reader = await world.key(Role.reader)
    assert (await world.get(f"/items/{odd}", kcc)).status_code == 404
    assert (await world.get(f"/items/{odd}/original", kcc)).status_code == 404
    for headers in (admin, reader):
        assert (await world.get(f"/items/{odd}", headers)).status_code == 200


async def test_a_key_sees_no_item_that_is_too_confidential_for_it(world: World) -> None:
    item_id = await world.forwarded("Bezwaar", "Ik maak bezwaar.")
    low = await world.key(Role.admin, up_to=Confidentiality.zaakvertrouwelijk)
    high = await world.key(Role.admin, up_to=Confidentiality.vertrouwelijk)
    assert (await world.get("/items", low)).json()["items"] == []
    for path in (f"/items/{item_id}", f"/items/{item_id}/original"):
        assert (await world.get(path, low)).status_code == 404
        assert (await world.get(path, high)).status_code == 200
    assert (await world.do("accept", item_id, low)).status_code == 404
    assert (await world.do("accept", item_id, high)).status_code == 200


async def test_a_department_handles_its_own_matter_of_a_split_item_and_no_other(
    world: World, admin: Headers, kcc: Headers, permits: Headers
) -> None:
    item_id = await world.forwarded("Lantaarn")
    await world.do("split", item_id, admin, category="vergunning")
    await world.drive(item_id)
    await world.deliver(item_id)
    state = (await world.do("accept", item_id, permits)).json()
    assert [line["status"] for line in state["assignments"]] == ["forwarded", "accepted"]
    [lamp, _] = state["assignments"]
    meddling = await world.do("accept", item_id, permits, assignmentId=lamp["assignmentId"])
    assert (meddling.status_code, meddling.json()["code"]) == (404, "not_found")
    state = (await world.do("accept", item_id, kcc)).json()
    assert [line["status"] for line in state["assignments"]] == ["accepted", "accepted"]


async def test_of_several_matters_of_its_own_a_department_names_one(world: World, admin: Headers, kcc: Headers) -> None:
    item_id = await world.forwarded("Lantaarn")
    for category in ("vergunning", "intern"):
        await world.do("split", item_id, admin, category=category)
    await world.drive(item_id)
    await world.deliver(item_id)
    vague = await world.do("accept", item_id, kcc)
    assert (vague.status_code, vague.json()["code"]) == (400, "bad_request")
    own = [line for line in (await standing(world.ledger, item_id)).assignments if line.department == "kcc"]
    named = await world.do("accept", item_id, kcc, assignmentId=own[1].assignment_id)
    assert [line["status"] for line in named.json()["assignments"]] == ["forwarded", "forwarded", "accepted"]


async def test_an_item_that_is_rerouted_away_is_gone_for_the_department(
    world: World, admin: Headers, kcc: Headers, permits: Headers
) -> None:
    item_id = await world.forwarded("Lantaarn")
    assert (await world.get(f"/items/{item_id}", kcc)).status_code == 200
    await world.do("reroute", item_id, admin, category="vergunning")
    assert (await world.get(f"/items/{item_id}", kcc)).status_code == 404
    assert (await world.get(f"/items/{item_id}", permits)).status_code == 200


async def test_nobody_acts_on_an_item_that_leaves_their_scope_at_that_moment(
    world: World, admin: Headers, kcc: Headers
) -> None:
    for turn in range(5):
        item_id = await world.forwarded(f"Lantaarn {turn}")
        away, mine = await asyncio.gather(
            world.do("reroute", item_id, admin, category="vergunning"), world.do("accept", item_id, kcc)
        )
        assert away.status_code == 200
        kinds = [event.kind for event in await world.events(item_id)]
        if mine.status_code == 200:
            assert kinds.index("accept") < kinds.index("reroute")
        else:
            assert mine.status_code == 404
            assert "accept" not in kinds


async def test_links_to_items_outside_the_scope_are_not_shown(world: World, admin: Headers, kcc: Headers) -> None:
    lamp, permit = await world.forwarded("Lantaarn"), await world.forwarded("Vergunning")
    await world.do("link", permit, admin, otherItemId=lamp)
    assert len((await world.get(f"/items/{lamp}", admin)).json()["links"]) == 1
    await world.change(permit, confidentiality=int(Confidentiality.geheim))
    for headers in (admin, kcc):
        told = await world.get(f"/items/{lamp}", headers)
        assert told.json()["links"] == []
        assert permit not in told.text


async def test_an_item_outside_the_scope_cannot_be_named_as_original(world: World, admin: Headers) -> None:
    hidden, item_id = await world.forwarded("Geheim"), await world.forwarded("Lantaarn")
    await world.change(hidden, confidentiality=int(Confidentiality.geheim))
    named, absent = [await world.do("link", item_id, admin, otherItemId=other) for other in (hidden, ABSENT)]
    assert named.status_code == absent.status_code == 400
    assert named.json()["detail"] == absent.json()["detail"]


async def test_a_bulk_release_leaves_what_is_outside_the_scope(world: World, admin: Headers) -> None:
    hidden = await world.held("Geheim", source_id="wijk", confidentiality=Confidentiality.geheim)
    assert (await world.post("/items/release", admin, source="wijk")).json() == {"items": []}
    named = await world.post("/items/release", admin, itemIds=[hidden])
    assert named.json()["items"][0]["code"] == "not_found"


async def test_an_administrator_of_some_departments_ends_nothing_that_others_share(
    world: World, admin: Headers
) -> None:
    limited = await world.key(Role.admin, ["kcc"])
    shared, own = await world.forwarded("Lantaarn"), await world.forwarded("Lantaarn elders")
    await world.do("split", shared, admin, category="vergunning")
    refused = await world.do("discard", shared, limited)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    assert (await world.do("discard", own, limited)).status_code == 200


@pytest.mark.parametrize("role", [Role.admin, Role.publisher])
async def test_who_is_for_some_departments_drafts_and_decides_nothing_for_all(
    world: World, admin: Headers, role: Role
) -> None:
    limited = await world.key(role, ["kcc"])
    in_force = (await world.get("/configuration", admin)).json()["version"]
    draft = (await world.post("/drafts", limited, title="Alles naar ons")).json()["draftId"]
    category = {"name": "een vergunning", "department": "kcc", "answer": "receipt_only"}
    path = f"/v1/drafts/{draft}/categories/vergunning"
    written = await world.client.put(path, headers={**limited, "If-Match": '"1"'}, json=category)
    assert written.status_code == 200
    assert (await world.post(f"/drafts/{draft}/validation", limited)).status_code == 200
    words = {"reason": "grote brand", "endsAt": "2100-01-01T00:00:00Z", "extraWords": {"text": "Er is brand."}}
    asked = [
        ("POST", f"/drafts/{draft}/publication", {"reason": "omdat het kan"}),
        ("DELETE", f"/drafts/{draft}/publication", None),
        ("POST", f"/drafts/{draft}/publication/approval", {"reason": "omdat het kan"}),
        ("POST", f"/configuration/versions/{in_force}/roll-back", {"reason": "omdat het kan"}),
        ("POST", "/overlays", words),
        ("DELETE", f"/overlays/{ABSENT}", None),
    ]
    for method, below, body in asked:
        headers = {**limited, "If-Match": '"2"'}
        answer = await world.client.request(method, f"/v1{below}", headers=headers, json=body)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed"), below
        assert "all departments" in answer.json()["detail"]
    assert (await world.get("/configuration", admin)).json()["version"] == in_force


async def test_the_answer_to_an_action_that_ends_the_scope_is_still_given(world: World) -> None:
    low = await world.key(Role.admin, up_to=Confidentiality.zaakvertrouwelijk)
    item_id = await world.forwarded("Lantaarn")
    answer = await world.do("reroute", item_id, low, category="bezwaar")
    assert (answer.status_code, answer.json()["confidentiality"]) == (200, "vertrouwelijk")
    assert (await world.get(f"/items/{item_id}", low)).status_code == 404
