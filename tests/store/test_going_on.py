"""What a source that goes on where it was hears from the ledger."""

from __future__ import annotations

from datetime import UTC, datetime

from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from inbox.ports import Sighting
from store.going_on import latest_positions
from store.keeping import NewDelivery, keep_all, note_confirmed
from store.ledger import Ledger
from store.sources import record_look, register_source


def log(position: str, key_space: str = "calls") -> NewDelivery:
    return NewDelivery(
        source_id="calls",
        channel=Channel.phone,
        key_space=key_space,
        position=position,
        sha256="0" * 64,
        size_bytes=1,
        media_type="application/octet-stream",
        received_at=datetime.now(UTC),
        received_basis="source",
        confidentiality=Confidentiality.intern,
        held_because=None,
        is_observed=False,
        is_call_log=True,
    )


async def test_it_hears_what_it_was_told_of_and_what_is_open(ledger: Ledger) -> None:
    await register_source(ledger, "calls", Channel.phone, "live", None)
    for position in ("a", "b", "c"):
        await keep_all(ledger, [log(position)])
    await keep_all(ledger, [log("elsewhere", "calls://calls")])
    await note_confirmed(ledger, "calls", ["a", "b"])
    await note_confirmed(ledger, "calls://calls", ["elsewhere"])
    for positions in (("c", "d"), ()):
        await record_look(ledger, "calls", Sighting("calls", positions))
    told, open_ones = await latest_positions(ledger, "calls", "calls", 10)
    assert (sorted(told), set(open_ones)) == (["a", "b"], {"c", "d"})


async def test_it_hears_the_latest_only(ledger: Ledger) -> None:
    await register_source(ledger, "calls", Channel.phone, "live", None)
    for number in range(5):
        await keep_all(ledger, [log(str(number))])
    await note_confirmed(ledger, "calls", [str(number) for number in range(5)])
    assert await latest_positions(ledger, "calls", "calls", 2) == (["4", "3"], [])
