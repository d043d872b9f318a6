"""A process in the place of the one that reads; what the file says is what it does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable

from adapters.post.unfolding_process import _limit

TOLD = b'{"done": 1, "of": 3}\n'
DONE = b'{"pages": 1, "letters": [{"reading": {"channel": "post"}, "pages": [1], "size_bytes": %d}], "remainders": [], "scanner": []}\n'


def eats() -> None:
    held = []
    while True:
        held.append(bytearray(64 << 20))


def hangs() -> None:
    subprocess.Popen(["sleep", "60"])
    time.sleep(60)


def endless() -> None:
    while True:
        sys.stdout.buffer.write(b"x" * (1 << 20))


ACTS: dict[str, Callable[[], None] | bytes] = {
    "eats": eats,
    "crashes": lambda: os.kill(os.getpid(), signal.SIGSEGV),
    "hangs": hangs,
    "endless": endless,
    "rambles": b"Geachte heer, mevrouw\n",
    "backwards": b'{"done": 0, "of": 3}\n',
    "huge": DONE % (2 << 30),
    "cut": DONE % 100 + b"%PDF-",
    "more": DONE % 5 + b"%PDF-" + b"and another letter",
    "loses": b'{"pages": 2, "letters": [], "remainders": [{"page": 1, "kind": "blank"}], "scanner": []}\n',
    "names": b'{"error": "scan_locked", "detail": "the PDF asks for a password"}\n',
    "silent": b"",
}


def main() -> None:
    asked = json.loads(sys.stdin.buffer.readline())
    _limit(asked["memory_bytes"], asked["cpu_seconds"])
    act = ACTS[sys.stdin.buffer.read(asked["size_bytes"]).decode()]
    sys.stdout.buffer.write(TOLD)
    sys.stdout.buffer.flush()
    if isinstance(act, bytes):
        sys.stdout.buffer.write(act)
        sys.stdout.buffer.flush()
    else:
        act()


if __name__ == "__main__":
    main()
