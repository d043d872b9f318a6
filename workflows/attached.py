"""Read attached: the pictures and scans of a mail are read like post, before it is decided."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import date
from typing import Any

from inbox.attached_scans import with_scans
from inbox.channel import Channel
from inbox.errors import SettingsInvalid, StoreUnavailable, UnreadableError
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
"""For all pictures of one mail: with the mail itself and the virus scan it stays below the activity's ten minutes."""


@dataclass(frozen=True)
class _Attached:
    """The pictures and scans of one mail. Whatever goes wrong with them is written down, and never costs the mail."""

    parts: Parts
    scans: AttachedScans
    item: Any

    async def read(self, raw: bytes) -> list[Reading | None]:
        """Return a reading for each letter that they show, None for each file that could not be read."""
        until = asyncio.get_running_loop().time() + _SECONDS_AT_MOST
        readings: list[Reading | None] = []
        try:
            async with asyncio.timeout_at(until):
                zone = (await self.parts.configurations.current()).zone
                received_on = self.item.received_at.astimezone(zone).date()
                for content in await self.scans.files(raw):
                    readings += await self._letters(content, received_on)
        except TimeoutError:
            return [*readings, None]
        except StoreUnavailable:
            raise
        except Exception as error:  # noqa: BLE001 - the border: pictures never cost the mail
            await self._note(error)
            return [*readings, None]
        return readings

    async def _letters(self, content: bytes, received_on: date) -> list[Reading | None]:
        try:
            unfolded = await self.scans.unfolder(
                content, received_on=received_on, is_one=True, on_progress=lambda _done, _of: None
            )
        except UnreadableError as error:
            await self._note(error)
            return [None]
        return [letter.reading for letter in unfolded.letters]

    async def _note(self, error: Exception) -> None:
        # Of the delivery: the item itself goes on.
        await record_failure(self.parts.ledger, self.item.delivery_id, error)
