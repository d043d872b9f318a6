"""Text messages through NotifyNL, in a template whose only words are ours."""

from __future__ import annotations

from typing import Any

from adapters.notify_nl.client import NotifyNl
from adapters.notify_nl.settings import SmsSettings
from inbox.errors import DestinationRefused
from inbox.mobile_number import is_mobile
from inbox.ports import Claim, Taken, Whereabouts


class NotifyNlSms:
    """Hands text messages to NotifyNL. An SmsSender, and a Follower of what it took."""

    def __init__(self, notify_nl: NotifyNl, settings: SmsSettings) -> None:
        """Keep the way there, and which template and sender's name."""
        self._notify_nl = notify_nl
        self._settings = settings

    async def send(self, name: str, number: str, text: str, claim: Claim) -> Taken:
        """Hand it over, unless NotifyNL holds one under this name. Raises as NotifyNl.send, and DestinationRefused for
        what is no mobile number.
        """
        if not is_mobile(number):
            raise DestinationRefused("this is no mobile number in the form of E.164: nothing is sent to it")
        content: dict[str, Any] = {
            "phone_number": number,
            "template_id": str(self._settings.template_id),
            "personalisation": {self._settings.placeholder: text},
        }
        if self._settings.sender_id is not None:
            content["sms_sender_id"] = str(self._settings.sender_id)
        return await self._notify_nl.send("sms", name, content, claim)

    async def look_up(self, name: str) -> Taken | None:
        """Return what NotifyNL holds under this name, or None; nothing is sent."""
        return await self._notify_nl.look_up(name)

    async def whereabouts(self, remote_id: str) -> Whereabouts | None:
        """Return what became of a text message."""
        return await self._notify_nl.whereabouts(remote_id)

    async def check(self) -> None:
        """Ask for a message that is not there: proves address and key. Raises as `send`, never AnswerLost."""
        await self._notify_nl.check()
