"""Bytes first: the order in which keep makes things durable, seen from outside the process (invariant 1)."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from store.ledger import Ledger
from store.migrate import migrate
from store.tables import deliveries
from tests.mails import mail
from tests.servers.mailbox import Mailbox

Step = tuple[str, str]
"""What was done, and to whom: `file`, `name` and `look` to a delivery, `folder` to a folder, `told` to a UID."""

STRACE = shutil.which("strace") or ""

_CALL = re.compile(r"^(?P<process>\d+)\s+(?P<call>.*)$")
_RESUMED = re.compile(r"^<\.\.\. \w+ resumed>(?P<rest>.*)$")
_UNFINISHED = "<unfinished ...>"
_FILE = re.compile(r"^f(?:data)?sync\(\d+<(?P<path>[^>]+)>\)\s+= 0")
_NAME = re.compile(r'^link(?:at)?\(.*"(?P<path>[^"]+)"(?:, 0)?\)\s+= 0')
_LOOK = re.compile(r'^(?:stat|newfstatat|statx)\(.*?"(?P<path>[^"]+)".*= 0')
_TOLD = re.compile(r'^(?:sendto|write|send)\(.*"\S+ UID MOVE (?P<uid>\d+) ')


def recorded(command: Sequence[str], folder: Path) -> list[Step]:
    """Run it and let it write down its own steps."""
    steps = folder / "steps"
    subprocess.run([*command, str(steps)], check=True, timeout=120)
    lines = (json.loads(line) for line in steps.read_text(encoding="utf-8").splitlines())
    return [_step(kind, *rest) for kind, *rest in lines]


def traced(command: Sequence[str], folder: Path) -> list[Step]:
    """Run it and let the kernel say what it was asked: a call that syncs counts when it is over."""
    trace = folder / "trace"
    calls = "trace=fsync,fdatasync,link,linkat,stat,newfstatat,statx,sendto,write"
    subprocess.run([STRACE, "-f", "-y", "-s", "200", "-e", calls, "-o", trace, *command], check=True, timeout=120)
    steps: list[Step] = []
    unfinished: dict[str, str] = {}
    for line in trace.read_text(encoding="utf-8", errors="replace").splitlines():
        found = _CALL.match(line)
        assert found is not None, line
        process, call = found["process"], found["call"]
        if told := _TOLD.match(call):
            steps.append(("told", told["uid"]))
        elif call.endswith(_UNFINISHED):
            unfinished[process] = call.removesuffix(_UNFINISHED).rstrip()
        else:
            if resumed := _RESUMED.match(call):
                call = unfinished.pop(process, "") + resumed["rest"]
            steps.extend(_step(kind, path) for kind, path in _durable(call))
    return steps


def _durable(call: str) -> list[tuple[str, str]]:
    if synced := _FILE.match(call):
        path = synced["path"]
        is_ledger = Path(path).name.startswith("ledger.sqlite")
        return [("ledger" if is_ledger else "folder" if Path(path).is_dir() else "file", path)]
    if named := _NAME.match(call):
        return [("name", named["path"])]
    if looked := _LOOK.match(call):
        return [("look", looked["path"])]
    return []


def _step(kind: str, place: str = "") -> Step:
    if kind == "file":
        return kind, Path(place).name.removeprefix(".").partition(".")[0]
    return kind, place if kind == "told" else Path(place).name if kind != "ledger" else ""


def require_order(steps: Sequence[Step], delivery_id: str, uid: str) -> None:
    """Raise AssertionError unless each step was over before the next began."""
    begins = 0
    for wanted in expected(delivery_id, uid):
        places = [place for place, step in enumerate(steps) if step == wanted]
        assert places, f"{wanted} was not done"
        later = [place for place in places if place >= begins]
        assert later, f"{wanted} was done too early"
        if wanted[0] in {"file", "name", "told"}:
            assert places == later, f"{wanted} was done too early once"
        begins = later[0] + 1


def expected(delivery_id: str, uid: str) -> list[Step]:
    """Return the six steps of one delivery, in the one order that loses nothing at a power cut."""
    return [
        ("file", delivery_id),
        ("name", delivery_id),
        ("folder", delivery_id[:2]),
        ("ledger", ""),
        ("look", delivery_id),
        ("told", uid),
    ]


async def facts_of(mailbox: Mailbox, tmp_path: Path) -> dict[str, Any]:
    facts = {
        "ledger": f"sqlite+aiosqlite:///{tmp_path / 'ledger.sqlite'}",
        "bytes": str(tmp_path / "bytes"),
        "imap": mailbox.settings(addresses=["info@gemeente.test"]).model_dump(mode="json"),
    }
    ledger = Ledger(facts["ledger"])
    await migrate(ledger)
    await ledger.close()
    return facts


TRACERS = [recorded, traced] if STRACE else [recorded]


@pytest.mark.parametrize("tracer", TRACERS)
async def test_file_name_folder_row_and_a_look_at_the_bytes_come_before_the_move(
    mailbox: Mailbox, tmp_path: Path, tracer: Callable[[Sequence[str], Path], list[Step]]
) -> None:
    large = mail("Foto's", "regel van een lange brief\r\n" * 100_000)
    mailbox.deliver(mail("Lantaarn een"), mail("Lantaarn twee"), large, mail("Lantaarn drie"))
    facts = await facts_of(mailbox, tmp_path)
    steps = tracer([sys.executable, "-m", "tests.keep_once", json.dumps(facts)], tmp_path)
    ledger = Ledger(facts["ledger"])
    async with ledger.read() as connection:
        kept = (await connection.execute(select(deliveries))).all()
    await ledger.close()
    assert len(kept) == 4
    assert len(mailbox.subjects("Verwerkt")) == 4
    first = min(place for place, (kind, _) in enumerate(steps) if kind == "file")
    for row in kept:
        # Commits before the first byte (what the sweep saw) say nothing about a delivery.
        require_order(steps[first:], row.delivery_id, row.position)


@pytest.mark.parametrize("swapped", [*combinations(range(6), 2)])
def test_any_two_steps_the_other_way_round_are_noticed(swapped: tuple[int, int]) -> None:
    steps = expected("abcd", "7")
    require_order(steps, "abcd", "7")
    one, other = swapped
    steps[one], steps[other] = steps[other], steps[one]
    with pytest.raises(AssertionError):
        require_order(steps, "abcd", "7")


@pytest.mark.parametrize("left_out", range(6))
def test_a_step_that_is_left_out_is_noticed(left_out: int) -> None:
    steps = expected("abcd", "7")
    del steps[left_out]
    with pytest.raises(AssertionError):
        require_order(steps, "abcd", "7")
