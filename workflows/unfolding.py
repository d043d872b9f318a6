"""Unfold: a scan file becomes its letters. Their bytes are durable first, then all of them stand in the ledger at once."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from inbox.channel import Channel
from inbox.errors import NoLetter, StoreUnavailable
from inbox.receipt import Receipt, receipt_of
from inbox.unfolding import Unfolded
from store.reading import commit_reading, delivery_row, item_row
from store.unfolding import KeptLetter, commit_unfolding, letter_id, note_pages, note_without_letter
from workflows.parts import Parts
from workflows.reading import begun, delivery_of, is_unread, set_aside, with_remarks

_SHOWS_SECONDS = 2.0
"""So often the item shows how far it is."""


async def unfold(parts: Parts, item_id: str) -> None:
    """Take the item's scan file apart, once. Ends with a Reading for each letter, or in quarantine.

    Raises StoreUnavailable, ScannerUnavailable, BytesMissing, ReaderDied.
    """
    item = await item_row(parts.ledger, item_id)
    if not is_unread(item):
        return
    delivery = await delivery_of(parts, item)
    is_letter = delivery.part_of is not None
    # Not the letter's own moment: at an earlier reading its stamp may have moved that.
    scan = await delivery_row(parts.ledger, delivery.part_of) if is_letter else delivery
    source = parts.sources.get(item.source_id)
    zone = (await parts.configurations.current()).zone
    received_on = scan.received_at.astimezone(zone).date()

    async def made(raw: bytes) -> Unfolded:
        progress = _Progress(parts, item_id)
        showing = asyncio.create_task(progress.show())
        try:
            with parts.measures.reading.labels("unfold").time():
                return await parts.unfolders[Channel(item.channel)](
                    raw,
                    received_on=received_on,
                    is_one=is_letter,
                    on_progress=progress.note,
                    holds_envelopes=source is not None and source.holds_envelopes,
                )
        finally:
            showing.cancel()
            await asyncio.wait([showing])

    found = await begun(parts, item, made, is_short=False)
    if found is None:
        return
    unfolded, remarks = found
    received = [receipt_of(one.reading, scan.received_at, scan.received_basis, zone) for one in unfolded.letters]
    letters = tuple(
        replace(one, reading=with_remarks(one.reading, (*remarks, *receipt.remarks)))
        for one, receipt in zip(unfolded.letters, received, strict=True)
    )
    unfolded = replace(unfolded, letters=letters)
    if not unfolded.letters:
        if not is_letter:
            await note_without_letter(parts.ledger, delivery.delivery_id, unfolded)
        await set_aside(
            parts, item, b"", NoLetter(f"none of its {unfolded.pages} pages holds a letter: look whether that is so")
        )
    elif is_letter:
        # It was taken apart before, and a person lets it be read again.
        await commit_reading(parts.ledger, item_id, letters[0].reading, received[0])
    else:
        await _keep(parts, item_id, delivery.delivery_id, unfolded, received)


async def _keep(parts: Parts, item_id: str, scan_id: str, unfolded: Unfolded, received: Sequence[Receipt]) -> None:
    """Make each letter durable, then write them down together."""
    digests = await asyncio.to_thread(_digests, unfolded)
    ids = [letter_id(scan_id, ordinal, digest) for ordinal, digest in enumerate(digests, start=1)]
    contents = {identity: letter.content for identity, letter in zip(ids, unfolded.letters, strict=True)}
    stored = await parts.bytes.put_all(contents)
    kept = [
        KeptLetter(letter.reading, letter.media_type, stored[identity], receipt)
        for identity, letter, receipt in zip(ids, unfolded.letters, received, strict=True)
    ]
    await commit_unfolding(parts.ledger, item_id, scan_id, kept, unfolded)


def _digests(unfolded: Unfolded) -> list[str]:
    return [hashlib.sha256(letter.content).hexdigest() for letter in unfolded.letters]


class _Progress:
    """How many pages are done, on its way to the ledger."""

    def __init__(self, parts: Parts, item_id: str) -> None:
        """Nothing is done."""
        self._parts = parts
        self._item_id = item_id
        self._said: tuple[int, int] | None = None

    def note(self, done: int, of: int) -> None:
        """So many pages are done. From any thread."""
        self._said = (done, of)

    async def show(self) -> None:
        """Write it down now and then, until cancelled."""
        shown: tuple[int, int] | None = None
        while True:
            await asyncio.sleep(_SHOWS_SECONDS)
            said = self._said
            if said is not None and said != shown:
                # Who looks may be told later; the reading goes on.
                with suppress(StoreUnavailable):
                    await note_pages(self._parts.ledger, self._item_id, *said)
                    shown = said
