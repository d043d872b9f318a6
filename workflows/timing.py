"""Activities that are timed, and their failures counted."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import TypeVar

from temporalio.exceptions import ApplicationError

from workflows.measuring import Measures

Outcome = TypeVar("Outcome")

_NO_CODE = "unexpected"


def measured(
    measures: Measures, step: str, work: Callable[[str], Awaitable[Outcome]]
) -> Callable[[str], Awaitable[Outcome]]:
    """Wrap an activity that stands behind its border: time it, and count what leaves it by its code."""

    @wraps(work)
    async def timed(subject_id: str) -> Outcome:
        started = time.perf_counter()
        try:
            return await work(subject_id)
        except ApplicationError as error:
            measures.failures.labels(step, error.type or _NO_CODE).inc()
            raise
        finally:
            measures.step.labels(step).observe(time.perf_counter() - started)

    return timed
