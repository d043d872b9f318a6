"""Emergency overlays: in force at once, gone by the clock, and nobody is left untold (invariant 5)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from structlog.testing import capture_logs

from inbox.routing.compiled import CompiledConfiguration
from store.audit_tables import audit
from store.configurations import Configurations, publish
from store.deciding import standing
from store.flag_tables import overlays
from store.item_checks import differing
from store.keys import Role
from store.ledger import Ledger, now
from store.overlays import end_overlay
from tests.configuration import SMALL_TOWN, with_flags
from tests.gateway.api.world import Headers, World, make_world
from workflows.launching import launch_item
from workflows.resuming import resume_all

SOON = timedelta(hours=6)
ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-9, 9)
    | st.sampled_from(["", "x", "lantaarn", "haven", "2020-01-01T00:00:00Z"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["text", "categories", "when", "words", "not", "category", "flag", "x"]), inner
        )
    ),
    max_leaves=8,
)
"""Bodies of no sense, out of keys and values that have some."""


def town(tmp_path: Path) -> str:
    return with_flags(SMALL_TOWN).replace("FOLDER", str(tmp_path / "forwarded"))


@pytest.fixture
async def world(ledger: Ledger, tmp_path: Path) -> AsyncIterator[World]:
    made = await make_world(ledger, tmp_path)
    await publish(ledger, town(tmp_path), "test")
    async with made.client:
        yield made


@pytest.fixture
async def publisher(world: World) -> Headers:
    return await world.key(Role.publisher, name="Crisis")


async def begun(world: World, headers: Headers, lasts: timedelta = SOON, **content: Any) -> str:
    ends_at = (datetime.now(UTC) + lasts).isoformat()
    answer = await world.post("/overlays", headers, reason="brand in de haven", endsAt=ends_at, **content)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/v1/overlays/{answer.json()['overlayId']}"
    return str(answer.json()["overlayId"])


async def over(world: World, overlay_id: str) -> None:
    """Let its end pass; nobody does anything."""
    async with world.ledger.begin() as connection:
        await connection.execute(
            update(overlays)
            .where(overlays.c.overlay_id == overlay_id)
            .values(ends_at=now() - timedelta(milliseconds=1))
        )


async def notices(world: World, item_id: str) -> list[Any]:
    return list((await standing(world.ledger, item_id)).notices)


async def audited(world: World) -> list[Any]:
    async with world.ledger.read() as connection:
        about_overlays = select(audit).where(audit.c.kind.like("overlay.%"))
        return list((await connection.execute(about_overlays.order_by(audit.c.entry_id))).all())


FIRE: dict[str, Any] = {
    "routed": [{"when": {"words": ["brand"]}, "category": "vergunning", "flag": "acuut", "priority": "high"}]
}


async def test_its_words_decide_before_all_rules_and_the_item_says_so(world: World, publisher: Headers) -> None:
    before = await world.decided("Lantaarn", "Er is brand bij de lantaarn.")
    overlay_id = await begun(world, publisher, **FIRE)
    during = await world.decided("Lantaarn", "Er is brand bij de lantaarn, nog steeds.")
    assert [row.category for row in (await standing(world.ledger, before)).assignments] == ["lantaarn"]
    [assignment] = (await standing(world.ledger, during)).assignments
    assert (assignment.category, assignment.rule, assignment.priority) == (
        "vergunning",
        f"overlay:{overlay_id}",
        "high",
    )
    row = await world.row(during)
    assert row.trace[0]["rule"] == f"overlay:{overlay_id}"
    assert row.flags == ["acuut"]
    decided = next(event for event in await world.events(during) if event.kind == "decided")
    assert decided.about["overlays"] == [overlay_id]


async def test_it_falls_away_by_the_clock_alone(world: World, publisher: Headers) -> None:
    overlay_id = await begun(world, publisher, **FIRE)
    assert (await world.parts.configurations.current()).overlays
    await over(world, overlay_id)
    assert (await world.parts.configurations.current()).overlays == ()
    item_id = await world.decided("Lantaarn", "Er is brand bij de lantaarn.")
    assert [row.category for row in (await standing(world.ledger, item_id)).assignments] == ["lantaarn"]
    [line] = (await world.get("/overlays", publisher, running=False)).json()["overlays"]
    assert (line["isRunning"], line["endedAt"]) == (False, None)
    assert (await world.get("/overlays", publisher)).json() == {"overlays": []}


async def test_another_process_sees_it_begin_and_end_at_once(world: World, publisher: Headers) -> None:
    other = Configurations(world.ledger)
    assert (await other.current()).overlays == ()
    first = await begun(world, publisher, **FIRE)
    second = await begun(world, publisher, pausedAcknowledgements=["lantaarn"])
    assert [one.overlay_id for one in (await other.current()).overlays] == [second, first]
    assert (await world.client.delete(f"/v1/overlays/{first}", headers=publisher)).status_code == 204
    assert [one.overlay_id for one in (await other.current()).overlays] == [second]


async def test_extra_words_are_added_where_they_are_meant(world: World, publisher: Headers) -> None:
    overlay_id = await begun(
        world, publisher, extraWords={"text": "Er is brand in de haven. Blijf binnen.", "categories": ["lantaarn"]}
    )
    lamp, permit = await world.launched("Lantaarn"), await world.launched("Vergunning", "Mijn vergunning.")
    [of_lamp], [of_permit] = await notices(world, lamp), await notices(world, permit)
    assert of_lamp.body.rstrip().endswith("Blijf binnen.")
    assert "haven" not in of_permit.body
    launched = [event for event in await world.events(lamp) if event.kind == "launched"]
    assert launched[0].about["overlays"] == [overlay_id]
    assert "overlays" not in next(event for event in await world.events(permit) if event.kind == "launched").about
    admin = await world.key(name="Beheer")
    for item_id, named in ((lamp, [overlay_id]), (permit, [])):
        told = (await world.get(f"/items/{item_id}", admin)).json()["events"]
        assert [event["overlays"] for event in told if event["kind"] == "launched"] == [named]
        assert {*map(str, (event["overlays"] for event in told if event["kind"] != "launched"))} == {"[]"}


async def test_a_paused_acknowledgement_is_told_afterwards_once(world: World, publisher: Headers) -> None:
    overlay_id = await begun(world, publisher, pausedAcknowledgements=["lantaarn"])
    item_id = await world.launched("Lantaarn")
    [paused] = await notices(world, item_id)
    assert (paused.state, paused.paused_by, paused.message) == ("withheld", overlay_id, None)
    assert await resume_all(world.parts) == 0
    shown = (await world.get(f"/overlays/{overlay_id}", publisher)).json()
    assert (shown["pausedCount"], shown["isRunning"]) == (1, True)
    await over(world, overlay_id)
    assert await resume_all(world.parts) == 1
    assert (await world.row(item_id)).drive_wanted == "overlay_over"
    await world.drive(item_id)
    first, told = await notices(world, item_id)
    assert (first.state, told.state, told.ordinal) == ("withheld", "intended", 2)
    assert "antwoordt u uiterlijk" in told.body
    assert await resume_all(world.parts) == 0
    await world.drive(item_id)
    assert len(await notices(world, item_id)) == 2
    kinds = [(entry.kind, entry.actor) for entry in await audited(world)]
    assert kinds == [("overlay.begun", "Crisis"), ("overlay.ended", "gateway")]


async def test_what_is_resumed_and_not_yet_told_is_a_difference_that_is_found(world: World, publisher: Headers) -> None:
    overlay_id = await begun(world, publisher, pausedAcknowledgements=["lantaarn"])
    item_id = await world.launched("Lantaarn")
    await over(world, overlay_id)
    await resume_all(world.parts)
    await world.change(item_id, drive_wanted=None)  # as if the push were lost
    hour = now() + timedelta(hours=1)
    found = [one async for one in differing(world.ledger, None, settled_before=hour, pause=timedelta())]
    assert "untold" in [one.kind for one in found]


async def test_what_a_launch_pauses_after_its_overlay_was_cleared_is_told_all_the_same(
    world: World, publisher: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    overlay_id = await begun(world, publisher, pausedAcknowledgements=["lantaarn"])
    item_id = await world.decided("Lantaarn")
    current = world.parts.configurations.current

    async def seen_before_it_ended() -> CompiledConfiguration:
        seen = await current()
        monkeypatch.undo()
        await end_overlay(world.ledger, overlay_id, "Crisis")
        assert await resume_all(world.parts) == 0
        return seen

    monkeypatch.setattr(world.parts.configurations, "current", seen_before_it_ended)
    await launch_item(world.parts, await standing(world.ledger, item_id))
    [paused] = await notices(world, item_id)
    assert (paused.state, paused.paused_by) == ("withheld", overlay_id)
    hour = now() + timedelta(hours=1)

    async def kinds() -> list[str]:
        return [str(one.kind) async for one in differing(world.ledger, None, settled_before=hour, pause=timedelta())]

    assert "still_paused" in await kinds()
    assert await resume_all(world.parts) == 1
    assert "still_paused" not in await kinds()
    await world.drive(item_id)
    assert [notice.state for notice in await notices(world, item_id)] == ["withheld", "intended"]
    assert [entry.kind for entry in await audited(world)] == ["overlay.begun", "overlay.ended"]


async def test_a_date_that_passed_meanwhile_is_not_told(world: World, publisher: Headers) -> None:
    overlay_id = await begun(world, publisher, pausedAcknowledgements=["lantaarn"])
    item_id = await world.launched("Lantaarn")
    async with world.ledger.begin() as connection:
        from store.tables import assignments

        row = (await connection.execute(select(assignments).where(assignments.c.item_id == item_id))).one()
        past = {**row.promise, "due_at": "2026-01-05T16:00:00Z", "due_on": "2026-01-05"}
        await connection.execute(update(assignments).where(assignments.c.item_id == item_id).values(promise=past))
    await over(world, overlay_id)
    await resume_all(world.parts)
    await world.drive(item_id)
    _, told = await notices(world, item_id)
    assert told.told_due_on is None
    assert "uiterlijk" not in told.body


async def test_ended_early_by_a_person_it_is_told_too(world: World, publisher: Headers) -> None:
    overlay_id = await begun(world, publisher, pausedAcknowledgements=["lantaarn"])
    item_id = await world.launched("Lantaarn")
    for _ in range(2):
        assert (await world.client.delete(f"/v1/overlays/{overlay_id}", headers=publisher)).status_code == 204
    assert await resume_all(world.parts) == 1
    await world.drive(item_id)
    assert [notice.state for notice in await notices(world, item_id)] == ["withheld", "intended"]
    assert [(entry.kind, entry.actor) for entry in await audited(world)] == [
        ("overlay.begun", "Crisis"),
        ("overlay.ended", "Crisis"),
    ]


async def test_one_overlay_after_another_keeps_it_paused(world: World, publisher: Headers) -> None:
    first = await begun(world, publisher, pausedAcknowledgements=["lantaarn"])
    item_id = await world.launched("Lantaarn")
    second = await begun(world, publisher, pausedAcknowledgements=["lantaarn"])
    await over(world, first)
    await resume_all(world.parts)
    await world.drive(item_id)
    assert [notice.paused_by for notice in await notices(world, item_id)] == [first, second]
    await over(world, second)
    await resume_all(world.parts)
    await world.drive(item_id)
    assert (await notices(world, item_id))[-1].state == "intended"


async def test_what_the_law_wants_confirmed_and_what_danger_asks_is_never_paused(
    world: World, publisher: Headers
) -> None:
    ends_at = (datetime.now(UTC) + SOON).isoformat()
    refused = await world.post(
        "/overlays", publisher, reason="druk", endsAt=ends_at, pausedAcknowledgements=["lantaarn", "bezwaar"]
    )
    assert refused.status_code == 400
    assert [fault["location"]["pointer"] for fault in refused.json()["errors"]] == ["/pausedAcknowledgements/1"]
    await begun(world, publisher, pausedAcknowledgements=["lantaarn"])
    [notice] = await notices(world, await world.launched("Lantaarn", "Ik ben in gevaar bij de lantaarn"))
    assert (notice.state, "Bel 112" in notice.body) == ("intended", True)


async def test_all_faults_are_named_with_their_places_and_nothing_begins(world: World, publisher: Headers) -> None:
    answer = await world.post(
        "/overlays",
        publisher,
        reason="brand",
        endsAt=(datetime.now(UTC) + timedelta(days=15)).isoformat(),
        extraWords={"text": "Blijf binnen.", "categories": ["lantaarn", "haven"]},
        routed=[
            {"when": {}, "category": "crisis", "flag": "ramp"},
            {"when": {"words": ["/(/"]}, "category": "lantaarn", "department": "brandweer"},
            {"when": {"words": ["rook"]}},
        ],
        pausedAcknowledgements=["niets"],
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert [fault["location"]["pointer"] for fault in answer.json()["errors"]] == [
        "/endsAt",
        "/extraWords/categories/1",
        "/routed/0/category",
        "/routed/0/flag",
        "/routed/0/when",
        "/routed/1/department",
        "/routed/1/when/words/0",
        "/routed/2",
        "/pausedAcknowledgements/0",
    ]
    assert (await world.get("/overlays", publisher, running=False)).json() == {"overlays": []}
    assert await audited(world) == []


async def test_what_does_not_exist_is_named_beside_what_is_badly_written(world: World, publisher: Headers) -> None:
    answer = await world.post(
        "/overlays",
        publisher,
        reason="x",
        endsAt=(datetime.now(UTC) + timedelta(days=15)).isoformat(),
        extraWords={"text": "Tot {date}", "categories": ["haven"]},
        routed=[
            {"when": {"wordz": ["brand"]}, "category": "crisis"},
            {"when": {"words": ["rook"]}, "category": "crisis"},
        ],
        pausedAcknowledgements=["niets"],
        zomaar=1,
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert {fault["location"]["pointer"] for fault in answer.json()["errors"]} == {
        "/reason",
        "/extraWords/text",
        "/routed/0/when/wordz",
        "/zomaar",
        "/endsAt",
        "/extraWords/categories/0",
        "/routed/1/category",
        "/pausedAcknowledgements/0",
    }
    assert await audited(world) == []


@given(
    body=st.dictionaries(
        st.sampled_from(["reason", "endsAt", "extraWords", "routed", "pausedAcknowledgements", "x"]), ANYTHING
    )
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_anything_badly_written_is_refused_and_never_breaks(
    world: World, publisher: Headers, body: dict[str, Any]
) -> None:
    answer = await world.post("/overlays", publisher, **body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"reason": "brand"}, "/endsAt"),
        ({"reason": "brand", "endsAt": "2020-01-01T00:00:00Z", **FIRE}, "/endsAt"),
        ({"endsAt": "SOON", **FIRE}, "/reason"),
        ({"reason": "brand", "endsAt": "SOON"}, ""),
        ({"reason": "brand", "endsAt": "SOON", "extraWords": {"text": "Tot {date}"}}, "/extraWords/text"),
        ({"reason": "brand", "endsAt": "SOON", "routed": [{"when": {"wordz": ["x"]}}]}, "/routed/0/when/wordz"),
    ],
)
async def test_an_overlay_without_an_end_a_reason_or_a_sound_content_is_refused(
    world: World, publisher: Headers, body: dict[str, Any], pointer: str
) -> None:
    ends_at = (datetime.now(UTC) + SOON).isoformat()
    answer = await world.post(
        "/overlays", publisher, **{key: ends_at if value == "SOON" else value for key, value in body.items()}
    )
    assert answer.status_code == 400
    assert [fault["location"]["pointer"] for fault in answer.json()["errors"]] == [pointer]


async def test_it_outlives_a_new_version_and_says_what_no_longer_fits(
    world: World, publisher: Headers, tmp_path: Path
) -> None:
    routed = [*FIRE["routed"], {"when": {"words": ["rook"]}, "category": "intern"}]
    overlay_id = await begun(world, publisher, routed=routed, pausedAcknowledgements=["lantaarn"])
    without = town(tmp_path).replace("  intern:\n    name: een interne mededeling\n", "  elders:\n    name: iets\n")
    without = without.replace("    category: intern\n", "    category: elders\n")
    await publish(world.ledger, without, "test")
    with capture_logs() as logs:
        compiled = await world.parts.configurations.current()
    [said] = [line for line in logs if line["event"] == "overlay_does_not_fit"]
    assert (said["log_level"], said["code"], said["overlay"]) == ("error", "overlay_invalid", overlay_id)
    assert compiled.misfits == [overlay_id]
    shown = (await world.get(f"/overlays/{overlay_id}", publisher)).json()
    assert shown["faults"] == ["/routed/1/category: there is no category `intern`"]
    # What fits goes on.
    item_id = await world.launched("Lantaarn", "Er is brand bij de lantaarn.")
    assert [row.category for row in (await standing(world.ledger, item_id)).assignments] == ["vergunning"]
    [notice] = await notices(world, await world.launched("Lantaarn"))
    assert notice.paused_by == overlay_id
