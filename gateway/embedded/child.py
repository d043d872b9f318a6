"""A server in a process of its own that never outlives us."""

from __future__ import annotations

import asyncio
import ctypes
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

_SET_PARENT_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG of prctl(2): Linux ends the child when we are killed, so that no server is left behind."""


async def start_child(
    command: Sequence[str], log_file: Path, pass_fds: Sequence[int] = ()
) -> asyncio.subprocess.Process:
    """Start the command with its output in `log_file`. `pass_fds`: descriptors that it keeps open as long as it lives."""
    log = await asyncio.to_thread(log_file.open, "ab")
    with log:
        return await asyncio.create_subprocess_exec(
            *command,
            stdout=log,
            stderr=log,
            # Ctrl-C is for us: we finish our steps before the servers go.
            start_new_session=True,
            preexec_fn=_end_with_parent if sys.platform == "linux" else None,
            pass_fds=pass_fds,
        )


async def stop_child(process: asyncio.subprocess.Process) -> None:
    """End it and wait until it is gone."""
    if process.returncode is None:
        process.terminate()
    await process.wait()


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGTERM)
