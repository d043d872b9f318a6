"""Rehearse: what items would come to under another configuration. It only reads."""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from threading import Thread
from typing import Any

import structlog

from inbox.confidentiality import Confidentiality
from inbox.errors import Unexpected
from inbox.item import HeldBecause, Status
from inbox.reading import Reading
from inbox.receipt import DATE_STAMP
from inbox.routing.conclude import DecidingFacts
from inbox.routing.decide import TraceStep
from inbox.routing.simulate import Compared, Comparison, MatterSaid, OutcomeSaid, Rehearsed
from store.ledger import Ledger
from store.past_items import PastItem, Selection, past_items
from workflows.deciding import parent_facts

log = structlog.get_logger()

CHUNK = 200
"""Items that are in memory at once, twice: while one chunk is compared the next is fetched."""

_HERE_UP_TO = 20_000
"""So many rules times items take less time than starting a process."""

_WATCHES_EVERY_SECONDS = 1.0

_BEFORE_DECIDING = (HeldBecause.observe, HeldBecause.before_live_from)


@dataclass(frozen=True)
class Candidate:
    """One item on its way to be compared: of the ledger, or a file."""

    item_id: str | None
    file: str | None
    past: Rehearsed | None
    """None: it has no reading, or is not decided by rules."""
    unread_because: str | None = None
    """Of a file that cannot be read: the error's code."""


@dataclass(frozen=True)
class Found:
    """One candidate, compared; None: it could not be."""

    item_id: str | None
    file: str | None
    compared: Compared | None
    unread_because: str | None = None


@dataclass
class Tally:
    """What a rehearsal counts."""

    examined: int = 0
    skipped: int = 0
    """Without a reading: they wait, or are quarantined."""
    changed: int = 0
    by_change: Counter[str] = field(default_factory=Counter)
    departments: Counter[tuple[str, str]] = field(default_factory=Counter)
    """From → to, of the items that change department."""
    unread: list[dict[str, str]] = field(default_factory=list)
    """`file` and `code` of each file that could not be read."""

    def add(self, found: Found) -> None:
        """Count one more."""
        if found.compared is None:
            self.skipped += 1
            if found.file is not None and found.unread_because is not None:
                self.unread.append({"file": found.file, "code": found.unread_because})
            return
        self.examined += 1
        compared = found.compared
        if not compared.changes:
            return
        self.changed += 1
        self.by_change.update(str(change) for change in compared.changes)
        if "department" in compared.changes:
            self.departments[_departments(compared.before), _departments(compared.after)] += 1

    def document(self) -> dict[str, Any]:
        """Return it as it is stored."""
        return {
            "examined": self.examined,
            "skipped": self.skipped,
            "changed": self.changed,
            "by_change": dict(self.by_change),
            "departments": [
                {"before": before, "after": after, "items": count}
                for (before, after), count in self.departments.most_common(100)
            ],
            "unread_files": self.unread,
        }


def _departments(outcome: OutcomeSaid) -> str:
    return ", ".join(dict.fromkeys(matter.department for matter in outcome.matters))


async def candidates(ledger: Ledger, selection: Selection, *, with_then: bool) -> AsyncIterator[list[Candidate]]:
    """Yield the selected items, newest first. `with_then`: with what stands in the ledger, to compare with that."""

    def made(chunk: list[PastItem]) -> list[Candidate]:
        return [Candidate(past.item.item_id, None, _rehearsed_or_skipped(past, with_then=with_then)) for past in chunk]

    async for chunk in past_items(ledger, selection, CHUNK):
        yield await asyncio.to_thread(made, chunk)


def _rehearsed_or_skipped(past: PastItem, *, with_then: bool) -> Rehearsed | None:
    try:
        return rehearsed(past, with_then=with_then)
    except Exception as error:  # noqa: BLE001  the border: one bad row is no reason to rehearse nothing
        code = getattr(error, "code", type(error).__name__)
        log.warning("item_cannot_be_rehearsed", code=code, item=past.item.item_id)
        return None


def rehearsed(past: PastItem, *, with_then: bool = False) -> Rehearsed | None:
    """Return what deciding the item rests on; None without a reading, and of a report that is not filed yet.

    Of what is quarantined only the header may have been read: who decides it will see it whole.
    """
    row = past.item
    is_undecided = row.decided_version is None
    if not row.reading or (is_undecided and (row.reading.get("report") or row.status == Status.quarantined)):
        return None
    then = _then(past) if (with_then or past.is_report) and row.decided_version is not None else None
    held = HeldBecause(row.held_because) if row.held_because in _BEFORE_DECIDING else None
    return Rehearsed(
        facts=DecidingFacts(
            reading=Reading.model_validate(row.reading),
            source_id=row.source_id,
            source_confidentiality=Confidentiality(row.source_confidentiality),
            received_at=row.first_received_at,
            vouched_address=row.vouched_address,
            held_because=held,
            is_released=row.released_at is not None,
            is_stamped=row.received_basis == DATE_STAMP,
            parent=parent_facts(past.parent, past.parent_assignments) if past.parent is not None else None,
        ),
        present=row.made_at,
        then=then,
        then_trace=tuple(TraceStep.model_validate(step) for step in row.trace or ()) if with_then else (),
        filed_as_report=then if past.is_report else None,
    )


def _then(past: PastItem) -> OutcomeSaid:
    """Return what stands in the ledger, with what people changed since."""
    row = past.item
    return OutcomeSaid(
        matters=tuple(
            MatterSaid(
                category=one.category,
                department=one.department,
                priority=one.priority,
                answer=one.answer,
                rule=one.rule,
                due_on=one.due_on,
                within=one.promise["words"] if one.promise else None,
            )
            for one in past.assignments
        )
        if row.filed_because is None
        else (),
        filed_because=row.filed_because,
        held_because=row.held_because,
        hold_reason=row.hold_reason,
        confidentiality=row.confidentiality,
        joins=row.adds_to_item_id is not None,
        flags=tuple(row.flags or ()),
        labels=tuple(row.labels or ()),
    )


async def rehearse(
    chunks: AsyncIterator[list[Candidate]], comparison: Comparison, rules_times_items: int
) -> AsyncIterator[list[Found]]:
    """Yield the comparison of each chunk, in order. `rules_times_items`: how much work it is, roughly.

    Large ones run in a process of their own, so that whoever else works here is not held up. Ends at once when it is
    cancelled.
    """
    loop = asyncio.get_running_loop()
    with _executor(is_large=rules_times_items > _HERE_UP_TO) as executor:
        ahead: tuple[list[Candidate], asyncio.Future[list[Compared | _Failed]]] | None = None
        async for chunk in chunks:
            present = [one.past for one in chunk if one.past is not None]
            working = loop.run_in_executor(executor, _compared, comparison, present)
            if ahead is not None:
                yield _joined(ahead[0], await ahead[1])
            ahead = chunk, working
        if ahead is not None:
            yield _joined(ahead[0], await ahead[1])


@dataclass(frozen=True)
class _Failed:
    """Deciding it failed, as in the line, which would quarantine it; what failed says only its type."""

    type: str


def _compared(comparison: Comparison, items: list[Rehearsed]) -> list[Compared | _Failed]:
    """Compare each item; runs where the executor is, in the order of `items`."""
    comparison.compiled()  # where that fails no item is to blame
    try:
        return [*comparison.of(items)]
    except Exception:  # noqa: BLE001  it is met again below, by the one item that has it
        return [_compared_alone(comparison, item) for item in items]


def _compared_alone(comparison: Comparison, item: Rehearsed) -> Compared | _Failed:
    try:
        return comparison.of([item])[0]
    except Exception as error:  # noqa: BLE001  the border: one item is no reason to rehearse nothing
        return _Failed(type(error).__name__)


def _joined(chunk: list[Candidate], compared: list[Compared | _Failed]) -> list[Found]:
    each = iter(compared)
    return [_found(one, next(each) if one.past is not None else None) for one in chunk]


def _found(one: Candidate, compared: Compared | _Failed | None) -> Found:
    if isinstance(compared, _Failed):
        log.warning("item_cannot_be_rehearsed", code=Unexpected.code, type=compared.type, item=one.item_id)
        return Found(one.item_id, one.file, None, Unexpected.code)
    return Found(one.item_id, one.file, compared, one.unread_because)


def _process() -> Executor:
    return ProcessPoolExecutor(1, get_context("spawn"), initializer=_end_with, initargs=(os.getpid(),))


def _end_with(parent: int) -> None:
    """Let this process end soon after its parent, also when that was killed and could tell nobody."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_WATCHES_EVERY_SECONDS)
        os._exit(1)

    Thread(target=watch, daemon=True).start()


@contextmanager
def _executor(*, is_large: bool) -> Iterator[Executor]:
    # Not forked: this process has threads, and connections that are its own.
    executor = _process() if is_large else ThreadPoolExecutor(1)
    try:
        yield executor
    finally:
        executor.shutdown(wait=False, cancel_futures=True)
