"""Simulations over the API: what a configuration would change, without touching anything."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select, text, update
from structlog.testing import capture_logs

import inbox.routing.simulate
from adapters.email.bounded import ChildProcess
from adapters.email.reading.read import read_mail
from adapters.intake.reader import SubmissionChild
from gateway.api.reachability_csv import safe
from gateway.api.simulation_csv import as_csv
from gateway.api.simulations import csv_pages
from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from inbox.errors import MalformedMail, StoreUnavailable
from inbox.reading import Reading
from inbox.routing.conclude import DecidingFacts, Outcome, conclude
from store.audit_tables import audit
from store.configurations import Configurations, publish
from store.drafts import make_draft
from store.keys import Caller, Role
from store.listing import configuration_row
from store.reading import quarantine
from store.simulation_tables import simulations
from store.simulations import SimulationState, beat, simulation_row
from store.tables import metadata
from tests.gateway.api.world import MARK, Headers, World
from tests.mails import mail
from tests.store.making import rows
from workflows import simulating

_TRACES_OF_ITS_OWN = {"simulations", "simulated_items", "audit", "audit_chain"}


async def changed_document(world: World) -> str:
    """Return the document in force with one more rule before all others: lanterns go to permits."""
    row = await configuration_row(world.ledger, 1)
    document: str = row.document
    return document.replace(
        "rules:\n", "rules:\n  - {id: lampen, when: {words: [lantaarn]}, category: vergunning, priority: high}\n", 1
    )


async def ended(world: World, headers: Headers, answer: httpx.Response) -> dict[str, Any]:
    """Wait until the simulation has ended; return how it is shown."""
    assert answer.status_code == 202, answer.text
    for _ in range(200):
        shown = (await world.client.get(answer.headers["location"], headers=headers)).json()
        if shown["state"] not in ("waiting", "running"):
            return dict(shown)
        await asyncio.sleep(0.05)
    raise AssertionError(shown)


async def everything(world: World) -> dict[str, list[Any]]:
    """Return all rows of all tables but those of simulations."""
    async with world.ledger.read() as connection:
        return {
            table.name: sorted(map(str, (await connection.execute(select(table))).all()))
            for table in metadata.sorted_tables
            if table.name not in _TRACES_OF_ITS_OWN
        }


async def items_of(world: World, headers: Headers, shown: dict[str, Any], **query: Any) -> list[dict[str, Any]]:
    """Return the items that change."""
    answer = await world.get(f"/simulations/{shown['simulationId']}/items", headers, **query)
    return list(answer.json()["items"])


async def test_a_document_is_rehearsed_and_nothing_is_touched(world: World, admin: Headers) -> None:
    lantern = await world.forwarded("Lantaarn kapot")
    await world.launched("Iets anders", "Een vraag over mijn paspoort.")
    before, bytes_before = await everything(world), sorted(world.bytes_root.rglob("*"))

    answer = await world.post("/simulations", admin, document=await changed_document(world), last=10)
    shown = await ended(world, admin, answer)

    assert (shown["state"], shown["done"], shown["total"]) == ("done", 2, 2)
    counts = shown["counts"]
    assert (counts["examined"], counts["changed"]) == (2, 1)
    assert counts["byChange"] == {"category": 1, "department": 1, "promise": 1, "priority": 1}
    assert counts["departments"] == [{"before": "kcc", "after": "vergunningen", "items": 1}]
    [item] = await items_of(world, admin, shown)
    assert item["itemId"] == lantern
    assert item["before"]["matters"][0]["category"] == "lantaarn"
    assert item["after"]["matters"][0]["category"] == "vergunning"
    lines = {line["rule"]: line for line in item["trace"]}
    assert lines["lampen"]["before"] is None
    assert lines["lampen"]["after"]["holds"]
    assert lines["lantaarn"]["before"]["holds"]
    assert lines["lantaarn"]["after"]["holds"], "it would have been next"
    assert await everything(world) == before
    assert sorted(world.bytes_root.rglob("*")) == bytes_before


async def test_a_draft_is_rehearsed_as_it_is(world: World, admin: Headers) -> None:
    await world.decided()
    draft = await make_draft(world.ledger, "Beheer")
    shown = await ended(world, admin, await world.post(f"/drafts/{draft.draft_id}/simulations", admin, days=1))
    assert (shown["draftId"], shown["days"], shown["state"]) == (draft.draft_id, 1, "done")
    assert shown["draftVersion"] == draft.version
    assert (shown["counts"]["examined"], shown["counts"]["changed"]) == (1, 0)


async def test_all_of_them_are_listed_newest_first_page_by_page(world: World, admin: Headers) -> None:
    made = [await ended(world, admin, await world.post("/simulations", admin, version=1)) for _ in range(3)]
    first = (await world.get("/simulations", admin, limit=2)).json()
    rest = (await world.get("/simulations", admin, limit=2, cursor=first["nextCursor"])).json()
    assert first["simulations"] + rest["simulations"] == made[::-1]
    assert rest["nextCursor"] is None


async def test_it_says_what_was_in_force_when_it_ran(world: World, admin: Headers) -> None:
    async with world.api.state.simulator._turn:
        answer = await world.post("/simulations", admin, version=1)
        assert answer.json()["beforeVersion"] == 1
        await publish(world.ledger, await changed_document(world), "test")
        world.parts.configurations = Configurations(world.ledger)
    assert (await ended(world, admin, answer))["beforeVersion"] == 2


async def test_what_stands_in_the_ledger_is_the_baseline_where_asked(world: World, admin: Headers) -> None:
    item_id = await world.forwarded()
    await world.do("reroute", item_id, admin, category="vergunning")
    now = await ended(world, admin, await world.post("/simulations", admin, version=1))
    then = await ended(world, admin, await world.post("/simulations", admin, version=1, against="then"))
    assert now["counts"]["changed"] == 0
    assert then["counts"]["changed"] == 1
    [item] = await items_of(world, admin, then)
    assert item["before"]["matters"][0]["category"] == "vergunning"
    assert item["after"]["matters"][0]["category"] == "lantaarn"


async def test_items_out_of_scope_show_ids_and_outcomes_and_no_words(world: World, admin: Headers) -> None:
    open_one = await world.decided(f"Lantaarn {MARK}")
    secret = await world.decided(f"Lantaarn {MARK}", confidentiality=Confidentiality.geheim)
    document = (await changed_document(world)).replace("words: [lantaarn]", f"subject: [{MARK.lower()}]")
    publisher = await world.key(Role.publisher, up_to=Confidentiality.zeer_geheim)
    shown = await ended(world, publisher, await world.post("/simulations", publisher, document=document))
    assert shown["counts"]["changed"] == 2
    path = f"/simulations/{shown['simulationId']}/items"

    told = await world.get(path, publisher)
    assert {item["itemId"] for item in told.json()["items"]} == {open_one, secret}
    for form in (told.text, (await world.get(path, publisher, format="csv")).text):
        assert MARK.lower() not in form.lower()
        assert "jan@inwoner.test" not in form
    of_admin = {item["itemId"]: item for item in (await world.get(path, admin)).json()["items"]}
    assert of_admin[open_one]["subject"] == f"Lantaarn {MARK}"
    assert MARK.lower() in str(of_admin[open_one]["trace"])
    assert of_admin[secret]["subject"] is None
    assert MARK.lower() not in str(of_admin[secret]).lower()
    assert of_admin[secret]["after"]["matters"][0]["category"] == "vergunning"


async def test_files_are_rehearsed_as_if_they_came_in_now(world: World, admin: Headers) -> None:
    async def child(raw: bytes, *, own_addresses: frozenset[str]) -> Reading:
        return read_mail(raw, own_addresses=own_addresses)

    world.parts.child_readers = {Channel.email: child}
    content = mail("Lantaarn kapot", "De lantaarn doet het niet.")
    document = await changed_document(world)
    answer = await world.client.post(
        "/v1/simulations",
        headers=admin,
        files=[
            ("simulation", ("", httpx.Response(200, json={"document": document}).content, "application/json")),
            ("files", ("een.eml", content, "message/rfc822")),
        ],
    )
    shown = await ended(world, admin, answer)
    assert (shown["files"], shown["counts"]["changed"]) == (1, 1)
    [item] = await items_of(world, admin, shown)
    assert (item["file"], item["itemId"]) == ("een.eml", None)
    publisher = await world.key(Role.publisher)
    [masked] = await items_of(world, publisher, shown)
    assert masked["file"] is None, "a file's name may name a person"
    again = await world.post(f"/simulations/{shown['simulationId']}/retry", admin)
    assert again.status_code == 409


async def uploaded(world: World, headers: Headers, *files: tuple[str, bytes, str], **asked: Any) -> httpx.Response:
    """Rehearse the changed document on files, with the readers that production has."""
    child = ChildProcess()
    handed_in = dict.fromkeys((Channel.web, Channel.desk), SubmissionChild(child))
    world.parts.child_readers = {Channel.email: child, **handed_in}
    simulation = httpx.Response(200, json={"document": await changed_document(world), **asked}).content
    form = [("simulation", ("", simulation, "application/json")), *(("files", file) for file in files)]
    return await world.client.post("/v1/simulations", headers=headers, files=form)


MAIL = ("een.eml", mail("Lantaarn kapot", "De lantaarn doet het niet."), "message/rfc822")
HANDED_IN = ("twee.json", b'{"channel": "desk", "text": "De lantaarn doet het niet."}', "application/json")


async def test_each_file_that_cannot_be_read_is_named_to_who_uploaded_it(world: World, admin: Headers) -> None:
    scan = ("brief van Jan.pdf", b"%PDF-1.7\n1 0 obj\n<< >>\nendobj\n", "application/pdf")
    empty = ("leeg.eml", b"", "message/rfc822")
    shown = await ended(world, admin, await uploaded(world, admin, MAIL, scan, HANDED_IN, empty))
    assert (shown["files"], shown["counts"]["examined"], shown["counts"]["skipped"]) == (4, 2, 2)
    assert {item["file"] for item in await items_of(world, admin, shown)} == {"een.eml", "twee.json"}
    assert shown["unreadFiles"] == [
        {"file": "brief van Jan.pdf", "code": "malformed_mail"},
        {"file": "leeg.eml", "code": "malformed_mail"},
    ]
    for other in (await world.key(Role.publisher), await world.key(Role.admin, name="Ander")):
        for path in (f"/simulations/{shown['simulationId']}", "/simulations"):
            answer = await world.get(path, other)
            assert "Jan" not in answer.text
            assert answer.text.count("malformed_mail") == 2


async def test_only_so_much_of_uploaded_files_waits_in_memory(
    world: World, admin: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_run, simulate = asyncio.Event(), simulating.simulate

    async def in_its_time(*of: Any) -> None:
        await may_run.wait()
        await simulate(*of)

    monkeypatch.setattr(simulating, "simulate", in_its_time)
    monkeypatch.setattr(simulating, "_UPLOADED_BYTES", 100)
    first = await uploaded(world, admin, MAIL)
    assert first.status_code == 202, "one alone is always taken"
    refused = await uploaded(world, admin, MAIL)
    assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    assert (await world.post("/simulations", admin, version=1)).status_code == 202, "this one brings none"
    may_run.set()
    await ended(world, admin, first)
    await ended(world, admin, await uploaded(world, admin, MAIL))


async def test_files_come_in_at_a_source_with_its_confidentiality(world: World, admin: Headers) -> None:
    async def levels(**asked: str) -> set[tuple[str, str]]:
        shown = await ended(world, admin, await uploaded(world, admin, MAIL, HANDED_IN, **asked))
        items = await items_of(world, admin, shown)
        assert len(items) == 2
        return {(item["before"]["confidentiality"], item["after"]["confidentiality"]) for item in items}

    assert await levels() == {("zaakvertrouwelijk", "zaakvertrouwelijk")}
    assert await levels(source="balie") == {("vertrouwelijk", "vertrouwelijk")}
    folder = {"folder": str(world.bytes_root.parent / "scans" / "cdr"), "afterKeep": "leave"}
    made = await world.post("/sources", admin, sourceId="geheim", callFolder=folder, confidentiality="geheim")
    assert made.status_code == 201, made.text
    assert await levels(source="geheim") == {("geheim", "geheim")}
    await world.client.delete("/v1/sources/geheim", headers={**admin, "If-Match": made.headers["etag"]})
    for gone in ("geheim", "nergens"):
        refused = await uploaded(world, admin, MAIL, source=gone)
        assert (refused.status_code, refused.json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize("more", [{"against": "then"}, {"last": 5}, {"days": 5}])
async def test_what_files_cannot_be_compared_with_is_refused(world: World, admin: Headers, more: Any) -> None:
    simulation = httpx.Response(200, json={"version": 1, **more}).content
    files = [
        ("simulation", ("", simulation, "application/json")),
        ("files", ("een.eml", mail("Een"), "message/rfc822")),
    ]
    answer = await world.client.post("/v1/simulations", headers=admin, files=files)
    assert answer.status_code == 400, answer.text


async def test_what_is_wrong_in_all_files_is_told_at_once(world: World, admin: Headers) -> None:
    other = ("drie.json", b'{"channel": "email", "tekst": "x"}', "application/json")
    torn = ("vier.json", b'{"channel": "de', "application/json")
    answer = await uploaded(world, admin, MAIL, other, torn, HANDED_IN)
    assert answer.status_code == 400
    told = {fault["location"]["pointer"]: fault["detail"] for fault in answer.json()["errors"]}
    assert told.keys() == {"/files/1/channel", "/files/1/text", "/files/1/tekst", "/files/2"}
    assert told["/files/1/channel"] == "Input should be 'web', 'desk', 'app' or 'area_table'"


async def test_a_dead_process_leaves_it_interrupted_and_it_can_be_begun_again(world: World, admin: Headers) -> None:
    await world.decided()
    shown = await ended(world, admin, await world.post("/simulations", admin, document=await changed_document(world)))
    simulation_id = shown["simulationId"]
    async with world.ledger.begin() as connection:
        gone = datetime.now(UTC) - timedelta(minutes=1)
        await connection.execute(update(simulations).values(state="running", beat_at=gone))
    assert (await world.get(f"/simulations/{simulation_id}", admin)).json()["state"] == "interrupted"
    answer = await world.post(f"/simulations/{simulation_id}/retry", admin)
    assert answer.json()["state"] == "waiting"
    answer.headers["location"] = f"/v1/simulations/{simulation_id}"
    again = await ended(world, admin, answer)
    assert (again["state"], again["counts"]) == ("done", shown["counts"])
    assert len(await items_of(world, admin, again)) == 1
    assert not await beat(world.ledger, simulation_id, 1), "the run that was given up writes nothing more"


async def test_one_that_is_under_way_is_not_begun_twice(world: World, admin: Headers) -> None:
    shown = await ended(world, admin, await world.post("/simulations", admin, version=1))
    await beat(world.ledger, shown["simulationId"], 1, state=str(SimulationState.running))
    assert (await world.post(f"/simulations/{shown['simulationId']}/retry", admin)).status_code == 409


async def test_a_cancelled_one_is_gone_with_all_that_it_found(world: World, admin: Headers) -> None:
    await world.decided()
    shown = await ended(world, admin, await world.post("/simulations", admin, document=await changed_document(world)))
    path = f"/v1/simulations/{shown['simulationId']}"
    assert (await world.client.delete(path, headers=admin)).status_code == 204
    assert (await world.client.get(path, headers=admin)).status_code == 404
    assert (await world.client.get(f"{path}/items", headers=admin)).status_code == 404
    assert (await world.client.delete(path, headers=admin)).status_code == 404


async def test_one_that_is_cancelled_while_it_runs_writes_nothing_more(world: World, admin: Headers) -> None:
    for _ in range(3):
        await world.decided()
    answer = await world.post("/simulations", admin, document=await changed_document(world))
    path = answer.headers["location"]
    assert (await world.client.delete(path, headers=admin)).status_code == 204
    await asyncio.sleep(0.3)
    async with world.ledger.read() as connection:
        for name in ("simulations", "simulated_items"):
            assert not (await connection.execute(select(metadata.tables[name]))).all()


async def test_a_faulty_document_lists_every_fault_and_begins_nothing(world: World, admin: Headers) -> None:
    document = (await changed_document(world)).replace("category: vergunning, priority", "category: nergens, priority")
    answer = await world.post("/simulations", admin, document=document)
    assert answer.status_code == 400
    assert answer.json()["code"] == "configuration_invalid"
    for body in ({}, {"version": 1, "document": "x"}, {"version": 1, "last": 1, "days": 1}, {"version": 1, "x": 1}):
        assert (await world.post("/simulations", admin, **body)).status_code == 400, body
    assert (await world.post("/simulations", admin, version=99)).status_code == 404
    async with world.ledger.read() as connection:
        assert not (await connection.execute(select(simulations))).all()


async def test_a_spreadsheet_holds_all_items_and_no_formula(world: World, admin: Headers) -> None:
    await world.decided("=HYPERLINK(1) lantaarn")
    await world.decided()
    shown = await ended(world, admin, await world.post("/simulations", admin, document=await changed_document(world)))
    answer = await world.client.get(
        f"/v1/simulations/{shown['simulationId']}/items", headers={**admin, "Accept": "text/csv"}
    )
    assert answer.headers["content-type"].startswith("text/csv")
    lines = answer.text.strip().split("\r\n")
    assert len(lines) == 3
    assert lines[0].startswith("item_id,file,reference,subject,changes,before_category")
    assert ",=HYPERLINK" not in answer.text
    assert as_csv([], with_names=False) == ""


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Vraag;=HYPERLINK(1)", "Vraag;'=HYPERLINK(1)"),
        ("Vraag; @SUM(1)\t+1+1", "Vraag; '@SUM(1)\t'+1+1"),
        ("Vraag\r\n=1+1\n -2", "Vraag\r\n'=1+1\n '-2"),
        ("\t=1+1", "\t'=1+1"),
        ("+31168123456", "+31168123456"),
        ("a-b = c; d", "a-b = c; d"),
    ],
)
def test_no_cell_begins_as_a_formula_where_a_semicolon_parts_them(written: str, shown: str) -> None:
    assert safe(written) == shown


async def test_what_could_not_be_read_and_nobody_decided_is_skipped(world: World, admin: Headers) -> None:
    item_id = await world.kept()
    glimpse = Reading(channel=Channel.email, subject="Lantaarn kapot")
    await quarantine(world.ledger, item_id, MalformedMail("its parts nest too deep"), glimpse)
    shown = await ended(world, admin, await world.post("/simulations", admin, document=await changed_document(world)))
    assert (shown["counts"]["examined"], shown["counts"]["skipped"], shown["counts"]["changed"]) == (0, 1, 0)


async def test_one_reading_that_cannot_be_used_is_skipped_and_named_in_the_log(world: World, admin: Headers) -> None:
    bad, _ = await world.decided(), await world.decided()
    await world.change(bad, reading={"channel": "smoke signals"})
    with capture_logs() as said:
        shown = await ended(world, admin, await world.post("/simulations", admin, version=1))
    assert (shown["state"], shown["counts"]["examined"], shown["counts"]["skipped"]) == ("done", 1, 1)
    assert [line["item"] for line in said if line["event"] == "item_cannot_be_rehearsed"] == [bad]


async def test_one_that_deciding_fails_on_is_skipped_and_named_and_the_others_are_compared(
    world: World, admin: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the line it would be quarantined by itself as well."""
    bad, good = await world.decided("Giftig"), await world.decided()

    def poisoned(facts: DecidingFacts, *others: Any) -> Outcome:
        if facts.reading.subject == "Giftig":
            raise RecursionError("of words that nobody may read here")
        return conclude(facts, *others)

    monkeypatch.setattr(inbox.routing.simulate, "conclude", poisoned)
    with capture_logs() as said:
        shown = await ended(
            world, admin, await world.post("/simulations", admin, document=await changed_document(world))
        )
    counts = shown["counts"]
    assert (shown["state"], counts["examined"], counts["skipped"], counts["changed"]) == ("done", 1, 1, 1)
    assert [item["itemId"] for item in await items_of(world, admin, shown)] == [good]
    [line] = [line for line in said if line["event"] == "item_cannot_be_rehearsed"]
    assert (line["item"], line["code"], line["type"]) == (bad, "unexpected", "RecursionError")
    poison = ("giftig.eml", mail("Giftig", "De lantaarn doet het niet."), "message/rfc822")
    shown = await ended(world, admin, await uploaded(world, admin, MAIL, poison))
    assert (shown["state"], shown["counts"]["examined"]) == ("done", 1)
    assert shown["unreadFiles"] == [{"file": "giftig.eml", "code": "unexpected"}]


@pytest.mark.parametrize("form", ["json", "csv"])
async def test_a_look_at_its_items_names_each_of_them(world: World, admin: Headers, form: str) -> None:
    made = {await world.decided() for _ in range(3)}
    shown = await ended(world, admin, await world.post("/simulations", admin, document=await changed_document(world)))
    path = f"/simulations/{shown['simulationId']}"
    assert (await world.get(f"{path}/items", admin, format=form)).status_code == 200
    looks = [row for row in await rows(world.ledger, audit) if row.kind == "items.seen"]
    assert {row.subject for row in looks} == {path[1:].replace("simulations", "simulation")}
    assert {item_id for row in looks for item_id in row.about.get("itemIds", ())} == made


async def test_no_page_of_a_spreadsheet_leaves_when_the_look_cannot_be_written(world: World, admin: Headers) -> None:
    item_id = await world.decided(f"Lantaarn {MARK}")
    shown = await ended(world, admin, await world.post("/simulations", admin, document=await changed_document(world)))
    row = await simulation_row(world.ledger, shown["simulationId"])
    caller = Caller("Beheer", Role.admin, None, Confidentiality.vertrouwelijk)
    pages = csv_pages(world.parts, caller, row, None)
    async with world.ledger.begin() as connection:
        await connection.execute(text("ALTER TABLE audit RENAME COLUMN commitment TO away"))
    try:
        with pytest.raises(StoreUnavailable):
            assert item_id not in await anext(pages)
    finally:
        async with world.ledger.begin() as connection:
            await connection.execute(text("ALTER TABLE audit RENAME COLUMN away TO commitment"))


async def test_pages_follow_each_other(world: World, admin: Headers) -> None:
    made = {await world.decided() for _ in range(5)}
    shown = await ended(world, admin, await world.post("/simulations", admin, document=await changed_document(world)))
    found, after = [], 0
    while after is not None:
        answer = await world.get(f"/simulations/{shown['simulationId']}/items", admin, after=after, limit=2)
        found += [item["itemId"] for item in answer.json()["items"]]
        after = answer.json()["nextAfter"]
    assert len(found) == 5
    assert set(found) == made
    assert not await items_of(world, admin, shown, change="filed")
    assert (await simulation_row(world.ledger, shown["simulationId"])).done == 5
