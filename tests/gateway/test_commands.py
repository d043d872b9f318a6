"""The command line, as people and scripts use it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway.settings import Settings
from tests.configuration import SMALL_TOWN
from tests.mails import mail
from tests.running import WAITS_SECONDS
from tests.servers.mailbox import Mailbox

ROOT = Path(__file__).parents[2]


def gateway(*arguments: str | Path, cwd: Path | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "gateway", *map(str, arguments)],
        cwd=cwd or ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=WAITS_SECONDS,
        check=False,
    )


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    (tmp_path / "town.yaml").write_text(SMALL_TOWN, encoding="utf-8")
    folder = tmp_path / "mails"
    folder.mkdir()
    (folder / "1.eml").write_bytes(mail("Aanvraag vergunning"))
    (folder / "2.eml").write_bytes(b"\x00\xff geen mail")
    (folder / "3.mbox").write_bytes(
        b"From jan Mon Nov 16 10:00:00 2026\n"
        + mail("Lantaarn")
        + b"\nFrom jan Mon Nov 16 10:05:00 2026\n"
        + mail("Iets")
    )
    return tmp_path


def test_importing_the_command_line_imports_no_heavy_library() -> None:
    heavy = "temporalio sqlalchemy fastapi lingua imapclient httpx aiosmtplib inscriptis holidays re2"
    code = f"import sys, gateway.__main__; print([m for m in '{heavy}'.split() if m in sys.modules])"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_read_prints_one_json_line_per_item_of_files_mailboxes_and_folders(documents: Path) -> None:
    ran = gateway("read", "--json", documents / "mails")
    lines = [json.loads(line) for line in ran.stdout.splitlines()]
    assert ran.returncode == 0
    assert [(Path(line["file"]).name, line["index"], line["outcome"], line["error"]) for line in lines] == [
        ("1.eml", 0, "read", None),
        ("2.eml", 0, "quarantined", "malformed_mail"),
        ("3.mbox", 0, "read", None),
        ("3.mbox", 1, "read", None),
    ]
    assert set(lines[0]) == {"file", "index", "outcome", "error", "reading"}
    assert set(lines[0]["reading"]) == {
        "channel", "sender", "recipients", "addressed_as", "addressed_to", "subject", "text", "language", "parts",
        "message_id", "sent_at", "is_automatic", "automatic_evidence", "may_acknowledge", "may_not_because",
    }  # fmt: skip
    assert lines[1]["reading"] is None


def test_explain_prints_assignment_trace_and_answer(documents: Path) -> None:
    ran = gateway("explain", "--json", "--configuration", documents / "town.yaml", documents / "mails")
    first, second, *_ = [json.loads(line) for line in ran.stdout.splitlines()]
    assert ran.returncode == 0
    [assignment] = first["assignments"]
    assert set(assignment) == {"category", "department", "confidence", "rule", "promise"}
    assert (assignment["category"], assignment["rule"]) == ("vergunning", "vergunning")
    assert set(assignment["promise"]) == {"due_at", "norm", "words"}
    assert assignment["promise"]["words"] == "binnen 8 weken"
    assert [step["rule"] for step in first["trace"]] == ["bezwaar", "nieuwsbrief", "vergunning"]
    assert set(first["acknowledgement"]) == {"subject", "text"}
    assert second["assignments"] == []
    assert second["acknowledgement"] is None


def test_explain_says_whom_a_mail_addresses_and_what_that_changed(documents: Path) -> None:
    addressee = "addressees:\n  karin: {names: Karin Bos, department: juridisch}\nrules:\n"
    (documents / "town.yaml").write_text(SMALL_TOWN.replace("rules:\n", addressee), encoding="utf-8")
    (documents / "mails" / "1.eml").write_bytes(mail("Aanvraag vergunning", "Beste Karin,\r\n\r\nGraag."))
    arguments = ("explain", "--configuration", documents / "town.yaml", documents / "mails" / "1.eml")
    told = json.loads(gateway(*arguments, "--json").stdout)
    assert told["addressed_to"] == ["Karin"]
    assert told["assignments"][0]["department"] == "juridisch"
    assert told["trace"][-1]["rule"] == "addressee:karin"
    words = gateway(*arguments).stdout
    assert "  addressed to: Karin\n" in words
    assert "because addressee:karin: addressed by name; the department is `juridisch`" in words


def test_read_and_explain_write_nothing(documents: Path) -> None:
    before = sorted(documents.rglob("*"))
    gateway("read", documents / "mails", cwd=documents)
    gateway("explain", "--configuration", "town.yaml", "mails", cwd=documents)
    assert sorted(documents.rglob("*")) == before


def test_a_path_that_is_not_there_is_named_and_ends_with_an_error(tmp_path: Path) -> None:
    ran = gateway("read", tmp_path / "weg.eml")
    assert ran.returncode == 1
    assert "weg.eml" in ran.stderr


def test_a_configuration_fault_names_file_line_and_rule(documents: Path) -> None:
    file = documents / "town.yaml"
    file.write_text(SMALL_TOWN.replace("category: lantaarn\n", "category: lantaren\n"), encoding="utf-8")
    line = file.read_text().splitlines().index("    category: lantaren") + 1
    ran = gateway("config", "validate", file)
    assert ran.returncode == 1
    assert f"{file}:{line}: rule `lantaarn`, category: there is no category `lantaren`" in ran.stderr


def test_a_wrong_setting_is_named_with_its_file(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text("sources: [{id: info, imap: {host: x, user: u}}]\nlegder: {}\n")
    ran = gateway("check", "--settings", file)
    assert ran.returncode == 2
    assert f"{file}: legder" in ran.stderr
    assert "password_env" in ran.stderr


def test_api_and_worker_refuse_settings_for_one_host(tmp_path: Path) -> None:
    file = tmp_path / "gateway.yaml"
    file.write_text("{}")
    for command in ("api", "worker"):
        ran = gateway(command, "--settings", file)
        assert ran.returncode == 2
        assert "PostgreSQL" in ran.stderr


@pytest.fixture
def settings_file(town_settings: Callable[..., Settings], tmp_path: Path) -> Callable[..., Path]:
    def make(**changes: Any) -> Path:
        document = town_settings(**changes).model_dump(mode="json", exclude_unset=True)
        document["api"] = {"port": 0}
        file = tmp_path / "gateway.yaml"
        file.write_text(yaml.safe_dump(document), encoding="utf-8")
        return file

    return make


def test_check_tries_every_connection_and_touches_nothing(settings_file: Callable[..., Path], mailbox: Mailbox) -> None:
    mailbox.deliver(mail("Lantaarn"))
    ran = gateway("check", "--json", "--settings", settings_file())
    tried = {line["what"]: line["code"] for line in map(json.loads, ran.stdout.splitlines())}
    assert ran.returncode == 0, ran.stdout
    assert tried["source info (live)"] == "ok"
    assert tried["smtp"] == "ok"
    assert tried["department juridisch: folder"] == "ok"
    assert mailbox.flags() == [set()]


def test_check_names_the_setting_of_a_wrong_password(settings_file: Callable[..., Path]) -> None:
    file = settings_file(imap={"password_env": "TOWN_PASSWORD"})
    ran = gateway("check", "--settings", file, TOWN_PASSWORD="wrong")
    assert ran.returncode == 1
    assert "password_env" in ran.stdout
    assert "wrong" not in ran.stdout


def test_a_language_without_data_is_found_by_check_and_refused_by_up(
    settings_file: Callable[..., Path], tmp_path: Path
) -> None:
    """Else every scan would wait for it, and nobody be told."""
    (tmp_path / "scans").mkdir()
    file = settings_file(scan_folder={"folder": str(tmp_path / "scans")}, post={"pages": {"languages": ["nld", "xyz"]}})
    ran = gateway("check", "--json", "--settings", file)
    tried = {line["what"]: line for line in map(json.loads, ran.stdout.splitlines())}
    assert (ran.returncode, tried["tesseract"]["code"]) == (1, "settings_invalid")
    assert tried["source post (live)"]["detail"].startswith("0 files there now")
    ran = gateway("up", "--settings", file)
    assert ran.returncode == 2
    assert "settings_invalid: `post.pages.languages`: tesseract has no data for xyz" in ran.stderr


def test_keys_are_made_listed_and_revoked(settings_file: Callable[..., Path]) -> None:
    file = settings_file()
    made = gateway("keys", "make", "balie", "--role", "reader", "--settings", file)
    key_id = made.stdout.split("_")[1]
    assert made.stdout.startswith("gw_")
    listed = gateway("keys", "list", "--settings", file)
    assert "balie" in listed.stdout
    assert made.stdout.strip() not in listed.stdout
    assert gateway("keys", "revoke", key_id, "--settings", file).returncode == 0


def test_openapi_prints_the_document() -> None:
    document = json.loads(gateway("openapi").stdout)
    assert document["openapi"].startswith("3.")
    assert "/items" in "".join(document["paths"])
