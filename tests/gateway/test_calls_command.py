"""`gateway calls`: what the register holds, for whoever has the settings, without who rang."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.bootstrap import assembled
from gateway.settings import Settings
from inbox.call import Direction, Outcome
from tests.call_logs import call_parts, keep_log, leg, written
from tests.configuration import SMALL_TOWN
from tests.gateway.test_commands import gateway
from workflows.importing import import_log

NUMBER = "+31612345678"


@pytest.fixture
async def house(tmp_path: Path) -> tuple[Path, list[str]]:
    """Give the settings of an installation, and its logs: one imported, one in no format that is known."""
    town = tmp_path / "town.yaml"
    town.write_text(SMALL_TOWN.replace("FOLDER", str(tmp_path / "forwarded")), encoding="utf-8")
    document = {"var": str(tmp_path / "var"), "configuration": str(town)}
    file = tmp_path / "gateway.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    async with assembled(Settings.model_validate(document), migrates=True) as parts:
        calling = replace(parts, calls=call_parts(parts.ledger, tmp_path).calls)
        rows = [
            leg("a", outcome=Outcome.missed),
            leg("b", 5, direction=Direction.outbound, caller="14076", dialled=NUMBER),
        ]
        made = [await keep_log(calling, written(rows)), await keep_log(calling, b"no log")]
        for log_id in made:
            await import_log(calling, log_id)
    return file, made


def lines(printed: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in printed.splitlines()]


async def test_logs_are_listed_and_one_is_read_again(house: tuple[Path, list[str]]) -> None:
    settings, (good, bad) = house

    async def run(*arguments: str) -> Any:
        return await asyncio.to_thread(gateway, "calls", *arguments, "--settings", settings)

    told = lines((await run("logs", "--json")).stdout)
    assert [(log["id"], log["state"], log["code"]) for log in told] == [
        (bad, "set_aside", "call_log_unknown"),
        (good, "imported", None),
    ]
    assert (told[1]["rows_done"], told[1]["legs_new"]) == (2, 2)
    said = (await run("logs", "--state", "set_aside")).stdout
    assert said.startswith(f"{bad}\n  source phone, state set_aside")
    assert "call_log_unknown" in said
    assert (await run("retry", bad)).returncode == 0
    assert [log["id"] for log in lines((await run("logs", "--json", "--state", "waiting")).stdout)] == [bad]
    refused = await run("retry", bad)
    assert (refused.returncode, refused.stderr.split(":")[0]) == (2, "conflict")
    assert (await run("logs", "--state", "lost")).returncode == 2


async def test_calls_are_listed_without_anybodys_number(house: tuple[Path, list[str]]) -> None:
    settings, _ = house
    ran = await asyncio.to_thread(gateway, "calls", "list", "--json", "--settings", settings)
    assert [(call["outcome"], call["dialled"]) for call in lines(ran.stdout)] == [("missed", None), ("missed", "14076")]
    assert NUMBER not in ran.stdout
    few = await asyncio.to_thread(gateway, "calls", "list", "--outcome", "answered", "--settings", settings)
    assert (few.returncode, "missed" in few.stdout) == (0, False)
