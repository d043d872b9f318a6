"""Call records that telephone systems send: kept once as a log, whatever they hold, and only then answered."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import func, select

from adapters.intake.document import as_message
from gateway.api.app import make_api
from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from inbox.errors import StoreUnavailable
from store.call_tables import call_logs
from store.keys import Role
from store.sources import register_source
from store.tables import deliveries, items
from tests.gateway.api.world import MARK, Headers, World
from workflows.parts import CallRegister, ConfiguredCalls

LEG = {"variables": {"uuid": "a-1", "caller_id_name": f"{MARK} & Zn."}, "callflow": [{"caller_profile": {}}]}
BODY = json.dumps(LEG).encode()
SOURCES = {
    "telefonie": ConfiguredCalls("live", Confidentiality.zaakvertrouwelijk, push_bytes=2 << 20),
    "kijk-mee": ConfiguredCalls("observe", Confidentiality.zaakvertrouwelijk, push_bytes=1 << 20),
    "map": ConfiguredCalls("live", Confidentiality.zaakvertrouwelijk),
}


@pytest.fixture(autouse=True)
async def pushed(world: World) -> None:
    """Let telephone systems send records."""
    world.parts.calls = CallRegister(cast("Any", None), as_message, SOURCES)  # nothing is read or judged
    for source_id, source in SOURCES.items():
        await register_source(world.ledger, source_id, Channel.phone, source.mode, datetime(2020, 1, 1, tzinfo=UTC))
    # How much it takes is known when it is put together.
    world.client._transport = httpx.ASGITransport(make_api(world.parts))


@pytest.fixture
async def pbx(world: World) -> Headers:
    """Give the headers of a telephone system."""
    return await world.key(Role.intake, sources=["telefonie", "kijk-mee", "map"], name="Centrale")


async def send(
    world: World, headers: Headers, body: bytes = BODY, media_type: str = "application/json", to: str = "telefonie"
) -> httpx.Response:
    return await world.client.post(
        f"/v1/call-records/{to}?uuid=a-1", headers={**headers, "Content-Type": media_type}, content=body
    )


async def logs(world: World) -> list[Any]:
    async with world.ledger.read() as connection:
        both = select(call_logs, deliveries.c.media_type, deliveries.c.confirmed_at, deliveries.c.position)
        return list((await connection.execute(both.join(deliveries))).all())


async def test_records_are_a_log_with_their_very_bytes_and_no_item(world: World, pbx: Headers) -> None:
    answer = await send(world, pbx)
    assert answer.status_code == 202, answer.text
    [log] = await logs(world)
    assert answer.json() == {"callLogId": log.delivery_id}
    assert (log.state, log.source_id, log.is_observed, log.rows_done) == ("waiting", "telefonie", False, 0)
    assert (log.media_type, log.confirmed_at is not None) == ("application/json", True)
    assert await world.parts.bytes.get(log.delivery_id) == BODY
    async with world.ledger.read() as connection:
        assert (await connection.execute(select(func.count()).select_from(items))).scalar_one() == 0


async def test_the_same_records_again_are_the_same_log_and_answer(world: World, pbx: Headers) -> None:
    answers = await asyncio.gather(*(send(world, pbx) for _ in range(10)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.text for answer in answers}) == 1
    assert len(await logs(world)) == 1
    other = await send(world, pbx, BODY + b"\n")
    assert other.json() != answers[0].json()


@pytest.mark.parametrize(
    ("wrapped", "media_type"),
    [
        (b"cdr=" + quote(BODY).encode(), "application/x-www-form-urlencoded"),
        (b"cdr=" + base64.b64encode(BODY), "application/x-www-form-base64-encoded"),
        (BODY, "application/json; charset=utf-8"),
    ],
)
async def test_freeswitch_may_wrap_its_record_as_it_likes(
    world: World, pbx: Headers, wrapped: bytes, media_type: str
) -> None:
    answer = await send(world, pbx, wrapped, media_type)
    assert answer.status_code == 202, answer.text
    assert await world.parts.bytes.get(answer.json()["callLogId"]) == BODY
    [log] = await logs(world)
    assert log.media_type == "application/json"


@pytest.mark.parametrize(
    ("body", "media_type", "kept_as"),
    [
        (b"Call 1,2026/11/02 09:00:00\n", "text/csv", "text/csv"),
        (b"\x00\xff neither", "image/png", "application/octet-stream"),
        (b"historyid,callid\n", "application/x-www-form-urlencoded", "application/octet-stream"),
        (b"half a line", "", "application/octet-stream"),
    ],
)
async def test_whatever_it_is_it_is_kept_before_anybody_reads_it(
    world: World, pbx: Headers, body: bytes, media_type: str, kept_as: str
) -> None:
    """Invariant 1: bytes first."""
    answer = await send(world, pbx, body, media_type)
    assert answer.status_code == 202, answer.text
    [log] = await logs(world)
    assert (log.media_type, await world.parts.bytes.get(log.delivery_id)) == (kept_as, body)


async def test_the_key_may_be_the_password_of_any_user(world: World, pbx: Headers) -> None:
    key = pbx["Authorization"].removeprefix("Bearer ")
    for user in ("freeswitch", ""):
        answer = await send(world, basic(f"{user}:{key}"))
        assert answer.status_code == 202
    for wrong in (f"{key}:", "freeswitch:geheim", key, "freeswitch:gw_aaaaaaaaaaaa_" + "b" * 43):
        assert (await send(world, basic(wrong))).status_code == 401
    assert (await send(world, {"Authorization": "Basic ???"})).status_code == 401


async def test_a_password_opens_nothing_else(world: World, admin: Headers) -> None:
    key = admin["Authorization"].removeprefix("Bearer ")
    assert (await world.get("/items", basic(f"beheer:{key}"))).status_code == 401


def basic(credentials: str) -> Headers:
    return {"Authorization": "Basic " + base64.b64encode(credentials.encode()).decode()}


async def test_only_sources_that_are_sent_records_take_them_and_only_from_their_own_keys(
    world: World, pbx: Headers, admin: Headers
) -> None:
    other = await world.key(Role.intake, sources=["kijk-mee"], name="Andere centrale")
    for headers, to in ((pbx, "nergens"), (pbx, "map"), (other, "telefonie"), (pbx, "Geen-Naam")):
        answer = await send(world, headers, to=to)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), to
    assert (await send(world, admin)).status_code == 403
    assert await logs(world) == []


async def test_nothing_is_no_log(world: World, pbx: Headers) -> None:
    for body, media_type in (
        (b"", "application/json"),
        (b" \r\n", "text/csv"),
        (b"cdr=", "application/x-www-form-urlencoded"),
        (b"cdr=a", "application/x-www-form-base64-encoded"),
    ):
        answer = await send(world, pbx, body, media_type)
        assert (answer.status_code, answer.json()["code"]) == (422, "no_records")
        assert answer.headers["content-type"] == "application/problem+json"
    assert await logs(world) == []


async def test_each_source_has_its_own_limit_and_others_keep_theirs(world: World, pbx: Headers) -> None:
    fits = b"x" * (2 << 20)
    assert (await send(world, pbx, fits)).status_code == 202
    for body, to in ((fits + b"x", "telefonie"), (fits, "kijk-mee")):
        answer = await send(world, pbx, body, to=to)
        assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    answer = await world.client.post("/v1/items", headers=pbx, content=b"x" * (200 << 20))
    assert answer.status_code == 413


async def test_what_an_observed_source_sends_is_kept_as_observed(world: World, pbx: Headers) -> None:
    await send(world, pbx, to="kijk-mee")
    [log] = await logs(world)
    assert log.is_observed


async def test_a_crash_between_bytes_and_ledger_is_mended_by_the_repeat(
    world: World, pbx: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies(*_: Any) -> None:
        raise StoreUnavailable("the ledger is away")

    with monkeypatch.context() as patched:
        patched.setattr("workflows.receiving_calls.keep_all", dies)
        assert (await send(world, pbx)).status_code == 503
    assert await logs(world) == []
    assert (await send(world, pbx)).status_code == 202
    assert len(await logs(world)) == 1


async def test_bytes_that_are_not_there_are_not_told(world: World, pbx: Headers) -> None:
    first = await send(world, pbx)
    world.bytes_path(first.json()["callLogId"]).write_bytes(b"half")
    answer = await send(world, pbx)
    assert (answer.status_code, answer.json()["code"]) == (500, "bytes_missing")
    assert MARK not in answer.text


async def test_sources_that_are_sent_records_are_shown_and_can_have_keys(world: World, admin: Headers) -> None:
    shown = (await world.get("/sources/telefonie", admin)).json()
    assert (shown["channel"], shown["isConfigured"], shown["healthy"]) == ("phone", True, True)
    made = await world.post("/keys", admin, name="Centrale 2", role="intake", sources=["telefonie"])
    assert made.status_code == 201
    refused = await world.post("/keys", admin, name="Centrale 3", role="intake", sources=["map"])
    assert refused.status_code == 400
