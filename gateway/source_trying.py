"""Try a source: a real connection and one look, with nothing touched there and nothing stored here."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from gateway.settings import SourceSettings
from gateway.sources import files_there, source_of
from inbox.errors import GatewayError, SourceUnreachable
from inbox.ports import Source

_AT_ONCE = 4
_ANSWER_SECONDS = 10.0
"""So long one answer may take while somebody waits."""
_WHOLE_SECONDS = 30.0
_FILES_AT_MOST = 10_000
"""A folder is counted no further."""
_BUSY_SECONDS = 5.0
"""So long a try waits for another one to end."""


@dataclass(frozen=True)
class Tried:
    """What came of it."""

    code: str
    """`ok`, the error's code, or `busy`: too many tries are at it."""
    detail: str
    """One sentence: what is there, or what is wrong and which setting to mend."""


class Trying:
    """Tries sources, a few at a time: each holds a thread while its server is silent."""

    def __init__(self) -> None:
        """Nothing runs yet."""
        self._executor = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="try-source")
        self._free = asyncio.Semaphore(_AT_ONCE)

    async def source(self, settings: SourceSettings) -> Tried:
        """Open the source, look once, and leave. Never raises what the source is to blame for."""
        if not settings.is_fetched:
            return Tried("ok", "nothing is fetched there: others hand in, so there is nothing to try")
        try:
            source = source_of(_hurried(settings), observes=True)
            async with asyncio.timeout(_BUSY_SECONDS):
                await self._free.acquire()
        except TimeoutError:
            return Tried("busy", "other tries still wait for their servers or folders: try again later")
        except GatewayError as error:
            return Tried(error.code, error.detail)
        looking = asyncio.get_running_loop().run_in_executor(self._executor, _look, source, settings)
        # A thread that hangs keeps its place until it comes back, however long nobody waits for it any more.
        looking.add_done_callback(self._is_back)
        try:
            async with asyncio.timeout(_WHOLE_SECONDS):
                count = await asyncio.shield(looking)
        except TimeoutError:
            late = SourceUnreachable(f"source {settings.id}: there was no answer within {_WHOLE_SECONDS:g} s")
            return Tried(late.code, late.detail)
        except GatewayError as error:
            return Tried(error.code, error.detail)
        what = "messages" if settings.imap is not None else "files"
        more = " or more" if settings.imap is None and count >= _FILES_AT_MOST else ""
        return Tried("ok", f"{count}{more} {what} there now; nothing was touched")

    def _is_back(self, looking: asyncio.Future[int]) -> None:
        self._free.release()
        if not looking.cancelled():
            looking.exception()  # heard by whoever waited


def _look(source: Source, settings: SourceSettings) -> int:
    # A look would show only files that stood still for a while, and read each whole to know it.
    files = files_there(_hurried(settings), _FILES_AT_MOST)
    if files is not None:
        return files
    connection = source.open()
    try:
        return len(connection.look().positions)
    finally:
        connection.close()


def _hurried(settings: SourceSettings) -> SourceSettings:
    """Return the same source with less patience."""
    changes: dict[str, Any] = {}
    for name in ("imap", "sftp", "call_sftp"):
        place = getattr(settings, name)
        if place is not None:
            seconds = min(place.timeout_seconds, _ANSWER_SECONDS)
            changes[name] = place.model_copy(update={"timeout_seconds": seconds})
    return settings.model_copy(update=changes)
