"""Actions through the API: what each does, and when it is refused."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from inbox.actions import ALLOWED, NEEDS_REASON, Action
from inbox.errors import RecipientRefused
from inbox.item import ForwardState, HeldBecause, Status
from store.deciding import standing
from store.forwarding import claim_forward, doubt_forward, settle_failed
from tests.gateway.api.world import Headers, World

EXTRA = {Action.reroute: {"category": "vergunning"}, Action.split: {"category": "vergunning"}}


async def state_after(world: World, action: str, item_id: str, headers: Headers, **body: Any) -> dict[str, Any]:
    """Carry an action out that must succeed; its event must name the key, the reason and the action."""
    answer = await world.do(action, item_id, headers, **body)
    assert answer.status_code == 200, answer.text
    state: dict[str, Any] = answer.json()
    row = await world.row(item_id)
    assert (state["status"], state["version"]) == (row.status, row.version)
    assert answer.headers["etag"] == f'"{row.version}"'
    event = next(event for event in await world.events(item_id) if event.action_id == state["actionId"])
    assert (event.actor, event.reason) == ("Beheer", "omdat het moet")
    assert row.drive_wanted == state["actionId"]
    return state


async def test_accept_and_complete_end_a_forwarded_item(world: World, admin: Headers) -> None:
    item_id = await world.forwarded()
    assert (await state_after(world, "accept", item_id, admin))["status"] == "accepted"
    state = await state_after(world, "complete", item_id, admin)
    assert state["status"] == "completed"
    assert [line["status"] for line in state["assignments"]] == ["completed"]


async def test_return_gives_the_item_to_triage(world: World, admin: Headers) -> None:
    item_id = await world.forwarded()
    assert (await state_after(world, "return", item_id, admin))["status"] == "returned"
    await world.drive(item_id)
    assert (await world.row(item_id)).status == "triage"


async def test_reroute_gives_the_item_to_another_department(world: World, admin: Headers) -> None:
    item_id = await world.forwarded()
    state = await state_after(world, "reroute", item_id, admin, category="vergunning")
    [line] = state["assignments"]
    assert (line["category"], line["department"], line["status"]) == ("vergunning", "vergunningen", "forwarding")
    await world.deliver(item_id)
    await world.drive(item_id)
    assert (await world.acting_forward(item_id)).department == "vergunningen"


async def test_reroute_to_triage_waits_for_a_person(world: World, admin: Headers) -> None:
    item_id = await world.forwarded()
    assert (await state_after(world, "reroute", item_id, admin, category="triage"))["status"] == "triage"


async def test_reroute_computes_the_promise_from_receipt_and_names_who_chose(world: World, admin: Headers) -> None:
    item_id = await world.forwarded()
    await state_after(world, "reroute", item_id, admin, category="vergunning")
    [assignment] = (await standing(world.ledger, item_id)).assignments
    received = (await world.row(item_id)).received_at
    assert (assignment.due_on - received.date()).days >= 55
    assert (assignment.chosen_by, assignment.rule) == ("Beheer", None)


@pytest.mark.parametrize("action", ["reroute", "split"])
async def test_an_unknown_category_is_answered_with_those_that_exist(world: World, admin: Headers, action: str) -> None:
    answer = await world.do(action, await world.forwarded(), admin, category="parkeren")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    assert answer.json()["detail"].endswith("bezwaar, intern, lantaarn, triage, vergunning")


async def test_split_adds_a_matter_with_its_own_department(world: World, admin: Headers) -> None:
    item_id = await world.forwarded()
    state = await state_after(world, "split", item_id, admin, category="bezwaar")
    assert [(line["department"], line["status"]) for line in state["assignments"]] == [
        ("kcc", "forwarded"),
        ("juridisch", "forwarding"),
    ]
    assert (state["status"], state["confidentiality"]) == ("forwarding", "vertrouwelijk")


async def test_a_split_item_is_rerouted_by_naming_the_matter(world: World, admin: Headers) -> None:
    item_id = await world.forwarded()
    lines = (await state_after(world, "split", item_id, admin, category="bezwaar"))["assignments"]
    vague = await world.do("reroute", item_id, admin, category="vergunning")
    assert (vague.status_code, vague.json()["code"]) == (400, "bad_request")
    state = await state_after(
        world, "reroute", item_id, admin, category="vergunning", assignmentId=lines[0]["assignmentId"]
    )
    assert [line["category"] for line in state["assignments"]] == ["vergunning", "bezwaar"]


async def test_link_and_unlink_make_a_copy_and_undo_it(world: World, admin: Headers) -> None:
    original, other = await world.forwarded(), await world.forwarded("Nog eens")
    assert (await state_after(world, "link", other, admin, otherItemId=original))["status"] == "linked"
    await world.deliver(other)
    assert (await state_after(world, "unlink", other, admin))["status"] == "forwarding"
    await world.drive(other)
    assert (await world.acting_forward(other)).round == 2


async def test_link_needs_an_item_that_lives_on(world: World, admin: Headers) -> None:
    item_id, ended = await world.forwarded(), await world.forwarded("Weg ermee")
    await state_after(world, "discard", ended, admin)
    for other, status in ((ended, 409), (item_id, 409), ("3f0a5d7e-4a4b-4a55-9a53-0d4c7a9d1c2e", 400)):
        assert (await world.do("link", item_id, admin, otherItemId=other)).status_code == status


async def test_two_items_called_copies_of_each_other_at_once_leave_one_alive(world: World, admin: Headers) -> None:
    pairs = [(await world.forwarded(f"Een {n}"), await world.forwarded(f"Twee {n}")) for n in range(6)]
    answers = await asyncio.gather(
        *(world.do("link", one, admin, otherItemId=two) for one, two in pairs),
        *(world.do("link", two, admin, otherItemId=one) for one, two in pairs),
    )
    assert sorted(answer.status_code for answer in answers) == [200] * 6 + [409] * 6
    for one, two in pairs:
        assert sorted([(await world.row(one)).status, (await world.row(two)).status]) == ["forwarded", "linked"]


async def test_discard_withdraws_and_reopen_begins_again(world: World, admin: Headers) -> None:
    item_id = await world.forwarded()
    assert (await state_after(world, "discard", item_id, admin))["status"] == "discarded"
    assert (await world.acting_forward(item_id)).state == "withdrawing"
    await world.deliver(item_id)
    assert (await state_after(world, "reopen", item_id, admin))["status"] == "forwarding"
    await world.drive(item_id)
    assert ((await world.acting_forward(item_id)).round, (await world.acting_forward(item_id)).state) == (2, "wanted")


async def test_retry_reads_a_quarantined_item_again(world: World, admin: Headers) -> None:
    item_id = await world.quarantined()
    assert (await state_after(world, "retry", item_id, admin))["status"] == "received"
    assert (await world.row(item_id)).readings_begun == 0


async def failed_forward(world: World, *, doubted: bool = False) -> str:
    """Return an item whose acting forward was refused for good, perhaps after a lost answer."""
    item_id = await world.launched()
    await claim_forward(world.ledger, (await world.acting_forward(item_id)).forward_id)
    if doubted:
        await doubt_forward(world.ledger, await world.acting_forward(item_id))
    await settle_failed(world.ledger, await world.acting_forward(item_id), RecipientRefused("550 no"))
    return item_id


async def test_retry_wants_a_refused_forward_again(world: World, admin: Headers) -> None:
    item_id = await failed_forward(world)
    await state_after(world, "retry", item_id, admin)
    assert (await world.acting_forward(item_id)).state == ForwardState.wanted


async def test_retry_after_a_lost_answer_is_looked_up_before_it_is_repeated(world: World, admin: Headers) -> None:
    item_id = await failed_forward(world, doubted=True)
    await state_after(world, "retry", item_id, admin)
    assert (await world.acting_forward(item_id)).state == ForwardState.in_doubt


async def test_retry_after_a_refused_withdrawal_withdraws_and_does_not_forward(world: World, admin: Headers) -> None:
    item_id = await world.forwarded()
    await state_after(world, "reroute", item_id, admin, category="vergunning")
    [old] = (await standing(world.ledger, item_id)).forwards
    await settle_failed(world.ledger, old, RecipientRefused("550 no"))
    await state_after(world, "retry", item_id, admin)
    [old] = (await standing(world.ledger, item_id)).forwards
    assert old.state == ForwardState.withdrawing


async def test_retry_is_refused_when_nothing_failed(world: World, admin: Headers) -> None:
    answer = await world.do("retry", await world.forwarded(), admin)
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


async def test_release_lets_a_held_item_go(world: World, admin: Headers) -> None:
    item_id = await world.held()
    state = await state_after(world, "release", item_id, admin)
    assert (state["status"], state["heldBecause"]) == ("forwarding", None)
    await world.drive(item_id)
    assert len((await standing(world.ledger, item_id)).notices) == 1


@pytest.mark.parametrize("action", list(Action))
async def test_an_action_is_refused_in_every_status_where_it_makes_no_sense(
    world: World, admin: Headers, action: Action
) -> None:
    item_id, other = await world.forwarded(), await world.forwarded("Een ander")
    body = {**EXTRA.get(action, {}), **({"otherItemId": other} if action is Action.link else {})}
    for status in sorted(set(Status) - ALLOWED[action]):
        await world.change(item_id, status=str(status))
        before = len(await world.events(item_id))
        answer = await world.do(action, item_id, admin, **body)
        assert (answer.status_code, answer.json()["code"]) == (409, "conflict"), (status, answer.text)
        assert f"`{status}`" in answer.json()["detail"]
        assert len(await world.events(item_id)) == before


@pytest.mark.parametrize("action", sorted(NEEDS_REASON))
async def test_what_needs_a_reason_is_refused_without_one(world: World, admin: Headers, action: Action) -> None:
    item_id, other = await world.forwarded(), await world.forwarded("Een ander")
    await world.change(item_id, status=str(min(ALLOWED[action])))
    body = {**EXTRA.get(action, {}), **({"otherItemId": other} if action is Action.link else {})}
    answer = await world.do(action, item_id, admin, reason=" ", **body)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
    answer = await world.do(action, item_id, admin, reason="", **body)
    assert [fault["location"]["pointer"] for fault in answer.json()["errors"]] == ["/reason"]


async def test_of_two_at_once_one_is_carried_out_and_one_is_refused(world: World, admin: Headers, kcc: Headers) -> None:
    item_id = await world.forwarded()
    answers = await asyncio.gather(world.do("accept", item_id, admin), world.do("accept", item_id, kcc))
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert [event.kind for event in await world.events(item_id)].count("accept") == 1


async def test_many_at_once_do_it_once(world: World, admin: Headers) -> None:
    item_id = await world.forwarded()
    answers = await asyncio.gather(*(world.do("discard", item_id, admin) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9


async def test_if_match_acts_only_on_the_version_that_was_seen(world: World, admin: Headers) -> None:
    item_id = await world.forwarded()
    seen = (await world.get(f"/items/{item_id}", admin)).headers["etag"]
    await world.do("accept", item_id, admin)
    late = await world.do("complete", item_id, {**admin, "If-Match": seen})
    assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")
    now = (await world.get(f"/items/{item_id}", admin)).headers["etag"]
    assert (await world.do("complete", item_id, {**admin, "If-Match": f'"999", {now}'})).status_code == 200


@pytest.mark.parametrize(("value", "status"), [("*", 200), ('W/"{}"', 412), ("{}", 400), ('"x"', 412), ('"{}"', 200)])
async def test_if_match_is_read_as_the_standard_says(world: World, admin: Headers, value: str, status: int) -> None:
    item_id = await world.forwarded()
    version = (await world.row(item_id)).version
    answer = await world.do("accept", item_id, {**admin, "If-Match": value.format(version)})
    assert answer.status_code == status


async def test_of_two_at_once_with_if_match_one_is_told_that_the_item_changed(world: World, admin: Headers) -> None:
    item_id = await world.forwarded()
    headers = {**admin, "If-Match": f'"{(await world.row(item_id)).version}"'}
    answers = await asyncio.gather(*(world.do("accept", item_id, headers) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 412]


@pytest.mark.parametrize(
    "body",
    [
        {"reason": "a\x00b"},
        {"reason": "x" * 2001},
        {"reason": 1},
        {"reden": "verschreven"},
        {"assignmentId": "een"},
        {"reason": "x", "category": "lantaarn"},
    ],
)
async def test_a_body_of_another_shape_is_refused(world: World, admin: Headers, body: dict[str, Any]) -> None:
    item_id = await world.forwarded()
    answer = await world.post(f"/items/{item_id}/accept", admin, **body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert answer.json()["errors"][0]["in"] == "body"


async def test_a_lone_surrogate_is_refused(world: World, admin: Headers) -> None:
    item_id = await world.forwarded()
    answer = await world.client.post(
        f"/v1/items/{item_id}/accept",
        headers={**admin, "Content-Type": "application/json"},
        content=b'{"reason": "\\ud800"}',
    )
    assert answer.status_code == 400


async def test_an_action_without_words_needs_no_body(world: World, admin: Headers) -> None:
    item_id = await world.forwarded()
    assert (await world.client.post(f"/v1/items/{item_id}/accept", headers=admin)).status_code == 200


async def test_a_persons_word_lets_the_sender_of_a_quarantined_mail_be_told(world: World, admin: Headers) -> None:
    item_id = await world.quarantined()
    await world.drive(item_id)
    nowhere = await world.do("vouch", item_id, admin)
    assert (nowhere.status_code, nowhere.json()["code"]) == (400, "bad_request")
    for address in ("jan", "jan@", "a@b.test\r\nBcc: x@y.test", "a@b@c.test", "<a@b.test>", "x" * 65 + "@b.test"):
        assert (await world.do("vouch", item_id, admin, address=address)).status_code == 400
    await state_after(world, "vouch", item_id, admin, address="jan@inwoner.test")
    await world.drive(item_id)
    account = (await world.get(f"/items/{item_id}", admin)).json()
    assert [(notice["kind"], notice["state"]) for notice in account["notices"]] == [
        ("looked_at", "withheld"),
        ("looked_at", "intended"),
    ]
    assert [(task["kind"], task["doneBy"]) for task in account["tasks"]] == [("untold", "Beheer")]
    again = await world.do("vouch", item_id, admin, address="piet@inwoner.test")
    assert (again.status_code, again.json()["code"]) == (409, "conflict")


async def test_many_held_items_are_released_by_name(world: World, admin: Headers) -> None:
    held, free = await world.held(), await world.forwarded()
    absent = "3f0a5d7e-4a4b-4a55-9a53-0d4c7a9d1c2e"
    answer = await world.post("/items/release", admin, itemIds=[held, free, absent, held])
    assert answer.json()["items"] == [
        {"itemId": held, "outcome": "released", "code": None},
        {"itemId": free, "outcome": "refused", "code": "conflict"},
        {"itemId": absent, "outcome": "refused", "code": "not_found"},
    ]


async def test_many_held_items_are_released_by_what_they_share(world: World, admin: Headers) -> None:
    observed = [await world.held(f"Lantaarn {n}", source_id="wijk") for n in range(3)]
    late = await world.held(held_because=HeldBecause.too_late_to_promise, source_id="wijk")
    first = await world.post("/items/release", admin, source="wijk", heldBecause="observe", limit=2, reason="live")
    assert len(first.json()["items"]) == 2
    second = await world.post("/items/release", admin, source="wijk", heldBecause="observe")
    released = [line["itemId"] for answer in (first, second) for line in answer.json()["items"]]
    assert sorted(released) == sorted(observed)
    assert (await world.row(late)).held_because == "too_late_to_promise"
    assert (await world.post("/items/release", admin, source="wijk", heldBecause="observe")).json() == {"items": []}


@pytest.mark.parametrize("body", [{}, {"limit": 5}, {"itemIds": [], "source": "wijk"}, {"itemIds": ["x"]}])
async def test_a_bulk_release_names_what_it_releases(world: World, admin: Headers, body: dict[str, Any]) -> None:
    assert (await world.post("/items/release", admin, **body)).status_code == 400
