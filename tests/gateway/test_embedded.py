"""The embedded Temporal that is killed comes back by itself."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from pathlib import Path

from temporalio.client import Client
from temporalio.service import RPCError

from gateway.embedded.temporal import embedded_temporal
from tests.running import until


def servers(folder: Path) -> list[int]:
    """Return the Temporal servers on this folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            words = (process / "cmdline").read_text()
            if "start-dev" in words and str(folder) in words:
                found.append(int(process.name))
    return found


async def test_a_killed_server_is_started_again_where_the_client_looks_for_it(tmp_path: Path) -> None:
    async with embedded_temporal(tmp_path / "temporal") as client:
        await client.start_workflow("Any", id="one", task_queue="nobody")
        [pid] = servers(tmp_path)
        os.kill(pid, signal.SIGKILL)

        async def is_back() -> bool:
            return bool(servers(tmp_path)) and servers(tmp_path) != [pid] and await _knows(client)

        await until(is_back, "another server knows what the first was told")
    assert servers(tmp_path) == []


async def _knows(client: Client) -> bool:
    try:
        return (await client.get_workflow_handle("one").describe()).id == "one"
    except RPCError:
        return False
