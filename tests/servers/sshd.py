"""sshd: OpenSSH's real server, for SFTP and nothing else, with keys of its own."""

from __future__ import annotations

import getpass
import os
import signal
import socket
import subprocess
from contextlib import suppress
from pathlib import Path

from tests.servers.ports import LOOPBACK, end, end_now, free_port, is_root, program, run, start, wait_until

INSTALL = "apt-get install -y openssh-server"
_SEPARATION = Path("/run/sshd")
"""Where OpenSSH locks up its own children; compiled in, and only asked for when it runs as root."""


class Sshd:
    """One server. It lets the present user in, by the key in `key_file`, to every folder that is this user's."""

    def __init__(self, folder: Path) -> None:
        """`folder`: for its keys, settings and log."""
        self._folder = folder
        self._program = program("sshd", INSTALL)
        keygen = program("ssh-keygen", INSTALL)
        self.port = free_port()
        self.user = getpass.getuser()
        self.key_file, self.other_key_file = folder / "user", folder / "other"
        self.known_hosts, self.wrong_hosts = folder / "known_hosts", folder / "wrong_hosts"
        for name in ("host", "other_host", "user", "other"):
            run(keygen, "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(folder / name))
        run(keygen, "-q", "-t", "ed25519", "-N", "woord", "-C", "", "-f", str(folder / "locked"))
        self.locked_key_file = folder / "locked"
        self.host_key = (folder / "host.pub").read_text().strip()
        self.known_hosts.write_text(f"[{LOOPBACK}]:{self.port} {self.host_key}\n")
        self.wrong_hosts.write_text(f"[{LOOPBACK}]:{self.port} {(folder / 'other_host.pub').read_text()}")
        (folder / "authorized_keys").write_bytes((folder / "user.pub").read_bytes())
        self._log = folder / "sshd.log"
        self._process: subprocess.Popen[bytes] | None = None
        lines = [
            f"ListenAddress {LOOPBACK}:{self.port}",
            f"HostKey {folder}/host",
            f"AuthorizedKeysFile {folder}/authorized_keys",
            f"PidFile {folder}/sshd.pid",
            "UsePAM no",
            "StrictModes no",
            "PermitRootLogin yes",
            "PasswordAuthentication yes",
            "KbdInteractiveAuthentication no",
            "Subsystem sftp internal-sftp",
            # Many connections at once are no attack here.
            "MaxStartups 1000",
        ]
        (folder / "sshd_config").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def start(self) -> None:
        """Start; return when it answers."""
        if is_root():
            _SEPARATION.mkdir(mode=0o755, exist_ok=True)
        command = [self._program, "-D", "-e", "-f", str(self._folder / "sshd_config")]
        self._process = start(command, self._log, {"LANG": "C.UTF-8"})
        wait_until(self._answers, "sshd", self._process, self._log)

    def stop(self) -> None:
        """Stop listening; whoever is connected stays so."""
        if self._process is not None:
            end(self._process)
            self._process = None

    def kill(self) -> None:
        """End it and every connection, as a power cut would."""
        if self._process is not None:
            self.cut()
            end_now(self._process)
            self._process = None

    def cut(self) -> None:
        """End every connection; the server stays."""
        self._tell_connections(signal.SIGKILL)

    def freeze(self) -> None:
        """Let every connection fall silent, and stay open."""
        self._tell_connections(signal.SIGSTOP)

    def _tell_connections(self, what: signal.Signals) -> None:
        """Signal every process below ours: each connection has some, in groups of their own."""
        if self._process is None:
            return
        parents = {int(one.parent.name): _parent(one) for one in Path("/proc").glob("[0-9]*/stat")}
        below = {self._process.pid}
        while more := {pid for pid, parent in parents.items() if parent in below} - below:
            below |= more
        for pid in below - {self._process.pid}:
            with suppress(ProcessLookupError):
                os.kill(pid, what)

    def _answers(self) -> None:
        with socket.create_connection((LOOPBACK, self.port), timeout=5) as line:
            if line.recv(4) != b"SSH-":
                raise RuntimeError("it does not speak SSH")


def _parent(stat: Path) -> int:
    try:
        return int(stat.read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError, ValueError):  # gone meanwhile
        return 0
