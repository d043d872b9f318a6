"""Register: a source's logs are imported and its quiet calls judged, for ever, whoever is killed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import workflows.importing
import workflows.registering
from store.call_logs import import_again, log_row
from store.call_tables import call_logs, calls
from store.ledger import Ledger
from tests.call_logs import LegLines, call_parts, keep_log, leg, require_proven, rows_of, written
from tests.running import Town, until
from workflows.calls import CallsWorkflow
from workflows.names import CALLS_QUEUE, ITEMS_QUEUE, calls_workflow_id
from workflows.parts import Parts
from workflows.registering import register, register_once

ROWS = [leg(f"c{number}") for number in range(12)]


def nothing() -> None:
    """Nobody is to be woken."""


@pytest.fixture
def parts(ledger: Ledger, tmp_path: Path) -> Parts:
    """Give parts with two sources of call records, on each engine."""
    return call_parts(ledger, tmp_path / "bytes", sources=["phone", "other"])


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Give the sources that are judged, in order."""
    sources: list[str] = []

    async def judge(_: Parts, source_id: str, on_judged: Callable[[], None]) -> None:
        sources.append(source_id)
        on_judged()

    monkeypatch.setattr(workflows.registering, "judge_quiet", judge)
    return sources


async def test_logs_of_one_source_are_imported_oldest_first_and_then_judged(parts: Parts, judged: list[str]) -> None:
    order = []
    assert parts.calls is not None
    parts.calls.reader.on_row = lambda line: order.append((line, len(judged)))  # type: ignore[attr-defined]
    first, second = await keep_log(parts, written(ROWS[:1])), await keep_log(parts, written(ROWS[:2]))
    other = await keep_log(parts, written(ROWS), "other")
    woken: list[bool] = []
    await register_once(parts, "phone", lambda: woken.append(True))
    assert order == [(1, 0), (1, 0), (2, 0)]
    assert (judged, woken) == (["phone"], [True])
    assert {(await log_row(parts.ledger, one)).state for one in (first, second)} == {"imported"}
    assert (await log_row(parts.ledger, other)).state == "waiting"


async def test_nothing_is_judged_while_a_log_is_in_the_register_only_in_part(
    parts: Parts, judged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflows.importing, "BATCH_ROWS", 5)
    await keep_log(parts, written(ROWS))
    await register_once(parts, "phone", nothing, goes_on=lambda: False)
    assert (judged, len(await rows_of(parts.ledger, calls))) == ([], 5)

    async def elsewhere(*_: Any) -> None:
        """Another worker is at it."""

    with monkeypatch.context() as patched:
        patched.setattr(workflows.registering, "import_log", elsewhere)
        await register_once(parts, "phone", nothing)
        await register_once(parts, "other", nothing)
    assert judged == ["other"]
    await register_once(parts, "phone", nothing)
    assert judged == ["other", "phone"]


async def test_a_log_that_was_set_aside_holds_up_neither_the_next_one_nor_the_judging(
    parts: Parts, judged: list[str]
) -> None:
    await keep_log(parts, b"no call log")
    good = await keep_log(parts, written(ROWS))
    await register_once(parts, "phone", nothing)
    assert (await log_row(parts.ledger, good)).state == "imported"
    assert judged == ["phone"]


async def test_it_ends_when_its_time_is_up(parts: Parts, judged: list[str]) -> None:
    await asyncio.wait_for(register(parts, "phone", nothing, seconds=0), 5)
    assert judged == ["phone"]


@pytest.fixture
def calling_town(town: Town) -> Town:
    """Give a town with a source of call records besides its mailbox."""
    assert town.parts is not None
    town.parts.calls = call_parts(town.ledger, Path("unused")).calls
    return town


async def test_the_drive_keeps_a_workflow_at_each_source_of_call_records(calling_town: Town, judged: list[str]) -> None:
    parts = calling_town.parts
    assert parts is not None
    first = await keep_log(parts, written(ROWS))
    async with calling_town.working([ITEMS_QUEUE, CALLS_QUEUE]) as client:
        await until(lambda: is_imported(calling_town, first), "the log is imported")
        second = await keep_log(parts, b"? no row\n")
        await until(lambda: is_imported(calling_town, second), "a log that comes later is, too")
        handle = client.get_workflow_handle_for(CallsWorkflow.run, calls_workflow_id("phone"))
        assert (await handle.describe()).task_queue == ITEMS_QUEUE
        await import_again(calling_town.ledger, second, "Beheer")
        await until(lambda: is_imported(calling_town, second), "and one that a person lets be read again")
    assert len(await rows_of(calling_town.ledger, calls)) == len(ROWS)
    assert "phone" in judged


async def test_a_worker_that_stops_in_the_middle_leaves_the_rest_to_the_next(
    calling_town: Town, judged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflows.importing, "BATCH_ROWS", 1)
    parts = calling_town.parts
    assert parts is not None
    assert parts.calls is not None
    reader: LegLines = parts.calls.reader  # type: ignore[assignment]
    reached = asyncio.Event()
    loop = asyncio.get_running_loop()
    reader.on_row = lambda line: (loop.call_soon_threadsafe(reached.set) and None) if line == 4 else None
    log_id = await keep_log(parts, written(ROWS))
    async with calling_town.working([ITEMS_QUEUE, CALLS_QUEUE]):
        await asyncio.wait_for(reached.wait(), 30)
    async with calling_town.working([ITEMS_QUEUE, CALLS_QUEUE]):
        await until(lambda: is_imported(calling_town, log_id), "the log is imported")
    await require_proven(calling_town.ledger)
    [log] = await rows_of(calling_town.ledger, call_logs)
    assert (log.rows_done, log.legs_new) == (12, 12)


async def is_imported(town: Town, log_id: str) -> bool:
    return bool((await log_row(town.ledger, log_id)).state == "imported")
