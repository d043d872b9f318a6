"""Fault points at every boundary of the line, put around the ports from outside: the gateway knows nothing of them.

A process reaches a point before and after each transaction of the ledger, and before and after each call of a port
(bytes, source, relay, department system, reader) and of Temporal. At the point that its plan names it dies by SIGKILL;
what it reached last stands in a journal outside the gateway.
"""

from __future__ import annotations

import inspect
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection as Pipe
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from temporalio.client import Client

from store.ledger import Ledger
from workflows.parts import Parts

_WAITS = frozenset({"wait", "close"})
"""Calls that are no boundary: nothing is different before and after them."""


@dataclass(frozen=True)
class Plan:
    """What happens to one process. Without any wish it lives until it is stopped."""

    die_at: str = ""
    """The name of a point."""
    hit: int = 1
    """At which time that it is reached."""
    die_after: int = 0
    """At the so-manieth point, whichever that is; 0: never."""
    records: bool = False
    """Each point that is reached goes into the journal."""


class Injector:
    """Counts the points that this process reaches, and ends it where the plan says."""

    def __init__(self, plan: Plan, journal: Pipe) -> None:
        """`journal`: the writing end; what was written there is read also after the process is gone."""
        self._plan = plan
        self._journal = journal
        self._lock = threading.Lock()
        self._reached = 0
        self._hits = 0

    def reach(self, point: str) -> None:
        """Be at a point: count it, and die here when it is time."""
        with self._lock:
            self._reached += 1
            self._hits += point == self._plan.die_at
            dies = self._reached == self._plan.die_after or (
                point == self._plan.die_at and self._hits == self._plan.hit
            )
            if dies or self._plan.records:
                self._journal.send(("died at" if dies else "reached", point))
            if dies:
                os.kill(os.getpid(), signal.SIGKILL)

    def inject(self, parts: Parts) -> Parts:
        """Return the parts with points around every port."""
        watched = self._watched
        return replace(
            parts,
            bytes=watched(parts.bytes, "bytes"),
            readers={channel: watched(reader, "reader") for channel, reader in parts.readers.items()},
            child_readers={channel: watched(reader, "child_reader") for channel, reader in parts.child_readers.items()},
            sender=watched(parts.sender, "relay"),
            systems={kind: watched(system, kind) for kind, system in parts.systems.items()},
            sources={
                name: replace(configured, source=watched(configured.source, "source"))
                for name, configured in parts.sources.items()
            },
        )

    def inject_client(self, client: Client) -> None:
        """Put points around the starts that the drive asks of Temporal."""
        client.start_workflow = self._around(client.start_workflow, "temporal.start_workflow")  # type: ignore[method-assign]

    def _watched(self, inner: Any, name: str) -> Any:
        return _Watched(inner, name, self)

    def _around(self, call: Callable[..., Any], point: str) -> Callable[..., Any]:
        async def waited_for(*arguments: Any, **options: Any) -> Any:
            self.reach(f"{point}: before")
            outcome = await call(*arguments, **options)
            self.reach(f"{point}: after")
            return outcome

        def done(*arguments: Any, **options: Any) -> Any:
            self.reach(f"{point}: before")
            outcome = call(*arguments, **options)
            self.reach(f"{point}: after")
            return self._watched(outcome, "source") if point == "source.open" else outcome

        called = call if inspect.ismethod(call) or inspect.isfunction(call) else type(call).__call__
        return waited_for if inspect.iscoroutinefunction(called) else done


class _Watched:
    """Any port, with a point before and after each call."""

    def __init__(self, inner: Any, name: str, injector: Injector) -> None:
        self._inner, self._name, self._injector = inner, name, injector

    def __getattr__(self, attribute: str) -> Any:
        value = getattr(self._inner, attribute)
        if not callable(value) or attribute in _WAITS or attribute.startswith("_"):
            return value
        return self._injector._around(value, f"{self._name}.{attribute}")

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        return self._injector._around(self._inner, self._name)(*arguments, **options)


def watched_ledger(injector: Injector) -> type[Ledger]:
    """Return a Ledger with a point before and after each commit, named after the function that opened it."""

    class WatchedLedger(Ledger):
        @asynccontextmanager
        async def begin(self) -> AsyncIterator[AsyncConnection]:
            name = _opener()
            joined = self._joined()
            if joined is not None:
                # Part of a larger transaction, which alone becomes durable.
                yield joined
                injector.reach(f"{name}: joined")
                return
            async with super().begin() as connection:
                yield connection
                injector.reach(f"{name}: before commit")
            injector.reach(f"{name}: committed")

    return WatchedLedger


def _opener() -> str:
    """Return the name of the function whose `async with` this is: two frames above the context manager."""
    frame = sys._getframe(1)
    while frame.f_back is not None and (
        frame.f_code.co_name == "begin" or frame.f_code.co_filename.endswith("contextlib.py")
    ):
        frame = frame.f_back
    return frame.f_code.co_name
