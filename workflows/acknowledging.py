"""Acknowledge: one notice, told once. Its bytes are stored; an attempt claims it right before it speaks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from inbox.errors import (
    AnswerLost,
    Conflict,
    DestinationRefused,
    GatewayError,
    NoticesWait,
    RecipientRefused,
    SettingsInvalid,
)
from inbox.item import NoticeChannel, NoticeState
from inbox.ports import Claim, Envelope, SmsSender, Taken
from store.deciding import Standing, standing
from store.noticing import (
    doubt_notice,
    drop_notice,
    note_notice_trouble,
    notice_row,
    redate_notice,
    settle_notice,
    withhold_notice,
)
from store.reading import item_row
from workflows.attempts import (
    DOUBTS_ALLOWED,
    Turn,
    is_over_time,
    named,
    pause_after_doubts,
    require_claim_over,
    written,
)
from workflows.limiting import claim_turn, overall_limit, require_turn, wait_for_turn
from workflows.parts import Parts
from workflows.sending_hours import require_hour
from workflows.texting import only_since, overtaken


async def acknowledge(parts: Parts, notice_id: str) -> str:
    """Send the notice and return its state. Raises what makes another attempt worth while."""
    notice = await notice_row(parts.ledger, notice_id)
    if not NoticeState(notice.state).is_open or notice.settled_at is not None:
        return str(notice.state)
    if notice.state == NoticeState.sending:
        await require_claim_over(parts.claim_lasts, notice, lambda: redate_notice(parts.ledger, notice))
        await doubt_notice(parts.ledger, notice)
        notice = await notice_row(parts.ledger, notice_id)
    if notice.state == NoticeState.in_doubt and notice.doubts > DOUBTS_ALLOWED:
        await settle_notice(parts.ledger, notice, NoticeState.in_doubt)
        return str(NoticeState.in_doubt)
    # Mail is told whatever became of its item since: most notices need not look.
    stands = await standing(parts.ledger, notice.item_id) if notice.channel == NoticeChannel.sms else None
    replaced = _replaced(notice, stands)
    if replaced:
        # Launch renders another in its place.
        await withhold_notice(parts.ledger, notice, replaced)
        return str(NoticeState.withheld)
    dropped = await overtaken(parts, notice, stands) if stands else ""
    if dropped and notice.doubts == 0:
        await drop_notice(parts.ledger, notice, dropped)
        return str(NoticeState.withheld)
    if not dropped:
        await require_hour(parts, notice)
    window = await overall_limit(parts)
    since = await only_since(parts, notice, stands) if stands else None
    turn = Turn(parts.claim_lasts, lambda: claim_turn(parts, notice, window, since))
    try:
        await require_turn(parts, notice, window)
        return await _say(parts, notice, turn, dropped)
    except NoticesWait as error:
        await wait_for_turn(parts, notice, error)
        raise


def _replaced(notice: Any, stands: Standing | None) -> str:
    """Return why the notice is no longer to be said in these words or this way, where it surely never was."""
    if notice.doubts > 0:
        return ""
    if notice.told_due_on and notice.told_due_on < datetime.now(UTC).date():
        return "the promised date passed before it could be told"
    if stands is not None and stands.is_statutory():
        return "it turned out to be what the law wants confirmed in writing"
    return ""


async def _say(parts: Parts, notice: Any, turn: Turn, dropped: str) -> str:
    try:
        async with turn.bounded():
            if dropped:
                taken = await _only_asked(parts, notice, turn.claim, dropped)
            else:
                taken = await _WAYS[NoticeChannel(notice.channel)](parts, notice, turn.claim)
    except Conflict:
        return str((await notice_row(parts.ledger, notice.notice_id)).state)
    except (RecipientRefused, DestinationRefused) as error:
        refused = error
        await written(lambda: settle_notice(parts.ledger, notice, NoticeState.failed, error=refused))
        return str(NoticeState.failed)
    except NoticesWait:
        raise  # nothing was said: somebody else took the turn while we went to the relay
    except Exception as error:
        if turn.claim_id is not None and (isinstance(error, AnswerLost) or not isinstance(error, GatewayError)):
            claim_id = turn.claim_id
            await written(lambda: _doubt(parts, notice, claim_id))
            if isinstance(error, AnswerLost):
                error.retry_after_seconds = pause_after_doubts(notice.doubts + 1)
            raise
        await _note_trouble(parts, notice, named(error), turn.claim_id)
        if not is_over_time(max(notice.made_at, notice.waited_at or notice.made_at)):
            raise
        await settle_notice(parts.ledger, notice, NoticeState.failed, error=named(error))
        return str(NoticeState.failed)
    await written(lambda: settle_notice(parts.ledger, notice, NoticeState.sent, taken=taken))
    return str(NoticeState.sent)


async def _note_trouble(parts: Parts, notice: Any, error: GatewayError, claim_id: str | None) -> None:
    if claim_id is None:
        await note_notice_trouble(parts.ledger, notice, error, claim_id=None)
    else:
        # The claim is let go, or what did not leave the house would become a doubt.
        await written(lambda: note_notice_trouble(parts.ledger, notice, error, claim_id=claim_id))


async def _by_mail(parts: Parts, notice: Any, claim: Claim) -> Taken:
    return Taken(await parts.sender.send(Envelope(notice.mail_from, (notice.rcpt_to,)), notice.message, claim))


async def _on_paper(parts: Parts, notice: Any, claim: Claim) -> Taken:
    if parts.letter_sender is None:
        raise SettingsInvalid(f"`letters` is missing: notice {notice.notice_id} waits on paper until it is set")
    return await parts.letter_sender.send(await _name(parts, notice), notice.message, claim)


async def _by_sms(parts: Parts, notice: Any, claim: Claim) -> Taken:
    return await _sms(parts, notice).send(await _name(parts, notice), notice.rcpt_to, notice.message.decode(), claim)


def _sms(parts: Parts, notice: Any) -> SmsSender:
    if parts.sms is None:
        raise SettingsInvalid(f"`sms` is missing: notice {notice.notice_id} waits as a text message until it is set")
    return parts.sms


async def _only_asked(parts: Parts, notice: Any, claim: Claim, dropped: str) -> Taken:
    """Find what may have been taken, and is no longer to be said: where it was not taken it never is. Raises Conflict
    then.
    """
    taken = await _sms(parts, notice).look_up(await _name(parts, notice))
    if taken is None:
        await drop_notice(parts.ledger, notice, dropped)
        raise Conflict(dropped)
    await claim()
    return taken


_WAYS = {NoticeChannel.email: _by_mail, NoticeChannel.post: _on_paper, NoticeChannel.sms: _by_sms}
"""How a notice is sent, by how it is told."""


async def _name(parts: Parts, notice: Any) -> str:
    """Return our name for the notice: the same at each attempt, and no other's."""
    reference = (await item_row(parts.ledger, notice.item_id)).reference
    return f"{reference}-{notice.kind.replace('_', '-')}-{notice.ordinal}"


async def _doubt(parts: Parts, notice: Any, claim_id: str) -> None:
    current = await notice_row(parts.ledger, notice.notice_id)
    if current.claim_id == claim_id:
        await doubt_notice(parts.ledger, current)
