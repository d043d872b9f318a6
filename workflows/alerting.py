"""Alert: whoever a raised flag concerns is told within a minute, and again until somebody accepts. It runs in every worker
process that speaks to others and not in Temporal, so that an alert waits for nothing but the ledger and the relay.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import uuid4

import structlog

from inbox.alert_id import alert_message_id
from inbox.configuration.model import Configuration
from inbox.flag_alert import AboutFlag, compose_alert
from inbox.ports import NoticeMail
from inbox.thread_token import loop_mark
from store.alerting import AlertIntent, DueFlag, begin_round, due_flags
from store.ledger import now
from workflows.alert_sending import Sending
from workflows.attempts import named
from workflows.for_ever import for_ever
from workflows.parts import Parts

log = structlog.get_logger()

_LOOKS_EVERY_SECONDS = 3.0
"""Far below the minute within which people are alerted."""

_FLAGS_AT_ONCE = 50


async def alert_for_ever(parts: Parts) -> None:
    """Alert whoever is to be alerted, until cancelled. Whatever stands in the way is tried again, and said once."""
    sending = Sending(parts)

    def again_and_again(look: Callable[[], Awaitable[object]]) -> Awaitable[None]:
        return for_ever(look, every_seconds=_LOOKS_EVERY_SECONDS, trouble="alerting_in_trouble")

    try:
        # Neither waits for the other: trouble with one flag keeps no alert back that is made already.
        await asyncio.gather(again_and_again(lambda: alert_round(parts)), again_and_again(sending.begin))
    finally:
        await sending.stop()


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


def _rendered(parts: Parts, about: AboutFlag, configuration: Configuration, person: str, alert_id: str) -> AlertIntent:
    words = compose_alert(about, configuration)
    # No token of the thread: an answer to an alert is a colleague's, and adds nothing to what the sender wrote.
    envelope, message = parts.notices(
        NoticeMail(
            to_address=person,
            subject=words.subject,
            body=words.body,
            message_id=alert_message_id(alert_id, parts.identity.message_id_domain),
            reference=about.reference,
            loop_mark=loop_mark(about.reference, parts.identity.thread_key),
            in_reply_to="",
            references=(),
            answers_message=False,
        )
    )
    return AlertIntent(alert_id, envelope.mail_from, person, message)
