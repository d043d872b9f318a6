"""`gateway up` and `gateway demo`, as processes of their own."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import yaml

from gateway.settings import Settings
from store.keys import Role, make_key
from store.ledger import Ledger
from tests.mails import mail
from tests.servers.mailbox import Mailbox
from tests.servers.ports import free_port
from tests.servers.smtp_server import SmtpServer

ROOT = Path(__file__).parents[2]


@pytest.fixture
def settings(town_settings: Callable[..., Settings], tmp_path: Path) -> tuple[Path, Settings, str]:
    made = town_settings()
    port = free_port()
    file = tmp_path / "gateway.yaml"
    file.write_text(
        yaml.safe_dump({**made.model_dump(mode="json", exclude_unset=True), "api": {"port": port}}), encoding="utf-8"
    )
    return file, made, f"http://127.0.0.1:{port}"


@contextmanager
def up(file: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run `gateway up`; kill it at the end if it still runs."""
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway", "up", "--settings", str(file)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def answers(client: httpx.Client, path: str, seconds: float = 40) -> httpx.Response:
    """Wait until the path answers 200."""
    end = time.monotonic() + seconds
    while True:
        try:
            answer = client.get(path)
            if answer.status_code == 200 or time.monotonic() > end:
                return answer
        except httpx.TransportError:
            if time.monotonic() > end:
                raise
        time.sleep(0.1)


def test_up_carries_a_mail_answers_on_its_api_and_stops_when_told(
    settings: tuple[Path, Settings, str], mailbox: Mailbox, smtp_server: SmtpServer
) -> None:
    file, made, address = settings
    mailbox.deliver(mail("Lantaarn kapot"))
    with up(file) as process, httpx.Client(base_url=address) as client:
        assert answers(client, "/v1/health/ready").status_code == 200
        key = asyncio.run(_key(made))
        client.headers["Authorization"] = f"Bearer {key}"
        end = time.monotonic() + 120
        while True:
            [item] = answers(client, "/v1/items").json()["items"] or [{"status": "none"}]
            if item["status"] == "forwarded" or time.monotonic() > end:
                break
            time.sleep(0.1)
        assert item["status"] == "forwarded"
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0


def test_a_gateway_that_is_killed_goes_on_where_it_stopped(
    settings: tuple[Path, Settings, str], mailbox: Mailbox, smtp_server: SmtpServer
) -> None:
    file, made, address = settings
    smtp_server.fails["greeting"] = "421 4.3.2 down"
    mailbox.deliver(mail("Lantaarn kapot"))
    with up(file) as process, httpx.Client(base_url=address) as client:
        answers(client, "/v1/health/ready")
        client.headers["Authorization"] = f"Bearer {asyncio.run(_key(made))}"
        _until_status(client, "forwarding")
        process.send_signal(signal.SIGKILL)
        process.wait()
        smtp_server.fails.clear()
        with up(file):
            _until_status(client, "forwarded")
    assert len([taken for taken in smtp_server.taken if taken.rcpt_to == ("kcc@afdeling.test",)]) == 1


def _until_status(client: httpx.Client, status: str) -> None:
    # An attempt that was under way at the kill is only tried again when its claim is over, after 90 seconds.
    end = time.monotonic() + 170
    while time.monotonic() < end:
        rows = answers(client, "/v1/items").json()["items"]
        if [row["status"] for row in rows] == [status]:
            return
        time.sleep(0.1)
    pytest.fail(f"not {status}: {rows}")


async def _key(settings: Settings) -> str:
    ledger = Ledger(settings.ledger_url())
    try:
        return await make_key(ledger, "test", Role.admin)
    finally:
        await ledger.close()


def test_the_demo_ends_well(tmp_path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "gateway", "demo", "--folder", str(tmp_path / "demo")],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-3000:] + ran.stderr[-3000:]
