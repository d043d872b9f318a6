"""Letters as they were meant: their parts in order, and the fields that a reader must find."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

TEXTS = Path(__file__).parent / "texts"
HELD_OUT = Path(__file__).parent / "held_out"


@dataclass(frozen=True)
class Truth:
    """What the letter says of itself; empty where it says nothing."""

    sender_name: str = ""
    surname: str = ""
    """As on the bell; empty where it is the last word of the name."""
    postcode: str = ""
    """With its space, as written: `4791 KB`."""
    house_number: str = ""
    """With its letter or addition."""
    written_on: str = ""
    """ISO 8601, however the letter writes it."""
    our_reference: str = ""
    """What stands behind "Ons kenmerk": the sender's own."""
    your_reference: str = ""
    """What stands behind "Uw kenmerk": the municipality's."""
    subject: str = ""
    email: str = ""
    phone: str = ""
    """As written."""
    iban: str = ""
    """Without spaces."""
    kvk: str = ""
    has_bsn: bool = False


@dataclass(frozen=True)
class Letter:
    """One invented letter."""

    name: str
    """Of its file."""
    layout: str
    """`classic`, `plain`, `modern`, `columns`, `footed`, `band` or `below`."""
    truth: Truth
    sender: tuple[str, ...]
    """Name and address, one line each, as at the head of the letter; `footed` and `below` have it at their end."""
    paragraphs: tuple[str, ...]
    date: str = ""
    head: str = ""
    """Large, at the top; a firm's or paper's name."""
    addressee: tuple[str, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)
    """Such as "Betreft" and "Uw kenmerk", in order."""
    salutation: str = ""
    table: tuple[tuple[str, ...], ...] = ()
    after: tuple[str, ...] = ()
    """Paragraphs below the table."""
    closing: str = ""
    signed: str = ""
    role: str = ""
    footer: tuple[str, ...] = ()
    language: str = "nl"
    font: str = ""
    """`mono`, `times`, `arial`, `courier`, `calibri` or `cambria`; else that of the layout."""

    @property
    def address_lines(self) -> tuple[str, ...]:
        """The sender's street and town, as written."""
        at = next((index for index, line in enumerate(self.sender) if line.startswith(self.truth.postcode)), 0)
        return self.sender[at - 1 : at + 1] if at else ()


@lru_cache
def letters() -> dict[str, Letter]:
    """Return every letter by name, in alphabetical order."""
    return {file.stem: _letter(file) for file in sorted(TEXTS.glob("*.yaml"))}


@lru_cache
def held_out() -> dict[str, Letter]:
    """Return the letters by which nothing was chosen or tuned, and nothing may be: they only measure."""
    return {file.stem: _letter(file) for file in sorted(HELD_OUT.glob("*.yaml"))}


def _letter(file: Path) -> Letter:
    told: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    told["signed"] = told.pop("name", "")
    told["truth"] = Truth(**told["truth"])
    told["table"] = tuple(tuple(row) for row in told.get("table", ()))
    for key in ("sender", "paragraphs", "addressee", "after", "footer"):
        told[key] = tuple(told.get(key, ()))
    return Letter(name=file.stem, **told)
