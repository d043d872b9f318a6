"""Actions through the API while nothing drives: it answers from the ledger, and the work follows when the drive is back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.api.app import make_api
from inbox.actions import Action
from inbox.confidentiality import Confidentiality
from store.keys import Role, make_key
from store.reading import item_row
from tests.mails import mail
from tests.running import Town, until
from tests.servers.ports import open_folder
from tests.servers.postgres import Postgres
from tests.servers.temporal import Temporal
from tests.workflows.test_actions import all_settled, do
from workflows.names import item_workflow_id

KCC = "kcc@afdeling.test"
JAN = "jan@inwoner.test"
REFUSED = "550 5.7.1 not from you"

Follows = Callable[[Town, Path, str], Awaitable[None]]


@asynccontextmanager
async def api_of(town: Town) -> AsyncIterator[httpx.AsyncClient]:
    """Give a client of the town's API, with an administrator's key."""
    assert town.parts is not None
    key = await make_key(town.ledger, "Beheer", Role.admin, None, Confidentiality.zeer_geheim)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(make_api(town.parts)),
        base_url="http://gateway.test/v1/items/",
        headers={"Authorization": f"Bearer {key}"},
    ) as client:
        yield client


@dataclass(frozen=True)
class Case:
    """One action: how its item gets where it is possible, what the API answers, and what must follow outside."""

    action: Action
    prepare: Callable[[Town], Awaitable[str]]
    answers: str
    """The item's status in the answer."""
    follows: Follows
    body: dict[str, Any] = field(default_factory=dict)


def mails_about(town: Town, address: str, item: Any) -> list[bytes]:
    """Return what the address got about the item."""
    reference: bytes = item.reference.encode()
    return [message for message in town.mail_to(address) if reference in message]


def withdrawals(messages: list[bytes]) -> list[bytes]:
    return [message for message in messages if b".withdrawal@" in message]


def files(folder: Path, forward_id: str) -> set[str]:
    """Return what stands of the forward in the legal department's folder."""
    return {file.name.removeprefix(forward_id) for file in (folder / "forwarded/juridisch").glob(f"{forward_id}*")}


async def stands(town: Town, item_id: str, status: str) -> Any:
    """Wait until the item stands there and nothing outward is left to do; return its row."""

    async def there() -> Any:
        row = await item_row(town.ledger, item_id)
        outward = [*await town.forwards(item_id), *await town.notices(item_id)]
        return row if row.status == status and all(one.settled_at for one in outward) and outward else None

    return await until(there, f"the item is {status} and all is settled")


async def forwarded(town: Town, subject: str, text: str = "De lantaarn is stuk.") -> str:
    town.mailbox.deliver(mail(subject, text))
    item = await town.until_status(subject, "forwarded")
    await stands(town, item.item_id, "forwarded")
    return str(item.item_id)


async def objection(town: Town) -> str:
    return await forwarded(town, "Mijn bezwaar", "Ik maak bezwaar.")


async def is_accepted(town: Town, _: Path, item_id: str) -> None:
    item = await stands(town, item_id, "accepted")
    assert (len(mails_about(town, KCC, item)), len(mails_about(town, JAN, item))) == (1, 1)


async def is_returned(town: Town, folder: Path, item_id: str) -> None:
    item = await stands(town, item_id, "triage")
    first, second = await all_settled(town, item_id, 2)
    # They gave it back themselves: nobody need tell them.
    assert files(folder, first.forward_id) == {".eml", ".json"}
    [message] = mails_about(town, KCC, item)
    assert second.forward_id.encode() in message


async def is_completed(town: Town, _: Path, item_id: str) -> None:
    item = await stands(town, item_id, "completed")
    assert (len(mails_about(town, KCC, item)), len(mails_about(town, JAN, item))) == (1, 1)


async def is_rerouted(town: Town, folder: Path, item_id: str) -> None:
    item = await stands(town, item_id, "forwarded")
    first, second = await all_settled(town, item_id, 2)
    assert (first.state, second.department) == ("withdrawn", "juridisch")
    assert files(folder, second.forward_id) == {".eml", ".json"}
    told = mails_about(town, KCC, item)
    assert (len(told), len(withdrawals(told))) == (2, 1)


async def is_split(town: Town, folder: Path, item_id: str) -> None:
    item = await stands(town, item_id, "forwarded")
    rows = {row.department: row for row in await all_settled(town, item_id, 2)}
    assert files(folder, rows["juridisch"].forward_id) == {".eml", ".json"}
    told = mails_about(town, KCC, item)
    assert (len(told), len(withdrawals(told))) == (1, 0)


async def two_alike(town: Town) -> str:
    await forwarded(town, "Lantaarn in de straat")
    return await forwarded(town, "Lantaarn op de hoek")


async def is_taken_back(town: Town, _: Path, item_id: str) -> None:
    item = await _row(town, item_id)
    await stands(town, item_id, item.status)
    told = mails_about(town, KCC, item)
    assert (len(told), len(withdrawals(told))) == (2, 1)
    assert len(mails_about(town, JAN, item)) == 1


async def a_copy(town: Town) -> str:
    same = mail("Lantaarn dubbel", message_id="<dubbel@inwoner.test>")
    town.mailbox.deliver(same, same)

    async def linked() -> Any:
        return next((row for row in await town.items() if row.status == "linked"), None)

    return str((await until(linked, "one is a copy")).item_id)


async def goes_its_way(town: Town, _: Path, item_id: str) -> None:
    item = await stands(town, item_id, "forwarded")
    assert (len(mails_about(town, KCC, item)), len(mails_about(town, JAN, item))) == (1, 1)


async def completed(town: Town) -> str:
    item_id = await forwarded(town, "Lantaarn klaar")
    await do(town, Action.complete, item_id)
    return item_id


async def is_there_again(town: Town, _: Path, item_id: str) -> None:
    item = await stands(town, item_id, "forwarded")
    told = mails_about(town, KCC, item)
    assert (len(told), len(withdrawals(told))) == (2, 0)
    assert len(mails_about(town, JAN, item)) == 1


async def refused(town: Town, subject: str = "Lantaarn geweigerd", status: str = "forwarding") -> str:
    town.relay.fails["RCPT"] = REFUSED
    town.mailbox.deliver(mail(subject))
    item = await town.until_status(subject, status)
    await stands(town, item.item_id, status)
    town.relay.fails.clear()
    return str(item.item_id)


async def held(town: Town) -> str:
    long_ago = datetime(1999, 12, 31, 12, tzinfo=UTC)
    with town.mailbox.server.client(town.mailbox.user) as client:
        client.append("INBOX", mail("Lantaarn van vorige eeuw"), msg_time=long_ago)

    async def decided() -> Any:
        row = await town.item("Lantaarn van vorige eeuw")
        return row if row is not None and row.decided_version else None

    item = await until(decided, "it is decided")
    assert item.held_because == "before_live_from"
    return str(item.item_id)


async def claimed(town: Town) -> str:
    words = (
        "-----Oorspronkelijk bericht-----\r\nVan: Jan <jan@inwoner.test>\r\nVerzonden: maandag 16 november 2026 09:12\r\n"
        "Aan: Karin <karin@gemeente.test>\r\nOnderwerp: Lantaarn\r\n\r\nDe lantaarn voor mijn huis is kapot."
    )
    town.mailbox.deliver(mail("FW: Lantaarn", words, sender="Karin <karin@gemeente.test>"))
    item = await town.until_status("FW: Lantaarn", "forwarded")
    await stands(town, item.item_id, "forwarded")
    return str(item.item_id)


async def _row(town: Town, item_id: str) -> Any:
    return await item_row(town.ledger, item_id)


async def is_told(town: Town, folder: Path, item_id: str) -> None:
    item = await _row(town, item_id)

    async def told() -> Any:
        return mails_about(town, JAN, item)

    await until(told, "Jan is told")
    await goes_its_way(town, folder, item_id)


CASES = {
    case.action: case
    for case in (
        Case(Action.accept, lambda town: forwarded(town, "Lantaarn aan"), "accepted", is_accepted),
        Case(Action.return_, objection, "returned", is_returned),
        Case(Action.complete, lambda town: forwarded(town, "Lantaarn af"), "completed", is_completed),
        Case(
            Action.reroute,
            lambda town: forwarded(town, "Lantaarn elders"),
            "forwarding",
            is_rerouted,
            {"category": "bezwaar"},
        ),
        Case(
            Action.split,
            lambda town: forwarded(town, "Lantaarn en meer"),
            "forwarding",
            is_split,
            {"category": "bezwaar"},
        ),
        Case(Action.link, two_alike, "linked", is_taken_back, {"otherItemId": "Lantaarn in de straat"}),
        Case(Action.unlink, a_copy, "received", goes_its_way),
        Case(Action.discard, lambda town: forwarded(town, "Lantaarn weg"), "discarded", is_taken_back),
        Case(Action.reopen, completed, "forwarding", is_there_again),
        Case(Action.retry, refused, "forwarding", goes_its_way),
        Case(Action.release, held, "forwarding", goes_its_way),
        Case(Action.vouch, claimed, "forwarded", is_told),
    )
}


async def body_of(town: Town, case: Case) -> dict[str, Any]:
    """Return the request's body; another item is named by its subject."""
    named = {"otherItemId": (await town.item(case.body["otherItemId"])).item_id} if "otherItemId" in case.body else {}
    return {"reason": "omdat het moet", **case.body, **named}


async def act_through_api(town: Town, api: httpx.AsyncClient, case: Case, item_id: str) -> None:
    """Carry the action out; the answer must be what the ledger says at that moment."""
    answer = await api.post(f"{item_id}/{case.action}", json=await body_of(town, case))
    assert answer.status_code == 200, answer.text
    state, row = answer.json(), await _row(town, item_id)
    assert (state["status"], state["version"]) == (case.answers, row.version)
    assert row.status == case.answers
    last = (await town.events(item_id))[-1]
    assert (last.action_id, last.actor, last.reason) == (state["actionId"], "Beheer", "omdat het moet")


def test_every_action_is_tried() -> None:
    assert set(CASES) == set(Action)


@pytest.mark.parametrize("action", list(Action), ids=str)
async def test_what_is_done_while_all_workers_are_dead_follows_when_they_are_back(
    town: Town, action: Action, tmp_path: Path
) -> None:
    case = CASES[action]
    async with town.working():
        item_id = await case.prepare(town)
    taken = len(town.relay.taken)
    async with api_of(town) as api:
        await act_through_api(town, api, case, item_id)
    assert len(town.relay.taken) == taken
    async with town.working():
        await case.follows(town, tmp_path, item_id)


async def test_what_is_done_while_temporal_is_dead_follows_when_it_is_back(
    make_town: Callable[..., Any], tmp_path: Path
) -> None:
    town: Town = await make_town()
    with open_folder("temporal") as folder:
        town.temporal = Temporal(folder)
        town.temporal.start()
        town.namespace = "default"
        try:
            async with town.working() as client, api_of(town) as api:
                prepared = [(case, await case.prepare(town)) for case in CASES.values()]
                town.temporal.kill()
                for case, item_id in prepared:
                    await act_through_api(town, api, case, item_id)
                town.temporal.start()
                for case, item_id in prepared:
                    await case.follows(town, tmp_path, item_id)
                done = next(item_id for case, item_id in prepared if case.action is Action.complete)

                async def ended() -> bool:
                    described = await client.get_workflow_handle(item_workflow_id(done)).describe()
                    return bool(described.status and described.status.name == "COMPLETED")

                await until(ended, "the workflow of what is completed has ended")
        finally:
            town.temporal.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest) -> str:
    """Give the ledger's address, of each engine; empty for SQLite."""
    if request.param == "sqlite":
        return ""
    server: Postgres = request.getfixturevalue("postgres")
    return server.fresh_database()


async def test_of_two_who_act_at_once_on_one_version_one_wins_and_the_work_is_done_once(
    make_town: Callable[..., Any], ledger_url: str, tmp_path: Path
) -> None:
    town: Town = await make_town(ledger_url=ledger_url)
    async with town.working():
        prepared = [(case, await case.prepare(town)) for case in CASES.values()]
    async with api_of(town) as api:
        for case, item_id in prepared:
            etag = (await api.get(item_id)).headers["etag"]
            request = {"json": await body_of(town, case), "headers": {"If-Match": etag}}
            path = f"{item_id}/{case.action}"
            answers = await asyncio.gather(*(api.post(path, **request) for _ in range(2)))
            codes = sorted((answer.status_code, answer.json().get("code", "")) for answer in answers)
            assert codes == [(200, ""), (412, "precondition_failed")], case.action
            again = await api.post(path, **request)
            assert (again.status_code, again.json()["code"]) == (412, "precondition_failed")
            action_ids = [event.action_id for event in await town.events(item_id) if event.actor == "Beheer"]
            assert len(action_ids) == 1
    async with town.working():
        for case, item_id in prepared:
            await case.follows(town, tmp_path, item_id)


NOT_TWICE = [action for action in Action if action not in (Action.reroute, Action.split)]
"""A second reroute is a reroute, and a second split another matter: whoever must not do it twice sends If-Match."""


async def test_of_two_who_do_the_same_at_once_without_a_version_the_second_is_refused(
    town: Town, tmp_path: Path
) -> None:
    async with town.working():
        prepared = [(CASES[action], await CASES[action].prepare(town)) for action in NOT_TWICE]
    async with api_of(town) as api:
        for case, item_id in prepared:
            body = await body_of(town, case)
            answers = await asyncio.gather(*(api.post(f"{item_id}/{case.action}", json=body) for _ in range(2)))
            codes = sorted((answer.status_code, answer.json().get("code", "")) for answer in answers)
            assert codes == [(200, ""), (409, "conflict")], case.action
    async with town.working():
        for case, item_id in prepared:
            await case.follows(town, tmp_path, item_id)


@pytest.mark.parametrize("case", ["linked", "completed", "discarded", "filed"])
async def test_an_item_that_has_ended_refuses_what_makes_no_sense_and_stays_as_it_is(town: Town, case: str) -> None:
    async with town.working():
        if case == "linked":
            item_id = await a_copy(town)
        elif case == "filed":
            town.mailbox.deliver(mail("Nieuws", headers="List-Unsubscribe: <mailto:weg@nieuws.test>\r\n"))
            item_id = (await town.until_status("Nieuws", "filed")).item_id
            await town.until_told(item_id)
        else:
            item_id = await completed(town)
            if case == "discarded":
                await do(town, Action.reopen, item_id)
                await stands(town, item_id, "forwarded")
                await do(town, Action.discard, item_id)
                await stands(town, item_id, "discarded")
        await until(lambda: _is_driven(town, item_id), "the drive has nothing more to do")
    before, taken = await _row(town, item_id), len(town.relay.taken)
    begins_again = {"linked": {Action.unlink}, "filed": {Action.reopen}}.get(case, {Action.reopen})
    async with api_of(town) as api:
        for action in set(Action) - begins_again:
            body: dict[str, Any] = {"reason": "toch"}
            if action in (Action.reroute, Action.split):
                body["category"] = "bezwaar"
            if action is Action.link:
                body["otherItemId"] = item_id
            answer = await api.post(f"{item_id}/{action}", json=body)
            assert (answer.status_code, answer.json()["code"]) == (409, "conflict"), action
    assert await _row(town, item_id) == before
    assert len(town.relay.taken) == taken


async def _is_driven(town: Town, item_id: str) -> bool:
    return (await _row(town, item_id)).drive_wanted is None


async def test_retry_brings_back_what_failed_on_an_item_that_is_completed_meanwhile(town: Town) -> None:
    async with town.working():
        item_id = await refused(town, "Een vraag", "triage")
        await do(town, Action.complete, item_id)
        async with api_of(town) as api:
            answer = await api.post(f"{item_id}/retry")
            assert (answer.status_code, answer.json()["status"]) == (200, "completed")
        item = await stands(town, item_id, "completed")
    assert [row.state for row in await town.forwards(item_id)] == ["delivered"]
    assert [row.state for row in await town.notices(item_id)] == ["sent"]
    assert (len(mails_about(town, KCC, item)), len(mails_about(town, JAN, item))) == (1, 1)


async def test_retry_of_a_discarded_item_only_takes_back_what_a_department_would_not_give(town: Town) -> None:
    async with town.working():
        item_id = await forwarded(town, "Lantaarn weg")
        town.relay.fails["RCPT"] = REFUSED
        await do(town, Action.discard, item_id)
        item = await stands(town, item_id, "discarded")
        assert [row.state for row in await town.forwards(item_id)] == ["failed"]
        town.relay.fails.clear()
        async with api_of(town) as api:
            assert (await api.post(f"{item_id}/retry")).json()["status"] == "discarded"
            await until(lambda: _is_withdrawn(town, item_id), "it is withdrawn")
            assert (await api.post(f"{item_id}/retry")).json()["code"] == "conflict"
    told = mails_about(town, KCC, item)
    assert (len(told), len(withdrawals(told))) == (2, 1)


async def _is_withdrawn(town: Town, item_id: str) -> bool:
    return [row.state for row in await town.forwards(item_id)] == ["withdrawn"]


async def test_retry_tells_nobody_about_an_item_that_was_discarded(town: Town) -> None:
    async with town.working():
        town.relay.fails["RCPT"] = REFUSED
        item_id = await objection(town)
        town.relay.fails.clear()
        await do(town, Action.discard, item_id)
        await stands(town, item_id, "discarded")
        async with api_of(town) as api:
            answer = await api.post(f"{item_id}/retry")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert town.mail_to(JAN) == []


async def test_retry_of_an_earlier_round_does_not_double_what_the_present_one_delivers(town: Town) -> None:
    async with town.working():
        item_id = await refused(town, "Een vraag", "triage")
        await do(town, Action.complete, item_id)
        await do(town, Action.reopen, item_id)
        town.relay.fails["RCPT"] = REFUSED
        await all_settled(town, item_id, 2)
        town.relay.fails.clear()
        await do(town, Action.retry, item_id)
        item = await stands(town, item_id, "triage")
    assert sorted(row.state for row in await town.forwards(item_id)) == ["delivered", "failed"]
    assert len(mails_about(town, KCC, item)) == 1
