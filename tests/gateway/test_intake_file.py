"""A file of submissions: all of it or nothing, every fault by its line, and nothing twice."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.intake.document import as_message
from gateway.commands import intake_file
from gateway.commands.intake_file import Line, LineFault, lines_of, wanted_of
from inbox.channel import Channel
from tests.configuration import SMALL_TOWN
from tests.gateway.test_commands import gateway

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
CSV = """\
name;email;occurredAt;subject;text
Anna;anna@inwoner.test;2026-11-16 19:30;Lantaarn;"De lantaarn is kapot.
Al een week; echt waar."

Piet;;2026-11-16T19:40:00+01:00;;De stoep ligt los.
"""


def read(content: str | bytes, **changes: Any) -> tuple[list[Line], list[LineFault]]:
    raw = content if isinstance(content, bytes) else content.encode()
    return lines_of(raw, Channel.area_table, AMSTERDAM, changes.get("text_characters", 1000))


def test_rows_of_csv_are_read_with_the_line_on_which_each_begins() -> None:
    lines, faults = read(CSV)
    assert faults == []
    assert [line.number for line in lines] == [2, 5]
    first, second = (line.submission for line in lines)
    assert (first.channel, first.name, first.address) == (Channel.area_table, "Anna", "anna@inwoner.test")
    assert first.text == "De lantaarn is kapot.\nAl een week; echt waar."
    assert first.occurred_at == datetime(2026, 11, 16, 18, 30, tzinfo=UTC)
    assert second.occurred_at == datetime(2026, 11, 16, 18, 40, tzinfo=UTC)


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_csv_of_any_spreadsheet_is_read(delimiter: str, mark: str, end: str) -> None:
    lines, faults = read(mark + end.join([f"subject{delimiter}text", f"a{delimiter}b", ""]))
    assert faults == []
    assert [(line.submission.subject, line.submission.text) for line in lines] == [("a", "b")]


def test_json_lines_are_what_the_api_takes() -> None:
    item = {"channel": "area_table", "text": "De stoep ligt los.", "sender": {"name": "Piet"}}
    lines, faults = read("\n" + json.dumps(item) + "\n")
    assert faults == []
    assert [(line.number, line.submission.name) for line in lines] == [(2, "Piet")]


@pytest.mark.parametrize(
    ("content", "numbers", "words"),
    [
        ("text\n\n \nok\n" + '" "\n', [], ""),
        ("text;email\nok;geen adres geheim\nok;a@b.test\nok;ook niet\n", [2, 4], "sender.email"),
        ("text;name\nok;a;b\n", [2], "cells"),
        ('text\n"ok\nnog iets\n', [2], "quotation mark"),
        ("name;geheim\na;b\n", [1], "names columns"),
        ("text;text\na;b\n", [1], "names columns"),
        ("", [1], "nothing"),
        ("text\n", [1], "nothing"),
        ('{"channel": "area_table", "text": "ok"}\n{"geheim', [2], "JSON"),
        ('{"channel": "web", "text": "ok"}', [1], "channel"),
        ('{"channel": "area_table", "text": ""}', [1], "text"),
        ('{"channel": "area_table", "text": "ok", "source": "tafel"}', [1], "source"),
        (b"text\nok\ngeheim \xff\n", [3], "UTF-8"),
        ("text\n" + "x" * 1001 + "\n", [2], "1000"),
        ("text;occurredAt\nok;gisteren\n", [2], "occurredAt"),
    ],
)
def test_every_fault_is_named_by_its_line_and_repeats_nothing(
    content: str | bytes, numbers: list[int], words: str
) -> None:
    _, faults = read(content)
    assert [fault.number for fault in faults] == numbers
    assert all(words in fault.words for fault in faults)
    assert not any("geheim" in fault.words or "gisteren" in fault.words for fault in faults)


def test_more_than_one_transaction_takes_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake_file, "LINES_AT_MOST", 2)
    assert read("text\na\nb\n")[1] == []
    assert [fault.number for fault in read("text\na\nb\nc\n")[1]] == [4]


def test_keys_follow_from_the_content_and_people_who_say_the_same_are_each_heard() -> None:
    lines, _ = read("text\neen\ntwee\neen\n")
    keys = [wanted.idempotency_key for wanted in wanted_of(lines, as_message)]
    assert len(set(keys)) == 3
    again, _ = read("text\ntwee\neen\neen\ndrie\n")
    assert set(keys) < {wanted.idempotency_key for wanted in wanted_of(again, as_message)}


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=500), st.text(max_size=300).map(lambda words: ("text;name\n" + words).encode())))
def test_any_bytes_give_lines_or_faults(content: bytes) -> None:
    lines, faults = read(content)
    assert lines or faults


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """Give settings with an area table."""
    (tmp_path / "town.yaml").write_text(SMALL_TOWN.replace("FOLDER", str(tmp_path)), encoding="utf-8")
    document = {
        "var": str(tmp_path / "var"),
        "configuration": str(tmp_path / "town.yaml"),
        "sources": [{"id": "tafel", "intake": {"channel": "area_table"}}],
    }
    (tmp_path / "gateway.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    return tmp_path / "gateway.yaml"


def test_a_file_is_taken_in_once_however_often_it_comes(town: Path, tmp_path: Path) -> None:
    file = tmp_path / "avond.csv"
    file.write_text(CSV, encoding="utf-8")
    first, again = (gateway("intake", file, "--source", "tafel", "--settings", town, "--json") for _ in range(2))
    assert (first.returncode, again.returncode) == (0, 0), first.stderr
    taken, repeated = ([json.loads(line) for line in ran.stdout.splitlines()] for ran in (first, again))
    assert [(line["line"], line["isNew"]) for line in taken] == [(2, True), (5, True)]
    assert [{**line, "isNew": False} for line in taken] == repeated
    assert "0 taken in, 2 were here already" in again.stderr


def test_one_fault_and_nothing_is_taken_in(town: Path, tmp_path: Path) -> None:
    file = tmp_path / "avond.csv"
    file.write_text(CSV + ";geen adres;;;Tekst\n", encoding="utf-8")
    ran = gateway("intake", file, "--source", "tafel", "--settings", town)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert "line 6: `sender.email`" in ran.stderr
    assert "nothing was taken in" in ran.stderr
    file.write_text(CSV, encoding="utf-8")
    assert "2 taken in" in gateway("intake", file, "--source", "tafel", "--settings", town).stderr


def test_a_source_where_nothing_is_handed_in_is_named(town: Path, tmp_path: Path) -> None:
    file = tmp_path / "avond.csv"
    file.write_text(CSV, encoding="utf-8")
    ran = gateway("intake", file, "--source", "info", "--settings", town)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "not_found" in ran.stderr
    assert "tafel" in ran.stderr
