"""Visits to a source's thread: several deliveries each, and never for long. Blocking."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from inbox.errors import GatewayError, PermanentError
from inbox.ports import Connection, FetchesTogether

_VISIT_SECONDS = 1.0
"""A visit ends after so long, once the delivery that it is at is done: on a slow line the first ones need not wait for
the last."""

_VISIT_BYTES = 3 << 20
"""Nor does it take more once it holds this many bytes; with the last one, at most 1 MiB more."""

_WHOLE_BYTES = 1 << 20
"""What is larger is not held in memory: it goes to the byte store piece by piece."""


@dataclass(frozen=True)
class Taken:
    """A delivery on its way from the source to the byte store."""

    position: str
    source_received_at: datetime | None
    pieces: list[bytes]
    rest: Iterator[bytes] | None
    """What follows the pieces, still at the source; None when they are the whole."""


@dataclass
class Haul:
    """What a visit brought: of the positions asked for, the first `tried` ones."""

    taken: list[Taken] = field(default_factory=list)
    """Only the last one may have a rest."""
    gone: list[str] = field(default_factory=list)
    tried: int = 0
    broken: GatewayError | None = None
    """What ended the visit at those that were tried and not brought; nothing more can be asked of the connection."""


@dataclass
class Told:
    """What a visit told the source: of the positions asked for, the first `tried` ones."""

    confirmed: list[str] = field(default_factory=list)
    refused: PermanentError | None = None
    """Why it does not take the first that is missing from `confirmed`."""
    tried: int = 0
    broken: GatewayError | None = None


def fetch(connection: Connection, positions: Sequence[str]) -> Haul:
    """Fetch one after the other until enough is there, the time is up, a large one begins, or the source breaks off."""
    haul = Haul()
    until = time.monotonic() + _VISIT_SECONDS
    held_bytes = 0
    if isinstance(connection, FetchesTogether) and len(positions) > 1:
        try:
            connection.fetches(positions)
        except GatewayError as error:
            # Any of them may be the one that the server cannot give.
            haul.tried, haul.broken = len(positions), error
            return haul
    for position in positions:
        haul.tried += 1
        try:
            taken = _take(connection, position)
        except GatewayError as error:
            haul.broken = error
            break
        if taken is None:
            haul.gone.append(position)
            continue
        haul.taken.append(taken)
        held_bytes += sum(map(len, taken.pieces))
        if taken.rest is not None or held_bytes >= _VISIT_BYTES or time.monotonic() > until:
            break
    return haul


def confirm(connection: Connection, positions: Sequence[str]) -> Told:
    """Tell the source of one after the other, until the time is up or it breaks off.

    That one cannot be told (a folder missing, say) stops nothing behind it.
    """
    told = Told()
    until = time.monotonic() + _VISIT_SECONDS
    for position in positions:
        told.tried += 1
        try:
            connection.confirm(position)
        except PermanentError as error:
            told.refused = told.refused or error
        except GatewayError as error:
            told.broken = error
            break
        else:
            told.confirmed.append(position)
        if time.monotonic() > until:
            break
    return told


def _take(connection: Connection, position: str) -> Taken | None:
    fetched = connection.fetch(position)
    if fetched is None:
        return None
    pieces: list[bytes] = []
    size_bytes = 0
    for piece in fetched.chunks:
        pieces.append(piece)
        size_bytes += len(piece)
        if size_bytes > _WHOLE_BYTES:
            return Taken(position, fetched.source_received_at, pieces, fetched.chunks)
    return Taken(position, fetched.source_received_at, pieces, None)
