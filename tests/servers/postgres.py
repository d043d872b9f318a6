"""PostgreSQL: a real cluster of our own, with a fresh database for each who asks."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

from tests.servers.ports import LOOPBACK, free_port, is_root, program, run

INSTALL = "apt-get install -y postgresql"


class Postgres:
    """One cluster. It refuses to run as root: then it belongs to the user `postgres`."""

    def __init__(self, folder: Path, *, durable: bool = False) -> None:
        """Make the cluster. `folder`: enterable for others. `durable`: fsync, as in production; slower."""
        places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
        self._initdb, self._pg_ctl, self._psql = (
            program(name, INSTALL, *(str(place) for place in reversed(places))) for name in ("initdb", "pg_ctl", "psql")
        )
        self.port = free_port()
        self._cluster = folder / "cluster"
        self._log = folder / "cluster" / "postgres.log"
        self._numbers = itertools.count(1)
        self._options = f"-p {self.port} -k {self._cluster} -c listen_addresses={LOOPBACK} -c max_connections=200"
        if not durable:
            self._options += " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
        self._cluster.mkdir()
        if is_root():
            shutil.chown(self._cluster, "postgres", "postgres")
        self._as_owner(
            self._initdb,
            "-D",
            str(self._cluster),
            "-A",
            "trust",
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
            "-N",
        )

    def start(self) -> None:
        """Start; return when it answers."""
        self._control("-o", self._options, "-l", str(self._log), "-w", "start")

    def stop(self, *, gently: bool = True) -> None:
        """Stop it. Not gently: as if the power went, connections and all. Nothing happens when it is stopped."""
        if (self._cluster / "postmaster.pid").exists():
            self._control("-m", "fast" if gently else "immediate", "-w", "stop")

    def restart(self, *, gently: bool = True) -> None:
        """Stop and start; databases stay."""
        self.stop(gently=gently)
        self.start()

    def fresh_database(self) -> str:
        """Make an empty database; return its address for SQLAlchemy with asyncpg."""
        name = f"fresh_{next(self._numbers)}"
        run(
            self._psql,
            "-X",
            "-q",
            "-h",
            LOOPBACK,
            "-p",
            str(self.port),
            "-U",
            "postgres",
            "-c",
            f"CREATE DATABASE {name}",
        )
        return f"postgresql+asyncpg://postgres@{LOOPBACK}:{self.port}/{name}"

    def _control(self, *arguments: str) -> None:
        self._as_owner(self._pg_ctl, "-D", str(self._cluster), "-t", "30", *arguments)

    def _as_owner(self, *command: str) -> None:
        run(*(("runuser", "-u", "postgres", "--") if is_root() else ()), *command)
