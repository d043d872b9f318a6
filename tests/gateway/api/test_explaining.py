"""Why an item was decided so: rule, words, figure, version, and what would have been next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import insert, select

from inbox.confidentiality import Confidentiality
from inbox.item import HeldBecause
from store.configurations import publish
from store.keys import Role
from store.ledger import now
from store.listing import configuration_row
from store.tables import links, metadata
from tests.gateway.api.world import Headers, World


async def test_rule_words_figure_version_and_next(world: World, admin: Headers) -> None:
    document = (await configuration_row(world.ledger, 1)).document
    more = "rules:\n  - {id: lampen, when: {words: [lantaarn]}, category: lantaarn}\n"
    version = await publish(world.ledger, document.replace("rules:\n", more, 1), "test")
    # The Thursday before Easter: Good Friday to Easter Monday do not count, nor does the weekend after.
    received_at = datetime(2026, 4, 2, 10, tzinfo=UTC)
    item_id = await world.decided(received_at=received_at, held_because=HeldBecause.observe)
    await publish(world.ledger, document, "test")

    told = (await world.get(f"/items/{item_id}/explanation", admin)).json()

    assert (told["version"], told["rule"], told["agrees"]) == (version, "lampen", True)
    assert told["differs"] == told["because"] == []
    [matter] = told["matters"]
    assert matter["category"] == "lantaarn"
    counted = matter["counted"]
    assert (counted["within"], counted["unit"], counted["receivedOn"]) == (5, "working_days", "2026-04-02")
    assert counted["dueOn"] == matter["dueOn"] == "2026-04-13"
    assert [(day["on"], day["because"]) for day in counted["skipped"]] == [
        ("2026-04-03", "closed"),
        ("2026-04-04", "weekday"),
        ("2026-04-05", "closed"),
        ("2026-04-06", "closed"),
        ("2026-04-11", "weekday"),
        ("2026-04-12", "weekday"),
    ]
    [step] = [step for step in told["trace"] if step["rule"] == "lampen"]
    assert "lantaarn" in step["because"]
    assert told["next"][0]["rule"] == "lantaarn"


async def test_what_a_person_changed_is_said(world: World, admin: Headers) -> None:
    item_id = await world.forwarded()
    await world.do("reroute", item_id, admin, category="vergunning", reason="het is een vergunning")
    told = (await world.get(f"/items/{item_id}/explanation", admin)).json()
    assert not told["agrees"]
    assert {"category", "department"} <= set(told["differs"])
    assert told["because"] == ["people changed it afterwards: Beheer"]
    assert told["matters"][0]["category"] == "lantaarn"
    assert told["stands"]["matters"][0]["category"] == "vergunning"
    assert [(one["actor"], one["reason"]) for one in told["byPeople"]] == [("Beheer", "het is een vergunning")]


async def test_what_is_out_of_scope_does_not_exist_and_what_waits_has_no_reasons(world: World, admin: Headers) -> None:
    secret = await world.decided(confidentiality=Confidentiality.geheim)
    assert (await world.get(f"/items/{secret}/explanation", admin)).status_code == 404
    quarantined = await world.quarantined()
    answer = await world.get(f"/items/{quarantined}/explanation", admin)
    assert answer.status_code == 409
    assert "could not be read" in answer.json()["detail"]
    _, copy = await world.copy_of_same()
    answer = await world.get(f"/items/{copy}/explanation", admin)
    assert (answer.status_code, answer.json()["detail"].partition("it is ")[2][:6]) == (409, "a copy")
    answer = await world.get(f"/items/{await world.read()}/explanation", admin)
    assert (answer.status_code, answer.json()["detail"].partition(": ")[2]) == (409, "it waits for its turn")
    publisher = await world.key(Role.publisher)
    assert (await world.get(f"/items/{await world.decided()}/explanation", publisher)).status_code == 403


async def test_explaining_writes_nothing(world: World, admin: Headers) -> None:
    item_id = await world.decided()
    tables = [table for table in metadata.sorted_tables if not table.name.startswith("audit")]
    async with world.ledger.read() as connection:
        before = [(await connection.execute(select(table))).all() for table in tables]
    await world.get(f"/items/{item_id}/explanation", admin)
    async with world.ledger.read() as connection:
        assert [(await connection.execute(select(table))).all() for table in tables] == before


async def test_an_overlay_that_ran_then_explains_and_one_that_runs_now_does_not(world: World, admin: Headers) -> None:
    soon = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    routed = [{"when": {"words": ["lantaarn"]}, "category": "vergunning"}]
    begun = await world.post("/overlays", admin, reason="proef", endsAt=soon, routed=routed)
    assert begun.status_code == 201, begun.text
    overlay_id = begun.json()["overlayId"]
    under = await world.decided()
    assert (await world.client.delete(f"/v1/overlays/{overlay_id}", headers=admin)).is_success
    after = await world.decided()
    await world.post("/overlays", admin, reason="nog een", endsAt=soon, routed=routed)

    told = (await world.get(f"/items/{under}/explanation", admin)).json()
    assert (told["rule"], told["agrees"]) == (f"overlay:{overlay_id}", True)
    assert told["matters"][0]["category"] == "vergunning"
    assert told["next"][0]["rule"] == "lantaarn"
    told = (await world.get(f"/items/{after}/explanation", admin)).json()
    assert (told["rule"], told["agrees"]) == ("lantaarn", True)


async def test_what_was_decided_too_late_to_promise_is_explained_with_that_moment(world: World, admin: Headers) -> None:
    received_at = datetime(2026, 4, 2, 10, tzinfo=UTC)
    item_id = await world.decided(received_at=received_at)
    await world.change(item_id, made_at=received_at)
    told = (await world.get(f"/items/{item_id}/explanation", admin)).json()
    assert told["stands"]["heldBecause"] == "too_late_to_promise"
    assert (told["agrees"], told["differs"], told["because"]) == (True, [], [])


async def test_a_report_that_a_person_let_begin_again_is_explained(world: World, admin: Headers) -> None:
    about, item_id = await world.decided(), await world.decided()
    async with world.ledger.begin() as connection:
        report = {"item_id": item_id, "other_item_id": about, "kind": "report", "reason": "x", "score": 1.0}
        await connection.execute(insert(links).values(**report, made_at=now()))
    answer = await world.get(f"/items/{item_id}/explanation", admin)
    assert answer.status_code == 200
    assert [(one["category"], one["counted"]) for one in answer.json()["matters"]] == [("lantaarn", None)]
