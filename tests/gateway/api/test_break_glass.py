"""Break-glass: one item, for a reason and a while, seen by others too; and nothing beside it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from inbox.confidentiality import Confidentiality
from store.audit_tables import audit
from store.break_glass_tables import broken_glass
from store.keys import Role
from tests.gateway.api.calling import ABSENT
from tests.gateway.api.issuing import Issuer
from tests.gateway.api.world import MARK, Headers, World

WHY = "melding van acuut gevaar"


@pytest.fixture
async def low(world: World) -> Headers:
    """Give an operator who sees up to `zaakvertrouwelijk`."""
    return await world.key(Role.operator, up_to=Confidentiality.zaakvertrouwelijk, name="Regie")


@pytest.fixture
async def secret(world: World) -> str:
    """Give an item that is too confidential for them."""
    return await world.forwarded("Bezwaar", f"Ik maak bezwaar. {MARK}")


async def broken(world: World, item_id: str, headers: Headers, reason: str = WHY, **body: Any) -> Any:
    return await world.post(f"/items/{item_id}/break-glass", headers, reason=reason, **body)


async def time_is_over(world: World) -> None:
    async with world.ledger.begin() as connection:
        await connection.execute(update(broken_glass).values(ends_at=datetime.now(UTC)))


async def audited(world: World) -> list[Any]:
    async with world.ledger.read() as connection:
        query = select(audit).where(audit.c.kind == "item.glass_broken").order_by(audit.c.entry_id)
        return list((await connection.execute(query)).all())


async def test_glass_shows_one_item_with_its_original_until_the_time_is_over(
    world: World, low: Headers, secret: str
) -> None:
    other = await world.forwarded("Bezwaar", "Een ander bezwaar.")
    paths = (f"/items/{secret}", f"/items/{secret}/original")
    assert [(await world.get(path, low)).status_code for path in paths] == [404, 404]
    made = await broken(world, secret, low, minutes=5)
    assert made.status_code == 201
    lasts = datetime.fromisoformat(made.json()["endsAt"]) - datetime.fromisoformat(made.json()["madeAt"])
    assert lasts == timedelta(minutes=5)
    assert [(await world.get(path, low)).status_code for path in paths] == [200, 200]
    assert (await world.get(f"/items/{secret.upper()}", low)).status_code == 200
    assert (await world.get(f"/items/{other}", low)).status_code == 404
    await time_is_over(world)
    assert [(await world.get(path, low)).status_code for path in paths] == [404, 404]


async def test_glass_is_for_looking_and_not_for_acting_or_finding(world: World, low: Headers, secret: str) -> None:
    await broken(world, secret, low)
    assert (await world.get("/items", low)).json()["items"] == []
    assert (await world.get("/tasks", low)).json()["tasks"] == []
    version = (await world.row(secret)).version
    for action in ("accept", "complete", "discard", "reopen", "retry"):
        assert (await world.do(action, secret, low)).status_code == 404
    assert (await world.do("reroute", secret, low, category="vergunning")).status_code == 404
    assert (await world.row(secret)).version == version


async def test_glass_is_of_whoever_broke_it(world: World, low: Headers, secret: str) -> None:
    await broken(world, secret, low)
    for role in (Role.operator, Role.admin, Role.reader):
        another = await world.key(role, up_to=Confidentiality.zaakvertrouwelijk)
        assert (await world.get(f"/items/{secret}", another)).status_code == 404


async def test_it_stands_in_the_audit_trail_and_in_the_list_of_administrators_without_a_word_of_the_item(
    world: World, low: Headers, admin: Headers, secret: str
) -> None:
    await broken(world, secret, low, minutes=60)
    [entry] = await audited(world)
    assert (entry.actor, entry.subject, entry.reason) == ("Regie", f"item/{secret}", WHY)
    assert (entry.about["minutes"], entry.about["confidentiality"]) == (60, "vertrouwelijk")
    listed = await world.get("/break-glass", admin)
    [line] = listed.json()["brokenGlass"]
    assert (line["itemId"], line["actor"], line["upTo"], line["alertedAt"]) == (secret, "Regie", "vertrouwelijk", None)
    assert MARK not in listed.text + str(entry.about)
    assert (await world.get("/break-glass", low)).status_code == 403


@pytest.mark.parametrize(
    "body",
    [
        {"reason": ""},
        {"reason": "x" * 9},
        {"reason": f"   {'x' * 9}   "},
        {"reason": " " * 40},
        {"reason": "x" * 501},
        {"reason": "een reden\x00met iets"},
        {"reason": None},
        {"minutes": 0},
        {"minutes": 61},
        {"minutes": -5},
        {"minutes": 1.5},
        {"upTo": "geheim"},
    ],
)
async def test_without_a_reason_or_for_too_long_nothing_breaks(
    world: World, low: Headers, secret: str, body: dict[str, Any]
) -> None:
    answer = await world.post(f"/items/{secret}/break-glass", low, **{"reason": WHY, **body})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert await audited(world) == []
    assert (await world.get(f"/items/{secret}", low)).status_code == 404


async def test_while_nobody_can_be_told_none_is_broken(world: World, low: Headers, secret: str) -> None:
    world.parts.glass_alerts = ()
    answer = await broken(world, secret, low)
    assert (answer.status_code, answer.json()["code"]) == (409, "nobody_to_alert")
    assert "break_glass.alerts" in answer.json()["detail"]
    assert await audited(world) == []
    assert (await world.get(f"/items/{secret}", low)).status_code == 404


async def test_where_no_glass_is_needed_none_is_broken(world: World, low: Headers) -> None:
    plain = await world.forwarded("Lantaarn")
    answer = await broken(world, plain, low)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert (await broken(world, ABSENT, low)).status_code == 404
    assert await audited(world) == []


async def test_glass_does_not_reach_another_departments_item(world: World, secret: str) -> None:
    limited = await world.key(Role.operator, ["kcc"], up_to=Confidentiality.openbaar)
    own = await world.forwarded("Lantaarn")
    assert (await broken(world, secret, limited)).status_code == 404
    assert (await broken(world, own, limited)).status_code == 201
    assert (await world.get(f"/items/{own}", limited)).status_code == 200
    await world.do("reroute", own, await world.key(), category="vergunning")
    assert (await world.get(f"/items/{own}", limited)).status_code == 404


async def test_an_item_that_becomes_stricter_needs_new_glass(world: World, low: Headers, secret: str) -> None:
    await broken(world, secret, low)
    await world.change(secret, confidentiality=int(Confidentiality.geheim))
    assert (await world.get(f"/items/{secret}", low)).status_code == 404
    assert (await broken(world, secret, low)).status_code == 201
    assert (await world.get(f"/items/{secret}", low)).status_code == 200
    assert len(await audited(world)) == 2


async def test_links_of_the_item_stay_as_hidden_as_they_were(world: World, admin: Headers, low: Headers) -> None:
    secret, linked = await world.forwarded("Bezwaar een"), await world.forwarded("Bezwaar twee")
    await world.do("link", linked, admin, otherItemId=secret)
    await broken(world, secret, low)
    shown = await world.get(f"/items/{secret}", low)
    assert (shown.status_code, shown.json()["links"]) == (200, [])


async def test_whoever_signed_in_breaks_glass_under_their_own_name(signed_in: World, issuer: Issuer) -> None:
    item_id = await signed_in.forwarded("Bezwaar", "Ik maak bezwaar.")
    jan, piet = (issuer.headers(roles=["gateway-operator"], sub=name) for name in ("jan", "piet"))
    assert (await broken(signed_in, item_id, jan)).json()["actor"] == "oidc:jan"
    assert (await signed_in.get(f"/items/{item_id}", jan)).status_code == 200
    assert (await signed_in.get(f"/items/{item_id}", piet)).status_code == 404
    demoted = issuer.headers(roles=["gateway-reader"], sub="jan")
    assert (await signed_in.get(f"/items/{item_id}", demoted)).status_code == 404


async def test_the_list_comes_in_pages_newest_first(world: World, low: Headers, admin: Headers, secret: str) -> None:
    made = [(await broken(world, secret, low)).json()["glassId"] for _ in range(5)]
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        page = (await world.get("/break-glass", admin, **query)).json()
        seen += [line["glassId"] for line in page["brokenGlass"]]
        if page["nextCursor"] is None:
            break
        query["cursor"] = page["nextCursor"]
    assert sorted(seen) == sorted(made)
    assert len(seen) == 5
    limited = await world.key(Role.admin, ["kcc"])
    assert (await world.get("/break-glass", limited)).json()["brokenGlass"] == []
