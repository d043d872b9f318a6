"""`gateway audit`: what auditors and scripts are told, and that a broken chain ends with 1."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
import yaml
from click.testing import Result
from sqlalchemy import delete
from typer.testing import CliRunner

from gateway.__main__ import app
from gateway.bootstrap import assembled
from gateway.settings import Settings
from inbox.errors import BadRequest
from store.audit_chain import seal
from store.audit_digests import link_of
from store.audit_tables import audit
from store.keys import Role, make_key
from store.ledger import Ledger
from tests.configuration import SMALL_TOWN
from tests.servers.siem import parameters
from tests.store.making import unguarded


def gateway(*arguments: str | Path) -> Result:
    """Run the command line in this process."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Give the settings of an installation in which a version was published and three keys were made."""
    town = tmp_path / "town.yaml"
    town.write_text(SMALL_TOWN.replace("FOLDER", str(tmp_path / "forwarded")), encoding="utf-8")
    document = {"var": str(tmp_path / "var"), "configuration": str(town)}
    file = tmp_path / "gateway.yaml"
    file.write_text(yaml.safe_dump(document), encoding="utf-8")

    async def begin() -> None:
        async with assembled(Settings.model_validate(document), migrates=True) as parts:
            for name in ("een", "twee", "drie"):
                await make_key(parts.ledger, name, Role.reader)
            await seal(parts.ledger)

    asyncio.run(begin())
    return file


def test_a_whole_trail_is_shown_exported_and_proven(settings: Path, tmp_path: Path) -> None:
    listed = gateway("audit", "list", "--json", "--kind", "key", "--limit", "2", "--settings", settings)
    names = [json.loads(line)["about"]["name"] for line in listed.stdout.splitlines()]
    assert names == ["drie", "twee"]
    assert "version.published" in gateway("audit", "list", "--settings", settings).stdout
    exported = gateway("audit", "export", "--json", "--settings", settings).stdout
    before = "0" * 64
    for place, line in enumerate(map(json.loads, exported.splitlines()), 1):
        before = link_of(before, place, line["entryId"], line["commitment"])
        assert (line["sequence"], line["chain"]) == (place, before)
    heard = gateway("audit", "export", "--settings", settings).stdout.splitlines()
    assert [parameters(line)["sequence"] for line in heard] == ["1", "2", "3", "4"]
    (tmp_path / "kept.jsonl").write_text(exported, encoding="utf-8")
    proven = gateway("audit", "verify", "--against", tmp_path / "kept.jsonl", "--settings", settings)
    assert (proven.exit_code, proven.stdout.splitlines()[0]) == (
        0,
        "4 entries stand in the chain as they were written",
    )
    assert before in proven.stdout


def test_days_and_moments_bound_an_export(settings: Path) -> None:
    for bounds in (("--to", "2020-01-01"), ("--from", "2199-01-01T00:00:00Z")):
        assert gateway("audit", "export", "--json", *bounds, "--settings", settings).stdout == ""
    wrong = gateway("audit", "export", "--from", "gisteren", "--settings", settings)
    assert isinstance(wrong.exception, BadRequest)


def test_a_removed_entry_ends_with_1_and_is_named(settings: Path, tmp_path: Path) -> None:

    async def tamper() -> None:
        ledger = Ledger(Settings.model_validate(yaml.safe_load(settings.read_text(encoding="utf-8"))).ledger_url())
        async with ledger.begin() as connection, unguarded(connection):
            await connection.execute(delete(audit).where(audit.c.sequence == 3))
        await ledger.close()

    asyncio.run(tamper())
    broken = gateway("audit", "verify", "--settings", settings)
    assert broken.exit_code == 1
    assert "BROKEN at number 3: entry 3 is missing" in broken.stdout
    told = json.loads(gateway("audit", "verify", "--json", "--settings", settings).stdout)
    assert told["broken"]["sequence"] == 3
    (tmp_path / "no.jsonl").write_text("geen regel\n", encoding="utf-8")
    other = gateway("audit", "verify", "--against", tmp_path / "no.jsonl", "--settings", settings)
    assert isinstance(other.exception, BadRequest)
