"""`gateway config simulate` and `gateway explain --item`, over a ledger with an item in it."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.commands.explain_item import explain_reference
from gateway.commands.simulate import Asked, simulate
from gateway.settings import find_settings
from inbox.errors import BadRequest
from store.installation import installation_id
from store.ledger import Ledger
from store.migrate import migrate
from tests.configuration import SMALL_TOWN
from tests.gateway.api.world import make_world
from tests.mails import mail

LAST = Asked(10, None, (), is_against_then=False)


@pytest.fixture
def installed(tmp_path: Path) -> tuple[Path, str]:
    """Give the settings of an installation with one decided item, and the item's reference."""
    settings_path = tmp_path / "gateway.yaml"
    settings_path.write_text(yaml.safe_dump({"var": str(tmp_path)}), encoding="utf-8")
    settings = find_settings(settings_path)

    async def fill() -> str:
        ledger = Ledger(settings.ledger_url())
        await migrate(ledger)
        world = await make_world(ledger, settings.bytes_root().parent)
        assert world.bytes_root == settings.bytes_root()
        async with world.client:
            await world.parts.bytes.mark(await installation_id(ledger), may_be_new=True)
            row = await world.row(await world.decided())
        await ledger.close()
        return str(row.reference)

    return settings_path, asyncio.run(fill())


def changed(folder: Path) -> str:
    """Write a document with one more rule; return its path."""
    more = "rules:\n  - {id: lampen, when: {words: [lantaarn]}, category: vergunning}\n"
    file = folder / "changed.yaml"
    file.write_text(SMALL_TOWN.replace("rules:\n", more, 1), encoding="utf-8")
    return str(file)


def test_the_last_items_are_rehearsed(
    installed: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert simulate(changed(tmp_path), LAST, as_json=True, settings_path=installed[0]) == 0
    lines: list[dict[str, Any]] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0]["after"]["matters"][0]["category"] == "vergunning"
    assert lines[-1]["counts"]["changed"] == 1
    assert simulate(changed(tmp_path), LAST, as_json=False, settings_path=installed[0]) == 0
    assert "1 of 1 items change: category 1, department 1, promise 1" in " ".join(capsys.readouterr().out.split())


def test_files_are_rehearsed(installed: tuple[Path, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "een.eml"
    file.write_bytes(mail("Lantaarn kapot"))
    asked = Asked(None, None, (file,), is_against_then=False)
    simulate(changed(tmp_path), asked, as_json=True, settings_path=installed[0])
    [item, counts] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert item["file"].endswith("een.eml [0]")
    assert counts["counts"]["examined"] == 1


def test_one_choice_of_items_and_a_document_that_is_there(installed: tuple[Path, str], tmp_path: Path) -> None:
    both = Asked(1, 1, (), is_against_then=False)
    with pytest.raises(BadRequest, match="one of"):
        simulate(changed(tmp_path), both, as_json=True, settings_path=installed[0])
    with pytest.raises(BadRequest, match="no draft's id"):
        simulate("nergens.yaml", LAST, as_json=True, settings_path=installed[0])


def test_an_item_is_explained_by_its_reference(installed: tuple[Path, str], capsys: pytest.CaptureFixture[str]) -> None:
    explain_reference(installed[1], as_json=False, settings_path=installed[0])
    told = capsys.readouterr().out
    assert "lantaarn -> kcc (rule lantaarn)" in told
    assert "because lantaarn:" in told
    explain_reference(installed[1], as_json=True, settings_path=installed[0])
    assert json.loads(capsys.readouterr().out)["agrees"] is True
    with pytest.raises(BadRequest):
        explain_reference("onzin", as_json=True, settings_path=installed[0])
