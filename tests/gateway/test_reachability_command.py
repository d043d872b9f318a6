"""`gateway reachability`, as people and spreadsheets use it."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import yaml

from inbox.call import Direction, Outcome
from store.configurations import publish
from store.ledger import Ledger
from store.migrate import migrate
from tests.configuration import SMALL_TOWN
from tests.gateway.test_commands import gateway
from tests.inbox.calls.counting import NOON, Raw
from tests.store.calls_made import CALLER, add_calls

CALLS = """
calls:
  queues:
    Vergunningen: {department: vergunningen}
"""
RANG = [
    Raw(waits=12),
    Raw(began=NOON + timedelta(hours=1), waits=45),
    Raw(outcome=Outcome.abandoned, waits=2),
    Raw("[bold]Alarm", outcome=Outcome.missed, waits=70),
    Raw(direction=Direction.outbound),
]
DAY = ("--from", "2026-11-24", "--to", "2026-11-24")


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Give the settings of an installation that was rung on 24 November 2026."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'ledger.sqlite'}"

    async def prepare() -> None:
        ledger = Ledger(url)
        await migrate(ledger)
        await publish(ledger, SMALL_TOWN.replace("FOLDER", str(tmp_path)) + CALLS, "test")
        await add_calls(ledger, [raw.legs(str(number)) for number, raw in enumerate(RANG)])
        await ledger.close()

    asyncio.run(prepare())
    file = tmp_path / "gateway.yaml"
    file.write_text(yaml.safe_dump({"ledger": {"url": url}, "var": str(tmp_path)}), encoding="utf-8")
    return file


def run(settings: Path, *arguments: str) -> CompletedProcess[str]:
    return gateway("reachability", "--settings", settings, *arguments, COLUMNS="300")


def test_each_figure_is_a_line_and_the_last_one_is_of_all(settings: Path) -> None:
    ran = run(settings, *DAY, "--json")
    assert ran.returncode == 0, ran.stderr
    permits, alarm, total = (json.loads(line) for line in ran.stdout.splitlines())
    assert (permits["queue"], permits["department"], permits["offered"], permits["measured"]) == (
        "Vergunningen", "vergunningen", 3, 2,
    )  # fmt: skip
    assert (permits["answered_within_norm"], permits["answered_late"], permits["abandoned_short"]) == (1, 1, 1)
    assert (permits["average_wait_s"], permits["share_within_norm"], permits["is_norm_met"]) == (28.5, 0.5, False)
    assert (alarm["queue"], alarm["department"], alarm["missed"]) == ("[bold]Alarm", "", 1)
    assert (total["total"], total["offered"], total["from"], total["to"]) == (True, 4, "2026-11-24", "2026-11-24")
    assert (total["unknown_queues"], total["not_counted"]) == (["[bold]Alarm"], 1)


def test_people_read_a_table_in_which_names_are_only_names(settings: Path) -> None:
    ran = run(settings, *DAY, "--by", "queue,hour")
    assert ran.returncode == 0, ran.stderr
    assert "Reachability, 2026-11-24 to 2026-11-24 (Europe/Amsterdam)" in ran.stdout
    assert "12-13" in ran.stdout
    assert "80.0% in 30 s: NOT MET" in ran.stdout
    assert "not in `calls.queues` of the configuration: [bold]Alarm" in ran.stdout
    assert ran.stdout.count("[bold]Alarm") == 2
    assert "not counted, as nobody rang us: 1 calls" in ran.stdout


def test_a_queue_that_nobody_configured_has_no_department(settings: Path) -> None:
    ran = run(settings, *DAY, "--by", "department,day")
    assert "vergunningen   2026-11-24" in ran.stdout
    assert "(unknown)      2026-11-24" in ran.stdout


def test_the_calls_behind_are_listed_without_who_rang(settings: Path) -> None:
    lines = [json.loads(line) for line in run(settings, *DAY, "--calls", "--json", "--hour", "12").stdout.splitlines()]
    assert [line["counted_as"] for line in sorted(lines, key=lambda line: line["waited_s"])] == [
        "abandoned_short", "answered_within_norm", "missed",
    ]  # fmt: skip
    words = run(settings, *DAY, "--calls", "--queue", "vergunningen")
    assert len(words.stdout.splitlines()) == 3
    assert "2026-11-24 13:00:00+01:00" in words.stdout
    assert CALLER not in words.stdout + json.dumps(lines)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "24-11-2026"), "--from: write a date"),
        (("--from", "2026-11-25", "--to", "2026-11-24"), "ends before it begins"),
        (("--by", "caller"), "there are queue, department, hour, day"),
        (("--hour", "12"), "--hour goes with --calls"),
    ],
)
def test_what_makes_no_sense_ends_with_one_line(settings: Path, arguments: tuple[str, ...], said: str) -> None:
    ran = run(settings, *arguments)
    assert ran.returncode == 2
    assert said in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


def test_an_installation_that_never_ran_is_named(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text(yaml.safe_dump({"var": str(tmp_path / "var")}), encoding="utf-8")
    ran = run(file)
    assert (ran.returncode, "nothing ran with these settings yet" in ran.stderr) == (2, True)
