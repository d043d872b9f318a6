"""`gateway sources`: what stands where, tried, paused and let go on, from the command line."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from gateway.__main__ import app
from gateway.bootstrap import assembled
from gateway.settings import load_settings
from inbox.errors import Conflict, NotFound


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Give a settings file whose installation ran once."""
    file = tmp_path / "gateway.yaml"
    source = {"id": "telefoon", "call_folder": {"folder": str(tmp_path / "logs")}}
    file.write_text(yaml.safe_dump({"var": str(tmp_path / "var"), "sources": [source]}), encoding="utf-8")

    async def once() -> None:
        async with assembled(load_settings(file), migrates=True):
            pass

    asyncio.run(once())
    return file


def run(*arguments: str) -> tuple[int, list[dict[str, Any]]]:
    done = CliRunner().invoke(app, ["sources", *arguments])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def test_a_source_is_listed_paused_and_let_go_on(settings: Path) -> None:
    where = ("--settings", str(settings))
    _, [line] = run("list", "--json", *where)
    assert (line["source"], line["managed_by"], line["paused_by"]) == ("telefoon", "settings", None)
    assert run("pause", "telefoon", "--reason", "storing", *where)[0] == 0
    _, [line] = run("list", "--json", *where)
    assert (line["paused_by"], line["pause_reason"]) == ("command line", "storing")
    with pytest.raises(Conflict):
        run("pause", "telefoon", "--reason", "nog eens", *where)
    checked = CliRunner().invoke(app, ["check", *where])
    assert "paused" in checked.stdout
    assert run("resume", "telefoon", *where)[0] == 0
    assert run("list", "--json", *where)[1][0]["paused_by"] is None
    with pytest.raises(NotFound):
        run("pause", "niemand", "--reason", "storing", *where)


def test_a_try_says_what_is_wrong_in_one_sentence(settings: Path, tmp_path: Path) -> None:
    where = ("--json", "--settings", str(settings))
    code, [told] = run("try", "telefoon", *where)
    assert (code, told["code"], "`folder`" in told["detail"]) == (1, "folder_missing", True)
    (tmp_path / "logs").mkdir()
    code, [told] = run("try", "telefoon", *where)
    assert (code, told["detail"]) == (0, "0 files there now; nothing was touched")
    with pytest.raises(NotFound):
        run("try", "niemand", *where)
