"""The print folder when everything ends between two steps: never lost, and twice only where it says so."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from adapters.post.letters.print_folder import PrintFolder
from inbox.errors import AnswerLost, DestinationUnavailable

if TYPE_CHECKING:
    from tests.adapters.post.letters.conftest import Claims

NAME = "7K3M-9QXA-D-1"
LETTER = b"%PDF-1.4 een brief"

pytestmark = pytest.mark.asyncio


class Died(BaseException):
    """The process ends here: nothing of ours runs any more."""


class Steps:
    """Counts what is asked of the disk, and lets everything end before or after one of these steps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        self._folder = folder
        self.done: list[str] = []
        self.end_before: int | None = None
        self.failure: BaseException = Died()
        self._is_over = False
        for owner, function in ((os, "open"), (os, "fsync"), (Path, "rename"), (Path, "mkdir"), (Path, "unlink")):
            monkeypatch.setattr(owner, function, self._counted(function, getattr(owner, function)))

    def _counted(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def step(target: Any, *args: Any, **options: Any) -> Any:
            if self._is_over and isinstance(self.failure, Died):
                raise self.failure
            is_ours = isinstance(target, int) or str(target).startswith(str(self._folder))
            if is_ours and not self._is_over:
                if len(self.done) == self.end_before:
                    self._is_over = True
                    raise self.failure
                self.done.append(name)
            return real(target, *args, **options)

        return step

    def go_on(self) -> None:
        """Another process begins."""
        self.end_before, self._is_over = None, False
        self.failure = Died()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "print"
    made.mkdir()
    return made


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Steps:
    return Steps(monkeypatch, folder)


STEPS = 13
"""More than a letter takes: see the first test."""


async def test_the_steps_are_these_in_this_order(steps: Steps, folder: Path, claim: Claims) -> None:
    claim.before = lambda: steps.done.append("claim")

    await PrintFolder(folder).send(NAME, LETTER, claim)

    assert steps.done == [
        *("mkdir", "open", "fsync", "open", "fsync"),
        "claim",
        *("rename", "open", "fsync"),
        *("rename", "open", "fsync"),
    ]
    assert len(steps.done) < STEPS


def _print(folder: Path, printed: list[bytes]) -> None:
    """Take out what is there, as the printing program does."""
    for path in [path for path in folder.iterdir() if not path.name.startswith(".")]:
        printed.append(path.read_bytes())
        path.unlink()


@pytest.mark.parametrize("at", range(STEPS))
@pytest.mark.parametrize("prints_between", [False, True])
async def test_a_crash_anywhere_loses_nothing(
    at: int, prints_between: bool, steps: Steps, folder: Path, claim: Claims
) -> None:
    printed: list[bytes] = []
    steps.end_before = at
    with suppress(Died):
        await PrintFolder(folder).send(NAME, LETTER, claim)
    steps.go_on()
    if prints_between:
        _print(folder, printed)

    await PrintFolder(folder).send(NAME, LETTER, claim)
    await PrintFolder(folder).send(NAME, LETTER, claim)
    _print(folder, printed)
    await PrintFolder(folder).send(NAME, LETTER, claim)
    _print(folder, printed)

    # The letter's rename is step 5, that of its mark step 8: between them it may come once more.
    is_open = prints_between and 6 <= at <= 8
    assert printed == [LETTER] * (2 if is_open else 1)
    assert list(folder.rglob("*.part")) == []


@pytest.mark.parametrize("at", range(STEPS))
async def test_a_power_cut_leaves_the_letter_or_its_next_attempt(
    at: int, steps: Steps, folder: Path, claim: Claims
) -> None:
    """Renames that no fsync of their folder followed may be undone; a mark never stands without its letter."""
    steps.end_before = at
    with suppress(Died):
        await PrintFolder(folder).send(NAME, LETTER, claim)
    steps.go_on()
    if at in {6, 7}:  # renamed, the folder not yet durable
        (folder / f"{NAME}.pdf").unlink()

    await PrintFolder(folder).send(NAME, LETTER, claim)

    assert (folder / f"{NAME}.pdf").read_bytes() == LETTER


@pytest.mark.parametrize(
    ("at", "error"),
    [(step, DestinationUnavailable) for step in range(5)] + [(step, AnswerLost) for step in (5, 6, 7)],
)
async def test_a_disk_that_fails_is_told_as_what_it_leaves(
    at: int, error: type[Exception], steps: Steps, folder: Path, claim: Claims
) -> None:
    steps.end_before, steps.failure = at, OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(error, match=r"letters\.print_folder: .*No space left on device"):
        await PrintFolder(folder).send(NAME, LETTER, claim)

    assert claim.count == (1 if error is AnswerLost else 0)
    steps.go_on()
    await PrintFolder(folder).send(NAME, LETTER, claim)
    assert (folder / f"{NAME}.pdf").read_bytes() == LETTER
    assert list(folder.rglob("*.part")) == []


@pytest.mark.parametrize("at", [8, 9, 10])
async def test_a_mark_that_cannot_be_set_does_not_bring_the_letter_again(
    at: int, steps: Steps, folder: Path, claim: Claims
) -> None:
    steps.end_before, steps.failure = at, OSError(errno.ENOSPC, "No space left on device")

    told = (await PrintFolder(folder).send(NAME, LETTER, claim)).reply

    assert "was written; its mark" in told
    steps.go_on()
    await PrintFolder(folder).send(NAME, LETTER, claim)
    (folder / f"{NAME}.pdf").unlink()
    await PrintFolder(folder).send(NAME, LETTER, claim)
    assert not (folder / f"{NAME}.pdf").exists()
