"""However a reading process ends, there is one error that says so, and nothing of it is left."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from adapters.post.reading.plan import ScanPlan
from adapters.post.unfolder import ScanUnfolder
from inbox.errors import PagesLost, ReaderDied, ScanLocked, UnreadableError
from inbox.unfolding import Unfolded
from tests.adapters.post.left_behind import is_gone, readers
from tests.adapters.post.reading.sheets import LETTER, pdf, sheet

RECEIVED_ON = date(2026, 11, 26)
MANY = 12


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Temporary files stand here; none may be left."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield tmp_path
    assert list(tmp_path.glob("scan-*")) == []


@pytest.fixture(scope="module")
def scanned() -> bytes:
    """Pages that need OCR: reading them takes some seconds."""
    return pdf([sheet()] * MANY)


async def unfold(unfolder: ScanUnfolder, raw: bytes) -> Unfolded:
    return await unfolder(raw, received_on=RECEIVED_ON, is_one=False, on_progress=lambda done, of: None)


async def started() -> list[int]:
    """Wait until a reader runs."""
    while True:
        if groups := readers():
            return groups
        await asyncio.sleep(0.02)


async def under_way(scanned: bytes) -> tuple[asyncio.Task[Unfolded], int]:
    """Return an unfolding that has read some of its pages, and the group of its reader."""
    some = asyncio.Event()

    def tell(done: int, of: int) -> None:
        if done:
            some.set()

    asked = ScanUnfolder()(scanned, received_on=RECEIVED_ON, is_one=False, on_progress=tell)
    unfolding = asyncio.create_task(asked)
    await some.wait()
    (group,) = readers()
    return unfolding, group


def bad(**limits: float) -> ScanUnfolder:
    return ScanUnfolder(program="tests.adapters.post.bad_reader", **limits)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("does", "error", "words"),
    [
        ("eats", ReaderDied, "ended with 1 (1 of 3 pages were read)"),
        ("crashes", ReaderDied, "was ended by SIGSEGV (1 of 3 pages were read)"),
        ("rambles", ReaderDied, "not understood"),
        ("endless", ReaderDied, "not understood"),
        ("backwards", ReaderDied, "nonsense"),
        ("huge", ReaderDied, "more than 1073741824 bytes"),
        ("cut", ReaderDied, "ended with 0"),
        ("more", ReaderDied, "more than was asked"),
        ("silent", ReaderDied, "ended with 0"),
        ("loses", PagesLost, "of 2 pages"),
        ("names", ScanLocked, "password"),
    ],
)
async def test_what_is_no_answer_has_a_name(does: str, error: type[UnreadableError], words: str) -> None:
    with pytest.raises(error) as raised:
        await unfold(bad(memory_bytes=1 << 30), does.encode())
    assert words in raised.value.detail
    assert readers() == []


async def test_a_reader_that_does_not_end_is_ended_with_all_it_started() -> None:
    began = time.monotonic()
    unfolding = asyncio.create_task(unfold(bad(seconds_at_most=2.0), b"hangs"))
    groups = await started()
    with pytest.raises(ReaderDied, match="longer than it may"):
        await unfolding
    assert time.monotonic() - began < 8
    assert is_gone(groups[0], 0.0)


async def test_a_file_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(ReaderDied, match="longer than it may"):
        await unfold(ScanUnfolder(seconds_at_most=1.0), pdf([sheet()] * MANY))


async def test_a_reader_without_memory_is_no_fault_of_the_settings(scanned: bytes) -> None:
    with pytest.raises(ReaderDied):
        await unfold(ScanUnfolder(memory_bytes=64 << 20), scanned)


async def test_a_reader_that_is_killed_says_after_how_many_pages(scanned: bytes) -> None:
    unfolding, group = await under_way(scanned)
    os.kill(group, signal.SIGKILL)
    with pytest.raises(ReaderDied, match=rf"SIGKILL \(\d+ of {MANY} pages"):
        await unfolding
    assert is_gone(group, 0.0)


async def test_a_cancelled_reading_leaves_nothing(scanned: bytes) -> None:
    unfolding, group = await under_way(scanned)
    unfolding.cancel()
    with pytest.raises(asyncio.CancelledError):
        await unfolding
    assert is_gone(group, 0.0)


async def test_what_the_listener_raises_ends_the_reading(scanned: bytes) -> None:
    def tell(done: int, of: int) -> None:
        raise RuntimeError("nobody listens")

    with pytest.raises(RuntimeError, match="nobody listens"):
        await ScanUnfolder()(scanned, received_on=RECEIVED_ON, is_one=False, on_progress=tell)
    assert readers() == []


_WORKER = """
import asyncio, sys
from datetime import date
from pathlib import Path
from adapters.post.unfolder import ScanUnfolder
def tell(done, of):
    print(done, flush=True)
asyncio.run(ScanUnfolder()(Path(sys.argv[1]).read_bytes(), received_on=date(2026, 11, 26), is_one=False, on_progress=tell))
"""


def test_a_worker_that_is_killed_takes_its_readers_with_it(scanned: bytes, tmp_path: Path) -> None:
    file = tmp_path / "batch.pdf"
    file.write_bytes(scanned)
    worker = subprocess.Popen(
        [sys.executable, "-c", _WORKER, str(file)],
        stdout=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    assert worker.stdout is not None
    with worker.stdout as told:
        while told.readline().strip() not in (b"1", b""):
            pass
    (group,) = readers(worker.pid)
    worker.kill()
    worker.wait()
    assert is_gone(group)


async def test_the_reader_knows_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_LEDGER_PASSWORD", "not for readers")
    unfolding = asyncio.create_task(unfold(bad(seconds_at_most=10.0), b"hangs"))
    groups = await started()
    try:
        assert b"not for readers" not in Path(f"/proc/{groups[0]}/environ").read_bytes()
    finally:
        unfolding.cancel()
        await asyncio.wait([unfolding])


async def test_two_files_at_once_do_not_meet() -> None:
    one, other = await asyncio.gather(
        unfold(ScanUnfolder(ScanPlan()), pdf([LETTER])), unfold(ScanUnfolder(), pdf([LETTER, LETTER]))
    )
    assert (one.pages, other.pages) == (1, 2)


def test_where_memory_runs_out_the_reader_is_the_first_to_go() -> None:
    """A PDF of 600 bytes takes all memory it may: not at the cost of the worker, nor of its database."""
    code = (
        "from pathlib import Path; from adapters.post.unfolding_process import _limit; _limit(1 << 32, 100);"
        "print(Path('/proc/self/oom_score_adj').read_text())"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "1000"
