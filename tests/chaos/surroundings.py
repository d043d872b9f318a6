"""Everything around the gateway that is real and outside it: mail server, relay, web service, Temporal, ledger."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.chaos.letters import Letter
from tests.configuration import SMALL_TOWN
from tests.servers.department import Department
from tests.servers.dovecot import Dovecot
from tests.servers.line import Line
from tests.servers.mailbox import Mailbox
from tests.servers.ports import open_folder
from tests.servers.postgres import Postgres
from tests.servers.smtp_server import SmtpServer
from tests.servers.temporal import Temporal

ENGINES = ("sqlite", "postgresql")
SECRET_VARIABLE = "GATEWAY_CHAOS_WEBHOOK"
_SECRET = "whsec_" + "c2VjcmV0IG9mIHRoZSBjaGFvcyBydW4gMTIzNDU2Nzg5MA=="


@dataclass
class Surroundings:
    """What the gateway lives among. `mailboxes`: three, the last one flags what it has kept instead of moving it."""

    folder: Path
    mailboxes: list[Mailbox]
    line: Line
    relay: SmtpServer
    department: Department
    temporal: Temporal
    postgres: Postgres | None
    ledger_url: str

    def deliver(self, letter: Letter) -> None:
        """Let the letter arrive in each of its mailboxes. Blocking."""
        for number in letter.mailboxes:
            self.mailboxes[number].deliver(letter.raw(), sender=letter.sender)

    def settings(self) -> dict[str, Any]:
        """Return the settings of a gateway that lives here."""
        sources = [
            {
                "id": f"bak-{number}",
                "mode": "live",
                "live_from": "2000-01-01T00:00:00Z",
                "sweep_seconds": 10,
                "imap": mailbox.settings(
                    port=self.line.port,
                    addresses=[f"info{number}@gemeente.test"],
                    after_keep="flag" if number == len(self.mailboxes) - 1 else "move",
                    timeout_seconds=8,
                ).model_dump(mode="json"),
            }
            for number, mailbox in enumerate(self.mailboxes)
        ]
        smtp = {
            "host": "127.0.0.1",
            "port": self.relay.port,
            "tls": "none",
            "from_address": "kcc@gemeente.test",
            "envelope_sender": "bounce@gemeente.test",
            "timeout_seconds": 4,
        }
        return {
            "var": str(self.folder / "var"),
            "ledger": {"url": self.ledger_url},
            "configuration": str(self.folder / "town.yaml"),
            "forward_folder": str(self.forwarded),
            "smtp": smtp,
            "sources": sources,
        }

    @property
    def forwarded(self) -> Path:
        """Where departments find their folders."""
        return self.folder / "forwarded"

    @property
    def bytes_folder(self) -> Path:
        """Where the raw bytes stand."""
        return self.folder / "var" / "bytes"


def surround(engine: str, stack: ExitStack) -> Surroundings:
    """Start it all; `stack` ends it."""
    folder = stack.enter_context(open_folder("chaos"))
    os.environ[SECRET_VARIABLE] = _SECRET
    dovecot = Dovecot(_made(folder / "dovecot"))
    stack.callback(dovecot.kill)
    dovecot.start()
    temporal = Temporal(_made(folder / "temporal"), namespaces=100)
    stack.callback(temporal.kill)
    temporal.start()
    postgres = None
    if engine == "postgresql":
        postgres = Postgres(_made(folder / "postgres"), durable=True)
        stack.callback(lambda: postgres.stop(gently=False))
        postgres.start()
    relay, department = SmtpServer(), Department()
    relay.start()
    stack.callback(relay.stop)
    department.start()
    stack.callback(department.stop)
    line = stack.enter_context(Line(dovecot.port))
    _made(folder / "forwarded")
    (folder / "town.yaml").write_text(_configuration(department.url), encoding="utf-8")
    return Surroundings(
        folder=folder,
        mailboxes=[Mailbox(dovecot, f"bak{number}@gemeente.test") for number in range(3)],
        line=line,
        relay=relay,
        department=department,
        temporal=temporal,
        postgres=postgres,
        ledger_url=postgres.fresh_database() if postgres else f"sqlite+aiosqlite:///{folder / 'ledger.sqlite'}",
    )


def _made(folder: Path) -> Path:
    folder.mkdir()
    folder.chmod(0o755)
    return folder


def _configuration(url: str) -> str:
    """Return the small town, with every kind of destination: the broken lamps go to a web service."""
    town: dict[str, Any] = yaml.safe_load(SMALL_TOWN.replace("FOLDER/", ""))
    town["departments"]["wegen"] = {
        "name": "Wegen",
        "acting": {"kind": "webhook", "url": url, "secret": f"env:{SECRET_VARIABLE}"},
    }
    town["categories"]["lantaarn"]["department"] = "wegen"
    return yaml.safe_dump(town, allow_unicode=True)
