"""`gateway config`: versions on the command line, from the first document to the way back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from inbox.configuration.load import load_configuration
from tests.configuration import SMALL_TOWN
from tests.gateway.test_commands import gateway

SOONER = SMALL_TOWN.replace("norm: {within: 5,", "norm: {within: 3,")
LATER = SMALL_TOWN.replace("norm: {within: 5,", "norm: {within: 9,")


@pytest.fixture
def town(tmp_path: Path) -> Path:
    """Give a folder with settings and three documents."""
    (tmp_path / "gateway.yaml").write_text("var: var\nconfiguration: town.yaml\n", encoding="utf-8")
    for name, document in (("town", SMALL_TOWN), ("sooner", SOONER), ("later", LATER)):
        (tmp_path / f"{name}.yaml").write_text(f"# {name}\n{document}", encoding="utf-8")
    return tmp_path


def test_a_document_is_published_listed_shown_compared_and_gone_back_from(town: Path) -> None:
    assert gateway("check", cwd=town).stdout.startswith("ok    ledger, bytes and configuration  \n")
    first = gateway("config", "publish", "sooner.yaml", "--reason", "sneller antwoord", "--expected", "1", cwd=town)
    assert (first.returncode, first.stdout) == (0, "version 2 is in force\n")
    stale = gateway("config", "publish", "later.yaml", "--reason", "toch niet", "--expected", "1", cwd=town)
    assert (stale.returncode, "conflict: version 2 is in force" in stale.stderr) == (2, True)
    told = gateway("config", "diff", "1", "2", cwd=town)
    assert told.stdout == "~ categories lantaarn\n    norm.within: 5 -> 3\n"
    back = gateway("config", "rollback", "1", "--reason", "niet gehaald", cwd=town)
    assert back.stdout == "version 3 is in force, with the words of version 1\n"
    lines = [json.loads(line) for line in gateway("config", "versions", "--json", cwd=town).stdout.splitlines()]
    assert [(line["version"], line["origin"]) for line in lines] == [(3, "roll_back"), (2, "command"), (1, "file")]
    assert lines[0]["rolled_back_to"] == 1
    assert "roll back to 1, " in gateway("config", "versions", cwd=town).stdout
    assert "niet gehaald" in gateway("config", "versions", cwd=town).stdout
    shown = gateway("config", "show", cwd=town).stdout
    assert load_configuration(shown) == load_configuration(SMALL_TOWN)
    assert json.loads(gateway("config", "show", "--json", cwd=town).stdout) == yaml.safe_load(shown)
    assert gateway("config", "show", "--as-published", cwd=town).stdout == f"# town\n{SMALL_TOWN}"


def test_the_settings_file_never_overwrites_what_was_published_since(town: Path) -> None:
    gateway("check", cwd=town)
    (town / "town.yaml").write_text(LATER, encoding="utf-8")
    gateway("check", cwd=town)
    assert gateway("config", "diff", "1", "2", cwd=town).stdout.endswith("norm.within: 5 -> 9\n")
    gateway("config", "publish", "sooner.yaml", "--reason", "sneller antwoord", cwd=town)
    (town / "town.yaml").write_text(SMALL_TOWN, encoding="utf-8")
    said = gateway("check", cwd=town)
    assert "`configuration` is not used" in said.stdout
    assert "3" in gateway("config", "versions", cwd=town).stdout.splitlines()[0]
    assert gateway("config", "diff", "sooner.yaml", cwd=town).stdout == ""


def test_two_files_are_compared_without_any_ledger(town: Path) -> None:
    rules = yaml.safe_load(SMALL_TOWN)
    rules["rules"] = [rules["rules"][3], *rules["rules"][:3]]
    rules["departments"]["groen"] = {"name": "Groen", "acting": {"kind": "folder", "path": "groen"}}
    (town / "other.yaml").write_text(yaml.safe_dump(rules, sort_keys=False), encoding="utf-8")
    told = gateway("config", "diff", "town.yaml", "other.yaml", cwd=town)
    assert told.stdout.splitlines() == [
        "+ departments groen",
        "> rules lantaarn: from place 4 to 1",
        "- rules intern",
    ]
    assert not (town / "var").exists()


def test_a_second_person_cannot_be_passed_by(town: Path) -> None:
    (town / "gateway.yaml").write_text("var: var\npublishing: {second_person: true}\n", encoding="utf-8")
    refused = gateway("config", "publish", "town.yaml", "--reason", "de eerste", cwd=town)
    assert (refused.returncode, refused.stderr.startswith("not_allowed: ")) == (2, True)


def test_a_document_with_faults_changes_nothing_and_names_each_with_its_line(town: Path) -> None:
    (town / "wrong.yaml").write_text(SMALL_TOWN.replace("category: lantaarn", "category: weg"), encoding="utf-8")
    refused = gateway("config", "publish", "wrong.yaml", "--reason", "een fout", cwd=town)
    assert refused.returncode == 2
    assert "wrong.yaml:" in refused.stderr
    assert "there is no category `weg`" in refused.stderr
    assert gateway("config", "show", "4", cwd=town).returncode == 2
    assert gateway("config", "publish", "town.yaml", "--reason", "x", cwd=town).returncode == 2
