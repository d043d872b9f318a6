"""Read attached: the pictures and scans of a mail are read like post, before it is decided."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from inbox.attached_scans import with_scans
from inbox.channel import Channel
from inbox.errors import SettingsInvalid, UnreadableError
from inbox.reading import Reading
from store.events import record_failure
from store.reading import commit_reading, item_row
from workflows.parts import AttachedScans, Parts
from workflows.reading import begun, is_unread, with_remarks, wrote_down


async def read_attached(parts: Parts, item_id: str) -> None:
    """Read the item with its pictures and scans, once. Ends with a Reading or in quarantine.

    Only the mail itself can be unreadable: a picture that cannot be read is a remark. Raises StoreUnavailable,
    ScannerUnavailable, BytesMissing, ReaderDied, SettingsInvalid.
    """
    item = await item_row(parts.ledger, item_id)
    scans = parts.attached_scans
    if not is_unread(item):
        return
    if scans is None:
        raise SettingsInvalid("`post.reads_attached` is off in this worker, and on in the one that serves the items")

    async def made(raw: bytes) -> Reading:
        reading = await parts.child_readers[Channel(item.channel)](raw, own_addresses=parts.identity.own_addresses)
        with parts.measures.reading.labels("attached").time():
            return with_scans(reading, await _Attached(parts, scans, item).read(raw))

    found = await begun(parts, item, made, is_short=False)
    if found is not None:
        reading, remarks = found
        await commit_reading(parts.ledger, item_id, with_remarks(reading, remarks))
        wrote_down(parts, item_id)


_SECONDS_AT_MOST = 300.0
"""So long pictures of one mail are begun; with the last one's own limit it stays below the activity's ten minutes."""


@dataclass(frozen=True)
class _Attached:
    """The pictures and scans of one mail."""

    parts: Parts
    scans: AttachedScans
    item: Any

    async def read(self, raw: bytes) -> list[Reading | None]:
        """Return a reading for each letter that they show, None for each file that could not be read."""
        zone = (await self.parts.configurations.current()).zone
        received_on = self.item.received_at.astimezone(zone).date()
        try:
            files = await self.scans.files(raw)
        except UnreadableError as error:
            await self._note(error)
            return [None]
        readings: list[Reading | None] = []
        until = asyncio.get_running_loop().time() + _SECONDS_AT_MOST
        for content in files:
            if asyncio.get_running_loop().time() > until:
                return [*readings, None]
            try:
                unfolded = await self.scans.unfolder(
                    content, received_on=received_on, is_one=True, on_progress=lambda _done, _of: None
                )
            except UnreadableError as error:
                await self._note(error)
                readings.append(None)
            else:
                readings += [letter.reading for letter in unfolded.letters]
        return readings

    async def _note(self, error: UnreadableError) -> None:
        # Of the delivery: the item itself goes on.
        await record_failure(self.parts.ledger, self.item.delivery_id, error)
