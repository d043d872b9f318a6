"""Scanned post through a whole town: from the scanner's folder to routed letters, and the answers on paper."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable, Sequence
from datetime import date
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pdfplumber
import pytest

from inbox.channel import Channel
from inbox.errors import BytesMissing, SettingsInvalid
from inbox.item import Status
from inbox.ports import PagesDone
from inbox.unfolding import Unfolded
from store.reconciling import reconcile
from store.tables import deliveries, failures, tasks
from tests.adapters.email.reading.documents import docx
from tests.adapters.post.reading.sheets import pdf, png_bomb
from tests.letters.batches import batches
from tests.letters.degrade import degraded
from tests.letters.files import as_pdf, as_png, as_tiff
from tests.letters.letter import letters
from tests.letters.typeset import typeset
from tests.running import Town, until
from workflows import unfolding

HOUSE = {
    "name": "Gemeente Proefstad",
    "return_address": ["Postbus 12", "1234 AB Proefstad"],
    "place": "Proefstad",
}
BATCH = next(batch for batch in batches() if batch.name == "patch_t_sheets")
"""An objection, a viewpoint of two pages and a complaint, with separator sheets between."""


class PostRoom:
    """The scanner's folder and the printer's."""

    def __init__(self, folder: Path) -> None:
        self.scans, self.prints = folder / "scans", folder / "prints"
        self.scans.mkdir()
        self.prints.mkdir()

    def settings(self, **post: Any) -> dict[str, Any]:
        return {
            "scan_folder": {"folder": self.scans, "stable_seconds": 0},
            "letters": {"house": HOUSE, "print_folder": self.prints},
            "post": post,
        }

    def scan(self, name: str, content: bytes) -> None:
        hidden = self.scans / f".{name}"
        hidden.write_bytes(content)
        hidden.rename(self.scans / name)

    @property
    def processed(self) -> list[str]:
        return sorted(file.name for file in (self.scans / "processed").glob("*"))

    def printed(self) -> dict[str, str]:
        """Return the words of each letter that is to be printed, by name."""
        return {file.name: words_of(file.read_bytes()) for file in sorted(self.prints.glob("*.pdf"))}


@pytest.fixture
def room(tmp_path: Path) -> PostRoom:
    return PostRoom(tmp_path)


def words_of(pdf: bytes) -> str:
    with pdfplumber.open(io.BytesIO(pdf)) as opened:
        return "\n".join(page.extract_text() for page in opened.pages)


def attached(message: bytes, media_type: str) -> bytes:
    parsed = message_from_bytes(message, policy=policy.default)
    [found] = [part for part in parsed.walk() if part.get_content_type() == media_type]
    content: bytes = found.get_payload(decode=True)
    return content


async def settled(town: Town, count: int, seconds: float = 120) -> list[Any]:
    async def are() -> list[Any]:
        rows = await town.items()
        is_over = all(row.status not in (Status.received, Status.forwarding) for row in rows)
        told = [all(notice.settled_at for notice in await town.notices(row.item_id)) for row in rows]
        return rows if len(rows) == count and is_over and all(told) else []

    found: list[Any] = await until(are, f"{count} letters go their way", seconds)
    return found


def page_of(name: str, *damages: str) -> Any:
    return degraded(typeset(letters()[name])[0].image, *damages, seed=1)


async def test_a_batch_becomes_its_letters_each_to_its_department_and_answered_on_paper(
    make_town: Callable[..., Any], room: PostRoom
) -> None:
    town: Town = await make_town(**room.settings())
    async with town.working():
        room.scan("batch 2026-11-26.pdf", as_pdf(list(BATCH.images())))
        objection, viewpoint, complaint = await settled(town, 3)

        async def printed() -> bool:
            return f"{objection.reference}-acknowledgement-1.pdf" in room.printed()

        await until(printed, "the objection is acknowledged on paper")
    assert "bezwaar" in objection.subject
    [forward] = await town.forwards(objection.item_id)
    assert (forward.department, forward.state) == ("juridisch", "delivered")
    [handed] = list((Path(town.settings.var).parent / "forwarded" / "juridisch").glob("*.pdf"))
    assert not list(handed.parent.glob("*.scan.*"))
    words = words_of(handed.read_bytes())
    assert "dakopbouw" in words
    with pdfplumber.open(handed) as pdf:
        assert len(pdf.pages) == 1
    # Nobody else's words are in it.
    assert letters()["complaint"].truth.sender_name not in words
    [notice] = await town.notices(objection.item_id)
    assert (notice.channel, notice.state) == ("post", "sent")
    answer = room.printed()[f"{objection.reference}-acknowledgement-1.pdf"]
    assert "A. van den Berghe" in answer
    assert "Kastanjelaan 14" in answer
    assert "4791 KB" in answer
    assert objection.reference in answer
    file = (await town.rows(deliveries, deliveries.c.letter_count.is_not(None)))[0]
    assert file.unfolded["letters"] == [[1], [3, 4], [6]]
    assert [left["page"] for left in file.unfolded["remainders"]] == [2, 5]
    assert room.processed == ["batch 2026-11-26.pdf"]
    assert [row.pages_of for row in (objection, viewpoint, complaint)] == [None] * 3
    assert town.parts is not None
    report = await reconcile(town.ledger, town.parts.bytes)
    # Neither a loss nor a notice: letters are no messages of a mailbox that counts anew.
    assert report.differences == []
    assert (report.counts["post"].seen, report.counts["post"].kept) == (1, 1)


async def test_whoever_cannot_be_told_on_paper_is_left_to_a_person(
    make_town: Callable[..., Any], room: PostRoom
) -> None:
    """The viewpoint's names are not surely read: nothing goes to an address that may be a stranger's."""
    town: Town = await make_town(**room.settings())
    async with town.working():
        room.scan("viewpoint.pdf", as_pdf([page_of("viewpoint")]))
        [item] = await settled(town, 1)
    assert room.printed() == {}
    [notice] = await town.notices(item.item_id)
    assert notice.state == "withheld"
    assert [task.kind for task in await _tasks(town, item.item_id)] == ["untold"]


async def test_a_scan_file_that_is_gone_never_keeps_its_letter_from_the_department(
    make_town: Callable[..., Any], room: PostRoom
) -> None:
    town: Town = await make_town(**room.settings())
    assert town.parts is not None
    get = town.parts.bytes.get

    async def gone_once_unfolded(delivery_id: str) -> bytes:
        if await town.rows(deliveries, deliveries.c.part_of == delivery_id):
            raise BytesMissing(f"the bytes of delivery {delivery_id} are not there")
        return await get(delivery_id)

    town.parts.bytes.get = gone_once_unfolded  # type: ignore[method-assign]
    async with town.working():
        room.scan("one.pdf", as_pdf([page_of("objection")]))
        [item] = await settled(town, 1)
        await town.until_status(item.subject, "forwarded")
    folder = Path(town.settings.var).parent / "forwarded" / "juridisch"
    assert [file.suffix for file in sorted(folder.iterdir())] == [".json", ".pdf"]
    assert not list(folder.glob("*.scan.*"))
    [document] = folder.glob("*.json")
    assert json.loads(document.read_text())["scan"] is None


async def test_a_folder_of_pages_is_one_scan(make_town: Callable[..., Any], room: PostRoom) -> None:
    """As a scanner writes it that makes a picture of each page."""
    said = room.settings()
    said["scan_folder"]["series"] = True
    town: Town = await make_town(**said)
    pages = list(BATCH.images())
    making = room.scans / ".batch"
    making.mkdir()
    for number, page in enumerate(pages, start=1):
        (making / f"page{number}.png").write_bytes(as_png(page))
    async with town.working():
        making.rename(room.scans / "batch")
        await settled(town, 3)
    file = (await town.rows(deliveries, deliveries.c.letter_count.is_not(None)))[0]
    assert file.unfolded["letters"] == [[1], [3, 4], [6]]
    assert file.media_type == "application/zip"
    assert room.processed == ["batch"]
    assert len(list((room.scans / "processed" / "batch").iterdir())) == len(pages)


async def test_the_same_file_twice_is_one_letter(make_town: Callable[..., Any], room: PostRoom) -> None:
    town: Town = await make_town(**room.settings(), sweep_seconds=2)
    content = as_pdf([page_of("objection")])
    async with town.working():
        room.scan("scan1.pdf", content)
        await settled(town, 1)
        room.scan("scan2.pdf", content)

        async def is_away() -> bool:
            return room.processed == ["scan1.pdf", "scan2.pdf"]

        await until(is_away, "the second is taken away too")
    assert len(await town.items()) == 1
    assert len(room.printed()) == 1


async def test_what_cannot_be_read_surely_goes_to_a_person_with_its_figures(
    make_town: Callable[..., Any], room: PostRoom
) -> None:
    town: Town = await make_town(**room.settings(bar={"confidence": 0.999}))
    async with town.working():
        room.scan("poor.tif", content := as_tiff([page_of("objection", "gaussian")]))
        [item] = await settled(town, 1)
    assert item.status == "triage"
    assert item.trace[0]["rule"] == "quality:scan"
    assert "page 1" in item.trace[0]["because"]
    [message] = town.mail_to("kcc@afdeling.test")
    with pdfplumber.open(io.BytesIO(attached(message, "application/pdf"))) as pdf:
        assert len(pdf.pages) == 1
        assert pdf.pages[0].images
    # The file holds this letter alone: it goes along as it came.
    assert attached(message, "image/tiff") == content


def _bad_files() -> dict[str, tuple[bytes, str]]:
    """Return, by file name, what nothing can be made of, and its code."""
    sheets = [image for image, page in zip(BATCH.images(), BATCH.pages, strict=True) if page.sheet]
    return {
        "empty.pdf": (b"", "empty_file"),
        "damaged.pdf": (b"%PDF-1.4 rubbish", "scan_damaged"),
        "without-pages.pdf": (pdf([]), "scan_damaged"),
        "words.tif": (b"not a scan at all", "not_a_scan"),
        "letter.docx": (docx("Geachte heer"), "not_a_scan"),
        "photo.heic": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "not_a_scan"),
        "locked.pdf": (pdf(["Geachte heer"], encrypted=True), "scan_locked"),
        "bomb.png": (png_bomb(), "picture_too_large"),
        "book.pdf": (pdf([""] * 21), "too_many_pages"),
        "sheets.pdf": (as_pdf(sheets), "no_letter"),
    }


async def test_every_bad_file_has_its_code_and_its_bytes_and_the_next_goes_on(
    make_town: Callable[..., Any], room: PostRoom
) -> None:
    town: Town = await make_town(**room.settings(pages={"pages": 20}))
    assert town.parts is not None
    bad = _bad_files()
    async with town.working():
        for name, (content, _) in bad.items():
            room.scan(name, content)
        room.scan("good.pdf", as_pdf([page_of("objection")]))
        rows = await settled(town, len(bad) + 1)
    assert [row.status for row in rows if row.quarantine_code is None] == ["forwarded"]
    found = {}
    for row in rows:
        if row.quarantine_code is not None:
            assert row.status == "quarantined"
            assert [task.kind for task in await _tasks(town, row.item_id)] == ["untold"]
            found[await town.parts.bytes.get(row.delivery_id)] = row.quarantine_code
    assert found == dict(bad.values())
    assert room.processed == sorted([*bad, "good.pdf"])


async def test_what_the_machine_lacks_is_no_fault_of_the_scan(make_town: Callable[..., Any], room: PostRoom) -> None:
    """However often it is tried without the data of a language, the scan waits and is read once that is there."""
    town: Town = await make_town(**room.settings())
    assert town.parts is not None
    unfolds, tried = town.parts.unfolders[Channel.post], 0

    async def lacks(raw: bytes, **asked: Any) -> Unfolded:
        nonlocal tried
        tried += 1
        if tried <= 2:
            raise SettingsInvalid("`post.pages.languages`: tesseract has no data for fry")
        return await unfolds(raw, **asked)

    town.parts.unfolders = {Channel.post: lacks}
    async with town.working():
        room.scan("one.pdf", as_pdf([page_of("objection")]))
        [item] = await settled(town, 1)
    assert (tried, item.status, item.readings_begun) == (3, "forwarded", 1)
    assert "settings_invalid" in {failure.code for failure in await town.rows(failures)}


async def _tasks(town: Town, item_id: str) -> Sequence[Any]:
    return await town.rows(tasks, tasks.c.item_id == item_id)


@pytest.mark.parametrize("splits", ["the same", "otherwise"])
async def test_who_dies_between_the_letters_bytes_and_the_ledger_loses_and_doubles_nothing(
    make_town: Callable[..., Any], room: PostRoom, monkeypatch: pytest.MonkeyPatch, splits: str
) -> None:
    """Also when the attempt that died had split the file otherwise: no letter then holds the pages of another."""
    town: Town = await make_town(**room.settings())
    assert town.parts is not None
    died: list[str] = []
    commit, unfolds = unfolding.commit_unfolding, town.parts.unfolders[Channel.post]

    async def dies_at_first(ledger: Any, item_id: str, *rest: Any) -> None:
        if not died:
            died.append(item_id)
            raise asyncio.CancelledError
        await commit(ledger, item_id, *rest)

    async def splits_later(
        raw: bytes, *, received_on: date, is_one: bool, on_progress: PagesDone, **others: bool
    ) -> Unfolded:
        is_one = is_one or (splits == "otherwise" and not died)
        return await unfolds(raw, received_on=received_on, is_one=is_one, on_progress=on_progress, **others)

    monkeypatch.setattr(unfolding, "commit_unfolding", dies_at_first)
    town.parts.unfolders = {Channel.post: splits_later}
    async with town.working():
        room.scan("batch.pdf", as_pdf(list(BATCH.images())))
        rows = await settled(town, 3, 180)
    assert len(died) == 1
    pages = []
    for row in rows:
        with pdfplumber.open(io.BytesIO(await town.parts.bytes.get(row.delivery_id))) as pdf:
            pages.append(len(pdf.pages))
    assert pages == [1, 2, 1]
    assert (await reconcile(town.ledger, town.parts.bytes)).losses == []
