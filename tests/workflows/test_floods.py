"""Floods: one sender at once, statutory mail beyond a limit, and a day on which everybody writes."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from structlog.testing import capture_logs

from gateway.bootstrap import assembled
from gateway.metrics import Metrics
from inbox.actions import Action
from inbox.errors import MailRelayUnavailable, NoticesWait
from inbox.plan import compose_limit_reached
from store.keeping import keep
from store.ledger import now
from store.reading import item_row
from store.tables import forwards, notices, tasks
from tests.configuration import SMALL_TOWN
from tests.inbox.samples import compiled, document, item_facts, reading
from tests.mails import mail
from tests.running import Town
from tests.servers.postgres import Postgres
from tests.store.making import delivery
from tests.workflows.test_actions import do
from workflows.acknowledging import acknowledge
from workflows.advancing import advance
from workflows.parts import Parts

_UNLIMITED = "limits: {per_address: [], per_thread: []}\n"
JAN = "jan@inwoner.test"


def limited(limits: str) -> str:
    """Return the small town with other limits."""
    return SMALL_TOWN.replace(_UNLIMITED, f"limits: {{{limits}}}\n")


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest) -> str:
    """Give the ledger's address, of each engine; empty for SQLite."""
    if request.param == "sqlite":
        return ""
    server: Postgres = request.getfixturevalue("postgres")
    return server.fresh_database()


@pytest.fixture
async def make_processes(make_town: Callable[..., Any], ledger_url: str) -> AsyncIterator[Callable[..., Any]]:
    """Give an async maker of a town and the parts of two processes that serve it; nothing runs by itself."""
    second: list[Any] = []

    async def make(limits: str) -> tuple[Town, list[Parts]]:
        town: Town = await make_town(document=limited(limits), ledger_url=ledger_url)
        manager = assembled(town.settings, migrates=False)
        second.append(manager)
        assert town.parts is not None
        return town, [town.parts, await manager.__aenter__()]

    yield make
    for manager in second:
        await manager.__aexit__(None, None, None)


async def kept(parts: Parts, raw: bytes) -> str:
    """Keep a mail as a sweep does; return its item's id."""
    digest = hashlib.sha256(raw).hexdigest()
    item_id = await keep(parts.ledger, delivery(received_at=now(), sha256=digest, size_bytes=len(raw)))
    assert item_id is not None
    await parts.bytes.put_all({(await item_row(parts.ledger, item_id)).delivery_id: raw})
    return item_id


async def launched(processes: Sequence[Parts], mails: Sequence[bytes]) -> list[str]:
    """Keep the mails, and let all processes advance all their items at the same moment; return the items' ids."""
    item_ids = [await kept(processes[0], raw) for raw in mails]
    await asyncio.gather(
        *(advance(processes[number % len(processes)], item_id) for number, item_id in enumerate(item_ids))
    )
    return item_ids


async def put(town: Town, **values: Any) -> None:
    async with town.ledger.begin() as connection:
        await connection.execute(update(notices).values(**values))


async def states(town: Town) -> Counter[str]:
    return Counter(row.state for row in await town.rows(notices))


async def spoken(processes: Sequence[Parts], town: Town) -> list[BaseException | str]:
    """Let all processes speak all notices that wait, at the same moment."""
    waiting = await town.rows(notices, notices.c.settled_at.is_(None))
    return await asyncio.gather(
        *(acknowledge(parts, row.notice_id) for row in waiting for parts in processes), return_exceptions=True
    )


def from_many(count: int) -> list[bytes]:
    return [
        mail(f"Lantaarn {number}", f"Nummer {number} is stuk.", sender=f"Bewoner <bewoner-{number}@inwoner.test>")
        for number in range(count)
    ]


async def test_of_fifty_mails_of_one_sender_at_once_as_many_are_answered_as_the_limit_allows(
    make_processes: Callable[..., Any],
) -> None:
    """Decided at the same moment by two processes; all are forwarded."""
    town, processes = await make_processes("per_address: [{at_most: 5, within_minutes: 60}]")
    senders = (JAN, JAN.upper(), "Jan@Inwoner.test", "jan+gemeente@inwoner.test", JAN)
    mails = [mail(f"Lantaarn {n}", f"Nummer {n} is stuk.", sender=f"Jan <{senders[n % 5]}>") for n in range(50)]
    item_ids = await launched(processes, mails)
    assert await states(town) == {"intended": 5, "withheld": 45}
    assert {row.item_id for row in await town.rows(forwards)} == set(item_ids)
    assert await town.rows(tasks) == [], "nobody is owed more"
    says_so = [row for row in await town.rows(notices) if row.limited_by and row.state == "intended"]
    assert len(says_so) == 1


async def test_a_thread_has_a_limit_of_its_own_whoever_writes_in_it(make_processes: Callable[..., Any]) -> None:
    town, processes = await make_processes("per_address: [], per_thread: [{at_most: 3, within_minutes: 60}]")
    thread = "References: <rondschrijven@elders.test>\r\n"
    mails = [mail(f"Lantaarn {n}", f"Nummer {n}.", sender=f"B <b-{n}@inwoner.test>", headers=thread) for n in range(8)]
    await launched(processes, mails)
    assert await states(town) == {"intended": 3, "withheld": 5}
    reasons = {row.withheld_because[0] for row in await town.rows(notices) if row.state == "withheld"}
    assert reasons == {"3 notices went to this thread of messages in 60 minutes: the limit `per_thread`"}


async def test_an_objection_beyond_the_limit_becomes_a_task_for_a_person(make_processes: Callable[..., Any]) -> None:
    town, processes = await make_processes("per_address: [{at_most: 1, within_minutes: 60}]")
    await launched(processes, [mail("Lantaarn kapot")])
    [lantern] = await launched(processes, [mail("Nog een lantaarn kapot", "De andere ook.")])
    [objection] = await launched(processes, [mail("Mijn bezwaar", "Hierbij maak ik bezwaar.")])
    [task] = await town.rows(tasks)
    assert (task.item_id, task.kind) == (objection, "untold")
    assert task.reason == "1 notice went to this address in 60 minutes: the limit `per_address`"
    assert [row.state for row in await town.notices(lantern)] == ["withheld"]
    assert await town.forwards(objection)


async def test_what_the_configuration_withholds_anyway_is_not_the_limits_doing(
    make_processes: Callable[..., Any],
) -> None:
    town, processes = await make_processes("per_address: [{at_most: 1, within_minutes: 60}]")
    sender = "Piet <piet@intern.test>"
    for number in range(2):
        await launched(processes, [mail(f"Ter info {number}", f"Bericht {number}.", sender=sender)])
    assert {tuple(row.withheld_because) for row in await town.rows(notices)} == {
        ("category `intern` is not acknowledged",)
    }


async def test_overall_only_as_many_go_as_the_limit_allows_and_the_rest_waits_for_its_turn(
    make_processes: Callable[..., Any],
) -> None:
    town, processes = await make_processes("overall: {at_most: 4, within_minutes: 10}")
    await launched(processes, from_many(12))
    with capture_logs() as logs:
        outcomes = await spoken(processes, town)
        assert {type(one) for one in outcomes if not isinstance(one, str)} <= {NoticesWait}
        assert await states(town) == {"sent": 4, "intended": 8}
        waits = [one for one in await spoken(processes[:1], town) if isinstance(one, NoticesWait)]
    assert len(town.relay.taken) == 4
    assert sorted(round(one.retry_after_seconds / 600) for one in waits) == [1] * 4 + [2] * 4
    alarms = [line for line in logs if line["event"] == "notices_wait"]
    assert 1 <= len(alarms) <= len(processes), "once per episode and process"
    page, _ = await Metrics(processes[0]).answer()
    assert b"gateway_notices_waiting 8.0" in page

    for sent in (8, 12):
        await put(town, claimed_at=now() - timedelta(minutes=11))
        await spoken(processes, town)
        assert (await states(town))["sent"] == sent
    assert len(town.relay.taken) == 12
    assert {row.trouble_code for row in await town.rows(notices)} == {None}


async def test_overall_what_had_to_wait_goes_by_itself_and_is_forwarded_meanwhile(
    make_town: Callable[..., Any],
) -> None:
    """Through Temporal, which comes back at the moment that the limit names."""
    town: Town = await make_town(document=limited("overall: {at_most: 1, within_minutes: 1}"))
    first, second = from_many(2)
    town.mailbox.deliver(first)
    async with town.working():
        item = await town.until_status("Lantaarn 0", "forwarded")
        await town.until_told(item.item_id)
        await put(town, claimed_at=now() - timedelta(seconds=52))
        town.mailbox.deliver(second)
        item = await town.until_status("Lantaarn 1", "forwarded")
        told = await town.until_told(item.item_id)
    assert (told.state, told.trouble_code) == ("sent", None)
    assert told.waited_at is not None
    assert len(town.mail_to("bewoner-1@inwoner.test")) == 1


async def test_overall_a_wait_of_weeks_does_not_end_as_failed(make_processes: Callable[..., Any]) -> None:
    town, processes = await make_processes("overall: {at_most: 1, within_minutes: 10}")
    await launched(processes, from_many(2))
    await spoken(processes[:1], town)
    await put(town, made_at=now() - timedelta(days=20))
    await spoken(processes[:1], town)
    assert await states(town) == {"sent": 1, "intended": 1}

    # Its turn has come, and now the relay is away: that is its first day of trying.
    await put(town, claimed_at=now() - timedelta(minutes=11))
    town.relay.fails["greeting"] = "421 4.3.2 down"
    [failed] = await spoken(processes[:1], town)
    assert isinstance(failed, MailRelayUnavailable)
    assert (await states(town))["intended"] == 1
    await put(town, waited_at=now() - timedelta(days=6))
    assert await spoken(processes[:1], town) == ["failed"]

    # A person's retry begins anew, however long it has waited once.
    [row] = await town.rows(notices, notices.c.state == "failed")
    await do(town, Action.retry, row.item_id)
    [failed] = await spoken(processes[:1], town)
    assert isinstance(failed, MailRelayUnavailable)


async def test_overall_a_date_that_passes_meanwhile_is_not_told(make_processes: Callable[..., Any]) -> None:
    town, processes = await make_processes("overall: {at_most: 1, within_minutes: 10}")
    await launched(processes, from_many(1))
    await spoken(processes[:1], town)
    [item_id] = await launched(processes, [mail("Lantaarn kapot")])
    await spoken(processes[:1], town)
    await put(town, told_due_on=now().date() - timedelta(days=2))
    assert await spoken(processes[:1], town) == ["withheld"]
    await advance(processes[0], item_id)
    [_, again] = sorted(await town.notices(item_id), key=lambda row: row.ordinal)
    assert (again.state, again.ordinal) == ("intended", 2)


async def test_overall_a_discarded_item_waits_for_nothing(make_processes: Callable[..., Any]) -> None:
    town, processes = await make_processes("overall: {at_most: 1, within_minutes: 10}")
    await launched(processes, from_many(2))
    await spoken(processes, town)
    [waiting] = await town.rows(notices, notices.c.state == "intended")
    await do(town, Action.discard, waiting.item_id)
    assert await states(town) == {"sent": 1, "withheld": 1}
    assert await acknowledge(processes[0], waiting.notice_id) == "withheld"


def test_the_closing_paragraph_is_the_configurations_own_and_may_be_missing() -> None:
    facts = item_facts(reading())
    assert "geen aparte bevestiging" in compose_limit_reached(facts, compiled())
    texts = {key: text for key, text in document()["texts"].items() if key != "limit_reached"}
    assert compose_limit_reached(facts, compiled(texts=texts)) == ""
