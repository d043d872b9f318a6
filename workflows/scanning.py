"""Scan: before anything is made of an item's bytes, a scanner says whether they are infected, where one is configured."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import structlog

from inbox.errors import Infected, ScannerUnavailable, TooLargeToScan
from inbox.ports import Scanner

log = structlog.get_logger()

_HERE_SECONDS = 5.0
"""So long a scan may take beside a workflow task: it ends before its local activity does (8 s). What takes longer is
scanned where large readings are."""

_REMEMBERS = 1000

_RESTS_SECONDS = 1.0
"""After a scanner did not answer nobody asks for so long: steps that wait for it would hold up those that do not."""

NOT_SCANNED = "not_scanned"
"""Remark of a reading whose bytes were too large to be scanned, where the settings let it pass."""


@dataclass
class Scanning:
    """What this process knows of its scanner."""

    scanner: Scanner
    passes_large: bool = False
    """What is too large to be scanned is read all the same, marked; else it is set aside."""
    slow: dict[str, None] = field(default_factory=dict)
    """Items whose scan took too long here."""
    _is_away: bool = False
    _rests_until: float = 0.0

    async def require_clean(self, item_id: str, raw: bytes, *, is_short: bool) -> tuple[str, ...]:
        """Return remarks for the reading. Raises Infected, TooLargeToScan: it is set aside; ScannerUnavailable: wait.

        `is_short`: it must end within a local activity; else ScannerUnavailable, and `slow` knows the item.
        """
        loop = asyncio.get_running_loop()
        if self._is_away and loop.time() < self._rests_until:
            raise ScannerUnavailable("the virus scanner did not answer a moment ago")
        try:
            async with asyncio.timeout(_HERE_SECONDS if is_short else None) as deadline:
                signature = await self.scanner.scan(raw)
        except TimeoutError:
            if not deadline.expired():
                raise
            self.slow[item_id] = None
            for oldest in list(self.slow)[:-_REMEMBERS]:
                del self.slow[oldest]
            raise ScannerUnavailable(f"scanning takes longer than {_HERE_SECONDS:g} s: it goes on elsewhere") from None
        except ScannerUnavailable:
            if not self._is_away:
                log.warning("scanner_away", setting="clamd")
            self._is_away, self._rests_until = True, loop.time() + _RESTS_SECONDS
            raise
        except TooLargeToScan:
            self._answered(item_id)
            if not self.passes_large:
                raise
            return (NOT_SCANNED,)
        self._answered(item_id)
        if signature is not None:
            raise Infected(f"found: {signature}")
        return ()

    def _answered(self, item_id: str) -> None:
        self.slow.pop(item_id, None)
        if self._is_away:
            log.info("scanner_is_back")
        self._is_away = False
