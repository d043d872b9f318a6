"""Tasks over the API: listed oldest first, page by page, within the key's scope; done once."""

from __future__ import annotations

from uuid import uuid4

import pytest

from inbox.confidentiality import Confidentiality
from inbox.task import TaskKind
from store.keys import Role
from store.tasks import raise_task
from tests.gateway.api.world import MARK, Headers, World


async def asked(world: World, item_id: str, kind: TaskKind = TaskKind.undelivered, reason: str = "") -> None:
    """Ask a person."""
    async with world.ledger.begin() as connection:
        await raise_task(connection, item_id, kind, reason or f"the notice did not reach the sender ({item_id[:4]})")


async def listed(world: World, headers: Headers, **query: object) -> list[str]:
    """Return the items of the listed tasks."""
    answer = await world.get("/tasks", headers, **query)
    assert answer.status_code == 200
    return [line["itemId"] for line in answer.json()["tasks"]]


async def test_a_task_says_what_happened_to_which_item(world: World, admin: Headers) -> None:
    item_id = await world.forwarded("Lantaarn")
    await asked(world, item_id, reason="the mailbox is full (5.2.2)")
    [line] = (await world.get("/tasks", admin)).json()["tasks"]
    row = await world.row(item_id)
    assert (line["itemId"], line["reference"], line["itemStatus"]) == (item_id, row.reference, "forwarded")
    assert (line["kind"], line["reason"]) == ("undelivered", "the mailbox is full (5.2.2)")
    assert (line["doneAt"], line["doneBy"], line["outcome"]) == (None, None, "")
    shown = (await world.get(f"/items/{item_id}", admin)).json()["tasks"]
    assert [task["taskId"] for task in shown] == [line["taskId"]]


async def test_what_is_done_moves_to_the_other_list_and_stays_on_the_item(
    world: World, admin: Headers, kcc: Headers
) -> None:
    item_id = await world.forwarded("Lantaarn")
    await asked(world, item_id)
    [line] = (await world.get("/tasks", kcc)).json()["tasks"]
    answer = await world.post(f"/tasks/{line['taskId']}/done", kcc, outcome="gebeld")
    assert answer.status_code == 200
    done = answer.json()
    assert (done["doneBy"], done["outcome"], done["taskId"]) == ("KCC", "gebeld", line["taskId"])
    assert await listed(world, admin) == []
    assert await listed(world, admin, done=True) == [item_id]
    last = (await world.events(item_id))[-1]
    assert (last.kind, last.actor, last.reason) == ("task_done", "KCC", "gebeld")
    again = await world.post(f"/tasks/{line['taskId']}/done", admin)
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert (await world.get("/tasks", admin, done=True)).json()["tasks"][0]["doneBy"] == "KCC"


async def test_a_task_may_be_done_without_words(world: World, admin: Headers) -> None:
    await asked(world, await world.forwarded("Lantaarn"))
    [line] = (await world.get("/tasks", admin)).json()["tasks"]
    answer = await world.client.post(f"/v1/tasks/{line['taskId']}/done", headers=admin)
    assert (answer.status_code, answer.json()["outcome"]) == (200, "")


async def test_the_pages_together_hold_each_task_once_oldest_first(world: World, admin: Headers) -> None:
    made = []
    for number in range(5):
        made.append(await world.forwarded(f"Lantaarn {number}"))
        await asked(world, made[-1])
    seen: list[str] = []
    path = "/v1/tasks?limit=2&kind=undelivered"
    while path:
        answer = await world.client.get(path, headers=admin)
        page = answer.json()
        seen += [line["itemId"] for line in page["tasks"]]
        link = answer.headers.get("link", "")
        assert bool(link) == bool(page["nextCursor"])
        path = link.partition(">")[0].removeprefix("<")
    assert seen == made


async def test_a_page_goes_on_where_it_was_when_a_task_is_done_meanwhile(world: World, admin: Headers) -> None:
    made = []
    for number in range(4):
        made.append(await world.forwarded(f"Lantaarn {number}"))
        await asked(world, made[-1])
    first = (await world.get("/tasks", admin, limit=2)).json()
    for line in first["tasks"]:
        await world.post(f"/tasks/{line['taskId']}/done", admin)
    assert await listed(world, admin, limit=2, cursor=first["nextCursor"]) == made[2:]


async def test_a_list_may_be_of_one_kind(world: World, admin: Headers) -> None:
    told, returned = await world.forwarded("Lantaarn"), await world.forwarded("Nog een lantaarn")
    await asked(world, told)
    await asked(world, returned, TaskKind.forward_returned)
    assert await listed(world, admin, kind="forward_returned") == [returned]
    assert await listed(world, admin) == [told, returned]


@pytest.mark.parametrize(
    "query", [{"cursor": "x"}, {"limit": 0}, {"limit": 201}, {"kind": "nothing"}, {"done": "maybe"}, {"state": "open"}]
)
async def test_a_faulty_question_is_refused(world: World, admin: Headers, query: dict[str, object]) -> None:
    assert (await world.get("/tasks", admin, **query)).status_code == 400


@pytest.mark.parametrize("body", [{"outcome": "x" * 2001}, {"outcome": "a\x00b"}, {"result": "gebeld"}])
async def test_a_faulty_outcome_is_refused_and_nothing_is_done(
    world: World, admin: Headers, body: dict[str, str]
) -> None:
    item_id = await world.forwarded("Lantaarn")
    await asked(world, item_id)
    [line] = (await world.get("/tasks", admin)).json()["tasks"]
    assert (await world.post(f"/tasks/{line['taskId']}/done", admin, **body)).status_code == 400
    assert await listed(world, admin) == [item_id]


async def test_a_department_sees_and_does_the_tasks_of_its_own_items_only(
    world: World, kcc: Headers, permits: Headers
) -> None:
    lamp, permit = await world.forwarded("Lantaarn"), await world.forwarded("Vergunning")
    for item_id in (lamp, permit, await world.quarantined()):
        await asked(world, item_id)
    assert await listed(world, kcc) == [lamp]
    [theirs] = (await world.get("/tasks", kcc)).json()["tasks"]
    refused = await world.post(f"/tasks/{theirs['taskId']}/done", permits, outcome=MARK)
    absent = await world.post(f"/tasks/{uuid4()}/done", permits, outcome=MARK)
    assert refused.status_code == absent.status_code == 404
    assert {**refused.json(), "instance": ""} == {**absent.json(), "instance": ""}
    assert MARK not in refused.text
    assert await listed(world, kcc) == [lamp]


async def test_a_task_on_what_is_too_confidential_for_a_key_does_not_exist_for_it(world: World) -> None:
    item_id = await world.forwarded("Bezwaar", "Ik maak bezwaar.")
    await asked(world, item_id)
    low = await world.key(Role.admin, up_to=Confidentiality.zaakvertrouwelijk)
    high = await world.key(Role.admin, up_to=Confidentiality.vertrouwelijk)
    [line] = (await world.get("/tasks", high)).json()["tasks"]
    assert await listed(world, low) == []
    assert (await world.post(f"/tasks/{line['taskId']}/done", low)).status_code == 404
    assert (await world.post(f"/tasks/{line['taskId']}/done", high)).status_code == 200


async def test_who_only_reads_does_no_task_and_who_only_watches_sees_none(world: World) -> None:
    item_id = await world.forwarded("Lantaarn")
    await asked(world, item_id)
    reader, monitor = await world.key(Role.reader), await world.key(Role.monitor)
    [line] = (await world.get("/tasks", reader)).json()["tasks"]
    assert (await world.post(f"/tasks/{line['taskId']}/done", reader)).status_code == 403
    assert (await world.get("/tasks", monitor)).status_code == 403
    assert (await world.get("/tasks")).status_code == 401
    assert await listed(world, reader) == [item_id]


async def test_an_address_that_names_no_task_is_refused(world: World, admin: Headers) -> None:
    assert (await world.post("/tasks/nothing/done", admin)).status_code in {400, 404}
