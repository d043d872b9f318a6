"""Waiting until something happens in a folder on disk."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.watched.files import Pause

_STEP_MS = 100
"""So long after a change nothing else may happen before it is told; and a pause ends this soon when it is broken off."""
_DEBOUNCE_MS = 1000
"""A file that is written without a break is told of this often."""
_AFTER_TROUBLE_SECONDS = 1.0
"""The watcher fails on a name that is no UTF-8: something happened, and it must not be asked without a breath."""


@contextmanager
def watching(folder: Path, ended: threading.Event) -> Iterator[Pause]:
    """Watch this one folder, not what is below it. Where it cannot be watched, a pause is as long as it is asked.

    Network file systems tell nothing of what other machines do: do not pause for long.
    """
    from watchfiles._rust_notify import RustNotify, WatchfilesRustInternalError

    try:
        notify = RustNotify([str(folder)], False, False, 0, False, False)
    except (OSError, RuntimeError, UnicodeError):  # no more watches to be had, or a path that is no UTF-8
        yield lambda seconds: void(ended.wait(seconds))
        return

    def pause(seconds: float) -> None:
        try:
            notify.watch(_DEBOUNCE_MS, _STEP_MS, max(1, int(seconds * 1000)), ended)
        except WatchfilesRustInternalError:
            ended.wait(min(seconds, _AFTER_TROUBLE_SECONDS))

    with notify:
        yield pause


def void(_: object) -> None:
    """Say nothing of it."""
