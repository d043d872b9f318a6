"""Who speaks in an item, as the ledger and the configuration in force say."""

from __future__ import annotations

from typing import Any

from inbox.channel import Channel
from inbox.correspondent import Correspondent, correspondent, speaking
from inbox.reading import Reading
from inbox.routing.compiled import CompiledConfiguration
from workflows.parts import Parts


def read_from(item: Any) -> Reading:
    """Return the reading of the item's row; an empty one where nothing could be read."""
    return Reading.model_validate(item.reading) if item.reading else Reading(channel=Channel(item.channel))


def spoken(parts: Parts, item: Any, compiled: CompiledConfiguration) -> tuple[Reading, Correspondent]:
    """Return the item's reading as its correspondent's, and who that is."""
    reading = read_from(item)
    by = correspondent(
        reading,
        item.received_at,
        compiled.document,
        parts.identity.trusted_authserv_ids,
        vouched_address=item.vouched_address,
    )
    return speaking(reading, by), by
