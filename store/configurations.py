"""Published configurations: numbered, immutable; the highest number is in force."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import structlog
from sqlalchemy import select

from inbox.configuration.canonical import canonical
from inbox.configuration.load import load_configuration, load_published, require_usable
from inbox.configuration.model import Configuration
from inbox.configuration.overlay import Running
from inbox.configuration.parts import Content
from inbox.errors import Conflict, NotFound, OverlayInvalid, SettingsInvalid
from inbox.routing.compiled import CompiledConfiguration
from store.ledger import Ledger
from store.overlays import running_mark, running_overlays
from store.tables import configurations
from store.versions import (
    NewVersion,
    Origin,
    add_version,
    begin_publishing,
    bring_into_force,
    clear_schedule,
    digest_of,
    is_due,
    newest,
    scheduled,
)

log = structlog.get_logger()


class FileStanding(StrEnum):
    """What becomes of the document that the settings name."""

    in_force = "in_force"
    """It is what decides, or it was published just now."""
    overtaken = "overtaken"
    """Something else was published since, over the API or on the command line, or is scheduled: the file is not used."""


async def publish(
    ledger: Ledger,
    document: str,
    publisher: str,
    name: str = "configuration",
    *,
    origin: Origin = Origin.file,
    reason: str = "",
    expected_version: int | None = None,
    withdraws_scheduled: bool = False,
) -> int:
    """Check and store a document as the newest version; return its number.

    The same document as the one in force is not stored again. Raises ConfigurationInvalid with every fault, Conflict when
    another version than expected is in force, or when something is scheduled and is not to be withdrawn.
    """
    await asyncio.to_thread(load_configuration, document, name)
    async with ledger.begin() as connection:
        in_force = await begin_publishing(ledger, connection)
        require_expected(in_force, expected_version)
        if in_force is not None and in_force.sha256 == digest_of(document):
            return int(in_force.version)
        await clear_schedule(connection, publisher, withdraws=withdraws_scheduled)
        return await add_version(connection, NewVersion(document, publisher, origin, reason))


async def publish_file(ledger: Ledger, document: str, name: str) -> FileStanding:
    """Publish the document that the settings name, unless something else was published since the last one.

    Raises ConfigurationInvalid with every fault.
    """
    await asyncio.to_thread(load_configuration, document, name)
    async with ledger.begin() as connection:
        in_force = await begin_publishing(ledger, connection)
        if in_force is not None and in_force.sha256 == digest_of(document):
            return FileStanding.in_force
        is_ours = in_force is None or in_force.origin == Origin.file
        if not is_ours or await scheduled(connection) is not None:
            return FileStanding.overtaken
        await add_version(connection, NewVersion(document, "settings file", Origin.file))
        return FileStanding.in_force


async def roll_back(
    ledger: Ledger,
    version: int,
    by: str,
    reason: str,
    *,
    expected_version: int | None = None,
    withdraws_scheduled: bool = False,
) -> int:
    """Publish the words of an older version as a new one; return its number.

    Raises NotFound, Conflict when they are in force already, or as `publish`.
    """
    document = (await version_row(ledger, version)).document
    await asyncio.to_thread(require_usable, document, version)
    async with ledger.begin() as connection:
        in_force = await begin_publishing(ledger, connection)
        require_expected(in_force, expected_version)
        if in_force.sha256 == digest_of(document):
            raise Conflict(f"version {in_force.version} is in force and says the same: there is nothing to roll back")
        await clear_schedule(connection, by, withdraws=withdraws_scheduled)
        return await add_version(connection, NewVersion(document, by, Origin.roll_back, reason, rolled_back_to=version))


def require_expected(in_force: Any, expected: int | None) -> None:
    """Raise Conflict when another version than the expected one is in force. None expects nothing."""
    number = in_force.version if in_force is not None else 0
    if expected is not None and number != expected:
        raise Conflict(f"version {number} is in force, and not {expected}: look at what changed first")


async def version_row(ledger: Ledger, version: int) -> Any:
    """Return the row of a published version. Raises NotFound."""
    async with ledger.read() as connection:
        query = select(configurations).where(configurations.c.version == version)
        row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFound(f"there is no version {version}")
    return row


async def version_content(ledger: Ledger, version: int) -> Content:
    """Return the canonical content of a published version. Raises NotFound."""
    row = await version_row(ledger, version)
    return await asyncio.to_thread(_content, row.document, version)


async def version_rows(ledger: Ledger, below: int | None, limit: int) -> list[Any]:
    """Return versions without their documents, newest first. `below`: only smaller numbers."""
    columns = [column for column in configurations.c if column.name != "document"]
    query = select(*columns).order_by(configurations.c.version.desc()).limit(limit)
    async with ledger.read() as connection:
        return list((await connection.execute(query.where(configurations.c.version < below) if below else query)).all())


async def version_in_force(ledger: Ledger) -> int:
    """Return the number of the version in force, what is due included. Raises SettingsInvalid when there is none."""
    async with ledger.read() as connection:
        version, due = await is_due(connection)
    if due:
        async with ledger.begin() as connection:
            await ledger.alone(connection, "publish")
            await bring_into_force(connection)
            version = (await newest(connection)).version
    if version is None:
        raise SettingsInvalid("no configuration is published: name one in the setting `configuration`")
    return version


class Configurations:
    """The configuration in force, compiled once per version and process."""

    def __init__(self, ledger: Ledger) -> None:
        """Nothing is loaded before it is asked for."""
        self._ledger = ledger
        self._compiled: CompiledConfiguration | None = None
        self._mark: tuple[Any, ...] = ()
        self._loading: asyncio.Task[CompiledConfiguration] | None = None
        self._loading_mark: tuple[Any, ...] = ()

    async def current(self) -> CompiledConfiguration:
        """Return the version in force with the overlays that run. Whoever decides asks once and keeps what it gets: the
        next answer may be another.

        What was scheduled is in force from its moment on, whoever asks first. Raises SettingsInvalid when none was ever
        published.
        """
        version = await version_in_force(self._ledger)
        async with self._ledger.read() as connection:
            mark = (version, *(await connection.execute(select(*running_mark()))).one())
        if self._compiled is None or self._mark != mark:
            return await self._loaded(version, mark)
        return self._compiled

    async def _loaded(self, version: int, mark: tuple[Any, ...]) -> CompiledConfiguration:
        """Compile once, however many ask meanwhile. Whoever gives up waiting takes nothing from the others, nor from itself
        at its next attempt.
        """
        if self._loading is None or self._loading_mark != mark:
            # The mark that was seen, not that of what is loaded: what changed in between is seen at the next call.
            self._loading, self._loading_mark = asyncio.create_task(self._load(version)), mark
            self._loading.add_done_callback(self._take)
        return await asyncio.shield(self._loading)

    def _take(self, loaded: asyncio.Task[CompiledConfiguration]) -> None:
        is_newest = loaded is self._loading
        failed = loaded.cancelled() or loaded.exception() is not None
        if is_newest and not failed:
            self._compiled, self._mark = loaded.result(), self._loading_mark
        if is_newest:
            self._loading = None

    async def _load(self, version: int) -> CompiledConfiguration:
        known = self._compiled
        document = known.document if known is not None and known.version == version else None
        words = "" if document else (await version_row(self._ledger, version)).document
        async with self._ledger.read() as connection:
            overlays = await running_overlays(connection)
        compiled = await asyncio.to_thread(_compiled, document, words, version, overlays)
        for overlay_id in compiled.misfits:
            log.error("overlay_does_not_fit", code=OverlayInvalid.code, overlay=overlay_id, version=version)
        return compiled


def _content(document: str, version: int) -> Content:
    return canonical(load_published(document, version))


def _compiled(
    document: Configuration | None, words: str, version: int, overlays: Sequence[Running]
) -> CompiledConfiguration:
    return CompiledConfiguration(document or load_published(words, version), version, overlays)
