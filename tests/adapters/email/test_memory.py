"""What a mail of 100 MB takes in memory: measured in processes of their own, by their highest water mark."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.ledger import Ledger
from store.migrate import migrate
from tests.servers.dovecot import Dovecot
from tests.servers.mailbox import Mailbox
from tests.servers.ports import open_folder
from tests.servers.smtp_server import SmtpServer

_ROOT = Path(__file__).parents[3]
MIB = 1 << 20

PEAK = """
def peak():
    return next(int(line.split()[1]) << 10 for line in open("/proc/self/status") if line.startswith("VmHWM"))
"""

KEEP = (
    PEAK
    + """
import asyncio, json, sys
from tests.keep_once import keep
asyncio.run(keep(json.loads(sys.argv[1]), None))
print(peak())
"""
)

READ = (
    PEAK
    + """
import asyncio, sys
from pathlib import Path
from adapters.email.bounded import ChildProcess

async def main():
    read = ChildProcess()
    await read(b"Subject: klein\\r\\n\\r\\nx\\r\\n", own_addresses=frozenset())
    raw = Path(sys.argv[1]).read_bytes()
    before = peak()
    reading = await read(raw, own_addresses=frozenset())
    assert reading.subject == "groot", reading.subject
    print(peak() - before)

asyncio.run(main())
"""
)


SEND = (
    PEAK
    + """
import asyncio, json, sys
from pathlib import Path
from adapters.email.settings import SmtpSettings
from adapters.email.smtp import SmtpSender
from inbox.ports import Envelope

async def claim():
    pass

async def main():
    file, port = json.loads(sys.argv[1])
    settings = {"host": "127.0.0.1", "port": port, "tls": "none", "from_address": "info@gemeente.test"}
    sender, to = SmtpSender(SmtpSettings.model_validate(settings)), Envelope("", ("kcc@gemeente.test",))
    await sender.send(to, b"Subject: klein\\r\\n\\r\\nx\\r\\n", claim)
    raw = Path(file).read_bytes()
    before = peak()
    await sender.send(to, raw, claim)
    print(peak() - before)

asyncio.run(main())
"""
)


def large(size_bytes: int) -> bytes:
    """Return a mail of about that size, with one attachment."""
    line = b"QUJD" * 19 + b"\r\n"
    return (
        b"From: jan@inwoner.test\r\nTo: info@gemeente.test\r\nSubject: groot\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: multipart/mixed; boundary=grens\r\n\r\n--grens\r\nContent-Type: text/plain\r\n\r\nHallo\r\n"
        b"--grens\r\nContent-Type: application/zip; name=tekening.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + line * (size_bytes // len(line))
        + b"--grens--\r\n"
    )


def said(program: str, argument: str) -> int:
    """Run the program with the argument; return the number that it prints."""
    done = subprocess.run(
        [sys.executable, "-c", program, argument], cwd=_ROOT, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return int(done.stdout.strip().splitlines()[-1])


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with open_folder("dovecot") as folder:
        made = Dovecot(folder)
        try:
            made.start()
            yield made
        finally:
            made.kill()


async def kept_peak(server: Dovecot, folder: Path, mail: bytes) -> int:
    """Keep the mail in a process of its own; return the most memory that it took, in bytes."""
    folder.mkdir()
    mailbox = Mailbox(server, f"{uuid.uuid4().hex}@gemeente.test")
    mailbox.deliver(mail)
    ledger = Ledger(f"sqlite+aiosqlite:///{folder / 'ledger.sqlite'}")
    await migrate(ledger)
    await ledger.close()
    facts = {
        "ledger": f"sqlite+aiosqlite:///{folder / 'ledger.sqlite'}",
        "bytes": str(folder / "bytes"),
        "imap": mailbox.settings().model_dump(mode="json"),
    }
    peak = said(KEEP, json.dumps(facts))
    stored = sum(path.stat().st_size for path in (folder / "bytes").rglob("*") if path.is_file())
    assert stored >= len(mail)
    return peak


async def test_a_mail_of_100_mb_is_kept_in_pieces(server: Dovecot, tmp_path: Path) -> None:
    small = await kept_peak(server, tmp_path / "small", large(1000))
    peak = await kept_peak(server, tmp_path / "large", large(100 * MIB))
    assert peak - small < 24 * MIB


def test_whoever_has_a_mail_of_100_mb_read_takes_no_copy_of_it(tmp_path: Path) -> None:
    mail = tmp_path / "groot.eml"
    mail.write_bytes(large(100 * MIB))
    assert said(READ, str(mail)) < 24 * MIB


def test_sending_a_mail_of_100_mb_takes_no_copy_of_it(smtp_server: SmtpServer, tmp_path: Path) -> None:
    smtp_server.size_limit = 200 * MIB
    mail = tmp_path / "groot.eml"
    mail.write_bytes(large(100 * MIB))
    assert said(SEND, json.dumps([str(mail), smtp_server.port])) < 24 * MIB
    assert smtp_server.taken[1].message == mail.read_bytes()
