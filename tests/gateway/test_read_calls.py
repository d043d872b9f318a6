"""`gateway read` with call logs."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from gateway.commands.explain import explain
from gateway.commands.read import read
from inbox.errors import BadRequest
from tests.mails import mail

PHONE = Path(__file__).parents[1] / "corpora" / "phone"
MORNING = PHONE / "asterisk" / "newer-columns.csv"
DAMAGED = PHONE / "asterisk" / "damaged.csv"
SUITE = PHONE / "csv" / "suite.csv"


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    column_map = (PHONE / "csv" / "suite.map.yaml").read_text(encoding="utf-8")
    file = tmp_path / "gateway.yaml"
    file.write_text("calls:\n  csv:\n    suite:\n" + "".join(f"      {line}\n" for line in column_map.splitlines()))
    return file


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_call_log_is_known_by_its_content_and_gives_a_line_per_call_and_bad_row(settings, capsys) -> None:
    assert read([DAMAGED], as_json=True, settings_path=settings) == 0
    found = lines(capsys)
    assert [line["index"] for line in found] == list(range(len(found)))
    bad = [(line["error"], line["line"], line["reading"]) for line in found if line["outcome"] == "quarantined"]
    expected = json.loads(Path(f"{DAMAGED}.expected.json").read_text())
    assert bad == [(row["code"], row["line"], None) for row in expected["bad_rows"]]
    call = next(line for line in found if line["outcome"] == "read")
    assert set(call) == {"file", "index", "outcome", "error", "reading"}
    assert call["reading"] | {"caller": "", "started_at": ""} == {
        "channel": "phone", "caller": "", "dialled": "", "queue": "", "choice": "", "direction": "in",
        "outcome": "missed", "started_at": "", "answered_at": None, "ended_at": "2026-11-16T09:00:30Z",
        "waited_s": 30.0, "talked_s": 0.0, "recording": "", "legs": 1, "is_ambiguous": False,
    }  # fmt: skip


def test_a_map_in_the_settings_is_a_format_of_its_own(settings, capsys) -> None:
    assert read([SUITE], as_json=True, settings_path=settings) == 0
    found = [line["reading"]["outcome"] for line in lines(capsys) if line["outcome"] == "read"]
    assert found == ["answered", "abandoned", "missed", "after_hours", "answered", "missed"]


def test_a_folder_gives_its_mails_and_its_call_logs(tmp_path, settings, capsys) -> None:
    folder = tmp_path / "all"
    folder.mkdir()
    (folder / "1.eml").write_bytes(mail("Lantaarn"))
    (folder / "notes.json").write_text("{}")
    shutil.copy(MORNING, folder / "Master.csv")
    assert read([folder], as_json=True, settings_path=settings) == 0
    assert [(Path(one["file"]).name, one["reading"]["channel"]) for one in lines(capsys)] == [
        ("1.eml", "email"), *[("Master.csv", "phone")] * 6,
    ]  # fmt: skip
    (folder / "1.eml").unlink()
    assert read([folder], as_json=True, settings_path=settings) == 0
    assert len(lines(capsys)) == 6


def test_a_format_that_is_named_holds_whatever_the_file_is(tmp_path, settings, capsys) -> None:
    letter = tmp_path / "1.eml"
    letter.write_bytes(mail("Lantaarn"))
    assert read([letter], as_json=True, settings_path=settings, format_name="asterisk") == 0
    assert {line["outcome"] for line in lines(capsys)} == {"quarantined"}


def test_a_format_that_is_not_there_is_answered_with_those_that_are(settings) -> None:
    with pytest.raises(BadRequest, match=r"asterksk.*suite.*asterisk"):
        read([MORNING], as_json=True, settings_path=settings, format_name="asterksk")


def test_people_get_the_same_in_words(settings, capsys) -> None:
    assert read([MORNING, DAMAGED], as_json=False, settings_path=settings) == 0
    said = capsys.readouterr().out
    assert "call      number withheld to 14010 (in)" in said
    assert "quarantined: line 6: row_columns: 4 columns where 16 to 21 are expected." in said


def test_a_large_log_shows_on_a_terminal_how_far_it_is(settings, capsys, monkeypatch) -> None:
    monkeypatch.setattr("gateway.commands.call_logs._SHOWN_FROM_BYTES", 0)
    monkeypatch.setattr("gateway.commands.call_logs._SHOWN_EVERY_ROWS", 5)
    read([MORNING], as_json=True, settings_path=settings)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    read([MORNING], as_json=True, settings_path=settings)
    assert "5 rows, 100%" in capsys.readouterr().err


def test_a_path_that_is_not_there_is_said(tmp_path, settings, capsys) -> None:
    assert read([tmp_path / "none.csv"], as_json=True, settings_path=settings) == 1
    assert "is not there" in capsys.readouterr().err


def test_explain_takes_no_call_log_for_a_mail(settings, tmp_path) -> None:
    configuration = Path(__file__).parents[2] / "examples" / "moerdijk" / "configuration.yaml"
    with pytest.raises(BadRequest, match="call log"):
        explain([MORNING], as_json=True, settings_path=settings, configuration_path=configuration)
