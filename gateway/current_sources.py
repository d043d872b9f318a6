"""The sources of this process, kept as the settings file and the ledger say: what is made, changed, paused or ended over
the API comes to life within seconds, in every process, without a restart.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import structlog
from pydantic import ValidationError

from gateway.settings import Settings, SourceSettings
from gateway.source_bounds import out_of_bounds
from gateway.sources import attached_scans, call_register, configured, handed_in, unfolders
from inbox.channel import Channel
from inbox.errors import GatewayError, SettingsInvalid
from store.source_definitions import Standing, standing_sources
from store.sources import note_trouble
from workflows.for_ever import for_ever
from workflows.parts import ConfiguredSource, Parts

log = structlog.get_logger()

_LOOKS_SECONDS = 2.0
"""How often the ledger is asked: two small questions."""


class CurrentSources:
    """Keeps the parts' sources up to date."""

    def __init__(self, settings: Settings, parts: Parts, own_addresses: Callable[[Settings], frozenset[str]]) -> None:
        """`own_addresses`: what of settings with all sources is ours, so that nothing is acknowledged there."""
        self._settings = settings
        self._parts = parts
        self._own_addresses = own_addresses
        self._managed = frozenset(source.id for source in settings.sources)
        self._seen: object = None
        self._made: dict[str, tuple[SourceSettings, bool]] = {}
        """What each of the parts' sources was made of, and whether it was paused."""
        self._alone = asyncio.Lock()

    async def require_own_ids(self) -> None:
        """Raise SettingsInvalid when the settings file names a source that was made over the API.

        It is asked before anything of the settings file is written: a start that is refused changes no source.
        """
        both = self._managed & {row.source_id for row in (await standing_sources(self._parts.ledger)).definitions}
        if both:
            raise SettingsInvalid(f"`sources`: `{min(both)}` was made over the API already: give this one another id")

    async def begin(self) -> None:
        """Take up all sources. Raises SettingsInvalid when one of the settings file cannot be, StoreUnavailable."""
        standing = await standing_sources(self._parts.ledger)
        for source in self._settings.sources:
            if source.is_fetched:
                self._take_up_one(source, is_paused=source.id in standing.paused)
        await self.take_up()

    async def run(self) -> None:
        """Keep up until cancelled. A lost ledger does not end it: sources stay as they are until it is back."""
        await for_ever(self.take_up, every_seconds=_LOOKS_SECONDS, trouble="sources_not_looked_up")

    async def take_up(self) -> None:
        """Bring the parts up to date with the ledger. Raises StoreUnavailable."""
        async with self._alone:
            standing = await standing_sources(self._parts.ledger)
            seen = ([(row.source_id, row.version) for row in standing.definitions], standing.paused)
            if seen == self._seen:
                return
            sources = [*self._settings.sources, *await self._defined(standing)]
            able = await self._apply(sources, standing.paused)
            if self._seen is not None:
                log.info("sources_changed", sources=able, paused=sorted(standing.paused))
            self._seen = seen

    async def _defined(self, standing: Standing) -> list[SourceSettings]:
        """Return those that were made over the API, and can be here. What cannot is in trouble, for all to see."""
        found = []
        for row in standing.definitions:
            try:
                found.append(await asyncio.to_thread(self._definition, row))
            except SettingsInvalid as error:
                await self._trouble(row.source_id, error)
        return found

    def _definition(self, row: Any) -> SourceSettings:
        if row.source_id in self._managed:
            raise SettingsInvalid(f"source {row.source_id} is in a settings file as well: give that one another id")
        try:
            source = SourceSettings.model_validate(row.settings)
        except ValidationError as error:
            where = ".".join(str(step) for step in error.errors()[0]["loc"])
            raise SettingsInvalid(f"source {row.source_id}: `{where}` is not as it should be: change it") from None
        if source.place and source.place in {one.place for one in self._settings.sources}:
            raise SettingsInvalid(
                f"source {row.source_id}: one of a settings file is read there as well: end one of them"
            )
        # Again on each machine: its folders and settings may be other ones than where the source was made.
        for one in out_of_bounds(source, self._settings):
            raise SettingsInvalid(f"source {row.source_id}: `{'.'.join(one.path)}` {one.words}")
        return source

    async def _apply(self, sources: list[SourceSettings], paused: frozenset[str]) -> list[str]:
        """Put them into the parts; return the ids of those that can be here.

        A source that did not change stays the same object: its reader goes on.
        """
        able = []
        for source in sources:
            try:
                if source.is_fetched:
                    self._take_up_one(source, is_paused=source.id in paused)
                able.append(source)
            except SettingsInvalid as error:
                await self._trouble(source.id, error)
        whole = self._settings.model_copy(update={"sources": tuple(able)})
        for gone in self._parts.sources.keys() - {source.id for source in able if source.is_fetched}:
            del self._parts.sources[gone]
            del self._made[gone]
        own = self._own_addresses(whole)
        self._parts.identity = replace(self._parts.identity, own_addresses=own)
        self._take_up_readers(whole, frozenset(address.rpartition("@")[2] for address in own))
        if self._parts.intake is not None:
            self._parts.intake = replace(self._parts.intake, sources=handed_in(whole, paused))
        self._take_up_calls(whole, paused)
        return sorted(source.id for source in able)

    def _take_up_one(self, source: SourceSettings, *, is_paused: bool) -> None:
        made_of = (source, is_paused)
        if self._made.get(source.id) != made_of:
            made: ConfiguredSource = configured(source, is_paused=is_paused)
            self._parts.sources[source.id] = made
            self._made[source.id] = made_of

    def _take_up_readers(self, whole: Settings, own_domains: frozenset[str]) -> None:
        """Have scans read where the first source of scans has come."""
        if Channel.post not in self._parts.unfolders:
            self._parts.unfolders = unfolders(whole, own_domains)
        if self._parts.attached_scans is None:
            self._parts.attached_scans = attached_scans(whole, own_domains)

    def _take_up_calls(self, whole: Settings, paused: frozenset[str]) -> None:
        present, earlier = call_register(whole, paused), self._parts.calls
        if present is not None and earlier is not None:
            present = replace(present, named_numbers=earlier.named_numbers)
        elif earlier is not None:
            # What the last source gave still goes into the register.
            present = replace(earlier, sources={})
        self._parts.calls = present

    async def _trouble(self, source_id: str, error: GatewayError) -> None:
        log.warning("source_in_trouble", source=source_id, code=error.code, detail=error.detail)
        await note_trouble(self._parts.ledger, source_id, error)
