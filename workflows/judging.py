"""Judge: what comes of calls that are quiet."""

from __future__ import annotations

from collections.abc import Callable

from workflows.parts import Parts


async def judge_quiet(parts: Parts, source_id: str, on_judged: Callable[[], None]) -> None:
    """Judge every call of the source that is quiet. `on_judged` is called when items were made."""
