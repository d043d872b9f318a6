"""A mail whose words stand in a photograph or a scan: read on the queue of scans, and routed by them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from inbox.attached_scans import SCAN_POOR, SCAN_READ, SCAN_UNREAD
from inbox.errors import ReaderDied, SettingsInvalid
from tests.adapters.email.reading.documents import with_documents
from tests.letters.degrade import degraded
from tests.letters.files import as_jpeg, as_pdf, as_png
from tests.letters.letter import letters
from tests.letters.typeset import typeset
from tests.running import Town
from workflows.names import PICTURES_QUEUE
from workflows.parts import AttachedScans
from workflows.worker import ALL_QUEUES

OBJECTION = typeset(letters()["objection"])[0].image
MAIL = with_documents(("foto.jpg", "image/jpeg", as_jpeg(degraded(OBJECTION, "skewed", seed=4))))

_NOISE_SECONDS = 150.0
"""Nothing takes tesseract longer than a page of noise: half a minute on an idle machine."""


@pytest.fixture
async def reading_town(make_town: Callable[..., Any]) -> Town:
    return await make_town(post={"reads_attached": True})  # type: ignore[no-any-return]


@pytest.mark.parametrize("kind", ["photograph", "scan", "png"])
async def test_a_photographed_objection_is_routed_as_one(reading_town: Town, kind: str) -> None:
    raw = {
        "photograph": MAIL,
        "scan": with_documents(("scan.pdf", "application/pdf", as_pdf([OBJECTION]))),
        "png": with_documents(("IMG_1.png", "image/png", as_png(OBJECTION))),
    }[kind]
    reading_town.mailbox.deliver(raw)
    async with reading_town.working():
        item = await reading_town.until_status("Bijlage", "forwarded")
        await reading_town.until_told(item.item_id)
    assert "bezwaar" in item.reading["attached_text"]
    assert SCAN_READ in item.reading["remarks"]
    assert item.reading["text"] == "Zie bijlage."
    [forward] = await reading_town.forwards(item.item_id)
    assert forward.department == "juridisch"


async def test_a_picture_of_a_lamp_post_says_nothing_and_delays_nothing(reading_town: Town) -> None:
    from PIL import Image

    street = Image.effect_noise((900, 1200), 90)
    reading_town.mailbox.deliver(
        with_documents(("foto.jpg", "image/jpeg", as_jpeg(street)), words="Er ligt een stoeptegel los.")
    )
    async with reading_town.working():
        item = await reading_town.until_status("Bijlage", "forwarded", "triage", seconds=_NOISE_SECONDS)
    assert item.reading["attached_text"] == ""
    assert SCAN_POOR in item.reading["remarks"]


@pytest.mark.parametrize(
    "error",
    [ReaderDied("ended by SIGKILL"), SettingsInvalid("languages: no data for nld"), RuntimeError("a fault of ours")],
)
async def test_whatever_goes_wrong_with_a_picture_never_holds_up_the_mail(reading_town: Town, error: Exception) -> None:
    assert reading_town.parts is not None
    scans = reading_town.parts.attached_scans
    assert scans is not None

    async def dies(*_what: object, **_how: object) -> Any:
        raise error

    reading_town.parts.attached_scans = AttachedScans(scans.files, dies)
    reading_town.mailbox.deliver(MAIL)
    async with reading_town.working():
        item = await reading_town.until_status("Bijlage", "forwarded", "triage")
        await reading_town.until_told(item.item_id)
    assert SCAN_UNREAD in item.reading["remarks"]


async def test_a_mail_goes_on_when_nobody_comes_to_its_pictures(
    reading_town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflows.names.PICTURES_WAIT_SECONDS", 2)
    reading_town.mailbox.deliver(MAIL)
    async with reading_town.working([queue for queue in ALL_QUEUES if queue != PICTURES_QUEUE]):
        item = await reading_town.until_status("Bijlage", "forwarded", "triage")
        await reading_town.until_told(item.item_id)
    assert SCAN_UNREAD in item.reading["remarks"]
    assert item.reading["attached_text"] == ""


async def test_without_the_setting_pictures_are_not_looked_at(town: Town) -> None:
    assert town.parts is not None
    assert town.parts.attached_scans is None
    town.mailbox.deliver(MAIL)
    async with town.working():
        item = await town.until_status("Bijlage", "forwarded", "triage")
    assert item.reading["remarks"] == []
