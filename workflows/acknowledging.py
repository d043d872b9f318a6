"""Acknowledge: one notice, told once. Its bytes are stored; an attempt claims it right before it speaks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from inbox.errors import AnswerLost, Conflict, GatewayError, RecipientRefused
from inbox.item import NoticeState
from inbox.ports import Envelope
from store.noticing import (
    DOUBTS_ALLOWED,
    claim_notice,
    doubt_notice,
    note_notice_trouble,
    notice_row,
    settle_notice,
    withhold_notice,
)
from workflows.attempts import is_over_time, named, require_claim_over
from workflows.parts import Parts


async def acknowledge(parts: Parts, notice_id: str) -> str:
    """Send the notice and return its state. Raises what makes another attempt worth while."""
    notice = await notice_row(parts.ledger, notice_id)
    if not NoticeState(notice.state).is_open or notice.settled_at is not None:
        return str(notice.state)
    if notice.state == NoticeState.sending:
        require_claim_over(notice)
        await doubt_notice(parts.ledger, notice)
        notice = await notice_row(parts.ledger, notice_id)
    if notice.state == NoticeState.in_doubt and notice.doubts > DOUBTS_ALLOWED:
        await settle_notice(parts.ledger, notice, NoticeState.in_doubt)
        return str(NoticeState.in_doubt)
    if notice.told_due_on and notice.doubts == 0 and notice.told_due_on < datetime.now(UTC).date():
        # No promise is told that has passed: launch renders the plain receipt in its place.
        await withhold_notice(parts.ledger, notice, "the promised date passed before it could be told")
        return str(NoticeState.withheld)
    return await _say(parts, notice)


async def _say(parts: Parts, notice: Any) -> str:
    notice_id = notice.notice_id
    claimed = False

    async def claim() -> None:
        nonlocal claimed
        await claim_notice(parts.ledger, notice_id)
        claimed = True

    try:
        reply = await parts.sender.send(Envelope(notice.mail_from, (notice.rcpt_to,)), notice.message, claim)
    except Conflict:
        return str((await notice_row(parts.ledger, notice_id)).state)
    except AnswerLost:
        await doubt_notice(parts.ledger, await notice_row(parts.ledger, notice_id))
        raise
    except RecipientRefused as error:
        await settle_notice(parts.ledger, notice, NoticeState.failed, error=error)
        return str(NoticeState.failed)
    except Exception as error:
        if claimed and not isinstance(error, GatewayError):
            await doubt_notice(parts.ledger, await notice_row(parts.ledger, notice_id))
            raise
        error = named(error)
        await note_notice_trouble(parts.ledger, notice, error, was_claimed=claimed)
        if not is_over_time(notice.made_at):
            raise error from None
        await settle_notice(parts.ledger, notice, NoticeState.failed, error=error)
        return str(NoticeState.failed)
    await settle_notice(parts.ledger, notice, NoticeState.sent, reply=reply)
    return str(NoticeState.sent)
