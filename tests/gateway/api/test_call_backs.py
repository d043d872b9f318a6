"""What the API shows of an item that was made of calls."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from gateway.api.app import make_api
from store.keys import Role, make_key
from store.ledger import Ledger
from tests.ringing import AT, JAN, Ringing, answered, leg, ringing_town


@pytest.fixture
async def town(ledger: Ledger, tmp_path: Path) -> Ringing:
    """Give a town in which nobody rang yet."""
    return await ringing_town(ledger, tmp_path)


@pytest.fixture
async def client(town: Ringing) -> AsyncIterator[httpx.AsyncClient]:
    """Give an administrator's client."""
    key = await make_key(town.ledger, "Beheer", Role.admin)
    transport = httpx.ASGITransport(make_api(town.parts))
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test", headers=headers) as client:
        yield client


def written(minutes: float) -> str:
    return (AT + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


async def test_an_item_shows_its_call_and_what_came_since(town: Ringing, client: httpx.AsyncClient) -> None:
    await town.judged(leg("c1", queue="Balie", choice="2"))
    item = await town.advanced((await town.item()).item_id)
    await town.judged(leg("c2", 10))
    account = (await client.get(f"/v1/items/{item.item_id}")).json()
    assert account["call"] == {
        "caller": JAN,
        "dialled": "14099",
        "queue": "Balie",
        "choice": "2",
        "direction": "in",
        "outcome": "missed",
        "startedAt": written(0),
        "waitedS": 60.0,
    }
    back = {"calls": 2, "firstAt": written(0), "latestAt": written(10), "settledBy": None, "settledAt": None}
    assert account["callBack"] == back
    await town.judged(answered("a", 20))
    after = (await client.get(f"/v1/items/{item.item_id}")).json()
    assert after["status"] == "completed"
    assert after["callBack"]["settledBy"] == (await town.call("a")).call_id
    assert after["callBack"]["settledAt"] == (AT + timedelta(minutes=20, seconds=10)).isoformat().replace("+00:00", "Z")
    assert [event["kind"] for event in after["events"]][-1] == "settled_by_call"


async def test_the_log_with_other_peoples_calls_is_not_shown(town: Ringing, client: httpx.AsyncClient) -> None:
    await town.judged(leg("c1"))
    item = await town.item()
    account = (await client.get(f"/v1/items/{item.item_id}")).json()
    assert account["delivery"]["scan"] is None
    assert (await client.get(f"/v1/items/{item.item_id}/scan")).status_code == 404
    original = await client.get(f"/v1/items/{item.item_id}/original")
    assert original.status_code == 200
    assert b"X-Intake" in original.content
