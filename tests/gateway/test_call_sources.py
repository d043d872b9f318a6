"""Sources of call records, from the settings file to the parts."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.phone.growing.source import GrowingSource
from adapters.watched.source import FolderSource
from gateway.bootstrap import assembled
from gateway.commands.check import _tried
from gateway.commands.reconcile import reconcile
from gateway.settings import Settings, SourceSettings
from gateway.sources import channel_of, configured, moves_what_is_kept
from inbox.channel import Channel
from tests.memory_source import swept

SERVER = {"host": "cdr.gemeente.test", "user": "cdr", "folder": "/cdr", "key_file": "/run/key", "host_key": "ssh-x A"}


def source(**said: Any) -> SourceSettings:
    return SourceSettings.model_validate({"id": "telefonie", "mode": "live", **said})


def settings(tmp_path: Path, **said: Any) -> Settings:
    (tmp_path / "cdr").mkdir(exist_ok=True)
    sources = [
        {"id": "telefonie", "call_folder": {"folder": str(tmp_path / "cdr"), **said}},
        {"id": "kcc", "call_push": {"bytes_at_most": 4096}},
    ]
    return Settings.model_validate({"var": str(tmp_path / "var"), "calls": {"quiet_seconds": 60}, "sources": sources})


def test_finished_files_are_moved_and_growing_ones_stay(tmp_path: Path) -> None:
    moved = source(call_folder={"folder": str(tmp_path)})
    left = source(call_folder={"folder": str(tmp_path), "after_keep": "leave"})
    assert isinstance(configured(moved).source, FolderSource)
    assert isinstance(configured(left).source, GrowingSource)
    assert (moves_what_is_kept(moved), moves_what_is_kept(left)) == (True, False)


def test_a_call_source_is_of_the_phone_and_holds_calls() -> None:
    for said in ({"call_folder": {"folder": "/srv/cdr"}}, {"call_sftp": {**SERVER, "timeout_seconds": 120}}):
        made = configured(source(**said))
        assert (made.channel, made.holds_calls, made.media_type) == (Channel.phone, True, "application/octet-stream")
    assert made.patience_seconds == 125
    assert channel_of(source(call_push={})) is Channel.phone
    assert not source(call_push={}).is_fetched


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({}, "name one place"),
        ({"call_push": {}, "call_folder": {"folder": "/srv/cdr"}}, "name one place"),
        ({"call_folder": {"folder": "/srv/cdr", "series": True}}, "series"),
        ({"call_folder": {"folder": "/srv/cdr", "after_keep": "delete"}}, "after_keep"),
        ({"call_push": {"bytes_at_most": 0}}, "bytes_at_most"),
        ({"call_push": {"after_keep": "leave"}}, "after_keep"),
    ],
)
def test_what_makes_no_sense_is_refused_and_named(said: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        source(**said)


def test_packed_logs_are_left_alone_wherever_they_stand() -> None:
    for said in (source(call_folder={"folder": "/cdr"}).call_folder, source(call_sftp=SERVER).call_sftp):
        assert said is not None
        assert {".gz", ".part"} <= set(said.ignored_suffixes)


def test_a_format_that_there_is_not_is_refused(tmp_path: Path) -> None:
    assert settings(tmp_path, format="asterisk").sources[0].calls is not None
    with pytest.raises(ValidationError, match="source telefonie: `format` is none that there is: asterisk, "):
        settings(tmp_path, format="asterix")


async def test_the_parts_know_every_source_of_calls(tmp_path: Path) -> None:
    async with assembled(settings(tmp_path, format="3cx", recordings_folder="/srv/voicemail"), migrates=True) as parts:
        assert parts.calls is not None
        assert parts.calls.quiet == timedelta(minutes=1)
        assert set(parts.sources) == {"telefonie"}
        assert {name: one.push_bytes for name, one in parts.calls.sources.items()} == {"telefonie": 0, "kcc": 4096}
        assert parts.calls.sources["telefonie"].recordings_folder == Path("/srv/voicemail")
        assert parts.calls.reader.format_of("telefonie", b"whatever") == "3cx"
        assert parts.calls.reader.format_of("kcc", b"whatever") is None


async def test_check_tries_each_and_sees_whether_recordings_can_be_read(tmp_path: Path) -> None:
    for leaves in ("move", "leave"):
        said = settings(tmp_path, after_keep=leaves, recordings_folder=str(tmp_path / "none"))
        tried = {one.what: one async for one in _tried(said)}
        assert tried["source telefonie (observe)"].code == "ok"
        assert tried["source telefonie: recordings"].code == "settings_invalid"
    assert list((tmp_path / "cdr").iterdir()) == []


async def sweep(said: Settings) -> None:
    async with assembled(said, migrates=True) as parts:
        await swept(parts)


@pytest.mark.parametrize("after_keep", ["move", "leave"])
def test_reconcile_looks_at_logs_as_the_gateway_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], after_keep: str
) -> None:
    """Invariant 3: what is kept of a log that stays is not waiting, and what came since is."""
    said = settings(tmp_path, after_keep=after_keep, stable_seconds=0)
    file = tmp_path / "gateway.yaml"
    file.write_text(json.dumps(said.model_dump(mode="json", exclude_none=True)), encoding="utf-8")
    log = tmp_path / "cdr/Master.csv"
    for number in (1, 2):
        with log.open("a") as written:
            written.write(f'"","0612345678","14168","2026-11-02 09:00:0{number}"\n')
        if number == 1:
            asyncio.run(sweep(said))
    assert reconcile(file, as_json=True, source_id=None, quick=False, looks=True) == 0
    counted = {
        line["source"]: line for line in map(json.loads, capsys.readouterr().out.splitlines()) if "source" in line
    }
    assert (counted["telefonie"]["kept"], counted["telefonie"]["waiting"]) == (1, 1)
