"""Send alerts about raised flags: side by side, so that a conversation that hangs holds up nobody but its recipient."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import structlog

from inbox.errors import AnswerLost, Conflict, GatewayError, RecipientRefused
from inbox.item import NoticeState
from inbox.ports import Envelope
from store.alerting import claim_alert, doubt_alert, due_alerts, note_alert_trouble, settle_alert
from store.ledger import now
from workflows.attempts import DOUBTS_ALLOWED, Turn, named, pause_after_doubts, written
from workflows.parts import Parts

log = structlog.get_logger()

_ALERTS_AT_ONCE = 25
"""Attempts side by side. Only those that hang stay for longer than moments, and a flag alerts at most twenty people."""

CLAIM_LASTS = timedelta(seconds=40)
"""Shorter than other claims: what a killed worker left is sent by another within a minute of when it was raised. An
attempt that speaks longer is cut off, and the same bytes go once more."""

_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(seconds=5), timedelta(seconds=60)
"""Between attempts while the relay is away. An alert that is a minute late after an outage is late enough."""


class Sending:
    """The attempts of one process."""

    def __init__(self, parts: Parts) -> None:
        """Nothing is tried yet."""
        self._parts = parts
        self._lasts = min(CLAIM_LASTS, parts.claim_lasts)
        self._tried: dict[str, asyncio.Task[None]] = {}

    async def begin(self) -> int:
        """Begin an attempt of each alert that wants one and has none here; return how many. Waits for none of them, and
        is safe from any number of processes at once. Raises what an earlier attempt could not write down.
        """
        self._take_outcomes()
        due = await due_alerts(self._parts.ledger, self._lasts, _ALERTS_AT_ONCE + len(self._tried))
        fresh = [alert for alert in due if alert.alert_id not in self._tried][: _ALERTS_AT_ONCE - len(self._tried)]
        for alert in fresh:
            self._tried[alert.alert_id] = asyncio.create_task(_send(self._parts, alert, self._lasts))
        return len(fresh)

    async def ended(self) -> None:
        """Wait for all attempts. Raises as `begin`."""
        if self._tried:
            await asyncio.wait(self._tried.values())
        self._take_outcomes()

    async def stop(self) -> None:
        """Break all attempts off: what they claimed is tried again once its claim is over."""
        for task in self._tried.values():
            task.cancel()
        await asyncio.gather(*self._tried.values(), return_exceptions=True)

    def _take_outcomes(self) -> None:
        done = [self._tried.pop(alert_id) for alert_id, task in list(self._tried.items()) if task.done()]
        for error in [task.exception() for task in done]:
            if error is not None:
                raise error


async def send_alerts(parts: Parts) -> int:
    """Try each alert that wants an attempt once, and wait for all of them; return how many."""
    sending = Sending(parts)
    count = await sending.begin()
    await sending.ended()
    return count


async def _send(parts: Parts, alert: Any, lasts: timedelta) -> None:
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
    turn = Turn(lasts, lambda: claim_alert(parts.ledger, alert))
    envelope = Envelope(alert.mail_from, (alert.rcpt_to,), is_urgent=True)
    try:
        async with turn.bounded():
            await parts.sender.send(envelope, alert.message, turn.claim)
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
        again_at = now() + _pause(alert, error)
        log.warning("flag_alert_waits", flag_id=alert.flag_id, code=trouble.code)
        await written(lambda: note_alert_trouble(parts.ledger, alert, claim_id, trouble, again_at))


def _pause(alert: Any, error: Exception) -> timedelta:
    """Return how long to wait: as the relay or our own pace asks, else longer the longer it lasts."""
    asked: float | None = getattr(error, "retry_after_seconds", None)
    wanted = timedelta(seconds=asked) if asked is not None else max(_FIRST_PAUSE, now() - alert.made_at)
    return min(wanted, _LONGEST_PAUSE)
