"""What the API asks of whoever knows the settings file: it stands in gateway/source_desk.py."""

from __future__ import annotations

from typing import Annotated, Protocol

from fastapi import Depends, Request

from gateway.settings import SourceSettings
from inbox.channel import Channel
from inbox.errors import SettingsInvalid


class SourceDesk(Protocol):
    """Checks and tries sources."""

    def managed(self, source_id: str) -> SourceSettings | None:
        """Return the source of the settings file, which is not changed here; None when it names no such."""

    def neighbour(self, source: SourceSettings) -> str | None:
        """Return another source of the settings file that is read at the same place; None when there is none."""

    def channel(self, source: SourceSettings) -> Channel:
        """Return what the source gives messages of."""

    async def faults(self, source: SourceSettings) -> list[tuple[tuple[str, ...], str]]:
        """Return what the source may not name, as paths into the body with words that repeat nothing of it."""

    async def try_out(self, source: SourceSettings) -> tuple[str, str]:
        """Open the source, look once, touch nothing; return `ok` or the error's code, and one sentence."""


async def _desk_of(request: Request) -> SourceDesk:
    desk: SourceDesk | None = request.app.state.source_desk
    if desk is None:
        raise SettingsInvalid("this API was made without its settings: sources cannot be administered here")
    return desk


DeskHere = Annotated[SourceDesk, Depends(_desk_of)]
