"""What every sender of letters promises, tried against both with real places behind them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
import pytest_asyncio

from adapters.notify_nl.client import NotifyNl
from adapters.notify_nl.letters import NotifyNlLetters
from adapters.notify_nl.settings import NotifyNlSettings
from adapters.post.letters.print_folder import PrintFolder
from adapters.post.letters.window_letter import WindowLetters
from inbox.errors import Conflict, DestinationUnavailable
from inbox.ports import LetterSender
from tests.adapters.post.letters.conftest import LETTER
from tests.servers.notify_nl import KEY, NotifyNlServer

if TYPE_CHECKING:
    from tests.adapters.post.letters.conftest import Claims

pytestmark = pytest.mark.asyncio

NAME = "7K3M-9QXA-D-1"


@dataclass
class Place:
    """A sender, and a look behind it."""

    sender: LetterSender
    taken: Callable[[], list[bytes]]
    vanish: Callable[[], None]
    """From now on nothing is there any more."""


@pytest_asyncio.fixture(params=["folder", "notify_nl"])
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Place]:
    if request.param == "folder":
        folder = tmp_path / "print"
        folder.mkdir()
        yield Place(
            PrintFolder(folder),
            lambda: [path.read_bytes() for path in folder.glob("[!.]*.pdf")],
            lambda: folder.rename(tmp_path / "elsewhere") and None,
        )
        return
    server = NotifyNlServer()
    server.start()
    settings = NotifyNlSettings(api_key="env:KEY", url=server.url)
    async with httpx.AsyncClient() as client:
        yield Place(
            NotifyNlLetters(NotifyNl(client, settings, lambda _: KEY, "letters.notify_nl")),
            lambda: [one.pdf for one in server.held],
            server.stop,
        )
    server.stop()
    assert server.faults == []


@pytest.fixture(scope="module")
def pdf() -> bytes:
    from tests.adapters.post.letters.conftest import HOUSE

    return WindowLetters(HOUSE)(LETTER)


async def test_a_letter_arrives_as_it_was_rendered(place: Place, pdf: bytes, claim: Claims) -> None:
    told = await place.sender.send(NAME, pdf, claim)
    assert place.taken() == [pdf]
    assert told.reply
    assert claim.count == 1


async def test_a_repeat_is_claimed_and_brings_nothing(place: Place, pdf: bytes, claim: Claims) -> None:
    await place.sender.send(NAME, pdf, claim)
    assert await place.sender.send(NAME, pdf, claim)
    assert place.taken() == [pdf]
    assert claim.count == 2


async def test_two_names_are_two_letters(place: Place, pdf: bytes, claim: Claims) -> None:
    await place.sender.send(NAME, pdf, claim)
    await place.sender.send(f"{NAME}0", pdf, claim)
    assert place.taken() == [pdf, pdf]


async def test_a_refused_claim_brings_nothing(place: Place, pdf: bytes, claim: Claims) -> None:
    claim.is_refused = True
    with pytest.raises(Conflict):
        await place.sender.send(NAME, pdf, claim)
    assert place.taken() == []


async def test_a_place_that_is_gone_is_unavailable_without_a_claim(place: Place, pdf: bytes, claim: Claims) -> None:
    place.vanish()
    with pytest.raises(DestinationUnavailable):
        await place.sender.send(NAME, pdf, claim)
    with pytest.raises(DestinationUnavailable):
        await place.sender.check()
    assert claim.count == 0


async def test_check_leaves_no_trace(place: Place) -> None:
    await place.sender.check()
    assert place.taken() == []
