"""Import: the rows of one call log get into the register, batch by batch; it resumes where it stopped.

What the register holds of a log rests on the ledger alone: any number may import one log at once, and each may be cut
off anywhere. A row is never passed over, and one that comes again changes nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from io import BytesIO
from itertools import islice
from tempfile import TemporaryFile
from typing import IO, Any

import structlog

from inbox.call import BadRow, Leg
from inbox.calls.register import CallLogState
from inbox.errors import (
    BytesMissing,
    CallLogMostlyBad,
    CallLogUnknown,
    Conflict,
    EmptyFile,
    ReaderDied,
    StoreUnavailable,
    TransientError,
    UnreadableError,
)
from store.call_logs import begin_import, finish_import, forget_import, log_row, note_format, set_log_aside
from store.reading import delivery_row
from store.registering import register_rows
from workflows.in_thread import in_thread
from workflows.parts import CallRegister, Parts

log = structlog.get_logger()

Row = tuple[int, Leg | BadRow]
"""Its line, and what it says."""

BATCH_ROWS = 1000
"""Rows in one transaction: two tenths of a second or so, in which nobody else writes to a SQLite ledger."""

BEGINNINGS_ALLOWED = 3
"""When the third beginning in a row got no further the log is set aside (invariant 13)."""

MAY_LIVE = timedelta(minutes=3)
"""An import that got no further for so long is dead: longer than a reader may be silent, and than the ledger may be."""

_SKIPPED_AT_ONCE = 10_000

_BATCH_SECONDS = 120.0
"""A reader that gives nothing for so long hangs. Skipping ten thousand rows takes less than two."""

_BEGINNING_BYTES = 64 << 10
"""What a format is recognised by."""

_IN_MEMORY_BYTES = 1 << 20
"""Larger logs go by a temporary file: a log may be larger than the memory."""

_SUSPICIOUS_FROM_ROWS = 20
"""Of a shorter log it says little that half of its rows are bad."""


class _Overtaken(Exception):
    """The log no longer stands where we are: somebody else ended it, or let it begin again."""


async def import_log(parts: Parts, log_id: str, goes_on: Callable[[], bool] = lambda: True) -> None:
    """Bring the log's rows into the register, from where it stands to its end; a log that is done stays as it is, and
    one that three others are at is left to them.

    Ends with a log that is imported or set aside, or when `goes_on` says no between two batches. Raises StoreUnavailable;
    BytesMissing while another beginning is allowed; and TransientError when its reader hangs, which counts as one, as any
    other end without an outcome.
    """
    assert parts.calls is not None, "whoever has no call register has no call logs"
    row = await begin_import(parts.ledger, log_id, allowed=BEGINNINGS_ALLOWED, may_live=MAY_LIVE)
    if row is None:
        return
    try:
        if row.imports_begun > BEGINNINGS_ALLOWED:
            raise ReaderDied(f"its import began {BEGINNINGS_ALLOWED} times and got no further than row {row.rows_done}")
        while not await _passed(parts, parts.calls, log_id, goes_on):
            pass
    except (UnreadableError, BytesMissing) as error:
        if isinstance(error, BytesMissing) and row.imports_begun < BEGINNINGS_ALLOWED:
            # A folder that is not mounted yet must not set everything aside.
            raise
        await set_log_aside(parts.ledger, log_id, error)
        log.warning("call_log_set_aside", source=row.source_id, log=log_id, code=error.code)
    except (StoreUnavailable, asyncio.CancelledError):
        # It was broken off from outside: that says nothing about its rows.
        with suppress(StoreUnavailable, Conflict):
            await forget_import(parts.ledger, log_id)
        raise


async def _passed(parts: Parts, register: CallRegister, log_id: str, goes_on: Callable[[], bool]) -> bool:
    """Import until there is nothing left to do; False when it was overtaken, and is to be looked at again."""
    row = await log_row(parts.ledger, log_id)
    if row.state != CallLogState.waiting:
        return True
    with suppress(_Overtaken):
        async with _content(parts, await delivery_row(parts.ledger, log_id)) as content:
            await _import(parts, register, row, content, goes_on)
        return True
    return False


async def _import(
    parts: Parts, register: CallRegister, row: Any, content: IO[bytes], goes_on: Callable[[], bool]
) -> None:
    if not row.rows_done:
        # Only before its first row is there: else the rows that are to be skipped would be others.
        name = await _format(register, row, content)
        if name != row.format:
            row = await _unless_overtaken(parts, row, partial(note_format, parts.ledger, row, name))
    rows = register.reader.rows(row.format, content)
    position = await _skip(rows, row.rows_done)
    while batch := await _in_time(partial(_take, rows, BATCH_ROWS)):
        row = await _write(parts, register, row, batch, position)
        position += len(batch)
        if not goes_on():
            return
    await _unless_overtaken(parts, row, partial(finish_import, parts.ledger, row, _remark(row)))


async def _write(parts: Parts, register: CallRegister, row: Any, batch: Sequence[Row], position: int) -> Any:
    """Write the part of the batch that is not in the register yet; return the log's row. `position`: rows before it."""
    while row.rows_done < position + len(batch):
        try:
            return await register_rows(parts.ledger, row, batch[row.rows_done - position :], register.quiet)
        except Conflict:
            row = await log_row(parts.ledger, row.delivery_id)
            if row.state != CallLogState.waiting or row.rows_done < position:
                raise _Overtaken from None
    return row


async def _unless_overtaken(parts: Parts, row: Any, change: Callable[[], Any]) -> Any:
    try:
        return await change()
    except Conflict:
        raise _Overtaken from None


async def _format(register: CallRegister, row: Any, content: IO[bytes]) -> str:
    beginning = await asyncio.to_thread(content.read, _BEGINNING_BYTES)
    content.seek(0)
    if not beginning:
        raise EmptyFile("the call log holds no bytes")
    name: str | None = await _in_time(partial(register.reader.format_of, row.source_id, beginning))
    if name is None:
        raise CallLogUnknown(
            "it is in no format of call records that is known: name its source's `format`, or describe it in `calls.csv`"
        )
    return name


def _remark(row: Any) -> CallLogMostlyBad | None:
    is_all = row.bad_rows == row.rows_done > 0
    if is_all or (row.rows_done >= _SUSPICIOUS_FROM_ROWS and row.bad_rows * 2 > row.rows_done):
        return CallLogMostlyBad(
            f"{row.bad_rows} of its {row.rows_done} rows, read as `{row.format}`, cannot be used: is that its format?"
        )
    return None


async def _skip(rows: Iterator[Row], count: int) -> int:
    """Pass over what is in the register already; return how many rows that were."""
    left = count
    while left and (skipped := await _in_time(partial(_pass_over, rows, min(left, _SKIPPED_AT_ONCE)))):
        left -= skipped
    return count - left


def _take(rows: Iterator[Row], count: int) -> list[Row]:
    return list(islice(rows, count))


def _pass_over(rows: Iterator[Row], count: int) -> int:
    return sum(1 for _ in islice(rows, count))


async def _in_time(work: Callable[[], Any]) -> Any:
    try:
        return await in_thread(work, _BATCH_SECONDS)
    except TimeoutError:
        raise TransientError(f"the reader of a call log gave nothing for {_BATCH_SECONDS:g} s") from None


@asynccontextmanager
async def _content(parts: Parts, delivery: Any) -> AsyncIterator[IO[bytes]]:
    """Give the delivery's bytes as a file. Raises BytesMissing, also when they are not those that were kept."""
    with BytesIO() if delivery.size_bytes <= _IN_MEMORY_BYTES else TemporaryFile() as content:
        digest = hashlib.sha256()
        async for piece in parts.bytes.chunks(delivery.delivery_id):
            digest.update(piece)
            try:
                await asyncio.to_thread(content.write, piece)
            except OSError as error:
                raise StoreUnavailable(f"a call log's temporary file cannot be written: {error.strerror}") from error
        if digest.hexdigest() != delivery.sha256:
            raise BytesMissing(f"the bytes of delivery {delivery.delivery_id} are not those that were kept")
        content.seek(0)
        yield content
