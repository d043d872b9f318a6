"""What every server needs: a port, a folder that others may enter, and patience until it answers."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

LOOPBACK = "127.0.0.1"


_BELOW_OUTGOING = range(15_000, 32_000)
"""Below the ports that the kernel gives to outgoing connections: none of those takes one before its server does."""

_given: set[int] = set()


def free_port() -> int:
    """Return a port on which nobody listens now, and which this process was not given before."""
    while True:
        port = random.SystemRandom().choice(_BELOW_OUTGOING)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind((LOOPBACK, port))
            if port not in _given:
                _given.add(port)
                return port


@contextlib.contextmanager
def open_folder(prefix: str) -> Iterator[Path]:
    """Give a new folder that other users can enter (pytest's own is closed to them); remove it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix=f"gateway-{prefix}-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def is_root() -> bool:
    """Say whether we are root: some servers refuse to be."""
    return os.geteuid() == 0


def program(name: str, install: str, *folders: str) -> str:
    """Return the path of an installed program. `install`: the line for the error. Raises RuntimeError."""
    search = os.pathsep.join([*folders, os.environ.get("PATH", ""), "/usr/sbin", "/usr/lib/dovecot"])
    found = shutil.which(name, path=search)
    if found is None:
        raise RuntimeError(f"{name} is not installed. Install it with: {install}")
    return found


def run(*command: str) -> None:
    """Run a command to its end. Raises RuntimeError with what it said when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # our own arguments
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stdout}{done.stderr}")


def wait_until(
    answers: Callable[[], object], what: str, process: subprocess.Popen[bytes], log: Path, seconds: float = 30
) -> None:
    """Return when `answers` returns without raising. Raises RuntimeError with the end of the log when it never does."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            answers()
        except Exception as error:  # whatever it is, it is not ready yet
            if process.poll() is not None or time.monotonic() > deadline:
                said = log.read_text(errors="replace")[-2000:] if log.exists() else ""
                raise RuntimeError(f"{what} does not answer ({error!r}) {said}") from error
            time.sleep(0.05)
        else:
            return


def end_now(process: subprocess.Popen[bytes]) -> None:
    """End a process of `start` and all it started, as a power cut would. Returns when it is gone."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def end(process: subprocess.Popen[bytes], seconds: float = 10) -> None:
    """Ask the process to stop, and end it when it does not. Returns when it is gone."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def start(command: Sequence[str], log: Path, environment: dict[str, str] | None = None) -> subprocess.Popen[bytes]:
    """Start a server, at the head of a process group of its own; what it says goes to the log."""
    with log.open("ab") as file:
        return subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            env={**os.environ, **(environment or {})},
            start_new_session=True,
        )
