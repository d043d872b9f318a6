"""The print folder: a letter appears in it once, whole, whoever takes it out."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from adapters.post.letters.print_folder import PrintFolder
from inbox.errors import Conflict, DestinationRefused, DestinationUnavailable

if TYPE_CHECKING:
    from tests.adapters.post.letters.conftest import Claims

NAME = "7K3M-9QXA-D-1"
LETTER = b"%PDF-1.4 een brief"

pytestmark = pytest.mark.asyncio


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "print"
    made.mkdir()
    return made


@pytest.fixture
def letters(folder: Path) -> PrintFolder:
    return PrintFolder(folder)


def seen(folder: Path) -> list[str]:
    """Return what a printing program sees."""
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def hidden(folder: Path) -> list[str]:
    """Return what was left behind."""
    return sorted(path.name for path in folder.rglob("*.part"))


async def test_a_letter_appears_under_its_name(letters: PrintFolder, folder: Path, claim: Claims) -> None:
    told = (await letters.send(NAME, LETTER, claim)).reply

    assert seen(folder) == [f"{NAME}.pdf"]
    assert (folder / f"{NAME}.pdf").read_bytes() == LETTER
    assert f"{NAME}.pdf was written" in told
    assert claim.count == 1
    assert hidden(folder) == []


async def test_nothing_appears_before_the_claim(letters: PrintFolder, folder: Path, claim: Claims) -> None:
    at_claim: list[list[str]] = []
    claim.before = lambda: at_claim.append(seen(folder))

    await letters.send(NAME, LETTER, claim)

    assert at_claim == [[]]


async def test_a_refused_claim_leaves_nothing(letters: PrintFolder, folder: Path, claim: Claims) -> None:
    claim.is_refused = True

    with pytest.raises(Conflict):
        await letters.send(NAME, LETTER, claim)

    assert seen(folder) == hidden(folder) == []


async def test_who_is_cancelled_at_the_claim_leaves_nothing(letters: PrintFolder, folder: Path) -> None:
    at_claim = asyncio.Event()

    async def never() -> None:
        at_claim.set()
        await asyncio.Event().wait()

    sending = asyncio.create_task(letters.send(NAME, LETTER, never))
    await at_claim.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending

    assert seen(folder) == hidden(folder) == []


async def test_a_letter_that_is_there_is_not_written_again(letters: PrintFolder, folder: Path, claim: Claims) -> None:
    await letters.send(NAME, LETTER, claim)
    before = (folder / f"{NAME}.pdf").stat()

    told = (await letters.send(NAME, LETTER, claim)).reply

    after = (folder / f"{NAME}.pdf").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert "before" in told
    assert claim.count == 2


async def test_a_letter_that_was_taken_out_does_not_come_back(
    letters: PrintFolder, folder: Path, claim: Claims
) -> None:
    await letters.send(NAME, LETTER, claim)
    (folder / f"{NAME}.pdf").unlink()

    told = (await letters.send(NAME, LETTER, claim)).reply

    assert seen(folder) == []
    assert "before" in told
    assert claim.count == 2


async def test_other_content_under_the_name_is_refused(letters: PrintFolder, folder: Path, claim: Claims) -> None:
    (folder / f"{NAME}.pdf").write_bytes(b"somebody else's")

    with pytest.raises(DestinationRefused, match="other content"):
        await letters.send(NAME, LETTER, claim)

    assert (folder / f"{NAME}.pdf").read_bytes() == b"somebody else's"
    assert claim.count == 0
    assert hidden(folder) == []


async def test_other_content_is_refused_also_after_the_first_was_taken_out(
    letters: PrintFolder, folder: Path, claim: Claims
) -> None:
    await letters.send(NAME, LETTER, claim)
    (folder / f"{NAME}.pdf").unlink()

    with pytest.raises(DestinationRefused, match="other content"):
        await letters.send(NAME, LETTER + b"!", claim)

    assert seen(folder) == []


async def test_what_appeared_since_the_look_is_not_overwritten(
    letters: PrintFolder, folder: Path, claim: Claims
) -> None:
    claim.before = lambda: (folder / f"{NAME}.pdf").write_bytes(b"other") and None

    with pytest.raises(DestinationRefused):
        await letters.send(NAME, LETTER, claim)

    assert (folder / f"{NAME}.pdf").read_bytes() == b"other"
    assert hidden(folder) == []


@pytest.mark.parametrize("name", ["", "..", "a/b", ".a", "a b", "a\n", "x" * 101, "a.b", "é"])
async def test_a_name_that_is_no_file_name_is_refused(
    name: str, letters: PrintFolder, folder: Path, claim: Claims
) -> None:
    with pytest.raises(DestinationRefused):
        await letters.send(name, LETTER, claim)
    assert list(folder.parent.rglob("*")) == [folder]


async def test_a_missing_folder_is_named_and_not_made(tmp_path: Path, claim: Claims) -> None:
    gone = tmp_path / "gone"

    with pytest.raises(DestinationUnavailable, match=rf"letters\.print_folder: {gone} "):
        await PrintFolder(gone).send(NAME, LETTER, claim)
    with pytest.raises(DestinationUnavailable, match=rf"letters\.print_folder: {gone} "):
        await PrintFolder(gone).check()

    assert not gone.exists()
    assert claim.count == 0


async def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path, claim: Claims) -> None:
    path = tmp_path / "file"
    path.write_text("")

    with pytest.raises(DestinationUnavailable, match=r"letters\.print_folder"):
        await PrintFolder(path).send(NAME, LETTER, claim)
    with pytest.raises(DestinationUnavailable, match=r"letters\.print_folder"):
        await PrintFolder(path).check()


async def test_check_leaves_no_trace(letters: PrintFolder, folder: Path) -> None:
    await letters.check()
    assert list(folder.iterdir()) == []


async def test_check_finds_a_folder_that_cannot_be_written(
    letters: PrintFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write everywhere
    with pytest.raises(DestinationUnavailable):
        await letters.check()


async def test_nobody_else_may_read_a_letter(letters: PrintFolder, folder: Path, claim: Claims) -> None:
    await letters.send(NAME, LETTER, claim)
    assert [path for path in folder.rglob("*") if path.stat().st_mode & 0o007] == []
