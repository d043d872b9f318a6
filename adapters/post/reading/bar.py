"""How well a letter must have been read before its words are believed."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from inbox.reading import UNREAD_INK, Page, PageSource

_UNREAD = frozenset([PageSource.blank, PageSource.separator])
_DUTCH = "nl"


class QualityBar(BaseModel):
    """A letter below it goes to a person, with its picture. Shares and confidences from 0 to 1."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    confidence: float = Field(default=0.7, ge=0, le=1)
    """Mean confidence of the words. Tesseract gives clean pages 0.9 and more; below 0.7 names are guesses."""
    weak_share: float = Field(default=0.35, ge=0, le=1)
    """Most share of words below a confidence of 0.6: the mean hides a bad half of a page."""
    dutch_share: float = Field(default=0.4, ge=0, le=1)
    """Least share of known words, of a letter in Dutch: names, numbers and places are a third of a short letter."""
    words: int = Field(default=5, ge=0)
    """Least words of the whole letter."""


DEFAULT_BAR = QualityBar()


def is_below(pages: Sequence[Page], language: str, bar: QualityBar = DEFAULT_BAR, *, is_envelope: bool = False) -> bool:
    """Say whether the letter was read too poorly to be routed by its words.

    Blank pages and separator sheets do not count; the others count by their words, so that a bad page of a long letter
    does not hide. A page that is unreadable or read in part, or as bad as the bar forbids and a quarter of the letter, is
    enough. Of an envelope neither few words nor unknown ones say anything: it bears names.
    """
    read = [page for page in pages if page.read_from not in _UNREAD]
    words = sum(page.words for page in read)
    least = 1 if is_envelope else bar.words
    if words < least or any(_stands_for_less(page, is_envelope=is_envelope) for page in read):
        return True
    large = [page for page in read if page.words * 4 >= words]
    if any(page.confidence < bar.confidence or page.weak_share > bar.weak_share for page in large):
        return True
    if is_envelope:
        return False
    dutch = sum(page.dutch_share * page.words for page in read) / max(1, words)
    return language in ("", _DUTCH) and dutch < bar.dutch_share


def _stands_for_less(page: Page, *, is_envelope: bool) -> bool:
    # Postmarks, stamps and what is printed around them are much of what an envelope bears.
    return page.read_from is PageSource.unreadable or (UNREAD_INK in page.remarks and not is_envelope)
