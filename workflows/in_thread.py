"""A blocking call in a thread of its own: it is ended when its time is up, and holds up nothing meanwhile."""

from __future__ import annotations

import asyncio
import ctypes
import threading
from collections.abc import Callable
from typing import TypeVar

Outcome = TypeVar("Outcome")


class TimeIsUp(BaseException):
    """Raised inside the thread, wherever its Python code is: not an Exception, so that nothing there catches it."""


async def in_thread(work: Callable[[], Outcome], seconds: float) -> Outcome:
    """Return what the call returns. Raises what it raises, and TimeoutError when it takes longer.

    When nobody waits for it any more, the thread is told to end. It does at its next step in Python; a single call into
    a C library ends first.
    """
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[Outcome] = loop.create_future()

    def settle(outcome: Outcome | None, error: BaseException | None) -> None:
        if ended.done():
            return
        if error is not None:
            ended.set_exception(error)
        else:
            ended.set_result(outcome)  # type: ignore[arg-type]  # None only where the call itself returns it

    def run() -> None:
        try:
            outcome, error = None, None
            try:
                outcome = work()
            except Exception as raised:  # noqa: BLE001  it is raised again, where it is waited for
                error = raised
            loop.call_soon_threadsafe(settle, outcome, error)
        except (TimeIsUp, RuntimeError):
            return  # nobody waits any more: the time was up, or the loop has ended

    thread = threading.Thread(target=run, name="reading", daemon=True)
    thread.start()
    try:
        async with asyncio.timeout(seconds):
            return await ended
    finally:
        if thread.ident is not None and ended.cancelled():
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(TimeIsUp))
