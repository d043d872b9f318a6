"""`gateway reconcile`, as people and nightly jobs use it."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
import yaml

from store.keeping import delivery_id
from store.tables import deliveries
from tests.gateway.test_commands import gateway
from tests.mails import mail
from tests.running import Town, until

LONG_AGO = 1_700_000_000


@pytest.fixture
async def town(make_town: Callable[..., Any]) -> Town:
    """Give a town that has handled two mails, and stands still."""
    town: Town = await make_town()
    town.mailbox.deliver(mail("Lantaarn MERK", sender="Jan <merk@inwoner.test>"), mail("Vergunning"))
    async with town.working():
        for subject in ("Lantaarn MERK", "Vergunning"):
            item = await town.until_status(subject, "forwarded")
            await town.until_told(item.item_id)

        async def confirmed() -> bool:
            return not await town.rows(deliveries, deliveries.c.confirmed_at.is_(None))

        await until(confirmed, "the mailbox is told")
    return town


async def run(town: Town, *arguments: str, **changes: Any) -> CompletedProcess[str]:
    """Run the command with the town's settings, changed."""
    document = town.settings.model_dump(mode="json", exclude_unset=True)
    document.update(changes)
    file = Path(town.settings.var).parent / "gateway.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")
    return await asyncio.to_thread(gateway, "reconcile", "--settings", file, *arguments)


def lines(ran: CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ran.stdout.splitlines()]


def file_of(town: Town, identity: str) -> Path:
    [file] = [file for file in town.settings.bytes_root().rglob("*") if file.name == identity]
    return file


async def first_delivery(town: Town) -> Any:
    return min(await town.rows(deliveries), key=lambda row: int(row.position))


async def test_a_clean_town_ends_with_zero(town: Town) -> None:
    ran = await run(town, "--json", "--look")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert lines(ran) == [
        {
            "source": "info", "seen": 2, "kept": 2, "waiting": 0, "vanished": 0, "missing": 0, "intact": 2, "losses": 0,
            "notices": 0,
        }
    ]  # fmt: skip
    words = await run(town)
    assert words.returncode == 0
    assert words.stdout.splitlines()[-1] == "no losses"


async def test_each_planted_loss_is_a_line_and_ends_with_one(town: Town) -> None:
    first = await first_delivery(town)
    file_of(town, first.delivery_id).write_bytes(b"x")
    foreign = town.settings.bytes_root() / "los.txt"
    foreign.write_bytes(b"tekst")
    os.utime(foreign, (LONG_AGO, LONG_AGO))
    ran = await run(town, "--json")
    assert ran.returncode == 1
    *differences, counts = lines(ran)
    assert [(line["difference"], line["weight"]) for line in differences] == [
        ("bytes_altered", "loss"),
        ("bytes_without_row", "loss"),
    ]
    altered = differences[0]
    assert set(altered) == {
        "difference", "weight", "source_id", "key_space", "position", "delivery_id", "item_id", "reference", "detail",
        "happened", "to_do",
    }  # fmt: skip
    assert (altered["position"], altered["delivery_id"]) == ("1", delivery_id(first.key_space, "1"))
    assert differences[1]["name"] == "los.txt"
    assert (counts["intact"], counts["losses"]) == (1, 1)
    assert (await run(town, "--quick", "--json")).returncode == 1


async def test_people_read_what_happened_and_what_to_do_and_nothing_of_a_person(town: Town) -> None:
    first = await first_delivery(town)
    file_of(town, first.delivery_id).unlink()
    ran = await run(town)
    assert ran.returncode == 1
    assert "LOSS bytes_missing: the ledger knows the delivery, and its bytes are gone" in ran.stdout
    assert "to do: restore it from a backup" in ran.stdout
    assert first.delivery_id in ran.stdout
    assert ran.stdout.splitlines()[-1] == "1 losses"
    assert "merk" not in (ran.stdout + ran.stderr).lower()


async def test_it_changes_nothing(town: Town) -> None:
    await run(town)
    before = {file: file.read_bytes() for file in town.settings.bytes_root().rglob("*") if file.is_file()}
    versions = await town.items()
    town.mailbox.deliver(mail("Nieuw"))
    ran = await run(town, "--json", "--look")
    assert [line["position"] for line in lines(ran) if line.get("difference") == "waiting"] == ["3"]
    assert ran.returncode == 0
    assert {file: file.read_bytes() for file in town.settings.bytes_root().rglob("*") if file.is_file()} == before
    assert await town.items() == versions
    assert town.mailbox.flags() == [set()]


async def test_one_source_can_be_asked_for_by_its_id(town: Town) -> None:
    assert [line["source"] for line in lines(await run(town, "--json", "--source", "info"))] == ["info"]
    ran = await run(town, "--source", "weg")
    assert ran.returncode == 2
    assert "the ledger knows no source `weg`; it knows info" in ran.stderr


async def test_a_mailbox_that_cannot_be_looked_at_is_never_called_clean(town: Town) -> None:
    town.mailbox.server.password_file.with_name("wrong").write_text("wrong\n")
    sources = town.settings.model_dump(mode="json", exclude_unset=True)["sources"]
    sources[0]["imap"]["password_file"] = str(town.mailbox.server.password_file.with_name("wrong"))
    ran = await run(town, "--json", "--look", sources=sources)
    assert ran.returncode == 2
    assert "password_file" in ran.stderr
    assert lines(ran)[-1]["kept"] == 2


async def test_settings_that_name_another_place_end_with_two(town: Town, tmp_path: Path) -> None:
    ran = await run(town, bytes_folder=str(tmp_path / "elders"))
    assert ran.returncode == 2
    assert "is it mounted?" in ran.stderr
    nothing = tmp_path / "niets"
    ran = await run(town, var=str(nothing))
    assert ran.returncode == 2
    assert "nothing ran with these settings yet" in ran.stderr
    assert not nothing.exists()
