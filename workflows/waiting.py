"""Notices that wait because of the overall limit: told once when it begins, and once when it is over."""

from __future__ import annotations

import time

import structlog

from inbox.configuration.model import Window

log = structlog.get_logger()


class Waiting:
    """What one process knows about it."""

    def __init__(self) -> None:
        """Nothing waits."""
        self._began_at: float | None = None
        self._waited_at = 0.0

    def waited(self, window: Window) -> None:
        """A notice was told to come back later."""
        self._waited_at = time.monotonic()
        if self._began_at is None:
            self._began_at = self._waited_at
            log.warning("notices_wait", at_most=window.at_most, within_minutes=window.within_minutes)

    def went(self, window: Window | None) -> None:
        """A notice may go. It is over when none had to wait for as long as the window lasts."""
        if self._began_at is None:
            return
        quiet_seconds = 60 * window.within_minutes if window else 0
        if time.monotonic() - self._waited_at > quiet_seconds:
            log.info("notices_go_on", waited_seconds=round(self._waited_at - self._began_at))
            self._began_at = None
