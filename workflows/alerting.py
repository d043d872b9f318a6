"""Alert: whoever a raised flag concerns is told within a minute, and again until somebody accepts. It runs in every worker
process that speaks to others and not in Temporal, so that an alert waits for nothing but the ledger and the relay.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import structlog

from inbox.configuration.model import Configuration
from inbox.errors import AnswerLost, Conflict, GatewayError, RecipientRefused
from inbox.flag_alert import AboutFlag, compose_alert
from inbox.item import NoticeState
from inbox.ports import Envelope, NoticeMail
from inbox.thread_token import loop_mark
from store.alerting import (
    AlertIntent,
    DueFlag,
    begin_round,
    claim_alert,
    doubt_alert,
    due_alerts,
    due_flags,
    note_alert_trouble,
    settle_alert,
)
from store.ledger import now
from workflows.attempts import DOUBTS_ALLOWED, Turn, named, pause_after_doubts, written
from workflows.for_ever import for_ever
from workflows.parts import Parts

log = structlog.get_logger()

_LOOKS_EVERY_SECONDS = 3.0
"""Far below the minute within which people are alerted."""

_FLAGS_AT_ONCE = 50
_ALERTS_AT_ONCE = 10
"""Conversations with the relay side by side: one that hangs holds up nobody but its recipient."""

_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=5), timedelta(seconds=60)
"""Between attempts while the relay is away. An alert that is a minute late after an outage is late enough."""


async def alert_for_ever(parts: Parts) -> None:
    """Alert whoever is to be alerted, until cancelled. Whatever stands in the way is tried again, and said once."""

    async def look() -> None:
        await alert_round(parts)
        await send_alerts(parts)

    await for_ever(look, every_seconds=_LOOKS_EVERY_SECONDS, trouble="alerting_in_trouble")


async def alert_round(parts: Parts) -> int:
    """Render and store one round of alerts for each flag that is due; return for how many. Safe from many processes."""
    if not parts.speaks:
        return 0  # nobody to speak through: the flags are shown, and wait
    due = await due_flags(parts.ledger, _FLAGS_AT_ONCE)
    for flag in due:
        await _begin(parts, flag)
    return len(due)


async def _begin(parts: Parts, due: DueFlag) -> None:
    compiled = await parts.configurations.current()
    row = due.row
    # Whoever is named now is alerted now: an address may have been mended since.
    configured = compiled.document.flags.get(row.flag)
    people = configured.alerts if configured else tuple(row.alerts)
    minutes = configured.again_minutes if configured else row.again_minutes
    about = AboutFlag(
        flag_id=row.flag_id,
        name=configured.name if configured else row.name,
        reference=row.reference,
        received_at=row.received_at.astimezone(compiled.zone),
        departments=due.departments,
        round=row.rounds + 1,
    )
    intents = [
        _intended(parts, about, compiled.document, person)
        for person in dict.fromkeys(people)
        if person not in due.spoken_to
    ]
    if await begin_round(parts.ledger, row, intents, now() + timedelta(minutes=minutes)):
        log.warning("flag_raised_alert", flag=row.flag, flag_id=row.flag_id, round=about.round, people=len(intents))


def _intended(parts: Parts, about: AboutFlag, configuration: Configuration, person: str) -> AlertIntent:
    alert_id = str(uuid4())
    try:
        return _rendered(parts, about, configuration, person, alert_id)
    except Exception as error:  # noqa: BLE001  the border: neither the others nor other flags wait for what cannot be rendered
        trouble = named(error)
        log.error("flag_alert_unrendered", flag_id=about.flag_id, code=trouble.code)
        return AlertIntent(alert_id, "", person, b"", trouble)


def _rendered(
    parts: Parts, about: AboutFlag, configuration: Configuration, person: str, alert_id: str
) -> AlertIntent:
    words = compose_alert(about, configuration)
    # No token of the thread: an answer to an alert is a colleague's, and adds nothing to what the sender wrote.
    envelope, message = parts.notices(
        NoticeMail(
            to_address=person,
            subject=words.subject,
            body=words.body,
            message_id=f"gw-alert.{alert_id}@{parts.identity.message_id_domain}",
            reference=about.reference,
            loop_mark=loop_mark(about.reference, parts.identity.thread_key),
            in_reply_to="",
            references=(),
            answers_message=False,
        )
    )
    return AlertIntent(alert_id, envelope.mail_from, person, message)


async def send_alerts(parts: Parts) -> int:
    """Try each alert that wants an attempt once; return how many. Safe from any number of processes at once."""
    due = await due_alerts(parts.ledger, parts.claim_lasts, _ALERTS_AT_ONCE)
    outcomes = await asyncio.gather(*(_send(parts, alert) for alert in due), return_exceptions=True)
    for outcome in outcomes:
        if outcome is not None:
            raise outcome
    return len(due)


async def _send(parts: Parts, alert: Any) -> None:
    if alert.state == NoticeState.sending:
        # Whoever claimed it died before it could say what came of it: the same bytes go once more.
        await doubt_alert(parts.ledger, alert, alert.claim_id, now())
        return
    if alert.accepted_at is not None:
        await settle_alert(parts.ledger, alert, None, NoticeState.withheld)
        return
    if alert.doubts > DOUBTS_ALLOWED:
        # The next round says the same.
        await settle_alert(parts.ledger, alert, None, NoticeState.in_doubt)
        return
    turn = Turn(parts.claim_lasts, lambda: claim_alert(parts.ledger, alert))
    try:
        async with turn.bounded():
            await parts.sender.send(Envelope(alert.mail_from, (alert.rcpt_to,)), alert.message, turn.claim)
    except Conflict:
        return
    except Exception as error:  # noqa: BLE001  the border: what came of the attempt is written down, whatever it was
        await _note(parts, alert, turn.claim_id, error)
        return
    await written(lambda: settle_alert(parts.ledger, alert, turn.claim_id, NoticeState.sent))


async def _note(parts: Parts, alert: Any, claim_id: str | None, error: Exception) -> None:
    trouble = named(error)
    if isinstance(error, RecipientRefused):
        log.error("flag_alert_refused", flag_id=alert.flag_id, code=trouble.code)
        await written(lambda: settle_alert(parts.ledger, alert, claim_id, NoticeState.failed, trouble))
    elif claim_id is not None and (isinstance(error, AnswerLost) or not isinstance(error, GatewayError)):
        again_at = now() + timedelta(seconds=pause_after_doubts(alert.doubts + 1))
        await written(lambda: doubt_alert(parts.ledger, alert, claim_id, again_at))
    else:
        pause = min(max(_FIRST_PAUSE, now() - alert.made_at), _LONGEST_PAUSE)
        log.warning("flag_alert_waits", flag_id=alert.flag_id, code=trouble.code)
        await written(lambda: note_alert_trouble(parts.ledger, alert, claim_id, trouble, now() + pause))
