"""Supervised workers: each death stands in the journal with its moment, and somebody starts the next life."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from tests.chaos.injector import Plan
from tests.chaos.life import live

_FORKS = multiprocessing.get_context("forkserver")
"""A process that has imported everything and runs nothing: each life is a fork of it, and begins in no time."""
_FORKS.set_forkserver_preload(["tests.chaos.life"])


@dataclass(frozen=True)
class Entry:
    """One line of the journal."""

    at: float
    """Seconds since the epoch, on the supervisor's clock."""
    what: str
    """`reached`, `died at` a point, or `killed` from outside."""
    point: str


@dataclass
class Worker:
    """One worker process after the other."""

    settings: dict[str, Any]
    address: str
    log: Path
    namespace: str
    journal: list[Entry] = field(default_factory=list)
    lives: int = 0
    _process: ForkServerProcess | None = None
    _readers: list[threading.Thread] = field(default_factory=list)

    def start(self, plan: Plan = Plan()) -> None:  # noqa: B008  frozen
        """Begin a life."""
        assert not self.is_alive()
        journal_out, journal_in = _FORKS.Pipe(duplex=False)
        log_out, log_in = _FORKS.Pipe(duplex=False)
        self._process = _FORKS.Process(
            target=live, args=(self.settings, self.address, self.namespace, plan, journal_in, log_in), daemon=True
        )
        self._process.start()
        self.lives += 1
        journal_in.close()
        log_in.close()
        self._read(lambda: self._note(*journal_out.recv()))
        self._read(lambda: self._write(os.read(log_out.fileno(), 65536)))

    def is_alive(self) -> bool:
        """Say whether there is a life now."""
        return self._process is not None and self._process.is_alive()

    @property
    def pid(self) -> int:
        """The process id of the present life."""
        assert self._process is not None
        assert self._process.pid is not None
        return self._process.pid

    def wait_dead(self, seconds: float) -> bool:
        """Wait until this life is over; say whether it is. Blocking."""
        assert self._process is not None
        self._process.join(seconds)
        if self._process.is_alive():
            return False
        for reader in self._readers:
            reader.join(5)
        self._readers.clear()
        return True

    def kill(self) -> None:
        """End this life as a power cut would."""
        if self.is_alive():
            self._note("killed", "at no point of its own")
            os.kill(self.pid, signal.SIGKILL)
            self.wait_dead(10)

    def stop(self) -> None:
        """Ask it to end; insist after a while."""
        if self.is_alive():
            os.kill(self.pid, signal.SIGTERM)
            if not self.wait_dead(30):
                self.kill()

    def deaths(self) -> list[Entry]:
        """Return how each life ended that did not end by itself."""
        return [entry for entry in self.journal if entry.what != "reached"]

    def _note(self, what: str, point: str) -> None:
        self.journal.append(Entry(time.time(), what, point))

    def _write(self, words: bytes) -> None:
        if not words:
            raise EOFError
        with self.log.open("ab") as file:
            file.write(words)

    def _read(self, step: Callable[[], None]) -> None:
        def run() -> None:
            try:
                while True:
                    step()
            except EOFError:
                return

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        self._readers.append(thread)
