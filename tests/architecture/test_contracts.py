"""Each import contract, broken once on purpose, to see it caught."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("gateway", "workflows", "adapters", "store", "inbox")

BREACHES = {
    "Arrows point down: gateway, workflows, adapters and store, inbox": ("inbox/item.py", "import store.ledger"),
    "Channels and departments never import each other": (
        "adapters/email/notice.py",
        "import adapters.departments.folder",
    ),
    "What channels share of NotifyNL knows no channel": ("adapters/notify_nl/sms.py", "import adapters.post.settings"),
    "What channels share of watched folders knows no channel": (
        "adapters/watched/disk.py",
        "import adapters.post.settings",
    ),
    "Temporal is known only to workflows and to what wires them together": ("store/ledger.py", "import temporalio"),
    "The inside does no I/O: no database, no network, no server libraries": ("inbox/reference.py", "import sqlalchemy"),
    "Workflow definitions import only names and payloads": ("workflows/item.py", "import store.ledger"),
    "Only the bootstrap picks implementations of adapters": ("workflows/parts.py", "import adapters.email.smtp"),
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Give a copy of the rooms, to spoil."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_contract_has_a_breach_to_try() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    assert {contract["name"] for contract in contracts} == set(BREACHES)


def test_the_house_as_it_stands_keeps_all_contracts(copy: Path) -> None:
    ran = lint(copy)
    assert ran.returncode == 0, ran.stdout


@pytest.mark.parametrize("name", BREACHES)
def test_a_breach_is_caught_and_named(copy: Path, name: str) -> None:
    file, line = BREACHES[name]
    (copy / file).write_text((copy / file).read_text() + f"\n\n{line}\n")
    ran = lint(copy)
    assert ran.returncode != 0
    assert f"{name} BROKEN" in " ".join(ran.stdout.split())
