"""Receive call records that a telephone system sends: durable and in the ledger once, and only then it is answered.

They are known by their source and their digest: the same request again is the same log (invariant 2). Neither Temporal nor
a worker is needed for it.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from inbox.channel import Channel
from inbox.errors import BytesMissing, NotFound
from store.keeping import NewDelivery, delivery_id, keep_all, note_confirmed
from store.sources import source_row
from workflows.parts import ConfiguredCalls, Parts
from workflows.sweeping import held_because


def call_space_of(source_id: str) -> str:
    """Return where the digests of what a source sends count."""
    return f"calls://{source_id}"


async def receive_records(parts: Parts, calls: ConfiguredCalls, source_id: str, records: bytes, media_type: str) -> str:
    """Keep the records as a call log; return its id, the same for the same bytes. Safe to repeat.

    Nothing of them is read. Raises NotFound, StoreUnavailable, BytesMissing.
    """
    source = await source_row(parts.ledger, source_id)
    if source is None:
        raise NotFound("there is no such source")
    space, position = call_space_of(source_id), hashlib.sha256(records).hexdigest()
    log_id = delivery_id(space, position)
    stored = (await parts.bytes.put_all({log_id: records}))[log_id]
    received_at, is_observed = datetime.now(UTC), source.mode != "live"
    new = NewDelivery(
        source_id=source_id,
        channel=Channel.phone,
        key_space=space,
        position=position,
        sha256=stored.sha256,
        size_bytes=stored.size_bytes,
        media_type=media_type,
        received_at=received_at,
        received_basis="kept",
        confidentiality=calls.confidentiality,
        held_because=held_because(is_observed, received_at, source.live_from),
        is_observed=is_observed,
        is_call_log=True,
    )
    await keep_all(parts.ledger, [new])
    # Before it is told, the bytes are seen to be there (invariant 1), whoever wrote them; and that they are these.
    there = await parts.bytes.size(log_id)
    if there != len(records) or stored.sha256 != position:
        raise BytesMissing(f"delivery {log_id} is in the ledger and its bytes are not there: look at the byte store")
    await note_confirmed(parts.ledger, space, [position])
    return log_id
