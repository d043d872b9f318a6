"""Simulate: rehearsals that were asked of this process, one at a time, each with its progress in the ledger."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from inbox.configuration.canonical import canonical
from inbox.configuration.model import Configuration
from inbox.configuration.written import as_json
from inbox.errors import Conflict, GatewayError, NotFound, UnreadableError
from inbox.receipt import DATE_STAMP, receipt_of
from inbox.routing.compiled import CompiledConfiguration
from inbox.routing.conclude import DecidingFacts
from inbox.routing.simulate import Comparison, Rehearsed, Side
from store.past_items import Selection, count_past
from store.simulations import (
    SimulatedItem,
    SimulationState,
    add_found,
    beat,
    forget_old_simulations,
    simulation_document,
    simulation_row,
)
from workflows.for_ever import for_ever
from workflows.parts import Parts
from workflows.rehearsing import CHUNK, Candidate, Found, Tally, candidates, rehearse

log = structlog.get_logger()

_BEATS_EVERY_SECONDS = 5.0

_FORGETS_EVERY_SECONDS = 600.0

_UPLOADED_BYTES = 100 << 20
"""So much of uploaded files is in memory at most while simulations wait for their turn; one is always taken."""

NEWEST = 50_000
"""More items than this are not rehearsed at once; the newest are."""


@dataclass(frozen=True)
class UploadedFile:
    """One file that is rehearsed as if it came in now."""

    name: str
    channel: Channel
    raw: bytes
    source_id: str = ""
    confidentiality: Confidentiality = Confidentiality.zaakvertrouwelijk
    """Of the source."""


def document_of(configuration: Configuration) -> str:
    """Return a configuration as a simulation keeps it: JSON."""
    return as_json(canonical(configuration))


async def forget_for_ever(parts: Parts) -> None:
    """Remove simulations of more than a week ago, until cancelled: what they found may quote items."""
    await for_ever(
        lambda: forget_old_simulations(parts.ledger),
        every_seconds=_FORGETS_EVERY_SECONDS,
        trouble="forgetting_simulations_in_trouble",
    )


class Simulator:
    """Runs simulations in this process. What it runs ends with it, and is then shown as interrupted."""

    def __init__(self, parts: Parts) -> None:
        """Nothing runs before it is begun."""
        self._parts = parts
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._uploaded: dict[str, int] = {}
        self._turn = asyncio.Lock()

    def require_room(self, files: Sequence[UploadedFile]) -> None:
        """Raise Conflict when too much waits here already for these files to wait as well."""
        held, coming = sum(self._uploaded.values()), _bytes_of(files)
        if held and coming and held + coming > _UPLOADED_BYTES:
            raise Conflict(
                f"{held} bytes of files wait to be rehearsed: try again when a simulation has ended, or cancel one"
            )

    def begin(self, simulation_id: str, run: int, files: Sequence[UploadedFile] = ()) -> None:
        """Run it in the background, when those before it have ended."""
        task = asyncio.create_task(self._run(simulation_id, run, files))
        self._tasks[simulation_id] = task
        self._uploaded[simulation_id] = _bytes_of(files)
        task.add_done_callback(lambda done: self._forget(simulation_id, done))

    def _forget(self, simulation_id: str, done: asyncio.Task[None]) -> None:
        if self._tasks.get(simulation_id) is done:
            del self._tasks[simulation_id], self._uploaded[simulation_id]

    def stop(self, simulation_id: str) -> None:
        """End it at once, where it runs here; elsewhere it ends at its next sign of life."""
        task = self._tasks.get(simulation_id)
        if task is not None:
            task.cancel()

    async def wait(self, simulation_id: str) -> None:
        """Wait until it has ended here."""
        task = self._tasks.get(simulation_id)
        if task is not None:
            await asyncio.wait([task])

    async def _run(self, simulation_id: str, run: int, files: Sequence[UploadedFile]) -> None:
        ledger = self._parts.ledger
        work = asyncio.create_task(self._in_turn(simulation_id, run, files))
        try:
            while not (await asyncio.wait([work], timeout=_BEATS_EVERY_SECONDS))[0]:
                with suppress(GatewayError):
                    if not await beat(ledger, simulation_id, run):
                        return
            await work
        except NotFound:
            return  # it was cancelled
        except Exception as error:  # noqa: BLE001  # nobody waits for a background task: what it met must be shown
            code = error.code if isinstance(error, GatewayError) else "unexpected"
            log.warning("simulation_failed", code=code, type=type(error).__name__, simulation=simulation_id)
            with suppress(GatewayError):
                await beat(
                    ledger,
                    simulation_id,
                    run,
                    state=str(SimulationState.failed),
                    failure_code=code,
                    ended_at=datetime.now(UTC),
                )
        finally:
            work.cancel()

    async def _in_turn(self, simulation_id: str, run: int, files: Sequence[UploadedFile]) -> None:
        async with self._turn:
            await simulate(self._parts, simulation_id, run, files)


def _bytes_of(files: Sequence[UploadedFile]) -> int:
    return sum(len(file.raw) for file in files)


async def simulate(parts: Parts, simulation_id: str, run: int, files: Sequence[UploadedFile]) -> None:
    """Run a simulation to its end. Raises NotFound when it was cancelled, StoreUnavailable, SettingsInvalid."""
    row = await simulation_row(parts.ledger, simulation_id)
    configuration = await asyncio.to_thread(_configuration, await simulation_document(parts.ledger, simulation_id))
    in_force = await parts.configurations.current()
    before = None if row.of["against"] == "then" else Side.of(in_force.document, in_force.version, in_force.overlays)
    comparison = Comparison(before, Side.of(configuration, 0, in_force.overlays), parts.identity.trusted_authserv_ids)
    selection = selection_of(row.of, datetime.now(UTC))
    total = len(files) if row.of.get("files") else await count_past(parts.ledger, selection)
    # What is in force may have changed since this was asked for.
    compared_with = in_force.version if before is not None else None
    running = str(SimulationState.running)
    await _write(parts, simulation_id, run, total=total, state=running, before_version=compared_with)
    chunks = (
        _of_files(parts, files, in_force)
        if row.of.get("files")
        else candidates(parts.ledger, selection, with_then=before is None)
    )
    tally, ordinal = Tally(), 0
    async for found in rehearse(chunks, comparison, total * max(1, len(configuration.rules))):
        changed = []
        for one in found:
            tally.add(one)
            if one.compared is not None and one.compared.changes:
                ordinal += 1
                changed.append(as_row(ordinal, one))
        done = tally.examined + tally.skipped
        if not await add_found(
            parts.ledger, simulation_id, run, changed, done=done, total=max(total, done), counts=tally.document()
        ):
            raise NotFound("it was cancelled")
    done = tally.examined + tally.skipped
    ended: dict[str, Any] = {"state": str(SimulationState.done), "ended_at": datetime.now(UTC)}
    await _write(parts, simulation_id, run, done=done, total=done, counts=tally.document(), **ended)


async def _write(parts: Parts, simulation_id: str, run: int, **changes: Any) -> None:
    if not await beat(parts.ledger, simulation_id, run, **changes):
        raise NotFound("it was cancelled")


def _configuration(document: str) -> Configuration:
    # It was checked when it was asked for.
    return Configuration.model_validate(json.loads(document))


def selection_of(of: dict[str, Any], at: datetime) -> Selection:
    """Return which items are asked for. `of`: `last` or `days`; the newest 50,000 at most."""
    since = at - timedelta(days=of["days"]) if of.get("days") else None
    return Selection(until=at, since=since, last=of.get("last") or NEWEST)


def as_row(ordinal: int, found: Found) -> SimulatedItem:
    """Return a changed item as it is stored."""
    assert found.compared is not None
    written = found.compared.model_dump(mode="json")
    return SimulatedItem(
        ordinal=ordinal,
        item_id=found.item_id,
        file=found.file,
        changes=written["changes"],
        before=written["before"],
        after=written["after"],
        trace=written["trace"],
    )


async def _of_files(
    parts: Parts, files: Sequence[UploadedFile], compiled: CompiledConfiguration
) -> AsyncIterator[list[Candidate]]:
    for start in range(0, len(files), CHUNK):
        yield [await _candidate(parts, file, compiled) for file in files[start : start + CHUNK]]


async def _candidate(parts: Parts, file: UploadedFile, compiled: CompiledConfiguration) -> Candidate:
    try:
        return Candidate(None, file.name, await _file(parts, file, compiled))
    except UnreadableError as error:
        return Candidate(None, file.name, None, error.code)


async def _file(parts: Parts, file: UploadedFile, compiled: CompiledConfiguration) -> Rehearsed:
    """Return what deciding the file rests on, as if it came in now. Raises UnreadableError."""
    reading = await parts.child_readers[file.channel](file.raw, own_addresses=parts.identity.own_addresses)
    present = datetime.now(UTC)
    receipt = receipt_of(reading, present, "kept", compiled.zone)
    return Rehearsed(
        facts=DecidingFacts(
            reading=reading,
            source_id=file.source_id,
            source_confidentiality=file.confidentiality,
            received_at=receipt.received_at,
            is_stamped=receipt.basis == DATE_STAMP,
        ),
        present=present,
    )
