"""One run: letters arrive while everything around the gateway breaks; then all is mended, and what is left is judged."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta

from store.byte_folder import ByteFolder
from store.ledger import Ledger
from store.migrate import migrate
from store.reconciling import reconcile
from tests.chaos.faults import FAULTS, Scene
from tests.chaos.injector import Plan
from tests.chaos.letters import Letter, letter
from tests.chaos.outside import look_outside
from tests.chaos.surroundings import Surroundings, surround
from tests.chaos.verdict import Verdict, judge, known, settle, unread_senders
from tests.chaos.worker import Worker

_HEALS_SECONDS = 300.0
_LETTERS_AT_ONCE = 6
_PAUSE_SECONDS = (0.2, 1.5)


@dataclass
class Report:
    """What a run came to."""

    engine: str
    seed: int
    verdict: Verdict
    faults: dict[str, int]
    deaths: dict[str, int]
    """At which fault point a worker died, and how often; killed from outside counts too."""
    lives: int
    troubled_seconds: float
    healed_seconds: float
    left: list[str] = field(default_factory=list)
    """What was not settled in time."""


async def run(engine: str, letters: int, seed: int, shortest_seconds: float, say: Callable[[str, int], None]) -> Report:
    """Carry so many letters through the trouble. `say`: told what goes on, and how many letters were sent."""
    with ExitStack() as stack:
        surroundings = await asyncio.to_thread(surround, engine, stack)
        ledger = Ledger(surroundings.ledger_url)
        await migrate(ledger)
        namespace = surroundings.temporal.fresh_namespace()
        workers = [
            Worker(
                surroundings.settings(), surroundings.temporal.address, surroundings.folder / "worker.log", namespace
            )
            for _ in range(2 if engine == "postgresql" else 1)
        ]
        for worker in workers:
            stack.callback(worker.kill)
        scene = Scene(surroundings, workers, ledger, namespace, random.Random(seed))
        try:
            return await _run(scene, engine, letters, seed, shortest_seconds, say)
        finally:
            await ledger.close()


async def _run(
    scene: Scene, engine: str, count: int, seed: int, shortest_seconds: float, say: Callable[[str, int], None]
) -> Report:
    # Its own dice: which letters come does not depend on how long a fault lasts.
    dice = random.Random(seed)
    letters = [letter(number, dice, len(scene.surroundings.mailboxes)) for number in range(1, count + 1)]
    started = time.monotonic()
    faults: Counter[str] = Counter()
    supervised = asyncio.create_task(_supervise(scene))
    sent = asyncio.create_task(_send(scene.surroundings, letters, dice, say, shortest_seconds))
    while not sent.done():
        fault = scene.dice.choices(list(FAULTS), list(FAULTS.values()))[0]
        say(fault.__name__.replace("_", " "), 0)
        await fault(scene)
        faults[fault.__name__] += 1
        await scene.last(*_PAUSE_SECONDS)
    await sent
    supervised.cancel()
    await asyncio.wait([supervised])
    healing = time.monotonic()
    say("everything is mended; the rest goes its way", 0)
    await _mend(scene)
    expected = sum(len(one.mailboxes) for one in letters)
    left = await settle(scene.ledger, expected, _HEALS_SECONDS)
    healed = time.monotonic()
    for worker in scene.workers:
        await asyncio.to_thread(worker.stop)
    deaths = [entry for worker in scene.workers for entry in worker.deaths()]
    ledger_side, kept = await known(scene.ledger), ByteFolder(scene.surroundings.bytes_folder)
    verdict = judge(
        letters,
        ledger_side,
        look_outside(scene.surroundings),
        [entry.at for entry in deaths],
        scene.acted_on,
        await unread_senders(ledger_side, kept),
    )
    reconciled = await reconcile(scene.ledger, kept, settles=timedelta(0), pause=timedelta(0))
    verdict.differences += [str(loss) for loss in reconciled.losses]
    return Report(
        engine=engine,
        seed=seed,
        verdict=verdict,
        faults=dict(faults),
        deaths=dict(Counter(entry.point for entry in deaths)),
        lives=sum(worker.lives for worker in scene.workers),
        troubled_seconds=healing - started,
        healed_seconds=healed - healing,
        left=left,
    )


async def _send(
    surroundings: Surroundings,
    letters: list[Letter],
    dice: random.Random,
    say: Callable[[str, int], None],
    shortest_seconds: float,
) -> None:
    pause = shortest_seconds / len(letters)
    rest = list(letters)
    while rest:
        now = rest[: dice.randint(1, _LETTERS_AT_ONCE)]
        rest = rest[len(now) :]
        for one in now:
            await asyncio.to_thread(surroundings.deliver, one)
        say("", len(now))
        await asyncio.sleep(pause * len(now))


async def _supervise(scene: Scene) -> None:
    """Start the next life of whoever died, mostly with a death in it."""
    while True:
        for worker in scene.workers:
            if not worker.is_alive():
                dies = scene.dice.random() < 0.6
                worker.start(Plan(die_after=int(scene.dice.expovariate(1 / 120)) + 5 if dies else 0))
        await asyncio.sleep(0.3)


async def _mend(scene: Scene) -> None:
    scene.surroundings.relay.fails.clear()
    scene.surroundings.department.answers.clear()
    for worker in scene.workers:
        # Whoever still has a death before it begins anew without one.
        await asyncio.to_thread(worker.kill)
        worker.start()
