"""Reachability over the API: figures, the calls behind each, and who may see which."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from inbox.call import Direction, Outcome
from store.configurations import publish
from store.keys import Role
from tests.configuration import SMALL_TOWN
from tests.gateway.api.world import Headers, World
from tests.inbox.calls.counting import NOON, Raw
from tests.store.calls_made import CALLER, add_calls

CALLS = """
calls:
  answered_within_seconds: 30
  answered_share: 0.8
  queues:
    Vergunningen: {department: vergunningen, answered_within_seconds: 20}
    "14 099": {department: kcc}
"""
DAY = {"from": "2026-11-24", "to": "2026-11-24"}


def later(minutes: float, queue: str = "Vergunningen", **changes: Any) -> Raw:
    return Raw(queue, began=NOON + timedelta(minutes=minutes), **changes)


RANG = [
    later(0, waits=12),
    later(1, waits=25),
    later(2, outcome=Outcome.missed, waits=60),
    later(3, outcome=Outcome.abandoned, waits=3),
    later(4, outcome=Outcome.abandoned, waits=33),
    later(61, outcome=Outcome.voicemail),
    later(62, outcome=Outcome.busy, waits=0),
    later(500, outcome=Outcome.after_hours, waits=8),
    later(501, outcome=Outcome.failed, waits=0),
    later(5, "", dialled="14099", waits=10),
    later(6, "Alarm & co", waits=5),
    later(7, "", waits=5),
    later(8, direction=Direction.outbound),
    later(9, direction=Direction.internal),
]


@pytest.fixture
async def town(world: World) -> World:
    """Give a town that was rung on 24 November 2026."""
    await publish(world.ledger, SMALL_TOWN.replace("FOLDER", "/nergens") + CALLS, "test")
    await rang(world, RANG)
    return world


async def rang(world: World, raws: Sequence[Raw], name: str = "c") -> None:
    await add_calls(world.ledger, [raw.legs(f"{name}{number}") for number, raw in enumerate(raws)])


async def report(town: World, headers: Headers, **query: Any) -> dict[str, Any]:
    answer = await town.get("/reachability", headers, **{**DAY, **query})
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


async def test_each_queue_has_its_figures(town: World, admin: Headers) -> None:
    found = await report(town, admin)
    assert {name: found[name] for name in ("from", "to", "timeZone", "by", "unknownQueues", "notCounted")} == {
        **DAY, "timeZone": "Europe/Amsterdam", "by": ["queue"], "unknownQueues": ["", "Alarm & co"], "notCounted": 2,
    }  # fmt: skip
    assert [(cell["queue"], cell["department"], cell["offered"]) for cell in found["figures"]] == [
        ("14 099", "kcc", 1),
        ("Vergunningen", "vergunningen", 7),
        ("", "", 1),
        ("Alarm & co", "", 1),
    ]
    permits = found["figures"][1]
    assert permits == {
        "queue": "Vergunningen", "department": "vergunningen", "hour": None, "day": None,
        "offered": 7, "measured": 6, "answered": 2, "answeredWithinNorm": 1, "missed": 1, "abandoned": 1,
        "abandonedShort": 1, "voicemail": 1, "busy": 1, "afterHours": 1, "failed": 1,
        "averageWaitS": 18.5, "longestWaitS": 25.0, "averageWaitOfOfferedS": 21.1, "longestWaitOfOfferedS": 60.0,
        "shareAnswered": 0.3333, "shareWithinNorm": 0.1667, "normSeconds": 20, "normShare": 0.8, "isNormMet": False,
        "calls": "/v1/reachability/calls?from=2026-11-24&to=2026-11-24&queue=Vergunningen",
    }  # fmt: skip
    assert found["total"]["offered"] == 10
    assert found["total"]["normSeconds"] is None


@pytest.mark.parametrize(
    "by", ["queue", "department", "hour", "day", "queue,hour", "day,hour,department", "hour,day,queue"]
)
async def test_each_figure_leads_to_its_calls_and_to_no_others(town: World, admin: Headers, by: str) -> None:
    found = await report(town, admin, by=by)
    listed = 0
    for cell in found["figures"]:
        page = (await town.client.get(cell["calls"], headers=admin)).json()
        wanted = {
            "answered_within_norm": cell["answeredWithinNorm"],
            "answered_late": cell["answered"] - cell["answeredWithinNorm"],
            "missed": cell["missed"],
            "abandoned": cell["abandoned"],
            "abandoned_short": cell["abandonedShort"],
            "voicemail": cell["voicemail"],
            "busy": cell["busy"],
            "after_hours": cell["afterHours"],
            "failed": cell["failed"],
        }
        counted = [call["countedAs"] for call in page["calls"]]
        assert {name: counted.count(name) for name in wanted} == wanted
        listed += len(counted)
    assert listed == 12


async def test_a_call_tells_when_where_and_what_and_not_who(town: World, admin: Headers) -> None:
    answer = await town.get("/reachability/calls", admin, **DAY, countedAs="abandoned_short")
    [call] = answer.json()["calls"]
    assert call.pop("callId")
    assert call == {
        "startedAt": "2026-11-24T11:03:00Z", "queue": "Vergunningen", "department": "vergunningen", "waitedS": 3.0,
        "outcome": "abandoned", "countedAs": "abandoned_short",
    }  # fmt: skip
    everything = await town.get("/reachability/calls", admin, **DAY)
    assert CALLER not in everything.text + (await town.get("/reachability", admin, **DAY)).text
    assert len(everything.json()["calls"]) == 12


async def test_pages_of_calls_show_each_once(town: World, admin: Headers) -> None:
    seen: list[str] = []
    link: str | None = "/v1/reachability/calls?from=2026-11-24&to=2026-11-24&limit=5"
    while link:
        answer = await town.client.get(link, headers=admin)
        seen += [call["callId"] for call in answer.json()["calls"]]
        link = answer.headers["link"].partition(">")[0][1:] if "link" in answer.headers else None
        assert (answer.json()["nextCursor"] is None) == (link is None)
    assert len(seen) == len(set(seen)) == 12


async def test_filters_pick_queues_and_then_nothing_is_said_of_the_rest(town: World, admin: Headers) -> None:
    found = await report(town, admin, queue="vergunningen", by="hour")
    assert [(cell["hour"], cell["offered"]) for cell in found["figures"]] == [(12, 5), (13, 2), (20, 0)]
    assert (found["notCounted"], found["unknownQueues"]) == (None, [])
    assert "queue=vergunningen" in found["figures"][0]["calls"]
    assert [cell["queue"] for cell in (await report(town, admin, department=""))["figures"]] == ["", "Alarm & co"]
    assert [cell["queue"] for cell in (await report(town, admin, queue=""))["figures"]] == [""]


async def test_a_key_of_a_department_sees_its_own_queues(town: World, kcc: Headers, permits: Headers) -> None:
    for headers, queue in ((kcc, "14 099"), (permits, "Vergunningen")):
        found = await report(town, headers)
        assert [cell["queue"] for cell in found["figures"]] == [queue]
        assert (found["notCounted"], found["unknownQueues"]) == (None, [])
        calls = (await town.get("/reachability/calls", headers, **DAY)).json()["calls"]
        assert {call["queue"] for call in calls} == {queue}
    assert (await report(town, kcc, queue="Vergunningen"))["figures"] == []


async def test_who_watches_sees_figures_and_no_calls(town: World) -> None:
    monitor = await town.key(Role.monitor)
    assert (await report(town, monitor))["total"]["offered"] == 10
    assert (await town.get("/reachability/calls", monitor, **DAY)).status_code == 403
    intake = await town.key(Role.intake, sources=["website"])
    assert (await town.get("/reachability", intake, **DAY)).status_code == 403


@pytest.mark.parametrize(
    "query",
    [
        {"from": "2026-11-25", "to": "2026-11-24"},
        {"from": "2025-11-23", "to": "2026-11-24"},
        {"from": "0001-01-01", "to": "0001-01-02"},
        {"from": "9999-12-31", "to": "9999-12-31"},
        {"from": "24-11-2026"},
        {"by": "caller"},
        {"by": "queue,"},
        {"by": ""},
        {"format": "xml"},
        {"departement": "kcc"},
    ],
)
async def test_what_makes_no_sense_is_a_bad_request(town: World, admin: Headers, query: dict[str, str]) -> None:
    answer = await town.get("/reachability", admin, **query)
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


async def test_without_days_it_is_the_last_week(town: World, admin: Headers) -> None:
    document = (await town.get("/reachability", admin)).json()
    assert document["from"] < document["to"]
    calls = await town.get("/reachability/calls", admin, hour=24)
    assert calls.status_code == 400


async def test_a_spreadsheet_gets_the_same_figures_and_nothing_to_carry_out(town: World, admin: Headers) -> None:
    await rang(town, [later(0, "=HYPERLINK(1)"), later(0, "+31168123456"), later(0, "-1+1")], "bad")
    by_format = await town.get("/reachability", admin, **DAY, format="csv")
    accepted = await town.client.get("/v1/reachability", headers={**admin, "Accept": "text/csv"}, params=DAY)
    assert by_format.text == accepted.text
    assert by_format.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(by_format.text, newline="")))
    names = {row["queue"] for row in rows}
    assert {"'=HYPERLINK(1)", "+31168123456", "'-1+1", "Alarm & co"} <= names
    [permits] = [row for row in rows if row["queue"] == "Vergunningen"]
    [shown] = [cell for cell in (await report(town, admin))["figures"] if cell["queue"] == "Vergunningen"]
    assert permits.keys() == shown.keys()
    assert (permits["offered"], permits["isNormMet"], permits["hour"]) == ("7", "false", "")


async def test_whoever_takes_anything_gets_json(town: World, admin: Headers) -> None:
    for accept in ("*/*", "text/csv, application/json", "text/html", ""):
        answer = await town.client.get("/v1/reachability", headers={**admin, "Accept": accept}, params=DAY)
        assert answer.headers["content-type"] == "application/json", accept
