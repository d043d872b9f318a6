"""A mail relay in a process of its own, so that it shares no interpreter with what is measured."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.servers.smtp_server import SmtpServer, Taken


class Relay:
    """The relay seen from outside."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        """The process has said its port already when this returns."""
        self._process = process
        self.port = int(self._answer())

    def taken_at(self, address: str) -> float | None:
        """Return when it took a message for this address, on `time.perf_counter` (one clock for all processes), or None."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{address}\n")
        self._process.stdin.flush()
        answer = self._answer().strip()
        return float(answer) if answer else None

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@contextmanager
def running_relay() -> Iterator[Relay]:
    """Give a relay; it ends with the block."""
    command = [sys.executable, "-m", "tests.bench.relay"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Relay(process)
        finally:
            process.terminate()


class _Dated(list[Taken]):
    """What was taken, and when."""

    def __init__(self) -> None:
        super().__init__()
        self.times: dict[str, float] = {}

    def append(self, taken: Taken) -> None:
        for address in taken.rcpt_to:
            self.times.setdefault(address, time.perf_counter())


def main() -> None:
    """Take mail until the standard input ends; answer each address with the moment at which it was written to."""
    taken = _Dated()
    server = SmtpServer(taken=taken)
    server.start()
    print(server.port, flush=True)
    for line in sys.stdin:
        print(taken.times.get(line.strip(), ""), flush=True)
    server.stop()


if __name__ == "__main__":
    main()
