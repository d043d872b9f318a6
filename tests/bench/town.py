"""A gateway to measure: real Temporal, real relay, real ledger, and the real workers in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from temporalio.client import Client

from gateway.bootstrap import assembled
from gateway.settings import Settings
from tests.bench.relay import Relay, running_relay
from tests.configuration import SMALL_TOWN
from tests.servers.ports import open_folder
from tests.servers.temporal import Temporal
from workflows.client import connect
from workflows.drive import Drive
from workflows.parts import Parts
from workflows.worker import ALL_QUEUES, make_workers


@dataclass
class BenchTown:
    """Everything around one measurement."""

    parts: Parts
    client: Client
    drive: Drive
    relay: Relay
    temporal: Temporal


@asynccontextmanager
async def bench_town(sources: tuple[dict[str, Any], ...] = ()) -> AsyncIterator[BenchTown]:
    """Give a town on SQLite whose workers and drive loop run. `sources`: as in the settings file."""
    async with AsyncExitStack() as stack:
        relay = stack.enter_context(running_relay())
        temporal = Temporal(stack.enter_context(open_folder("bench-temporal")))
        stack.callback(temporal.kill)
        temporal.start()
        folder = stack.enter_context(open_folder("bench"))
        parts = await stack.enter_async_context(assembled(_settings(folder, relay, sources), migrates=True))
        client = await connect(
            temporal.address, temporal.fresh_namespace(), tls=False, ca_file=None, certificate_file=None, key_file=None
        )
        drive = Drive(parts, client)
        for worker in make_workers(parts, client, ALL_QUEUES, drive.wake):
            await stack.enter_async_context(worker)
        driving = asyncio.create_task(drive.run())
        try:
            yield BenchTown(parts, client, drive, relay, temporal)
        finally:
            driving.cancel()
            await asyncio.wait([driving])


def _settings(folder: Path, relay: Relay, sources: tuple[dict[str, Any], ...]) -> Settings:
    document = folder / "town.yaml"
    document.write_text(SMALL_TOWN.replace("FOLDER", str(folder / "forwarded")), encoding="utf-8")
    return Settings.model_validate(
        {
            "var": folder / "var",
            "configuration": document,
            "smtp": {
                "host": "127.0.0.1",
                "port": relay.port,
                "tls": "none",
                "from_address": "kcc@gemeente.test",
                "from_name": "Gemeente Proefstad",
                "envelope_sender": "bounce@gemeente.test",
            },
            "sources": sources,
        }
    )
