"""Text messages to callers: whether one may go, asked when it is made and once more whenever it is about to leave."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from inbox.acknowledge.to_caller import SHARED, TOLD_TODAY, day_began, may_not_text, not_fresh
from inbox.call import CallFacts
from inbox.channel import Channel
from inbox.item import NoticeChannel, NoticeKind, Status
from inbox.reading import Reading
from inbox.routing.compiled import CompiledConfiguration
from store.deciding import Standing
from store.ledger import now
from store.texting import is_learned_line, is_settled, was_texted
from workflows.parts import Parts
from workflows.sending_hours import seconds_until_hour

SPOKEN_TO = "somebody spoke to the caller before they could be told"
NO_SMS = "no text messages leave this installation: the setting `sms` is missing"


async def may_not_text_now(
    parts: Parts, stands: Standing, call: CallFacts, kind: NoticeKind, compiled: CompiledConfiguration
) -> list[str]:
    """Return the reasons not to tell the caller, as sentences; none means it may go as soon as the hour allows it."""
    if parts.sms is None:
        return [NO_SMS]
    reasons = await _against(parts, stands, call, kind, compiled)
    day = day_began(now(), compiled.zone)
    if not reasons and kind is NoticeKind.acknowledgement and await was_texted(parts.ledger, call.caller, day):
        reasons.append(TOLD_TODAY)
    return reasons


async def _against(
    parts: Parts, stands: Standing, call: CallFacts, kind: NoticeKind, compiled: CompiledConfiguration
) -> list[str]:
    """A later date is told however old the call is: we promised the earlier one."""
    reasons = may_not_text(call, compiled.document)
    if not reasons and await is_learned_line(parts.ledger, call.caller):
        reasons.append(SHARED)
    status = Status(stands.item.status)
    if await is_settled(parts.ledger, stands.item.item_id):
        reasons.append(SPOKEN_TO)
    elif status.is_ended and status is not Status.filed:
        reasons.append(f"the item is {status}")
    if kind is NoticeKind.acknowledgement:
        reasons += not_fresh(call, compiled.document.sms, now(), seconds_until_hour(compiled))
    return reasons


async def overtaken(parts: Parts, notice: Any, stands: Standing) -> str:
    """Return why a text message that was rendered for a caller is no longer to go; empty when it is, or is for nobody
    who rang.
    """
    if not is_to_caller(notice, stands):
        return ""
    call = Reading.model_validate(stands.item.reading).call
    if call is None:
        return ""
    compiled = await parts.configurations.current()
    return "; ".join(await _against(parts, stands, call, NoticeKind(notice.kind), compiled))


def is_to_caller(notice: Any, stands: Standing) -> bool:
    """Say whether the notice is a text message to somebody who rang."""
    return bool(notice.channel == NoticeChannel.sms and stands.item.channel == Channel.phone)


async def only_since(parts: Parts, notice: Any, stands: Standing) -> datetime | None:
    """Return since when this must be the only text message to its number; None: it may be one of many."""
    if not is_to_caller(notice, stands) or notice.kind != NoticeKind.acknowledgement:
        return None
    return day_began(now(), (await parts.configurations.current()).zone)
