"""What every format of call records gives: legs, and rows that are none, in the order of the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Protocol
from zoneinfo import ZoneInfo

from inbox.call import BadRow, Leg


@dataclass(frozen=True)
class RowSettings:
    """What a source says about its call records."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Amsterdam"))
    """Of local times without an offset (Asterisk, most CSV)."""
    region: str = "NL"
    """Of numbers that name no country (ISO 3166-1)."""


class CallFormat(Protocol):
    """One format of call records. Stateless; any number of files at once."""

    @property
    def name(self) -> str:
        """What `--format` calls it."""

    def recognises(self, beginning: bytes) -> bool:
        """Say whether a file that begins so (64 KiB, or all of it) is surely of this format."""

    def rows(self, content: IO[bytes], settings: RowSettings) -> Iterator[tuple[int, Leg | BadRow]]:
        """Yield (line, leg) or (line, bad row) for each row, in order; header rows are passed over.

        Reads on as it is asked and holds one row at a time, whatever the size. Invalid UTF-8 becomes U+FFFD. Never raises
        for what a row holds.
        """
