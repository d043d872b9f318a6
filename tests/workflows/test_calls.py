"""A call log that is dropped in a folder: call-backs at their departments, text messages to callers, and a full register."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from store.call_tables import call_bad_rows, call_logs, calls
from store.reconciling import reconcile
from store.tables import items
from tests.configuration import SMALL_TOWN, with_call_texts
from tests.running import Town, until
from tests.servers.notify_nl import KEY, TEMPLATE, NotifyNlServer
from workflows import sending_hours

ZONE = ZoneInfo("Europe/Amsterdam")
JAN, PIET = "0612345678", "0687654321"


def document() -> str:
    """Return the small town, in which missed calls of one queue are about permits."""
    town = yaml.safe_load(with_call_texts(SMALL_TOWN))
    town["calls"] = {"category": "lantaarn", "queues": {"vergunningen": {"department": "vergunningen"}}}
    town["rules"] = [{"id": "rij", "when": {"queue": "vergunningen"}, "category": "vergunning"}, *town["rules"]]
    return yaml.safe_dump(town, allow_unicode=True, sort_keys=False)


def row(
    number: int, caller: str, minutes_ago: float, *, waits: int = 40, talks: int = 0, queue: str = "burgerzaken"
) -> str:
    """Return a row as Asterisk writes it: a call in a queue that was answered, or not."""
    started = (datetime.now(UTC) - timedelta(minutes=minutes_ago)).astimezone(ZONE)
    answer = f"{started + timedelta(seconds=waits):%F %T}" if talks else ""
    end = f"{started + timedelta(seconds=waits + talks):%F %T}"
    said = "ANSWERED" if talks else "NO ANSWER"
    unique = f"{int(started.timestamp())}.{number}"
    return (
        f'"","{caller}","14099","from-trunk","<{caller}>","PJSIP/trunk-{number:08x}","PJSIP/201-{number:08x}",'
        f'"Queue","{queue},t,,,120","{started:%F %T}","{answer}","{end}",{waits + talks},{talks},"{said}",'
        f'"DOCUMENTATION","{unique}","","","{unique}",{number}\n'
    )


def drop(folder: Path, name: str, *rows: str) -> None:
    """Do as a telephone system does: the file appears whole."""
    hidden = folder / f".{name}"
    hidden.write_text("".join(rows), encoding="utf-8")
    hidden.rename(folder / name)


@pytest.fixture
def notify_nl(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(sending_hours, "seconds_until_allowed", lambda *_: 0.0)
    monkeypatch.setenv("NOTIFY_KEY", KEY)
    server = NotifyNlServer()
    server.start()
    yield server
    server.stop()
    assert server.faults == []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "calls"
    made.mkdir()
    return made


@pytest.fixture
async def town(make_town: Callable[..., Any], folder: Path, notify_nl: NotifyNlServer, ledger_url: str) -> Town:
    """Give a town with a telephone system; nothing runs yet."""
    made: Town = await make_town(
        call_folder={"folder": str(folder), "stable_seconds": 0},
        calls={"quiet_seconds": 0},
        document=document(),
        sms={"api_key": "env:NOTIFY_KEY", "url": notify_nl.url, "template_id": TEMPLATE},
        ledger_url=ledger_url,
        sweep_seconds=2,
    )
    return made


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest) -> str:
    """Give the address of an empty ledger of each kind."""
    if request.param == "sqlite":
        return ""
    return str(request.getfixturevalue("postgres").fresh_database())


async def judged(town: Town, count: int) -> None:
    """Wait until so many calls are judged."""

    async def all_are() -> bool:
        return len([row for row in await town.rows(calls) if row.verdict and row.quiet_from is None]) >= count

    await until(all_are, f"{count} calls are judged")


async def test_a_log_in_the_folder_ends_at_the_department_and_as_a_text_message(
    town: Town, folder: Path, notify_nl: NotifyNlServer
) -> None:
    drop(
        folder,
        "cdr-1.csv",
        row(1, JAN, 60, queue="vergunningen"),
        row(2, JAN, 50, queue="vergunningen"),
        row(3, "0201234567", 45, talks=90),
        "half a row",
        "\n",
        row(4, "anonymous", 40),
    )
    async with town.working():
        await judged(town, 4)
        [item] = await town.items()

        async def forwarded() -> Any:
            found = await town.rows(items, items.c.item_id == item.item_id, items.c.status == "forwarded")
            return found[0] if found else None

        item = await until(forwarded, "the call-back is with its department")
        notice = await town.until_told(item.item_id)
    [mail] = town.mail_to("vergunningen@afdeling.test")
    assert b"+31612345678" in mail
    assert item.reading["call"]["calls"] == 2
    assert (notice.channel, notice.state, notice.rcpt_to) == ("sms", "sent", "+31612345678")
    [text] = notify_nl.texts
    assert (text.number, item.reference in text.text) == ("+31612345678", True)
    [log] = await town.rows(call_logs)
    assert (log.state, log.rows_done, log.legs_new, log.bad_rows) == ("imported", 5, 4, 1)
    [bad] = await town.rows(call_bad_rows)
    assert (bad.line, bad.raw) == (4, b"half a row\n")
    assert (folder / "processed" / "cdr-1.csv").exists()
    verdicts = {row.caller or "withheld": row.verdict for row in await town.rows(calls)}
    assert verdicts == {"+31612345678": "call_back", "+31201234567": "registered", "withheld": "counted"}
    await nothing_is_lost(town)


async def test_the_same_log_again_changes_nothing_and_a_later_conversation_settles(
    town: Town, folder: Path, notify_nl: NotifyNlServer
) -> None:
    first = row(1, JAN, 30)
    drop(folder, "cdr-1.csv", first)
    async with town.working():
        await judged(town, 1)
        [item] = await town.items()
        await town.until_told(item.item_id)
        drop(folder, "cdr-1-again.csv", first, row(2, PIET, 20, talks=30))
        await judged(town, 2)
        assert len(await town.items()) == 1
        drop(folder, "cdr-2.csv", row(3, JAN, 5, talks=120))

        async def completed() -> bool:
            [row] = await town.items()
            return bool(row.status == "completed")

        await until(completed, "the call-back is settled")
    assert len(notify_nl.texts) == 1
    assert [row.verdict for row in sorted(await town.rows(calls), key=lambda row: row.started_at)] == [
        "call_back",
        "registered",
        "settled",
    ]
    await nothing_is_lost(town)


async def nothing_is_lost(town: Town) -> None:
    """Let reconcile prove it."""
    assert town.parts is not None
    report = await reconcile(town.ledger, town.parts.bytes, settles=timedelta())
    assert report.losses == []
