"""The call register in the API: who may see what of logs and calls, and how they are paged and filtered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import update

from inbox.call import Direction, Outcome
from inbox.confidentiality import Confidentiality
from store.call_tables import calls
from store.keys import Role
from store.registering import call_id
from tests.call_logs import AT, LegLines, call_parts, keep_log, leg, written
from tests.gateway.api.world import Headers, World
from workflows.importing import import_log
from workflows.parts import ConfiguredCalls

NUMBER = "+31612345678"
OTHERS = "+31687654321"


@pytest.fixture(autouse=True)
def _with_calls(world: World) -> None:
    world.parts.calls = call_parts(world.ledger, world.bytes_root, LegLines(), ["phone", "secret"]).calls
    assert world.parts.calls is not None
    sources = {
        "phone": ConfiguredCalls("live", Confidentiality.zaakvertrouwelijk),
        "secret": ConfiguredCalls("live", Confidentiality.geheim),
    }
    world.parts.calls = replace(world.parts.calls, sources=sources)


async def imported(world: World, *rows: Any, source_id: str = "phone") -> str:
    log_id = await keep_log(world.parts, written(rows), source_id)
    await import_log(world.parts, log_id)
    return log_id


async def a_day(world: World) -> None:
    """Import four calls, an hour apart."""
    await imported(
        world,
        leg("first", 0, caller=NUMBER, queue="Vergunningen", agent="Karin", answered_at=AT, recording="a/+316.wav"),
        leg("second", 60, outcome=Outcome.abandoned),
        leg("third", 120, queue="Vergunningen", outcome=Outcome.missed),
        leg("fourth", 180, direction=Direction.outbound, caller="076", dialled=OTHERS),
    )


async def listed(world: World, headers: Headers, **query: Any) -> list[dict[str, Any]]:
    answer = await world.get("/calls", headers, **query)
    assert answer.status_code == 200, answer.text
    told: list[dict[str, Any]] = answer.json()["calls"]
    return told


async def test_calls_are_listed_last_first_by_every_filter(world: World, admin: Headers) -> None:
    await a_day(world)
    starts = [call["startedAt"] for call in await listed(world, admin)]
    assert starts == [f"2026-11-23T{hour}:00:00Z" for hour in ("12", "11", "10", "09")]
    for query, hours in (
        ({"queue": "Vergunningen"}, ["11", "09"]),
        ({"queue": ""}, ["12", "10"]),
        ({"outcome": "abandoned"}, ["10"]),
        ({"direction": "out"}, ["12"]),
        ({"source": "other"}, []),
        ({"verdict": "counted"}, []),
        ({"startedFrom": "2026-11-23T10:00:00Z", "startedBefore": "2026-11-23T12:00:00Z"}, ["11", "10"]),
    ):
        assert [call["startedAt"][11:13] for call in await listed(world, admin, **query)] == hours, query


async def test_pages_of_calls_show_each_once(world: World, admin: Headers) -> None:
    await a_day(world)
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 3}
    while True:
        answer = (await world.get("/calls", admin, **query)).json()
        seen += [call["callId"] for call in answer["calls"]]
        if answer["nextCursor"] is None:
            break
        query["cursor"] = answer["nextCursor"]
    assert seen == [call_id("phone", key) for key in ("fourth", "third", "second", "first")]


async def test_a_call_is_shown_with_its_legs_and_what_became_of_it(world: World, admin: Headers) -> None:
    await a_day(world)
    async with world.ledger.begin() as connection:
        await connection.execute(update(calls).values(verdict="registered", because="answered", quiet_from=None))
    told = (await world.get(f"/calls/{call_id('phone', 'first')}", admin)).json()
    assert (told["caller"], told["dialled"], told["callKey"], told["recording"]) == (
        NUMBER,
        "14076",
        "first",
        "a/+316.wav",
    )
    assert (told["verdict"], told["because"], told["quietFrom"], told["itemId"]) == (
        "registered",
        "answered",
        None,
        None,
    )
    assert (told["waitedS"], told["talkedS"], told["legsCount"]) == (0.0, 20.0, 1)
    [only] = told["legs"]
    assert (only["line"], only["agent"], only["startedAt"]) == (1, "Karin", "2026-11-23T09:00:00Z")
    assert (await world.get(f"/calls/{uuid4()}", admin)).status_code == 404


@pytest.mark.parametrize(
    ("departments", "up_to", "sees"),
    [
        (None, Confidentiality.zaakvertrouwelijk, True),
        (None, Confidentiality.intern, False),
        (["kcc"], Confidentiality.zaakvertrouwelijk, False),
    ],
)
async def test_who_rang_is_told_only_to_whoever_may_see_all_that_is_made_of_it(
    world: World, departments: list[str] | None, up_to: Confidentiality, sees: bool
) -> None:
    await a_day(world)
    headers = await world.key(Role.reader, departments, up_to)
    pages = [await world.get("/calls", headers)]
    pages += [await world.get(f"/calls/{call_id('phone', key)}", headers) for key in ("first", "fourth")]
    assert [page.status_code for page in pages] == [200, 200, 200]
    for secret in (NUMBER, OTHERS):
        assert (secret in pages[0].text) is sees
    for secret in ("Karin", "+316.wav", '"first"'):
        assert (secret in pages[1].text) is sees
    assert (OTHERS in pages[2].text) is sees
    first = pages[1].json()
    # The line that was rung is nobody's; what is hidden is null, and not empty as a withheld number.
    assert (first["dialled"], first["queue"]) == ("14076", "Vergunningen")
    assert first["caller"] == (NUMBER if sees else None)


async def test_a_source_that_is_stricter_or_not_configured_any_more_tells_nobody_less_trusted(
    world: World, admin: Headers
) -> None:
    await imported(world, leg("a"), source_id="secret")
    await imported(world, leg("b"), source_id="gone")
    assert [call["caller"] for call in await listed(world, admin)] == [None, None]
    trusted = await world.key(Role.admin, up_to=max(Confidentiality))
    assert [call["caller"] for call in await listed(world, trusted)] == [NUMBER, NUMBER]


async def test_a_source_that_was_lowered_since_tells_nobody_who_rang_before(world: World) -> None:
    await imported(world, leg("a"))
    log_id = await imported(world, b"? bad +31612345678")
    assert world.parts.calls is not None
    lowered = {"phone": ConfiguredCalls("live", Confidentiality.openbaar)}
    world.parts.calls = replace(world.parts.calls, sources=lowered)
    for up_to, sees in ((Confidentiality.openbaar, False), (Confidentiality.zaakvertrouwelijk, True)):
        key = await world.key(Role.admin, up_to=up_to)
        [line] = await listed(world, key)
        [bad] = (await world.get(f"/call-logs/{log_id}", key)).json()["rows"]
        assert (line["caller"] is not None, bad["raw"] is not None) == (sees, sees)


async def test_a_call_that_one_log_told_more_strictly_stays_strict(world: World, admin: Headers) -> None:
    for number, level in enumerate((Confidentiality.openbaar, Confidentiality.geheim, Confidentiality.openbaar)):
        log = await keep_log(world.parts, written([leg("a", number)]), "phone", confidentiality=level)
        await import_log(world.parts, log)
    assert [call["caller"] for call in await listed(world, admin)] == [None]


@pytest.mark.parametrize(
    ("departments", "up_to", "sees_people", "sees_item"),
    [
        (None, Confidentiality.vertrouwelijk, True, True),
        (None, Confidentiality.zaakvertrouwelijk, False, False),
        (["vergunningen"], Confidentiality.vertrouwelijk, False, False),
        (["juridisch"], Confidentiality.vertrouwelijk, False, True),
    ],
)
async def test_of_a_call_with_an_item_no_more_is_told_than_of_the_item(
    world: World, departments: list[str] | None, up_to: Confidentiality, sees_people: bool, sees_item: bool
) -> None:
    await imported(world, leg("a", agent="Karin"))
    item_id = await world.forwarded("Bezwaar")
    async with world.ledger.begin() as connection:
        await connection.execute(update(calls).values(item_id=item_id, verdict="call_back"))
    headers = await world.key(Role.reader, departments, up_to)
    assert ((await world.get(f"/items/{item_id}", headers)).status_code == 200) is sees_item
    pages = [await world.get(path, headers) for path in ("/calls", f"/calls/{call_id('phone', 'a')}")]
    for page in pages:
        assert (page.status_code, NUMBER in page.text, item_id in page.text) == (200, sees_people, sees_item)
    assert ("Karin" in pages[1].text) is sees_people


async def test_call_logs_are_listed_newest_first_with_their_counts(world: World, admin: Headers) -> None:
    first = await imported(world, leg("a"), b"? bad", leg("a"))
    second = await imported(world, b"nothing known")
    third = await keep_log(world.parts, written([leg("b")]))
    answer = (await world.get("/call-logs", admin)).json()
    assert [log["callLogId"] for log in answer["callLogs"]] == [third, second, first]
    told = answer["callLogs"][2]
    assert (told["rowsDone"], told["legsNew"], told["legsAgain"], told["badRows"], told["format"]) == (
        3,
        1,
        1,
        1,
        "legs",
    )
    assert answer["callLogs"][1]["trouble"]["code"] == "call_log_unknown"
    for query, expected in (
        ({"state": "waiting"}, [third]),
        ({"code": "call_log_unknown"}, [second]),
        ({"source": "phone", "state": "imported"}, [first]),
        ({"source": "other"}, []),
    ):
        logs = (await world.get("/call-logs", admin, **query)).json()["callLogs"]
        assert [log["callLogId"] for log in logs] == expected
    page = (await world.get("/call-logs", admin, limit=2)).json()
    rest = (await world.get("/call-logs", admin, limit=2, cursor=page["nextCursor"])).json()
    assert [log["callLogId"] for log in page["callLogs"] + rest["callLogs"]] == [third, second, first]
    assert rest["nextCursor"] is None


async def test_bad_rows_are_shown_with_line_and_code_and_raw_only_to_administrators(
    world: World, admin: Headers
) -> None:
    log_id = await imported(world, leg("a"), b"? \xff one", b"? two", leg("b"), b"? three")
    told = (await world.get(f"/call-logs/{log_id}", admin, limit=2)).json()
    assert [(row["row"], row["line"], row["code"]) for row in told["rows"]] == [(2, 2, "row_json"), (3, 3, "row_json")]
    assert told["rows"][0]["raw"] == "? \ufffd one\n"
    rest = (await world.get(f"/call-logs/{log_id}", admin, afterRow=told["nextRow"])).json()
    assert ([row["line"] for row in rest["rows"]], rest["nextRow"]) == ([5], None)
    for headers in (await world.key(Role.reader), await world.key(Role.admin, up_to=Confidentiality.intern)):
        hidden = (await world.get(f"/call-logs/{log_id}", headers)).json()
        assert [row["raw"] for row in hidden["rows"]] == [None] * 3
    assert (await world.get(f"/call-logs/{uuid4()}", admin)).status_code == 404


async def test_details_of_a_log_are_for_administrators(world: World, admin: Headers) -> None:
    log_id = await imported(world, b"nothing known")
    for headers, shows in ((admin, True), (await world.key(Role.reader), False)):
        told = (await world.get(f"/call-logs/{log_id}", headers)).json()
        assert (told["trouble"]["detail"] is not None, told["position"] is not None) == (shows, shows)


async def test_an_administrator_has_a_log_read_again(world: World, admin: Headers, kcc: Headers) -> None:
    log_id = await imported(world, b"nothing known")
    assert (await world.post(f"/call-logs/{log_id}/retry", kcc)).status_code == 403
    answer = await world.post(f"/call-logs/{log_id}/retry", admin)
    assert answer.status_code == 200
    told = answer.json()
    assert (told["state"], told["trouble"], told["retriedBy"]) == ("waiting", None, "Beheer")
    again = await world.post(f"/call-logs/{log_id}/retry", admin)
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert (await world.post(f"/call-logs/{uuid4()}/retry", admin)).status_code == 404


async def test_a_source_and_the_figures_tell_of_logs_that_wait_or_are_in_trouble(world: World, admin: Headers) -> None:
    await imported(world, b"nothing known")
    await imported(world, b"nor this")
    await imported(world, leg())
    await keep_log(world.parts, written([leg()]))
    told = (await world.get("/sources/phone", admin)).json()
    assert told["callLogs"] == {"waiting": 1, "inTrouble": 2}
    page = (await world.get("/metrics", admin)).text
    assert 'gateway_call_logs_waiting{source="phone"} 1.0' in page
    assert 'gateway_call_logs_waiting{source="secret"} 0.0' in page
    assert 'gateway_call_logs_in_trouble{code="call_log_unknown",source="phone"} 2.0' in page


@pytest.mark.parametrize(
    "path",
    [
        "/calls?cursor=x",
        "/calls?startedFrom=yesterday",
        "/calls?number=1",
        "/call-logs?state=lost",
        "/call-logs?limit=0",
    ],
)
async def test_what_makes_no_sense_is_refused_as_a_problem(world: World, admin: Headers, path: str) -> None:
    answer = await world.client.get(f"/v1{path}", headers=admin)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
