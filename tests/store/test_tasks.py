"""Tasks: one of a kind at a time, done once, by whom and how."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest

from inbox.confidentiality import Confidentiality
from inbox.errors import Conflict, NotFound
from inbox.task import TaskKind
from store.ledger import Ledger
from store.listing import Position, Scope
from store.tables import tasks
from store.tasks import finish_task, list_tasks, open_tasks, raise_task, settle_tasks
from tests.store.making import events_of, rows, was_forwarded

ALL = Scope(departments=None, up_to=Confidentiality.zeer_geheim)


async def asked(ledger: Ledger, item_id: str, kind: TaskKind = TaskKind.undelivered, reason: str = "x") -> None:
    async with ledger.begin() as connection:
        await raise_task(connection, item_id, kind, reason)


async def waiting(ledger: Ledger, **changes: Any) -> list[Any]:
    usual: dict[str, Any] = {"kind": None, "is_done": False, "limit": 50, "after": None}
    return list(await list_tasks(ledger, changes.pop("scope", ALL), **{**usual, **changes}))


async def test_of_ten_who_ask_the_same_at_once_one_is_heard(ledger: Ledger, neighbour: Ledger) -> None:
    item_id = await was_forwarded(ledger)
    await asyncio.gather(*(asked(one, item_id, reason=f"{one is ledger}") for one in (ledger, neighbour) * 5))
    assert len(await rows(ledger, tasks)) == 1
    assert [event.kind for event in await events_of(ledger, item_id)].count("task_raised") == 1


async def test_another_kind_or_item_is_another_task_and_so_is_the_same_after_it_was_done(ledger: Ledger) -> None:
    first, second = await was_forwarded(ledger), await was_forwarded(ledger)
    for item_id in (first, second):
        for kind in TaskKind:
            await asked(ledger, item_id, kind)
    assert await open_tasks(ledger) == {str(kind): 2 for kind in TaskKind}
    [row] = [row for row in await waiting(ledger, kind=TaskKind.untold) if row.item_id == first]
    await finish_task(ledger, row.task_id, ALL, "Karin", "gebeld")
    await asked(ledger, first, TaskKind.untold)
    again = [row for row in await waiting(ledger, kind=TaskKind.untold) if row.item_id == first]
    assert len(again) == 1
    assert again[0].task_id != row.task_id


async def test_of_ten_who_finish_it_at_once_one_did(ledger: Ledger, neighbour: Ledger) -> None:
    item_id = await was_forwarded(ledger)
    await asked(ledger, item_id)
    [row] = await waiting(ledger)
    outcomes = await asyncio.gather(
        *(
            finish_task(one, row.task_id, ALL, f"nummer {number}", f"{number}")
            for number, one in enumerate((ledger, neighbour) * 5)
        ),
        return_exceptions=True,
    )
    [done] = [outcome for outcome in outcomes if not isinstance(outcome, Conflict)]
    assert not isinstance(done, BaseException)
    [row] = await rows(ledger, tasks)
    assert (row.done_by, row.outcome) == (done.done_by, done.outcome) == (f"nummer {row.outcome}", row.outcome)
    assert [event.kind for event in await events_of(ledger, item_id)].count("task_done") == 1


async def test_what_is_not_there_or_not_in_scope_is_not_found(ledger: Ledger) -> None:
    item_id = await was_forwarded(ledger)
    await asked(ledger, item_id)
    [row] = await waiting(ledger)
    for scope in (
        Scope(departments=("elders",), up_to=Confidentiality.zeer_geheim),
        Scope(departments=None, up_to=Confidentiality.openbaar),
    ):
        assert await waiting(ledger, scope=scope) == []
        with pytest.raises(NotFound):
            await finish_task(ledger, row.task_id, scope, "Karin", "")
    with pytest.raises(NotFound):
        await finish_task(ledger, str(uuid4()), ALL, "Karin", "")
    assert len(await waiting(ledger)) == 1


async def test_tasks_are_settled_by_kind_and_only_while_they_wait(ledger: Ledger) -> None:
    item_id = await was_forwarded(ledger)
    for kind in TaskKind:
        await asked(ledger, item_id, kind)
    [returned] = await waiting(ledger, kind=TaskKind.forward_returned)
    await finish_task(ledger, returned.task_id, ALL, "Karin", "gebeld")
    for _ in range(2):
        async with ledger.begin() as connection:
            await settle_tasks(connection, item_id, (TaskKind.undelivered, TaskKind.forward_returned), "told")
    assert {row.kind for row in await waiting(ledger)} == {"untold", "confirm_sender"}
    done = {row.kind: (row.done_by, row.outcome) for row in await waiting(ledger, is_done=True)}
    assert done == {"undelivered": ("gateway", "told"), "forward_returned": ("Karin", "gebeld")}
    assert [event.kind for event in await events_of(ledger, item_id)].count("task_done") == 2


async def test_tasks_of_one_moment_are_paged_by_id(ledger: Ledger) -> None:
    item_id = await was_forwarded(ledger)
    for kind in TaskKind:
        await asked(ledger, item_id, kind)
    async with ledger.begin() as connection:
        moment = (await waiting(ledger))[0].made_at
        await connection.execute(tasks.update().values(made_at=moment))
    seen: list[str] = []
    after = None
    while page := await waiting(ledger, limit=1, after=after):
        seen.append(page[0].task_id)
        after = Position(page[0].made_at, page[0].task_id)
    assert seen == sorted(row.task_id for row in await rows(ledger, tasks))
