"""Killed at every boundary: each life of the worker ends at another fault point, and nothing is lost or doubled.

Invariants 1, 6 and 7: bytes first, outward messages rendered once, a forward looked up before it is repeated. The
points are not listed here: a first run writes down which ones a mail passes, so that a new boundary is tried too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from store.ledger import Ledger
from store.migrate import migrate
from tests.chaos.injector import Plan
from tests.chaos.letters import Kind, Letter
from tests.chaos.outside import look_outside
from tests.chaos.surroundings import Surroundings, surround
from tests.chaos.verdict import judge, known, settle
from tests.chaos.worker import Worker

_KINDS = {"webhook": Kind.lantaarn, "mailbox": Kind.vergunning, "folder": Kind.bezwaar}
"""What a department receives in which way."""


@pytest.fixture(params=["sqlite", "postgresql"])
def surroundings(request: pytest.FixtureRequest) -> Iterator[Surroundings]:
    """Give a world of its own."""
    with ExitStack() as stack:
        yield surround(request.param, stack)


async def test_a_worker_killed_at_every_boundary_loses_and_doubles_nothing(surroundings: Surroundings) -> None:
    letters: list[Letter] = []

    def send(kind: Kind) -> None:
        letters.append(Letter(len(letters) + 1, kind, (len(letters) % 3,)))
        surroundings.deliver(letters[-1])

    worker = Worker(
        surroundings.settings(),
        surroundings.temporal.address,
        surroundings.folder / "worker.log",
        surroundings.temporal.fresh_namespace(),
    )
    ledger = Ledger(surroundings.ledger_url)
    await migrate(ledger)

    try:
        for kind in _KINDS.values():
            send(kind)
        worker.start(Plan(records=True))
        assert await settle(ledger, len(letters), 60) == []
        worker.stop()
        points = sorted({entry.point for entry in worker.journal if entry.what == "reached"})
        assert len(points) > 30
        for number, point in enumerate(points):
            # An empty Temporal each time: all that goes on, goes on from the ledger.
            worker.namespace = surroundings.temporal.fresh_namespace()
            send(_KINDS.get(point.partition(".")[0], list(_KINDS.values())[number % len(_KINDS)]))
            worker.start(Plan(die_at=point))
            assert await asyncio.to_thread(worker.wait_dead, 60), f"never reached: {point}"
            if await _is_tired(ledger):
                # Whose reader is killed three times, is set aside, and rightly so (invariant 13): not here.
                worker.namespace = surroundings.temporal.fresh_namespace()
                worker.start()
                assert await settle(ledger, len(letters), 120) == []
                worker.stop()
        worker.namespace = surroundings.temporal.fresh_namespace()
        worker.start()
        assert await settle(ledger, len(letters), 120) == []
        worker.stop()
        assert [entry.point for entry in worker.deaths()] == points
        deaths = [entry.at for entry in worker.deaths()]
        verdict = judge(letters, await known(ledger), look_outside(surroundings), deaths, set(), {})
    finally:
        worker.kill()
        await ledger.close()
    print(f"{len(points)} points, {len(letters)} letters, {verdict.explained} identical copies explained")
    assert verdict.faults == []


async def _is_tired(ledger: Ledger) -> bool:
    """Say whether a reading would not survive another death."""
    return any(row.status == "received" and row.readings_begun >= 2 for row in (await known(ledger)).items)
