"""The process that a large rehearsal runs in does not outlive the one that began it."""

from __future__ import annotations

import os
import subprocess
import sys
import time

BEGINS_ONE = """
import os, time
from workflows.rehearsing import _executor
if __name__ == "__main__":
    with _executor(is_large=True) as executor:
        print(executor.submit(os.getpid).result(), flush=True)
        executor.submit(time.sleep, 60)
        time.sleep(60)
"""


def _is_alive(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as stat:  # noqa: PTH123  it is no file of ours
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_it_ends_when_its_parent_is_killed() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", BEGINS_ONE], stdout=subprocess.PIPE, text=True, env=environment
    ) as one:
        assert one.stdout is not None
        child = int(one.stdout.readline())
        assert _is_alive(child)
        one.kill()
    until = time.monotonic() + 20
    while _is_alive(child) and time.monotonic() < until:
        time.sleep(0.1)
    assert not _is_alive(child)
