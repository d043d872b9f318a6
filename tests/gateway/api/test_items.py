"""The list of items and one item's account."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from inbox.channel import Channel
from inbox.errors import RecipientRefused
from inbox.item import HeldBecause, NoticeState
from store.deciding import standing
from store.noticing import notice_row, settle_notice
from tests.gateway.api.world import Headers, World


async def ids(world: World, headers: Headers, **query: Any) -> set[str]:
    answer = await world.get("/items", headers, **query)
    assert answer.status_code == 200, answer.text
    return {line["itemId"] for line in answer.json()["items"]}


async def test_a_line_tells_where_an_item_stands(world: World, admin: Headers) -> None:
    item_id = await world.launched("Lantaarn kapot")
    [line] = (await world.get("/items", admin)).json()["items"]
    row = await world.row(item_id)
    [assignment] = line.pop("assignments")
    assert line == {
        "itemId": item_id,
        "reference": row.reference,
        "channel": "email",
        "source": "info",
        "status": "forwarding",
        "version": row.version,
        "confidentiality": "zaakvertrouwelijk",
        "receivedAt": row.received_at.isoformat().replace("+00:00", "Z"),
        "subject": "Lantaarn kapot",
        "senderAddress": "jan@inwoner.test",
        "language": "nl",
        "heldBecause": None,
        "quarantine": None,
    }
    assert (assignment["category"], assignment["department"], assignment["status"]) == ("lantaarn", "kcc", "forwarding")
    assert assignment["dueOn"] > datetime.now(UTC).date().isoformat()


async def test_pages_show_each_item_once_while_items_arrive(world: World, admin: Headers) -> None:
    before = [await world.kept() for _ in range(7)]
    shown: list[str] = []
    cursor: str | None = None
    pages = 0
    while True:
        query = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = (await world.get("/items", admin, **query)).json()
        shown += [line["itemId"] for line in page["items"]]
        pages += 1
        await world.kept()
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert shown == before[::-1]
    assert pages == 3


async def test_items_of_one_moment_are_all_paged(world: World, admin: Headers) -> None:
    made = [await world.kept() for _ in range(5)]
    for item_id in made:
        await world.change(item_id, made_at=datetime(2026, 11, 16, 9, tzinfo=UTC))
    first = (await world.get("/items", admin, limit=2)).json()
    second = (await world.get("/items", admin, limit=2, cursor=first["nextCursor"])).json()
    third = (await world.get("/items", admin, limit=2, cursor=second["nextCursor"])).json()
    shown = [line["itemId"] for page in (first, second, third) for line in page["items"]]
    assert shown == sorted(made, reverse=True)


async def test_the_link_header_leads_to_the_next_page_and_keeps_the_filters(world: World, admin: Headers) -> None:
    for _ in range(3):
        await world.kept()
    answer = await world.get("/items", admin, limit=2, status=["received", "triage"])
    assert answer.links["next"]["url"].startswith("/v1/items?limit=2&status=received&status=triage&cursor=")
    following = await world.client.get(answer.links["next"]["url"], headers=admin)
    assert len(following.json()["items"]) == 1
    assert "link" not in following.headers


@pytest.mark.parametrize("cursor", ["x", "bm9uc2Vuc2U", "MjAyNi0xMS0xNnx4", "é", "MDAwMS0wMS0wMVQwMDowMCsxNDowMHx4"])
async def test_a_cursor_of_another_make_is_refused(world: World, admin: Headers, cursor: str) -> None:
    answer = await world.get("/items", admin, cursor=cursor)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


async def test_each_filter_finds_what_it_names(world: World, admin: Headers) -> None:
    lamp = await world.forwarded("Lantaarn kapot")
    permit = await world.launched("Vergunning")
    odd = await world.quarantined()
    waiting = await world.held("Lantaarn elders", source_id="wijk", channel=Channel.web)
    old = await world.decided("Iets anders", "Een vraag.", received_at=datetime(2026, 1, 5, 12, tzinfo=UTC))
    reference = (await world.row(lamp)).reference
    found = {
        "status=forwarded": await ids(world, admin, status="forwarded"),
        "two statuses": await ids(world, admin, status=["forwarded", "quarantined"]),
        "department": await ids(world, admin, department="vergunningen"),
        "category": await ids(world, admin, category="lantaarn"),
        "category elsewhere": await ids(world, admin, category="lantaarn", department="vergunningen"),
        "channel": await ids(world, admin, channel="web"),
        "source": await ids(world, admin, source="wijk"),
        "reference": await ids(world, admin, reference=reference),
        "as typed": await ids(world, admin, reference=f" {reference.lower().replace('0', 'o').replace('-', ' ')}"),
        "held": await ids(world, admin, heldBecause="observe"),
        "quarantine": await ids(world, admin, quarantineCode="malformed_mail"),
        "before": await ids(world, admin, receivedBefore="2026-01-05T13:00:01+01:00"),
        "not before": await ids(world, admin, receivedBefore="2026-01-05T12:00:00Z"),
        "from": await ids(world, admin, receivedFrom="2026-01-05T12:00:00.000001Z"),
        "delivered": await ids(world, admin, forwardState="delivered"),
        "wanted": await ids(world, admin, forwardState="wanted"),
        "intended": await ids(world, admin, noticeState="intended"),
    }
    assert found == {
        "status=forwarded": {lamp},
        "two statuses": {lamp, odd},
        "department": {permit},
        "category": {lamp, waiting},
        "category elsewhere": set(),
        "channel": {waiting},
        "source": {waiting},
        "reference": {lamp},
        "as typed": {lamp},
        "held": {waiting},
        "quarantine": {odd},
        "before": {old},
        "not before": set(),
        "from": {lamp, permit, odd, waiting},
        "delivered": {lamp},
        "wanted": {permit},
        "intended": {lamp, permit},
    }


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ({"status": "lost"}, "status"),
        ({"limit": 201}, "limit"),
        ({"limit": 0}, "limit"),
        ({"recievedFrom": "2026-01-05T12:00:00Z"}, "recievedFrom"),
        ({"receivedFrom": "2026-01-05T12:00:00"}, "receivedFrom"),
        ({"receivedFrom": "0001-01-01T00:00:00+14:00"}, "receivedFrom"),
        ({"department": "KCC'; --"}, "department"),
        ({"held_because": "observe"}, "held_because"),
    ],
)
async def test_a_filter_that_makes_no_sense_is_named(
    world: World, admin: Headers, query: dict[str, Any], place: str
) -> None:
    answer = await world.get("/items", admin, **query)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    [fault] = answer.json()["errors"]
    assert fault["in"] == "query"
    assert fault["location"] == {"name": place}


async def test_a_mistyped_reference_is_told_from_one_without_items(world: World, admin: Headers) -> None:
    reference = (await world.row(await world.kept())).reference
    mistyped = ("1" if reference[0] != "1" else "2") + reference[1:]
    answer = await world.get("/items", admin, reference=mistyped)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


async def test_the_account_tells_everything_about_an_item(world: World, admin: Headers) -> None:
    item_id = await world.forwarded("Vergunning", "Ik wil een vergunning.")
    answer = await world.get(f"/items/{item_id}", admin)
    told = answer.json()
    row = await world.row(item_id)
    assert answer.headers["etag"] == f'"{row.version}"'
    assert told["reading"]["senderAddress"] == "jan@inwoner.test"
    assert told["reading"]["text"] == "Ik wil een vergunning."
    assert told["reading"]["parts"] == [{"name": "foto.jpg", "mediaType": "image/jpeg", "sizeBytes": 1200}]
    assert told["reading"]["mayAcknowledge"] is True
    assert told["reading"]["recipients"] == ["info@gemeente.test"]
    assert told["reading"]["addressedTo"] == ["Karin de Vries"]
    [assignment] = told["assignments"]
    assert (assignment["rule"], assignment["confidence"], assignment["round"]) == ("vergunning", 1.0, 1)
    assert assignment["promise"]["words"] == "binnen 8 weken"
    assert [(step["rule"], step["holds"]) for step in told["trace"]] == [("vergunning", True)]
    kinds = [event["kind"] for event in told["events"]]
    assert kinds[:4] == ["kept", "read", "decided", "launched"]
    assert sorted(kinds[4:]) == ["delivered", "forwarded"]
    assert all(event["at"].endswith("Z") for event in told["events"])
    assert {(forward["role"], forward["state"], forward["destinationKind"]) for forward in told["forwards"]} == {
        ("acting", "delivered", "mailbox"),
        ("informed", "delivered", "folder"),
    }
    assert {step["step"] for forward in told["forwards"] for step in forward["steps"]} == {"claimed", "delivered"}
    [notice] = told["notices"]
    assert (notice["kind"], notice["state"]) == ("acknowledgement", "intended")
    assert row.reference in notice["body"]
    assert notice["toldDueOn"] == assignment["dueOn"]
    assert told["delivery"]["receivedBasis"] == "source"
    assert len(told["delivery"]["sha256"]) == 64
    assert told["delivery"]["confirmedAt"] is None
    assert "destination" not in str(told).replace("destinationKind", "")


async def test_links_are_shown_from_both_sides(world: World, admin: Headers) -> None:
    original, copy = await world.copy_of_same()
    [of_copy] = (await world.get(f"/items/{copy}", admin)).json()["links"]
    [of_original] = (await world.get(f"/items/{original}", admin)).json()["links"]
    assert (of_copy["itemId"], of_copy["kind"], of_copy["isFromHere"], of_copy["undoneAt"]) == (
        original,
        "copy",
        True,
        None,
    )
    assert (of_original["itemId"], of_original["isFromHere"], of_original["score"]) == (copy, False, 1.0)
    reached = await world.row(copy)
    assert (of_original["source"], of_original["receivedAt"][:19]) == (
        reached.source_id,
        reached.received_at.isoformat()[:19],
    )


async def test_an_undone_link_stays_visible_as_undone(world: World, admin: Headers) -> None:
    _, copy = await world.copy_of_same()
    await world.do("unlink", copy, admin)
    [link] = (await world.get(f"/items/{copy}", admin)).json()["links"]
    assert link["undoneAt"] is not None


async def test_a_quarantined_item_says_why(world: World, admin: Headers) -> None:
    item_id = await world.quarantined("the header ends nowhere")
    told = (await world.get(f"/items/{item_id}", admin)).json()
    assert told["quarantine"] == {"code": "malformed_mail", "detail": "the header ends nowhere"}
    assert told["reading"] is None


async def test_what_servers_answered_is_for_administrators(world: World, admin: Headers, kcc: Headers) -> None:
    item_id = await world.forwarded()
    [notice] = (await standing(world.ledger, item_id)).notices
    refusal = RecipientRefused("550 5.1.1 no such user jan")
    await settle_notice(
        world.ledger, await notice_row(world.ledger, notice.notice_id), NoticeState.failed, error=refusal
    )
    for headers, detail, step in ((admin, refusal.detail, "250 taken"), (kcc, None, None)):
        told = (await world.get(f"/items/{item_id}", headers)).json()
        assert told["notices"][0]["trouble"] == {"code": "recipient_refused", "detail": detail}
        assert told["forwards"][0]["steps"][-1]["detail"] == step


async def test_an_item_that_waits_says_for_what(world: World, admin: Headers) -> None:
    item_id = await world.held(
        held_because=HeldBecause.before_live_from, received_at=datetime.now(UTC) - timedelta(days=9)
    )
    told = (await world.get(f"/items/{item_id}", admin)).json()
    assert (told["status"], told["heldBecause"], told["releasedAt"]) == ("received", "before_live_from", None)


@pytest.mark.parametrize("item_id", ["3f0a5d7e-4a4b-4a55-9a53-0d4c7a9d1c2e", "release-it", "a%00b", "jan@inwoner.test"])
async def test_an_item_that_is_not_there_is_not_found(world: World, admin: Headers, item_id: str) -> None:
    answer = await world.get(f"/items/{item_id}", admin)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert item_id not in answer.text
