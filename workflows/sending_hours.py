"""Text messages leave by day."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from inbox.acknowledge.sending_hours import seconds_until_allowed
from inbox.errors import SmsWaits
from inbox.item import NoticeChannel
from inbox.routing.compiled import CompiledConfiguration
from store.limits import note_wait
from workflows.parts import Parts


def seconds_until_hour(compiled: CompiledConfiguration) -> float:
    """Return how long a text message has to wait now; 0 when it may leave."""
    return seconds_until_allowed(compiled.document.sms, datetime.now(compiled.zone))


async def require_hour(parts: Parts, notice: Any) -> None:
    """Raise SmsWaits while no text message may leave, and write down that it waits."""
    if notice.channel != NoticeChannel.sms:
        return
    compiled = await parts.configurations.current()
    sms = compiled.document.sms
    seconds = seconds_until_hour(compiled)
    if seconds:
        error = SmsWaits(sms.sends_from, sms.sends_until, seconds)
        await note_wait(parts.ledger, notice, error)
        raise error
