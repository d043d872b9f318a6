"""An outage of the store, told once when it begins and once when it is over. Nobody can read it in the ledger then."""

from __future__ import annotations

import time

import structlog

from inbox.errors import StoreUnavailable

log = structlog.get_logger()

_QUIET_SECONDS = 90.0
"""It is over when nothing has failed for so long: a store that can be read and not written fails now and then, and a
source in trouble tries it once a minute."""


class Outage:
    """What one process knows about it."""

    def __init__(self) -> None:
        """There is none."""
        self._began_at: float | None = None
        self._failed_at = 0.0

    def failed(self, error: StoreUnavailable) -> None:
        """Something could not be read or written."""
        self._failed_at = time.monotonic()
        if self._began_at is None:
            self._began_at = self._failed_at
            log.error("store_away", code=error.code, detail=error.detail)

    def worked(self) -> None:
        """Something could be read or written."""
        if self._began_at is not None and time.monotonic() - self._failed_at > _QUIET_SECONDS:
            log.info("store_is_back", away_seconds=round(self._failed_at - self._began_at))
            self._began_at = None
