"""Keys: shown once, revocable, and never giving more than their maker has."""

from __future__ import annotations

from typing import Any

import pytest

from inbox.confidentiality import Confidentiality
from store.keys import Role
from tests.gateway.api.world import Headers, World


async def test_a_key_is_shown_once_and_works_until_it_is_revoked(world: World, admin: Headers) -> None:
    made = await world.post("/keys", admin, name="Zaakstad", role="department", departments=["kcc"], upTo="intern")
    assert made.status_code == 201
    key, key_id = made.json()["key"], made.json()["keyId"]
    headers = {"Authorization": f"Bearer {key}"}
    assert (await world.get("/items", headers)).status_code == 200
    listed = await world.get("/keys", admin)
    [line] = [line for line in listed.json()["keys"] if line["keyId"] == key_id]
    assert (line["role"], line["departments"], line["upTo"], line["revokedAt"]) == (
        "department",
        ["kcc"],
        "intern",
        None,
    )
    assert key.split("_", 2)[2] not in listed.text
    assert "secret" not in listed.text.lower()
    for _ in range(2):
        ended = await world.client.delete(f"/v1/keys/{key_id}", headers=admin)
        assert (ended.status_code, ended.content) == (204, b"")
    assert (await world.get("/items", headers)).status_code == 401
    [line] = [line for line in (await world.get("/keys", admin)).json()["keys"] if line["keyId"] == key_id]
    assert line["revokedAt"].endswith("Z")


async def test_a_key_that_is_not_there_cannot_be_revoked(world: World, admin: Headers) -> None:
    assert (await world.client.delete("/v1/keys/abc123", headers=admin)).status_code == 404


@pytest.mark.parametrize("name", ["Beheer", "gateway", "Gateway"])
async def test_a_name_that_events_could_confuse_is_refused(world: World, admin: Headers, name: str) -> None:
    answer = await world.post("/keys", admin, name=name, role="reader")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


@pytest.mark.parametrize(
    "body",
    [
        {"name": "x", "role": "department"},
        {"name": "x", "role": "admin", "departments": ["kcc"]},
        {"name": "x", "role": "reader", "departments": []},
        {"name": "x", "role": "god"},
        {"name": " ", "role": "reader"},
        {"name": "x" * 101, "role": "reader"},
        {"name": "a\nb", "role": "reader"},
        {"name": "x", "role": "reader", "upTo": "top secret"},
        {"role": "reader"},
    ],
)
async def test_a_key_of_another_shape_is_refused(world: World, admin: Headers, body: dict[str, Any]) -> None:
    answer = await world.post("/keys", admin, **body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")


async def test_a_department_that_does_not_exist_is_answered_with_those_that_do(world: World, admin: Headers) -> None:
    answer = await world.post("/keys", admin, name="x", role="department", departments=["parkeren"])
    assert answer.status_code == 400
    assert answer.json()["detail"].endswith("juridisch, kcc, vergunningen")


async def test_no_key_gives_more_than_it_has(world: World) -> None:
    low = await world.key(Role.admin, up_to=Confidentiality.intern)
    refused = await world.post("/keys", low, name="hoger", role="reader", upTo="geheim")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    limited = await world.key(Role.admin, ["kcc"])
    for body in ({"role": "admin"}, {"role": "reader"}, {"role": "department", "departments": ["kcc", "juridisch"]}):
        assert (await world.post("/keys", limited, name="ruimer", **body)).status_code == 403
    allowed = await world.post("/keys", limited, name="even ruim", role="department", departments=["kcc"])
    assert allowed.status_code == 201
