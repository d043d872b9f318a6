"""Tries of sources: a hung share does not hide behind a late answer."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest

import gateway.source_trying
from gateway.settings import SourceSettings
from gateway.source_trying import Trying


async def test_while_all_tries_hang_another_is_told_that_it_is_busy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = SourceSettings.model_validate({"id": "map", "call_folder": {"folder": tmp_path}})
    comes_back = threading.Event()

    def hangs(*_: Any) -> int:
        comes_back.wait(20)
        return 0

    trying = Trying()
    monkeypatch.setattr(gateway.source_trying, "_WHOLE_SECONDS", 0.1)
    monkeypatch.setattr(gateway.source_trying, "_BUSY_SECONDS", 0.1)
    with monkeypatch.context() as hung:
        hung.setattr(gateway.source_trying, "_look", hangs)
        late = await asyncio.gather(*(trying.source(source) for _ in range(4)))
        assert {tried.code for tried in late} == {"source_unreachable"}
        assert (await trying.source(source)).code == "busy"
    comes_back.set()
    monkeypatch.setattr(gateway.source_trying, "_WHOLE_SECONDS", 10)
    monkeypatch.setattr(gateway.source_trying, "_BUSY_SECONDS", 10)
    assert (await trying.source(source)).code == "ok"


@pytest.mark.parametrize("at", [{"call_folder": {"after_keep": "leave"}}, {"call_folder": {}}, {"scan_folder": {}}])
async def test_a_try_of_a_folder_counts_what_is_there(tmp_path: Path, at: dict[str, Any]) -> None:
    for name in ("een.pdf", "twee.csv", "drie.csv", "half.part", ".verborgen"):
        (tmp_path / name).write_bytes(b"x")
    [(kind, said)] = at.items()
    source = SourceSettings.model_validate({"id": "map", kind: {**said, "folder": tmp_path}})
    tried = await Trying().source(source)
    assert (tried.code, tried.detail) == ("ok", "3 files there now; nothing was touched")
