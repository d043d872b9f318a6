"""A process that may die: it and everything it started are gone afterwards, and so is what they wrote on disk."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

FOLDER_PREFIX = "scan-"
_KNOWN = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "TESSDATA_PREFIX", "TZ")
"""What the process inherits of our environment, beside Python's own settings. What takes foreign files apart needs no
password."""
_FIXED = {
    # Pages are read side by side: more threads inside each would only wait for each other.
    "OMP_THREAD_LIMIT": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # One heap for each thread would keep what each page once took.
    "MALLOC_ARENA_MAX": "2",
}
_END_SECONDS = 10.0
_GROUP_SECONDS = 5.0


@dataclass(frozen=True)
class Child:
    """A process under our eyes."""

    talk: socket.socket
    """Its standard input and output. It ends itself when this is closed, also by our own death."""
    process: subprocess.Popen[bytes]

    async def ended(self) -> int | None:
        """Return how it ended once it said all: its exit code, or a negative signal; None when it does not end."""
        return await asyncio.to_thread(_looked_up, self.process.pid)


@asynccontextmanager
async def child(program: str) -> AsyncIterator[Child]:
    """Start a module in a process group of its own, with a folder of its own for what it writes down.

    At the end of the block, however that comes, none of the group is alive and the folder is gone.
    """
    folder = tempfile.mkdtemp(prefix=FOLDER_PREFIX)
    talk, process = _started(program, folder)
    try:
        yield Child(talk, process)
    finally:
        talk.close()
        _kill(process)
        # Also when we are cancelled once more: the thread goes on by itself.
        await asyncio.shield(asyncio.to_thread(_clear, process, folder))


def _started(program: str, folder: str) -> tuple[socket.socket, subprocess.Popen[bytes]]:
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and a module name of the program
                [sys.executable, "-m", program],
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=subprocess.DEVNULL,
                env=_environment(folder),
                start_new_session=True,
            )
        except BaseException:
            ours.close()
            shutil.rmtree(folder, ignore_errors=True)
            raise
    ours.setblocking(False)
    return ours, process


def _environment(folder: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name in _KNOWN or name.startswith("PYTHON")}
    return {**inherited, **_FIXED, "TMPDIR": folder}


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill it with all it started. It is not buried yet, so that the number of its group is still its own."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _clear(process: subprocess.Popen[bytes], folder: str) -> None:
    """Wait until all are gone, and remove what they left on disk."""
    _kill(process)
    until = time.monotonic() + _GROUP_SECONDS
    while _living(process.pid) and time.monotonic() < until:
        time.sleep(0.01)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_END_SECONDS)
    shutil.rmtree(folder, ignore_errors=True)


def _looked_up(number: int) -> int | None:
    """Return how a process ended, and leave it unburied: until then its number, and its group's, is nobody else's."""
    until = time.monotonic() + _END_SECONDS
    while time.monotonic() < until:
        found = os.waitid(os.P_PID, number, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if found is not None:
            return found.si_status if found.si_code == os.CLD_EXITED else -found.si_status
        time.sleep(0.005)
    return None


def _living(group: int) -> bool:
    """Return whether a process of the group still runs. Who is dead and not yet buried does not."""
    return any(found == group and state not in "ZX" for found, state in _groups())


def _groups() -> Iterator[tuple[int, str]]:
    """Yield group and state of every process (proc(5), `/proc/[pid]/stat`)."""
    for file in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            said = file.read_text(encoding="utf-8", errors="replace")
            # The name stands in brackets, and may hold anything.
            state, _, group = said[said.rindex(")") + 2 :].split()[:3]
            yield int(group), state
