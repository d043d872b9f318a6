"""Published configurations: numbered, immutable; the highest number is in force."""

from __future__ import annotations

import hashlib
from typing import Any

import structlog
from sqlalchemy import func, insert, select

from inbox.configuration.load import load_configuration
from inbox.errors import OverlayInvalid, SettingsInvalid
from inbox.routing.compiled import CompiledConfiguration
from store.ledger import Ledger, now
from store.overlays import running_mark, running_overlays
from store.tables import configurations

log = structlog.get_logger()


async def publish(ledger: Ledger, document: str, publisher: str, name: str = "configuration") -> int:
    """Check and store a document as the newest version; return its number.

    The same document as the one in force is not stored again. Raises ConfigurationInvalid with every fault.
    """
    load_configuration(document, name)
    digest = hashlib.sha256(document.encode()).hexdigest()
    async with ledger.begin() as connection:
        await ledger.alone(connection, "publish")
        newest = (
            await connection.execute(select(configurations).order_by(configurations.c.version.desc()).limit(1))
        ).one_or_none()
        if newest is not None and newest.sha256 == digest:
            return int(newest.version)
        version = newest.version + 1 if newest is not None else 1
        await connection.execute(
            insert(configurations).values(
                version=version, document=document, sha256=digest, published_at=now(), published_by=publisher
            )
        )
        return int(version)


class Configurations:
    """The configuration in force, compiled once per version and process."""

    def __init__(self, ledger: Ledger) -> None:
        """Nothing is loaded before it is asked for."""
        self._ledger = ledger
        self._compiled: CompiledConfiguration | None = None
        self._mark: tuple[Any, ...] = ()

    async def current(self) -> CompiledConfiguration:
        """Return the newest published version with the overlays in force. Raises SettingsInvalid when none was ever
        published.
        """
        async with self._ledger.read() as connection:
            newest = select(func.max(configurations.c.version)).scalar_subquery()
            mark = tuple((await connection.execute(select(newest, *running_mark()))).one())
        if mark[0] is None:
            raise SettingsInvalid("no configuration is published: name one in the setting `configuration`")
        if self._compiled is None or self._mark != mark:
            # The mark that was seen, not that of what is loaded: what changed in between is seen at the next call.
            self._compiled, self._mark = await self._load(mark[0]), mark
        return self._compiled

    async def _load(self, version: int) -> CompiledConfiguration:
        row: Any
        async with self._ledger.read() as connection:
            row = (await connection.execute(select(configurations).where(configurations.c.version == version))).one()
            overlays = await running_overlays(connection)
        known = self._compiled
        is_same = known is not None and known.version == version
        document = known.document if known is not None and is_same else None
        compiled = CompiledConfiguration(
            document or load_configuration(row.document, f"version {version}"), version, overlays
        )
        for overlay_id in compiled.misfits:
            log.error("overlay_does_not_fit", code=OverlayInvalid.code, overlay=overlay_id, version=version)
        return compiled
