"""Run the demo: put the sample in, show a table that fills, and compare with what must become of each."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
import secrets
import shutil
from contextlib import AsyncExitStack
from pathlib import Path

from rich.console import Console
from rich.live import Live

from gateway.bootstrap import assembled
from gateway.commands.serve import serve_api
from gateway.demo.arriving import Demo, call_logs, put_in, scans
from gateway.demo.expected import PHONE, POST, Stands, load_sample, where_all_stand, wrong_calls
from gateway.demo.servers import PASSWORD_VARIABLE, imap_server, smtp_relay, webhook_receiver
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
_GIVES_UP_SECONDS = 300.0
_LOOKS_SECONDS = 0.25
_WIDTH = 170
_MARK = ".inbox-gateway-demo"


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
    for folder in (scans(demo.folder), call_logs(demo.folder), demo.folder / "printed"):
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
                    "scan_folder": {"folder": scans(demo.folder), "stable_seconds": 0},
                },
                {
                    "id": PHONE,
                    "mode": "live",
                    "live_from": "2000-01-01T00:00:00Z",
                    "sweep_seconds": 60,
                    "call_folder": {"folder": call_logs(demo.folder), "stable_seconds": 0},
                },
                *(
                    {"id": name, "mode": "live", "live_from": "2000-01-01T00:00:00Z", "intake": {"channel": channel}}
                    for name, channel in (("balie", "desk"), ("gebiedstafel", "area_table"))
                ),
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
    """Put everything in and follow it; return the exit code."""
    waiting = list(demo.sample.deliveries)
    stand: list[Stands] = []
    wrong: dict[str, list[str]] = {}
    until = asyncio.get_running_loop().time() + _GIVES_UP_SECONDS
    with Live(console=console, refresh_per_second=4) as live:
        while asyncio.get_running_loop().time() < until and not working.done():
            waiting = await put_in(demo, parts, waiting, stand)
            stand = await where_all_stand(parts.ledger, demo.file_at)
            wrong = demo.wrong(stand) | await wrong_calls(parts.ledger, demo.sample)
            live.update(table_of(demo.sample, {one.file: demo.stand_of(one, stand) for one in demo.sample.deliveries}))
            if not waiting and not wrong:
                break
            await asyncio.sleep(_LOOKS_SECONDS)
    if working.done():
        working.result()
    for file, told in wrong.items():
        console.print(f"[red]{file}[/red]: {'; '.join(told)}")
    of = len(demo.sample.deliveries)
    console.print(
        f"{of - len(wrong)} of {of} mails, scan files, call logs and notes stand where the sample says they must."
    )
    console.print(f"What was sent: {demo.folder / 'sent'}; what departments have: {demo.folder / 'delivered'}")
    console.print(f"Letters to be printed: {demo.folder / 'printed'}")
    return 1 if wrong else 0


async def _stay(parts: Parts, settings: Settings, console: Console) -> None:
    key = await make_key(parts.ledger, "demo", Role.admin, None, Confidentiality.zeer_geheim)
    base = f"http://{settings.api.host}:{settings.api.port}"
    console.print(f"API at {base}/v1/docs, until Ctrl-C. Try:")
    console.print(f'  curl -H "Authorization: Bearer {key}" {base}/v1/items', soft_wrap=True)
    (settings.var / "demo.json").write_text(json.dumps({"api": base}), encoding="utf-8")
    await serve_api(parts, settings)
