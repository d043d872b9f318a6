"""What the API may do with sources, in the bounds of the settings file."""

from __future__ import annotations

import asyncio

from pydantic.alias_generators import to_camel

from gateway.settings import Settings, SourceSettings
from gateway.source_bounds import out_of_bounds
from gateway.source_trying import Trying
from gateway.sources import channel_of, require_ocr
from inbox.channel import Channel
from inbox.errors import SettingsInvalid


class SourceDesk:
    """Knows the settings file. What it promises stands in gateway/api/source_desk.py."""

    def __init__(self, settings: Settings) -> None:
        """`settings`: of this process."""
        self._settings = settings
        self._managed = {source.id: source for source in settings.sources}
        self._trying = Trying()

    def managed(self, source_id: str) -> SourceSettings | None:
        """Return the source of the settings file, or None."""
        return self._managed.get(source_id)

    def neighbour(self, source: SourceSettings) -> str | None:
        """Return another source of the settings file that is read at the same place, or None."""
        same = (one.id for one in self._settings.sources if one.id != source.id and one.place == source.place)
        return next(same, None) if source.place else None

    def channel(self, source: SourceSettings) -> Channel:
        """Return what it gives messages of."""
        return channel_of(source)

    async def faults(self, source: SourceSettings) -> list[tuple[tuple[str, ...], str]]:
        """Return what the source may not name, as paths into the body with words."""
        found = await asyncio.to_thread(out_of_bounds, source, self._settings)
        faults = [(tuple(to_camel(step) for step in one.path), one.words) for one in found]
        place = "scan_folder" if source.scan_folder is not None else "sftp"
        if not faults and (source.scan_folder is not None or source.sftp is not None):
            try:
                whole = self._settings.model_copy(update={"sources": (source,)})
                await asyncio.to_thread(require_ocr, whole)
            except SettingsInvalid as error:
                faults.append(((to_camel(place),), error.detail))
        return faults

    async def try_out(self, source: SourceSettings) -> tuple[str, str]:
        """Open it, look once and leave; return `ok` or the error's code, and one sentence."""
        tried = await self._trying.source(source)
        return tried.code, tried.detail
