"""clamd: ClamAV's real daemon, with one signature of our own and no internet."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path

from tests.servers.ports import LOOPBACK, end_now, free_port, program, start, wait_until

MARKER = b"Kwaadaardig-voorbeeld-4417-niet-echt"
"""What our signature finds; invented, and harmless."""

SIGNATURE = "Proefstad.Voorbeeld.UNOFFICIAL"
STREAM_MAX_BYTES = 2 << 20


class Clamd:
    """One daemon, on a port and on a socket."""

    def __init__(self, folder: Path) -> None:
        """`folder`: for its signatures, settings and log."""
        self._folder = folder
        self._program = program("clamd", "apt-get install -y clamav-daemon", "/usr/sbin")
        self.port = free_port()
        self.socket = folder / "clamd.sock"
        self._process: subprocess.Popen[bytes] | None = None
        signatures = folder / "signatures"
        signatures.mkdir()
        # Name, any kind of file, anywhere in it, the bytes in hexadecimal.
        name = SIGNATURE.removesuffix(".UNOFFICIAL")
        (signatures / "own.ndb").write_text(f"{name}:0:*:{MARKER.hex()}\n", encoding="ascii")
        lines = [
            f"DatabaseDirectory {signatures}",
            f"TemporaryDirectory {folder}",
            f"TCPSocket {self.port}",
            f"TCPAddr {LOOPBACK}",
            f"LocalSocket {self.socket}",
            "Foreground yes",
            f"StreamMaxLength {STREAM_MAX_BYTES}",
            "ScanMail yes",
        ]
        (folder / "clamd.conf").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def start(self) -> None:
        """Start; return when it answers."""
        log = self._folder / "clamd.log"
        self._process = start([self._program, "-c", str(self._folder / "clamd.conf")], log)
        wait_until(self._answers, "clamd", self._process, log)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process is not None:
            end_now(self._process)
            self._process = None

    def _answers(self) -> None:
        with socket.create_connection((LOOPBACK, self.port), timeout=5) as line:
            line.sendall(b"zPING\0")
            if line.recv(10) != b"PONG\0":
                raise RuntimeError("it does not say PONG")
