"""What the worker and the process that reads scans say to each other.

    worker ── a line: Asked, the file's bytes ──> reader
    worker <── lines: Told …, then Failed, or Done and the bytes of the letters' PDFs ── reader

The worker's side stays open behind the file's bytes: its end tells the reader that nobody listens any more.
"""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

import inbox.errors
from adapters.post.reading.plan import ScanPlan
from inbox.errors import GatewayError, ReaderDied, SettingsInvalid, UnreadableError
from inbox.reading import Reading
from inbox.unfolding import LeftPage

LONGEST_LINE_BYTES = 64 << 20
"""Readings of a file's letters take a few thousand bytes a page; 500 full ones a few MB."""


class _Said(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Asked(_Said):
    """What is to be unfolded, and within which limits."""

    plan: ScanPlan
    received_on: date
    is_one: bool
    size_bytes: int
    """Of the file, whose bytes follow."""
    memory_bytes: int
    cpu_seconds: int


class Told(_Said):
    """How far it is: first none of all pages, at the end all of them."""

    done: int = Field(ge=0)
    of: int = Field(ge=1)


class Failed(_Said):
    """Nothing can be made of the file."""

    error: str
    """Code of the error."""
    detail: str


class DoneLetter(_Said):
    """One letter; its PDF follows, so long."""

    reading: Reading
    pages: tuple[int, ...] = Field(min_length=1)
    size_bytes: int = Field(ge=1)


class Done(_Said):
    """Everything that the file holds."""

    pages: int = Field(ge=1)
    letters: tuple[DoneLetter, ...]
    remainders: tuple[LeftPage, ...]
    scanner: tuple[tuple[str, str], ...]


ANSWER: TypeAdapter[Told | Failed | Done] = TypeAdapter(Told | Failed | Done)
"""One line of the reader."""


def error_of(failed: Failed) -> GatewayError:
    """Return the error that the reader met, as if it had been met here."""
    return _named().get(failed.error, ReaderDied)(failed.detail)


def _named() -> dict[str, type[GatewayError]]:
    known: dict[str, type[GatewayError]] = {SettingsInvalid.code: SettingsInvalid}
    for kind in vars(inbox.errors).values():
        if isinstance(kind, type) and issubclass(kind, UnreadableError):
            known[kind.code] = kind
    return known
