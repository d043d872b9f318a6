"""An invented municipality that writes, an ordinary letter of it, and a look into what was printed."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

import pdfplumber
import pytest

from adapters.post.letters.settings import HouseSettings
from adapters.post.letters.window_letter import WindowLetters
from inbox.errors import Conflict
from inbox.ports import NoticeLetter

HOUSE = HouseSettings(
    name="Gemeente Proefstad",
    return_address=("Postbus 12", "1234 AB Proefstad"),
    place="Proefstad",
    contact_lines=("Stadhuisplein 1, 1234 AB Proefstad", "Telefoon 14 0123, www.proefstad.example"),
)
BODY = """Geachte mevrouw De Vries,

Wij hebben uw brief op 23 november 2026 ontvangen. U schrijft over een losse stoeptegel.

U hoort uiterlijk op maandag 30 november 2026 van ons.

Met vriendelijke groet,

Gemeente Proefstad
"""
LETTER = NoticeLetter(
    address_lines=("Mevrouw A. de Vries", "Lindelaan 12", "1234 CD Proefstad"),
    subject="Wij hebben uw brief ontvangen",
    body=BODY,
    reference="7K3M-9QXA-D",
    written_on=date(2026, 11, 26),
)
MM = 72 / 25.4

MakeLetter = Callable[..., NoticeLetter]


@pytest.fixture(scope="session")
def make_letter() -> MakeLetter:
    """Return a factory: an ordinary letter, with changes."""

    def make(**changes: Any) -> NoticeLetter:
        return NoticeLetter(**{**LETTER.__dict__, **changes})

    return make


@pytest.fixture(scope="session")
def render() -> WindowLetters:
    return WindowLetters(HOUSE)


class Word(NamedTuple):
    """A printed word, in millimetres from the left and upper edges."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


def words_of(pdf: bytes, page: int = 0) -> list[Word]:
    """Return the words of a page, as they stand."""
    with pdfplumber.open(io.BytesIO(pdf)) as opened:
        return [
            Word(word["text"], word["x0"] / MM, word["top"] / MM, word["x1"] / MM, word["bottom"] / MM)
            for word in opened.pages[page].extract_words(keep_blank_chars=False)
        ]


def texts_of(pdf: bytes) -> list[str]:
    """Return the words of each page, with single spaces."""
    with pdfplumber.open(io.BytesIO(pdf)) as opened:
        return [" ".join(page.extract_text().split()) for page in opened.pages]


def last_page(pdf: bytes) -> tuple[int, str]:
    """Return how many pages there are, and the last one's words."""
    with pdfplumber.open(io.BytesIO(pdf)) as opened:
        return len(opened.pages), " ".join(opened.pages[-1].extract_text().split())


def in_window(pdf: bytes) -> list[Word]:
    """Return the words of the first page that stand below the return address and above the date."""
    return [word for word in words_of(pdf) if 58.5 < word.top < 100]


class Claims:
    """Counts claims; refuses them when told to, as the ledger does when somebody was first."""

    def __init__(self) -> None:
        self.count = 0
        self.is_refused = False
        self.before: Callable[[], None] = lambda: None
        """Called by each claim."""

    async def __call__(self) -> None:
        self.before()
        if self.is_refused:
            raise Conflict("somebody was first")
        self.count += 1


@pytest.fixture
def claim() -> Claims:
    return Claims()
