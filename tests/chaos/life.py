"""One life of a worker process: the gateway's real parts and workers, until it is stopped or dies."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from datetime import timedelta
from multiprocessing.connection import Connection as Pipe
from typing import Any

import gateway.bootstrap
from gateway.logging import set_up_logging
from gateway.settings import Settings
from tests.chaos.injector import Injector, Plan, watched_ledger
from tests.chaos.poison import child_dies_on_poison, kill_on_poison
from workflows.client import connect
from workflows.worker import work

CLAIM_LASTS = timedelta(seconds=6)
"""Of these lives, whose relay deadline is shorter too: nobody waits 90 seconds for a claim of the dead."""


def live(settings: dict[str, Any], address: str, namespace: str, plan: Plan, journal: Pipe, log: Pipe) -> None:
    """Be a worker. To be called in a process of its own. `log`: takes standard output and error."""
    os.dup2(log.fileno(), 1)
    os.dup2(log.fileno(), 2)
    injector = Injector(plan, journal)
    gateway.bootstrap.Ledger = watched_ledger(injector)  # type: ignore[misc, attr-defined]
    set_up_logging()
    with suppress(asyncio.CancelledError):
        asyncio.run(_work(Settings.model_validate(settings), address, namespace, injector))


async def _work(settings: Settings, address: str, namespace: str, injector: Injector) -> None:
    task = asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    async with gateway.bootstrap.assembled(settings, migrates=True) as parts:
        parts.claim_lasts = CLAIM_LASTS
        parts.readers = {channel: kill_on_poison(reader) for channel, reader in parts.readers.items()}
        parts.child_readers = {channel: child_dies_on_poison(child) for channel, child in parts.child_readers.items()}
        client = await _connected(address, namespace)
        injector.inject_client(client)
        await work(injector.inject(parts), client)


async def _connected(address: str, namespace: str) -> Any:
    while True:
        try:
            return await connect(address, namespace, tls=False, ca_file=None, certificate_file=None, key_file=None)
        except RuntimeError:
            await asyncio.sleep(0.2)
