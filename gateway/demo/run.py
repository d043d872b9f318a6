"""Run the demo: put the sample's mails in, show a table that fills, and compare with what must become of each."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import logging
import os
import secrets
import shutil
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.live import Live

from gateway.bootstrap import assembled
from gateway.commands.serve import serve_api
from gateway.demo.expected import POST, Sample, SampleMail, Stands, differences, load_sample, where_all_stand
from gateway.demo.servers import PASSWORD_VARIABLE, DemoMailbox, imap_server, smtp_relay, webhook_receiver
from gateway.demo.table import table_of
from gateway.embedded.temporal import embedded_temporal, free_port
from gateway.logging import set_up_logging
from gateway.settings import Settings
from inbox.confidentiality import Confidentiality
from inbox.errors import NotFound, SettingsInvalid
from store.keys import Role, make_key
from workflows.parts import Parts
from workflows.worker import work

_WEBHOOK_VARIABLE = "OPENBARE_RUIMTE_WEBHOOK_SECRET"
_SAMPLE_WEBHOOK = "http://127.0.0.1:8099"
_PLACEHOLDER = "{{acknowledgement of "
_GIVES_UP_SECONDS = 300.0
_LOOKS_SECONDS = 0.25
_WIDTH = 170
_MARK = ".inbox-gateway-demo"


@dataclass
class Demo:
    """What the demo knows while it runs."""

    sample: Sample
    example: Path
    folder: Path
    mailboxes: dict[str, DemoMailbox] = field(default_factory=dict)
    file_at: dict[tuple[str, str], str] = field(default_factory=dict)
    """(source, position) of each mail that was put in → its file."""

    def stand_of(self, mail: SampleMail, all_stand: list[Stands]) -> list[Stands]:
        """Return the items of one mail."""
        return [stands for stands in all_stand if self.file_at.get((stands.source_id, stands.position)) == mail.file]


def run(example: Path, folder: Path, *, keep_running: bool) -> int:
    """Run the demo; return 0 only when every item stands where the sample says it must."""
    if not (example / "expected.json").exists():
        raise NotFound(f"{example} is no sample municipality: there is no expected.json in it")
    set_up_logging(logging.ERROR)
    _clear(folder)
    os.environ[PASSWORD_VARIABLE] = secrets.token_urlsafe(12)
    os.environ[_WEBHOOK_VARIABLE] = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    return asyncio.run(_run(Demo(load_sample(example), example, folder), keep_running=keep_running))


def _clear(folder: Path) -> None:
    """Begin with an empty folder; refuse to empty one that is not the demo's."""
    if folder.exists() and any(folder.iterdir()) and not (folder / _MARK).exists():
        raise SettingsInvalid(f"{folder} holds something else: name another --folder")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / _MARK).touch()


async def _run(demo: Demo, *, keep_running: bool) -> int:
    # Without a terminal there is no width to keep to: the table is written whole.
    console = Console() if Console().is_terminal else Console(width=_WIDTH)
    console.print("Starting IMAP, SMTP and Temporal on this machine …")
    async with AsyncExitStack() as stack:
        for name, address in demo.sample.mailboxes.items():
            demo.mailboxes[name] = await stack.enter_async_context(imap_server(name, address, demo.folder))
        relay = await stack.enter_async_context(smtp_relay(demo.folder / "sent"))
        webhook_port = await stack.enter_async_context(
            webhook_receiver(demo.folder / "delivered" / "webhook", os.environ[_WEBHOOK_VARIABLE])
        )
        settings = _settings(demo, relay.port, webhook_port)
        parts = await stack.enter_async_context(assembled(settings, migrates=True))
        client = await stack.enter_async_context(embedded_temporal(demo.folder / "temporal"))
        working = asyncio.create_task(work(parts, client))
        try:
            result = await _carry(demo, parts, working, console)
            if keep_running:
                await _stay(parts, settings, console)
        finally:
            working.cancel()
            await asyncio.wait([working])
    return result


def _settings(demo: Demo, smtp_port: int, webhook_port: int) -> Settings:
    document = (demo.example / "configuration.yaml").read_text(encoding="utf-8")
    configuration = demo.folder / "configuration.yaml"
    configuration.write_text(document.replace(_SAMPLE_WEBHOOK, f"http://127.0.0.1:{webhook_port}"), encoding="utf-8")
    forwarded = demo.folder / "delivered" / "folder"
    forwarded.mkdir(parents=True)
    for folder in (_scans(demo), demo.folder / "printed"):
        folder.mkdir()
    first_address = next(iter(demo.sample.mailboxes.values()))
    domain = first_address.rpartition("@")[2]
    return Settings.model_validate(
        {
            "var": demo.folder / "gateway",
            "configuration": configuration,
            "forward_folder": forwarded,
            "api": {"port": free_port()},
            "trusted_authserv_ids": [f"mx.{domain}"],
            "smtp": {
                "host": "127.0.0.1",
                "port": smtp_port,
                "tls": "none",
                # Answers come back to a mailbox that is read: they join their item.
                "from_address": first_address,
                "from_name": "Gemeente Moerdijk",
                "envelope_sender": f"bounce+{{token}}@{domain}",
            },
            "sources": [
                {
                    "id": mailbox.name,
                    "mode": "live",
                    # The sample's mails arrive now; a second of grace for the servers' clocks.
                    "live_from": "2000-01-01T00:00:00Z",
                    "sweep_seconds": 60,
                    "imap": {
                        "host": "127.0.0.1",
                        "port": mailbox.port,
                        "tls": "none",
                        "user": mailbox.name,
                        "password_env": PASSWORD_VARIABLE,
                        "addresses": [mailbox.address],
                    },
                }
                for mailbox in demo.mailboxes.values()
            ]
            + [
                {
                    "id": POST,
                    "mode": "live",
                    "live_from": "2000-01-01T00:00:00Z",
                    "sweep_seconds": 60,
                    # Each file is renamed into the folder when it is whole.
                    "scan_folder": {"folder": _scans(demo), "stable_seconds": 0},
                }
            ],
            "letters": {
                "house": {
                    "name": "Gemeente Moerdijk",
                    "return_address": ["Postbus 4", "4760 AA Zevenbergen"],
                    "place": "Zevenbergen",
                },
                "print_folder": demo.folder / "printed",
            },
        }
    )


async def _carry(demo: Demo, parts: Parts, working: asyncio.Task[None], console: Console) -> int:
    """Put the mails in and follow them; return the exit code."""
    waiting = list(demo.sample.mails)
    stand: list[Stands] = []
    until = asyncio.get_running_loop().time() + _GIVES_UP_SECONDS
    with Live(console=console, refresh_per_second=4) as live:
        while asyncio.get_running_loop().time() < until and not working.done():
            waiting = await _put_in(demo, waiting, stand)
            stand = await where_all_stand(parts.ledger, demo.file_at)
            wrong = _wrong(demo, stand)
            live.update(table_of(demo.sample, {mail.file: demo.stand_of(mail, stand) for mail in demo.sample.mails}))
            if not waiting and not wrong:
                break
            await asyncio.sleep(_LOOKS_SECONDS)
    if working.done():
        working.result()
    wrong = _wrong(demo, stand)
    for file, told in wrong.items():
        console.print(f"[red]{file}[/red]: {'; '.join(told)}")
    right = len(demo.sample.mails) - len(wrong)
    console.print(f"{right} of {len(demo.sample.mails)} mails and scan files stand where the sample says they must.")
    console.print(f"What was sent: {demo.folder / 'sent'}; what departments have: {demo.folder / 'delivered'}")
    console.print(f"Letters to be printed: {demo.folder / 'printed'}")
    return 1 if wrong else 0


def _wrong(demo: Demo, stand: list[Stands]) -> dict[str, list[str]]:
    compared = {mail.file: differences(mail, demo.stand_of(mail, stand)) for mail in demo.sample.mails}
    return {file: told for file, told in compared.items() if told}


async def _put_in(demo: Demo, waiting: list[SampleMail], stand: list[Stands]) -> list[SampleMail]:
    """Let each mail arrive whose turn it is, in order; return those that wait for another's acknowledgement."""
    left = []
    for mail in waiting:
        content = (demo.example / mail.file).read_bytes()
        if mail.after is not None:
            acknowledgement = _acknowledgement_id(demo, mail.after)
            if acknowledgement is None or not _is_settled(demo, mail.after, stand):
                left.append(mail)
                continue
            content = content.replace(f"{_PLACEHOLDER}{mail.after}}}}}".encode(), acknowledgement.encode())
        if mail.mailboxes == (POST,):
            demo.file_at[POST, await asyncio.to_thread(_scan, demo, mail.file, content)] = mail.file
            continue
        for name in mail.mailboxes:
            position = await asyncio.to_thread(demo.mailboxes[name].put, content)
            demo.file_at[name, position] = mail.file
    return left


def _scans(demo: Demo) -> Path:
    return demo.folder / "scanned"


def _scan(demo: Demo, file: str, content: bytes) -> str:
    """Do as a scanner does; return the position under which the file is kept."""
    name = Path(file).name
    hidden = _scans(demo) / f".{name}"
    hidden.write_bytes(content)
    hidden.rename(_scans(demo) / name)
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _is_settled(demo: Demo, file: str, stand: list[Stands]) -> bool:
    mail = next(one for one in demo.sample.mails if one.file == file)
    return not differences(mail, demo.stand_of(mail, stand))


def _acknowledgement_id(demo: Demo, file: str) -> str | None:
    """Return the Message-ID of the acknowledgement that the mail's sender received, without brackets."""
    from email import message_from_bytes, policy

    asked = message_from_bytes((demo.example / file).read_bytes(), policy=policy.default)
    own = str(asked["message-id"]).strip()
    for answer in sorted((demo.folder / "sent").glob("*/*.eml")):
        message = message_from_bytes(answer.read_bytes(), policy=policy.default)
        if str(message["in-reply-to"] or "").strip() == own and message["auto-submitted"] == "auto-replied":
            return str(message["message-id"]).strip().strip("<>")
    return None


async def _stay(parts: Parts, settings: Settings, console: Console) -> None:
    key = await make_key(parts.ledger, "demo", Role.admin, None, Confidentiality.zeer_geheim)
    base = f"http://{settings.api.host}:{settings.api.port}"
    console.print(f"API at {base}/v1/docs, until Ctrl-C. Try:")
    console.print(f'  curl -H "Authorization: Bearer {key}" {base}/v1/items', soft_wrap=True)
    (settings.var / "demo.json").write_text(json.dumps({"api": base}), encoding="utf-8")
    await serve_api(parts, settings)
