"""A source in memory, and parts with which it can be swept: for what no real server can be made to do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from inbox.ports import ByteStore, Connection, Fetched, Sighting
from store.configurations import Configurations
from store.ledger import Ledger
from store.sources import register_source
from workflows.parts import ConfiguredSource, Identity, Parts
from workflows.sweeping import Sweep

KEY_SPACE = "imap://info@mail.test/INBOX;UIDVALIDITY=17"
RECEIVED_AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PIECE_BYTES = 1 << 20


class MemorySource:
    """A mailbox. What is confirmed is gone from it."""

    source_id = "info"

    def __init__(self, *mails: bytes, first: int = 1) -> None:
        """They get the positions 1, 2, 3, …"""
        self.mails: dict[str, bytes] = {str(number): mail for number, mail in enumerate(mails, start=first)}
        self.confirmed: list[str] = []
        self.fetched: list[str] = []
        self.on_fetch: Callable[[str], None] = _nothing
        """Called with the position before anything is given; may raise."""
        self.on_piece: Callable[[str, int], None] = _nothing
        """Called with the position and the piece's number before the piece is given; may raise."""
        self.on_confirm: Callable[[str], None] = _nothing
        self.gives: Callable[[str, bytes], bytes] = _as_it_is
        """What a fetch gives of a mail: some servers give other bytes each time."""

    def open(self) -> Connection:
        """Give a connection; any number may be open."""
        return MemoryConnection(self)


class MemoryConnection:
    """The port's Connection."""

    def __init__(self, source: MemorySource) -> None:
        """Connected."""
        self._source = source

    @property
    def moved_bytes(self) -> int:
        """It never stands still."""
        return time.monotonic_ns()

    def look(self) -> Sighting:
        """Show what is not confirmed yet."""
        return Sighting(KEY_SPACE, tuple(self._source.mails))

    def fetch(self, position: str) -> Fetched | None:
        """Give it in pieces of 1 MiB."""
        self._source.on_fetch(position)
        self._source.fetched.append(position)
        if position not in self._source.mails:
            return None
        content = self._source.gives(position, self._source.mails[position])
        return Fetched(position, RECEIVED_AT, self._pieces(position, content))

    def confirm(self, position: str) -> None:
        """Take it away."""
        self._source.on_confirm(position)
        self._source.confirmed.append(position)
        self._source.mails.pop(position, None)

    def wait(self, seconds: float) -> None:
        """Return at once."""

    def close(self) -> None:
        """Nothing is held."""

    def _pieces(self, position: str, content: bytes) -> Iterator[bytes]:
        for number, start in enumerate(range(0, len(content), PIECE_BYTES)):
            self._source.on_piece(position, number)
            yield content[start : start + PIECE_BYTES]


async def sweepable(ledger: Ledger, store: ByteStore, source: Any) -> Parts:
    """Return parts for one live source; they can keep and nothing else."""
    parts = Parts(
        ledger=ledger,
        bytes=store,
        configurations=Configurations(ledger),
        readers={},
        child_readers={},
        notices=cast("Any", None),
        sender=cast("Any", None),
        systems={},
        identity=Identity(b"k" * 32, "gemeente.test", frozenset()),
    )
    live_from = datetime(2000, 1, 1, tzinfo=UTC)
    parts.sources[source.source_id] = ConfiguredSource(
        source, Channel.email, "live", live_from, Confidentiality.intern, "message/rfc822"
    )
    await register_source(ledger, source.source_id, Channel.email, "live", live_from)
    return parts


async def swept(parts: Parts, postponed: set[str] | None = None, on_progress: Any = None, **options: Any) -> Sweep:
    """Sweep the one source over a connection of its own, as a reader that comes long after another; return the sweep."""
    options.setdefault("keeper_tells", timedelta())
    [configured] = parts.sources.values()
    connection = configured.source.open()
    with ThreadPoolExecutor(1) as executor:
        sweep = Sweep(parts, configured, connection, executor, set() if postponed is None else postponed, **options)
        try:
            await sweep.run(on_progress or _nothing)
        finally:
            connection.close()
    return sweep


def _nothing(*_: Any) -> None:
    """Nobody looks."""


def _as_it_is(_: str, content: bytes) -> bytes:
    return content
