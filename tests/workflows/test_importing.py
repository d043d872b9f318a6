"""Import: every row of a log gets into the register once, or the log is set aside and says why."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

import workflows.importing
from inbox.calls.register import CallLogState
from inbox.errors import BytesMissing, Conflict, StoreUnavailable, TransientError
from store.call_logs import import_again, log_row
from store.call_tables import call_bad_rows, call_legs, call_logs, calls
from store.ledger import Ledger
from tests.call_logs import FORMAT, LegLines, call_parts, keep_log, leg, registered, require_proven, rows_of, written
from workflows.importing import BATCH_ROWS, import_log
from workflows.parts import Parts


@pytest.fixture
def parts(ledger: Ledger, tmp_path: Path) -> Parts:
    """Give parts with one source of call records, on each engine."""
    return call_parts(ledger, tmp_path / "bytes")


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> int:
    """Let a batch hold three rows."""
    monkeypatch.setattr(workflows.importing, "BATCH_ROWS", 3)
    return 3


def some(count: int = 10, legs: int = 2) -> list[Any]:
    return [leg(f"c{number}", way) for number in range(count) for way in range(1, legs + 1)]


async def state(parts: Parts, log_id: str) -> tuple[str, str | None]:
    row = await log_row(parts.ledger, log_id)
    return row.state, row.code


async def test_a_log_is_imported_with_its_bad_rows_and_says_so(parts: Parts) -> None:
    log_id = await keep_log(parts, written([leg(), b"? no leg", leg(number=2)]))
    await import_log(parts, log_id)
    row = await log_row(parts.ledger, log_id)
    assert (row.state, row.format, row.code) == ("imported", FORMAT, None)
    assert (row.rows_done, row.legs_new, row.legs_again, row.bad_rows) == (3, 2, 0, 1)
    assert row.finished_at is not None
    [bad] = await rows_of(parts.ledger, call_bad_rows)
    assert (bad.line, bad.raw) == (2, b"? no leg\n")
    await require_proven(parts.ledger)


async def test_a_log_larger_than_memory_should_hold_goes_by_a_file(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workflows.importing, "_IN_MEMORY_BYTES", 100)
    log_id = await keep_log(parts, written(some(BATCH_ROWS)))
    await import_log(parts, log_id)
    assert (await log_row(parts.ledger, log_id)).rows_done == 2 * BATCH_ROWS
    assert len(await rows_of(parts.ledger, calls)) == BATCH_ROWS


@pytest.mark.parametrize(("content", "code"), [(b"", "empty_file"), (b"Received: from", "call_log_unknown")])
async def test_what_is_no_call_log_is_set_aside_and_its_bytes_stay(parts: Parts, content: bytes, code: str) -> None:
    log_id = await keep_log(parts, content)
    await import_log(parts, log_id)
    assert await state(parts, log_id) == ("set_aside", code)
    assert await parts.bytes.get(log_id) == content
    await import_log(parts, log_id)  # what is done stays as it is
    assert await state(parts, log_id) == ("set_aside", code)


@pytest.mark.parametrize(
    ("good", "bad", "code"),
    [(9, 11, "call_log_mostly_bad"), (1, 5, None), (0, 1, "call_log_mostly_bad"), (20, 19, None)],
)
async def test_a_log_of_which_most_rows_are_bad_is_imported_and_says_so(
    parts: Parts, good: int, bad: int, code: str | None
) -> None:
    log_id = await keep_log(parts, written([*some(good, 1), *[b"? x"] * bad]))
    await import_log(parts, log_id)
    assert await state(parts, log_id) == ("imported", code)


async def test_an_import_resumes_behind_the_rows_that_are_there(parts: Parts, small_batches: int) -> None:
    log_id = await keep_log(parts, written(some(5)))
    await import_log(parts, log_id, goes_on=lambda: False)
    assert (await log_row(parts.ledger, log_id)).rows_done == small_batches
    await import_log(parts, log_id)
    row = await log_row(parts.ledger, log_id)
    assert (row.state, row.rows_done, row.legs_new, row.legs_again) == ("imported", 10, 10, 0)


async def test_invariant_13_a_log_whose_reader_dies_three_times_is_set_aside(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(line: int) -> None:
        raise MemoryError

    parts = call_parts(ledger, tmp_path, reader := LegLines(dies))
    log_id = await keep_log(parts, written([leg()]))
    for _ in range(3):
        with pytest.raises(MemoryError):
            await import_log(parts, log_id)
    await import_log(parts, log_id)
    assert await state(parts, log_id) == ("waiting", None)  # whoever began last may live
    monkeypatch.setattr(workflows.importing, "MAY_LIVE", timedelta())
    await import_log(parts, log_id)
    assert await state(parts, log_id) == ("set_aside", "reader_died")
    assert reader.begun == 3


async def test_a_long_log_may_begin_any_number_of_times_while_it_gets_on(
    ledger: Ledger, tmp_path: Path, small_batches: int
) -> None:
    given = 0

    def dies_now_and_then(line: int) -> None:
        nonlocal given
        given = max(given, line)
        if line == given and line % small_batches == 0 and line not in died:
            died.add(line)
            raise MemoryError

    died: set[int] = set()
    parts = call_parts(ledger, tmp_path, LegLines(dies_now_and_then))
    log_id = await keep_log(parts, written(some(15)))
    for _ in range(10):
        with pytest.raises(MemoryError):
            await import_log(parts, log_id)
    await import_log(parts, log_id)
    assert await state(parts, log_id) == ("imported", None)
    assert len(await rows_of(ledger, call_legs)) == 30


async def test_a_reader_that_hangs_is_left_and_counted(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workflows.importing, "_BATCH_SECONDS", 0.05)

    def hangs(line: int) -> None:
        while True:
            pass

    assert parts.calls is not None
    parts.calls.reader.on_row = hangs  # type: ignore[attr-defined]
    log_id = await keep_log(parts, written([leg()]))
    with pytest.raises(TransientError):
        await import_log(parts, log_id)
    assert (await log_row(parts.ledger, log_id)).imports_begun == 1


async def test_a_lost_store_and_a_stopped_worker_are_no_fault_of_the_log(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any) -> Any:
        raise StoreUnavailable("away")

    log_id = await keep_log(parts, written([leg()]))
    with monkeypatch.context() as patched:
        patched.setattr(workflows.importing, "register_rows", away)
        for _ in range(5):
            with pytest.raises(StoreUnavailable):
                await import_log(parts, log_id)

    async def waits(*_: Any) -> Any:
        await asyncio.sleep(60)

    with monkeypatch.context() as patched:
        patched.setattr(workflows.importing, "register_rows", waits)
        for _ in range(5):
            task = asyncio.create_task(import_log(parts, log_id))
            await asyncio.sleep(0.1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
    assert (await log_row(parts.ledger, log_id)).imports_begun == 0
    await import_log(parts, log_id)
    assert await state(parts, log_id) == ("imported", None)


async def test_missing_or_other_bytes_are_waited_for_and_then_set_the_log_aside(parts: Parts, tmp_path: Path) -> None:
    log_id = await keep_log(parts, written([leg()]))
    (tmp_path / "bytes" / log_id[:2] / log_id).chmod(0o644)
    (tmp_path / "bytes" / log_id[:2] / log_id).write_bytes(b"{ other bytes")
    for _ in range(2):
        with pytest.raises(BytesMissing):
            await import_log(parts, log_id)
    await import_log(parts, log_id)
    assert await state(parts, log_id) == ("set_aside", "bytes_missing")
    assert await rows_of(parts.ledger, calls) == []


async def test_a_person_may_have_a_log_read_again_and_its_rows_change_nothing(parts: Parts) -> None:
    log_id = await keep_log(parts, written([leg(), b"? bad", leg(number=2), leg()]))
    await import_log(parts, log_id)
    before = await registered(parts.ledger)
    await import_again(parts.ledger, log_id, "Beheer")
    row = await log_row(parts.ledger, log_id)
    assert (row.state, row.rows_done, row.bad_rows, row.legs_before) == (CallLogState.waiting, 0, 0, 2)
    with pytest.raises(Conflict):
        await import_again(parts.ledger, log_id, "Beheer")
    await import_log(parts, log_id)
    row = await log_row(parts.ledger, log_id)
    assert (row.state, row.rows_done, row.legs_new, row.legs_again, row.bad_rows) == ("imported", 4, 0, 3, 1)
    assert await registered(parts.ledger) == before
    await require_proven(parts.ledger)


async def test_an_import_that_a_person_lets_begin_again_begins_at_its_first_row(
    parts: Parts, small_batches: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_id = await keep_log(parts, written(some(5)))
    real, times = workflows.importing.register_rows, 0

    async def disturbed(*arguments: Any) -> Any:
        nonlocal times
        times += 1
        if times == 2:
            async with parts.ledger.begin() as connection:
                await connection.execute(
                    update(call_logs).values(state="set_aside", finished_at=call_logs.c.kept_at, version=99)
                )
            await import_again(parts.ledger, log_id, "Beheer")
        return await real(*arguments)

    monkeypatch.setattr(workflows.importing, "register_rows", disturbed)
    await import_log(parts, log_id)
    row = await log_row(parts.ledger, log_id)
    assert (row.state, row.rows_done, row.legs_before, row.legs_new, row.legs_again) == ("imported", 10, 3, 7, 3)
    await require_proven(parts.ledger)


async def test_of_a_batch_that_another_worker_wrote_a_part_of_only_the_rest_is_written(
    parts: Parts, small_batches: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_id = await keep_log(parts, written(some(5)))
    real, times = workflows.importing.register_rows, 0

    async def beaten(ledger: Ledger, log: Any, batch: Any, quiet: Any) -> Any:
        nonlocal times
        times += 1
        if times == 2:
            # Of another release, it takes other batches.
            await real(ledger, log, batch[: small_batches - 1], quiet)
        return await real(ledger, log, batch, quiet)

    monkeypatch.setattr(workflows.importing, "register_rows", beaten)
    await import_log(parts, log_id)
    row = await log_row(parts.ledger, log_id)
    assert (row.state, row.rows_done, row.legs_new, row.legs_again) == ("imported", 10, 10, 0)
    await require_proven(parts.ledger)
