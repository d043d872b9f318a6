"""Letters through NotifyNL: a whole PDF as a precompiled letter, printed and posted there."""

from __future__ import annotations

import base64

from adapters.notify_nl.client import NotifyNl
from inbox.errors import DestinationRefused
from inbox.ports import Claim, Taken, Whereabouts

LARGEST_LETTER_BYTES = 2 * 1024 * 1024
"""What NotifyNL takes."""


class NotifyNlLetters:
    """Hands letters to NotifyNL. A LetterSender, and a Follower of what it took."""

    def __init__(self, notify_nl: NotifyNl) -> None:
        """Keep the way there."""
        self._notify_nl = notify_nl

    async def send(self, name: str, letter: bytes, claim: Claim) -> Taken:
        """Hand it over, unless NotifyNL holds one under this name. Raises as NotifyNl.send."""
        if len(letter) > LARGEST_LETTER_BYTES:
            raise DestinationRefused(f"the letter has {len(letter)} bytes; NotifyNL takes {LARGEST_LETTER_BYTES}")
        content = {"content": base64.b64encode(letter).decode("ascii")}
        return await self._notify_nl.send("letter", name, content, claim)

    async def whereabouts(self, remote_id: str) -> Whereabouts | None:
        """Return what became of a letter."""
        return await self._notify_nl.whereabouts(remote_id)

    async def check(self) -> None:
        """Ask for a letter that is not there: proves address and key. Raises as `send`, never AnswerLost."""
        await self._notify_nl.check()
