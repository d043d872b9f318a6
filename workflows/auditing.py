"""What runs beside the work for the audit trail: entries get their place in the chain, and go to a SIEM.

Both loops may run in any number of processes; the ledger lets one at a time do it.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import structlog

from inbox.ports import AuditReceiver
from store.audit_chain import seal
from store.audit_exports import export_figures, hold_export, let_go, note_sent
from store.audit_listing import audited, chained
from store.ledger import Ledger
from workflows.for_ever import for_ever
from workflows.parts import Parts

log = structlog.get_logger()

_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 300.0
"""So long it waits, at most, to try a receiver again that is away."""

_AT_ONCE = 200

_HELD_FOR = timedelta(seconds=90)
"""Longer than sending takes at most (`SyslogSettings.timeout_seconds`): nobody else begins meanwhile."""

_REPEATS_SECONDS = 60.0
"""What was sent so shortly before a connection broke is sent again: its receiver may have died before it read it."""


async def seal_for_ever(parts: Parts) -> None:
    """Give entries their place in the chain until cancelled; a ledger that is away is asked again."""

    async def look() -> None:
        while await seal(parts.ledger):
            pass

    await for_ever(look, every_seconds=_PAUSE_SECONDS, trouble="audit_sealing_in_trouble")


async def export_for_ever(parts: Parts) -> None:
    """Send the trail to the SIEM until cancelled, where one is configured. While it is away, it is tried ever less often."""
    if parts.audit_receiver is None:
        return
    export = AuditExport(parts.ledger, parts.audit_receiver)
    pause = _PAUSE_SECONDS
    in_trouble = False
    try:
        while True:
            try:
                while await export.send_some():
                    if in_trouble:
                        log.info("audit_export_goes_on")
                    pause, in_trouble = _PAUSE_SECONDS, False
            except Exception as error:  # noqa: BLE001  the border: nothing is lost, the ledger knows how far it came
                if not in_trouble:
                    log.warning("audit_export_in_trouble", code=getattr(error, "code", type(error).__name__))
                in_trouble = True
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
            await asyncio.sleep(pause)
    finally:
        await export.end()


class AuditExport:
    """Sends the trail in order, each entry at least once. One per process."""

    def __init__(self, ledger: Ledger, receiver: AuditReceiver) -> None:
        """Nothing is sent yet."""
        self._ledger = ledger
        self._receiver = receiver
        self._holder = str(uuid4())
        self._sent: deque[tuple[float, int]] = deque()
        """When what was sent, lately: moments of the monotonic clock, and the place before it."""
        self._again_from: int | None = None

    async def send_some(self) -> bool:
        """Send the entries that come next; return whether there were any, and it was our turn.

        Raises SiemUnavailable, SettingsInvalid, StoreUnavailable: then they are sent again, and some before them.
        """
        figures = await export_figures(self._ledger, self._receiver.name)
        if not figures.waiting and self._again_from is None:
            return False
        reached = await hold_export(self._ledger, self._receiver.name, self._holder, _HELD_FOR)
        if reached is None:
            self._again_from = None
            return False
        start = reached if self._again_from is None else min(reached, self._again_from)
        rows = await chained(self._ledger, start, _AT_ONCE)
        if not rows:
            self._again_from = None
            return False
        await self._send(rows, start)
        self._again_from = rows[-1].sequence if rows[-1].sequence < reached else None
        if rows[-1].sequence > reached:
            return await note_sent(self._ledger, self._receiver.name, self._holder, rows[-1], _HELD_FOR)
        return True

    async def _send(self, rows: Sequence[Any], start: int) -> None:
        moment = time.monotonic()
        while self._sent and self._sent[0][0] < moment - _REPEATS_SECONDS:
            self._sent.popleft()
        try:
            await self._receiver.send([audited(row) for row in rows])
        except BaseException:
            self._again_from = min([start, *(place for _, place in self._sent)])
            raise
        self._sent.append((moment, start))

    async def end(self) -> None:
        """Hang up, and let another process send at once."""
        await self._receiver.close()
        try:
            await let_go(self._ledger, self._receiver.name, self._holder)
        except Exception as error:  # noqa: BLE001  the border: it ends by itself
            log.warning("audit_export_in_trouble", code=getattr(error, "code", type(error).__name__))
