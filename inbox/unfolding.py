"""Unfolding: what a delivery that holds many is taken apart into, once."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from inbox.reading import Reading


@dataclass(frozen=True)
class UnfoldedLetter:
    """One letter of a scan file."""

    reading: Reading
    pages: tuple[int, ...]
    """Their numbers in the scan file, from 1, in order."""
    content: bytes
    """The letter alone, as it is kept and forwarded: nothing of another letter stands in it."""
    media_type: str
    """Of `content`, such as `application/pdf`."""


class LeftPage(BaseModel):
    """A page that belongs to no letter."""

    model_config = ConfigDict(frozen=True)

    page: int
    """In the scan file, from 1."""
    kind: str
    """`separator`, `blank` or `blank_sheet`."""


@dataclass(frozen=True)
class Unfolded:
    """Everything that a scan file holds: each page stands in one letter, or is left for a named reason."""

    pages: int
    letters: tuple[UnfoldedLetter, ...]
    remainders: tuple[LeftPage, ...] = ()
    scanner: tuple[tuple[str, str], ...] = ()
    """What the file says of the device that made it: (`device`, `Canon DR-M1060`), (`dpi`, `300`), (`colour`, `grey`),
    (`software`, …). A replacement decision asks for them (Archiefbesluit, vervanging)."""
    media_type: str = ""
    """Of the file, by its bytes, such as `image/tiff`; empty when it is as the source said."""


class UnfoldingRecord(BaseModel):
    """How a delivery was taken apart, as the ledger keeps it: pages in, pages out."""

    model_config = ConfigDict(frozen=True)

    pages: int
    letters: tuple[tuple[int, ...], ...]
    """Page numbers of each letter, in order."""
    remainders: tuple[LeftPage, ...] = ()
    scanner: tuple[tuple[str, str], ...] = ()


def record_of(unfolded: Unfolded) -> UnfoldingRecord:
    """Return what is kept of it."""
    return UnfoldingRecord(
        pages=unfolded.pages,
        letters=tuple(letter.pages for letter in unfolded.letters),
        remainders=unfolded.remainders,
        scanner=unfolded.scanner,
    )
