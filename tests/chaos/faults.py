"""What goes wrong around the gateway: each fault begins, lasts a moment, and is over."""

from __future__ import annotations

import asyncio
import random
import resource
import sqlite3
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from temporalio.client import Client
from temporalio.service import RPCError

from inbox.actions import Action
from inbox.errors import GatewayError
from store.ledger import Ledger
from tests.chaos.colleague import act_at_random
from tests.chaos.surroundings import Surroundings
from tests.chaos.worker import Worker
from tests.servers.department import CUT
from tests.servers.smtp_server import DROP, STALL, Stage


@dataclass
class Scene:
    """What a fault can reach."""

    surroundings: Surroundings
    workers: list[Worker]
    ledger: Ledger
    namespace: str
    dice: random.Random
    acted_on: set[str] = field(default_factory=set)
    saved: bool = False
    """A copy of Temporal's database was made."""

    async def last(self, shortest: float, longest: float) -> None:
        """Let it last a while."""
        await asyncio.sleep(self.dice.uniform(shortest, longest))

    def one(self) -> Worker:
        """Return one of the workers."""
        return self.dice.choice(self.workers)

    async def client(self) -> Client:
        """Return a client of the Temporal server."""
        return await Client.connect(self.surroundings.temporal.address, namespace=self.namespace)


async def kill_a_worker(scene: Scene) -> None:
    """The power goes, at whichever instruction."""
    await asyncio.to_thread(scene.one().kill)


async def kill_temporal(scene: Scene) -> None:
    """Temporal's server dies and comes back on the same database."""
    temporal = scene.surroundings.temporal
    await asyncio.to_thread(temporal.kill)
    await scene.last(0, 4)
    await asyncio.to_thread(temporal.start)


async def forget_temporal(scene: Scene) -> None:
    """Temporal comes back empty."""
    await asyncio.to_thread(scene.surroundings.temporal.forget)
    scene.saved = False


async def set_temporal_back(scene: Scene) -> None:
    """Temporal comes back as it was some time ago; the first time the copy is made."""
    temporal = scene.surroundings.temporal
    await asyncio.to_thread(temporal.go_back if scene.saved else temporal.save)
    scene.saved = not scene.saved


async def terminate_workflows(scene: Scene) -> None:
    """Somebody terminates workflows by hand."""
    with suppress(RPCError, RuntimeError):
        client = await scene.client()
        running = [execution async for execution in client.list_workflows("ExecutionStatus = 'Running'")]
        for execution in scene.dice.sample(running, min(3, len(running))):
            await client.get_workflow_handle(execution.id).terminate()


async def relay_refuses(scene: Scene) -> None:
    """The relay says: not now."""
    stage: Stage = scene.dice.choice(("greeting", "MAIL", "RCPT", "DATA"))
    await _relay(scene, stage, "451 4.3.0 later")


async def relay_hangs_up(scene: Scene) -> None:
    """The line to the relay breaks, before or in the middle of the message."""
    stage: Stage = scene.dice.choice(("greeting", "DATA", "body"))
    await _relay(scene, stage, DROP)


async def relay_loses_its_answer(scene: Scene) -> None:
    """The relay takes the message, and its answer to the last dot is lost."""
    await _relay(scene, "final", scene.dice.choice((DROP, STALL)))


async def _relay(scene: Scene, stage: Stage, failure: str) -> None:
    fails = scene.surroundings.relay.fails
    fails[stage] = failure
    await scene.last(0.3, 3)
    fails.pop(stage, None)


async def department_is_ill(scene: Scene) -> None:
    """The web service answers 503, or acts and hangs up."""
    answers = scene.surroundings.department.answers
    answers.extend([scene.dice.choice((503, CUT))] * 500)
    await scene.last(0.5, 4)
    answers.clear()


async def cut_the_mail_server_off(scene: Scene) -> None:
    """Every line to the mail server breaks, several times."""
    for _ in range(scene.dice.randint(1, 4)):
        await asyncio.to_thread(scene.surroundings.line.cut)
        await scene.last(0, 1)


async def hold_the_mail_server(scene: Scene) -> None:
    """The mail server is silent, and no line breaks."""
    line = scene.surroundings.line
    line.hold()
    await scene.last(1, 12)
    line.let_go()


async def restart_postgresql(scene: Scene) -> None:
    """The database restarts, gently or not. On SQLite another program holds the file instead."""
    postgres = scene.surroundings.postgres
    if postgres is not None:
        await asyncio.to_thread(postgres.stop, gently=scene.dice.random() < 0.5)
        await scene.last(0, 3)
        await asyncio.to_thread(postgres.start)
        return
    await asyncio.to_thread(_hold_sqlite, scene.surroundings.ledger_url.partition("///")[2], scene.dice.uniform(1, 25))


def _hold_sqlite(path: str, seconds: float) -> None:
    holder = sqlite3.connect(path, isolation_level=None, timeout=10)
    try:
        with suppress(sqlite3.OperationalError):
            holder.execute("BEGIN IMMEDIATE")
            time.sleep(seconds)
            holder.execute("ROLLBACK")
    finally:
        holder.close()


async def fill_the_disk(scene: Scene) -> None:
    """No file of a worker can grow any more: the kernel refuses each write, of bytes and of a SQLite ledger."""
    worker = scene.one()
    if not worker.is_alive():
        return
    with suppress(ProcessLookupError):
        _, hard = resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        await scene.last(1, 6)
        resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, hard))


async def people_act(scene: Scene) -> None:
    """A department or functional administrator does something with an item."""
    for _ in range(scene.dice.randint(1, 3)):
        with suppress(GatewayError):
            await act_at_random(scene.ledger, scene.dice, scene.acted_on, tuple(Action))


Fault = Callable[[Scene], Awaitable[None]]

FAULTS: dict[Fault, int] = {
    kill_a_worker: 4,
    kill_temporal: 2,
    forget_temporal: 1,
    set_temporal_back: 2,
    terminate_workflows: 3,
    relay_refuses: 3,
    relay_hangs_up: 3,
    relay_loses_its_answer: 3,
    department_is_ill: 4,
    cut_the_mail_server_off: 3,
    hold_the_mail_server: 2,
    restart_postgresql: 2,
    fill_the_disk: 2,
    people_act: 5,
}
"""With how often each is drawn, beside the deaths at fault points that the supervisor plans."""
