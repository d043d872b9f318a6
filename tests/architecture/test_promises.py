"""What is promised in words stands in the code, and the reverse."""

from __future__ import annotations

import importlib
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

import gateway.settings
import inbox.errors
from adapters.email.settings import ImapSettings, SmtpSettings
from adapters.notify_nl.settings import NotifyNlSettings, SmsSettings
from adapters.phone.reading.column_map import ColumnMap, Columns
from adapters.phone.settings import CallReadingSettings
from adapters.phone.source_settings import CallFolderSettings, CallPushSettings, CallSftpSettings
from adapters.post.letters.settings import HouseSettings, LetterSettings
from adapters.post.reading.bar import QualityBar
from adapters.post.reading.settings import PageReaderSettings, PostReadingSettings, SeparatorSettings
from adapters.post.settings import ScanFolderSettings, ScanSftpSettings
from adapters.scanning.settings import ClamdSettings
from adapters.syslog.settings import SyslogSettings
from inbox.channel import Channel
from inbox.reconciliation import Kind
from inbox.submission import SubmissionLimits

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


def error_classes() -> list[type[inbox.errors.GatewayError]]:
    """Return every error of ours, from every module."""
    for package in ("gateway", "workflows", "adapters", "store", "inbox"):
        for module in pkgutil.walk_packages([str(ROOT / package)], f"{package}."):
            if "migrations" not in module.name and not module.name.endswith("__main__"):
                importlib.import_module(module.name)

    def below(kind: type[inbox.errors.GatewayError]) -> Iterator[type[inbox.errors.GatewayError]]:
        yield kind
        for child in kind.__subclasses__():
            yield from below(child)

    return list(below(inbox.errors.GatewayError))


def test_every_error_code_is_unique_and_documented() -> None:
    codes = [kind.code for kind in error_classes()]
    documented = (DOCS / "errors.md").read_text(encoding="utf-8")
    assert len(codes) == len(set(codes))
    assert [code for code in codes if f"`{code}`" not in documented] == []


@pytest.mark.parametrize(
    "model",
    [
        gateway.settings.Settings,
        CallReadingSettings,
        CallFolderSettings,
        CallSftpSettings,
        CallPushSettings,
        ColumnMap,
        Columns,
        gateway.settings.SourceSettings,
        gateway.settings.IntakeSourceSettings,
        SubmissionLimits,
        gateway.settings.LedgerSettings,
        gateway.settings.TemporalSettings,
        gateway.settings.PublishingSettings,
        gateway.settings.ApiSettings,
        gateway.settings.OidcSettings,
        gateway.settings.BreakGlassSettings,
        gateway.settings.MetricsSettings,
        ImapSettings,
        SmtpSettings,
        ClamdSettings,
        gateway.settings.AuditSettings,
        SyslogSettings,
        ScanFolderSettings,
        ScanSftpSettings,
        PostReadingSettings,
        PageReaderSettings,
        SeparatorSettings,
        QualityBar,
        LetterSettings,
        HouseSettings,
        NotifyNlSettings,
        SmsSettings,
    ],
)
def test_every_setting_is_documented(model: type[BaseModel]) -> None:
    documented = (DOCS / "operations.md").read_text(encoding="utf-8")
    written = re.findall(r"`([a-z_.]+)`", documented)
    names = {part for word in written for part in word.split(".")}
    assert set(model.model_fields) - names == set()


def test_every_difference_that_reconcile_names_is_documented() -> None:
    documented = (DOCS / "operations.md").read_text(encoding="utf-8")
    assert [kind for kind in Kind if f"`{kind}`" not in documented] == []


def test_every_channel_is_in_the_glossary() -> None:
    glossary = (DOCS / "glossary.md").read_text(encoding="utf-8").lower()
    assert [channel for channel in Channel if channel.value.replace("_", " ") not in glossary] == []


LATER: dict[int, str] = {}
"""Invariants of the design whose whole proof is not there yet, and why."""


def test_every_invariant_of_the_design_has_a_test_that_names_it() -> None:
    named: set[int] = set()
    for file in (ROOT / "tests").rglob("test_*.py"):
        named |= {int(number) for number in re.findall(r"[Ii]nvariant (\d+)", file.read_text(encoding="utf-8"))}
    assert {number for number in range(1, 15) if number not in named and number not in LATER} == set()


def test_the_page_of_promises_names_every_invariant_and_only_tests_that_there_are() -> None:
    page = (DOCS / "promises.md").read_text(encoding="utf-8")
    assert [int(number) for number in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)] == list(range(1, 15))
    named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", page)
    assert len(named) > 20
    for file, test in named:
        written = (ROOT / file).read_text(encoding="utf-8")
        assert not test or f"def {test}(" in written, f"{file}::{test}"


def test_importing_a_module_does_nothing_but_define_names(tmp_path: Path) -> None:
    code = "import socket, threading, gateway.bootstrap, workflows.worker; print(threading.active_count())"
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == "1"
    assert list(tmp_path.iterdir()) == []


def test_no_file_holds_an_index_address_or_a_path_of_a_machine() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    ).stdout.decode()
    forbidden = re.compile(rb"--(?:extra-)?index-url|/simple/?[\"']|/(?:root|home/\w+|work)/[\w.]")
    found = [
        name
        for name in listed.split("\0")
        if name and (ROOT / name).is_file() and forbidden.search((ROOT / name).read_bytes())
    ]
    assert [name for name in found if not name.endswith("test_promises.py")] == []
