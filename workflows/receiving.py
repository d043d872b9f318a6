"""Receive: what is handed in becomes durable and stands in the ledger once, and only then the writer is answered.

A submission is known by its source and Idempotency-Key. Its bytes are first (invariant 1); a repeat finds them, and is
answered from the ledger. Neither Temporal nor a worker is needed for it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from inbox.errors import BytesMissing, KeyReused, NotFound
from inbox.ports import Stored
from inbox.submission import Submission
from store.handed_in import HandedIn, handed_in
from store.keeping import NewDelivery, delivery_id, keep_all, known_positions, note_confirmed
from store.sources import source_row
from workflows.parts import Intake, Parts
from workflows.sweeping import held_because, received

_AT_ONCE = 50
"""So many are written to the byte store together."""


@dataclass(frozen=True)
class Wanted:
    """One submission under its key."""

    idempotency_key: str
    submission: Submission


@dataclass(frozen=True)
class Received:
    """What became of one submission."""

    item: HandedIn
    is_new: bool
    """False: it came before, under the same key."""


def key_space_of(source_id: str) -> str:
    """Return where the source's keys count: a writer that gets a new API key goes on in the same one."""
    return f"intake://{source_id}"


def position_of(idempotency_key: str) -> str:
    """Return the position of a key: its digest, since writers put anything into keys."""
    return hashlib.sha256(idempotency_key.encode()).hexdigest()


def _nobody(_done: int) -> None:
    """Nobody wants to know."""


async def receive(
    parts: Parts, intake: Intake, source_id: str, wanted: Sequence[Wanted], on_written: Callable[[int], None] = _nobody
) -> list[Received]:
    """Take all of them in, or none; return what the ledger says of each, in order. Safe to repeat.

    `wanted`: with distinct keys. `on_written`: told how many more are durable. Raises KeyReused, naming how many came
    with another content before; NotFound, StoreUnavailable, BytesMissing.
    """
    source = await source_row(parts.ledger, source_id)
    if source is None:
        raise NotFound("there is no such source")
    space = key_space_of(source_id)
    # Large attachments, and thousands of lines, would hold up everybody else.
    raws = await asyncio.to_thread(_raws, intake, wanted)
    known = await known_positions(parts.ledger, space, list(raws))
    _require_same(raws, {position: kept.sha256 for position, kept in known.items()})
    stored = await _written(parts, space, raws, on_written)
    _require_same(raws, {position: one.sha256 for position, one in stored.items()})
    new = [_delivery(intake, source, one, stored[position_of(one.idempotency_key)]) for one in wanted]
    fresh = await keep_all(parts.ledger, new)
    told = await _told(parts, space, raws, stored)
    return [Received(item, position in fresh) for position, item in told.items()]


def _delivery(intake: Intake, source: Any, wanted: Wanted, stored: Stored) -> NewDelivery:
    received_at, basis = received(wanted.submission.occurred_at)
    is_observed = source.mode != "live"
    return NewDelivery(
        source_id=source.source_id,
        channel=wanted.submission.channel,
        key_space=key_space_of(source.source_id),
        position=position_of(wanted.idempotency_key),
        sha256=stored.sha256,
        size_bytes=stored.size_bytes,
        media_type=intake.media_type,
        received_at=received_at,
        received_basis=basis,
        confidentiality=intake.sources[source.source_id].confidentiality,
        held_because=held_because(is_observed, received_at, source.live_from),
        is_observed=is_observed,
    )


def _raws(intake: Intake, wanted: Sequence[Wanted]) -> dict[str, bytes]:
    return {position_of(one.idempotency_key): intake.write(one.submission) for one in wanted}


async def _written(
    parts: Parts, space: str, raws: dict[str, bytes], on_written: Callable[[int], None]
) -> dict[str, Stored]:
    stored: dict[str, Stored] = {}
    waiting = list(raws)
    while waiting:
        batch, waiting = waiting[:_AT_ONCE], waiting[_AT_ONCE:]
        put = await parts.bytes.put_all({delivery_id(space, position): raws[position] for position in batch})
        stored |= {position: put[delivery_id(space, position)] for position in batch}
        on_written(len(batch))
    return stored


def _require_same(raws: dict[str, bytes], standing: dict[str, str]) -> None:
    """Raise KeyReused when other bytes stand under a key: they were there first, and stay. `standing`: their digests."""
    others = sum(hashlib.sha256(raws[position]).hexdigest() != sha256 for position, sha256 in standing.items())
    if others:
        raise KeyReused(
            f"{others} of {len(raws)} came with another content under the same Idempotency-Key before; nothing was "
            "taken in. Use a new key for a new message"
        )


async def _told(parts: Parts, space: str, raws: dict[str, bytes], stored: dict[str, Stored]) -> dict[str, HandedIn]:
    """Return position → what the ledger says, after a look whether the bytes are there (invariant 1)."""
    sizes = await parts.bytes.sizes([delivery_id(space, position) for position in raws])
    for position in raws:
        identity = delivery_id(space, position)
        if sizes[identity] != stored[position].size_bytes:
            raise BytesMissing(
                f"delivery {identity} is in the ledger and its bytes are not there: look at the byte store"
            )
    await note_confirmed(parts.ledger, space, list(raws))
    found = await handed_in(parts.ledger, [delivery_id(space, position) for position in raws])
    return {position: found[delivery_id(space, position)] for position in raws}
