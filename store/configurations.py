"""Published configurations: numbered, immutable; the highest number is in force."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import func, insert, select

from inbox.configuration.load import load_configuration
from inbox.errors import SettingsInvalid
from inbox.routing.compiled import CompiledConfiguration
from store.audit import AuditEntry, write_audit
from store.ledger import Ledger, now
from store.tables import configurations


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
        published = AuditEntry(
            publisher,
            "version.published",
            f"version/{version}",
            from_version=None if newest is None else newest.version,
            to_version=version,
            about={"sha256": digest},
        )
        await write_audit(connection, published)
        return int(version)


class Configurations:
    """The configuration in force, compiled once per version and process."""

    def __init__(self, ledger: Ledger) -> None:
        """Nothing is loaded before it is asked for."""
        self._ledger = ledger
        self._compiled: CompiledConfiguration | None = None

    async def current(self) -> CompiledConfiguration:
        """Return the newest published version. Raises SettingsInvalid when none was ever published."""
        async with self._ledger.read() as connection:
            version = (await connection.execute(select(func.max(configurations.c.version)))).scalar_one()
        if version is None:
            raise SettingsInvalid("no configuration is published: name one in the setting `configuration`")
        if self._compiled is None or self._compiled.version != version:
            self._compiled = await self._load(version)
        return self._compiled

    async def _load(self, version: int) -> CompiledConfiguration:
        row: Any
        async with self._ledger.read() as connection:
            row = (await connection.execute(select(configurations).where(configurations.c.version == version))).one()
        return CompiledConfiguration(load_configuration(row.document, f"version {version}"), version)
