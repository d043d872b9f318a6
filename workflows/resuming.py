"""Resume: what an emergency overlay held up goes on once it is over. Its end itself needs nobody: it falls away by the
clock. This loop only tells senders, afterwards, what was not told meanwhile.
"""

from __future__ import annotations

import structlog

from store.overlays import clear_overlay, overlays_to_clear, resume_paused
from workflows.for_ever import for_ever
from workflows.parts import Parts

log = structlog.get_logger()

_LOOKS_EVERY_SECONDS = 10.0
_AT_ONCE = 100
"""Items in one transaction: others must get in between."""


async def resume_for_ever(parts: Parts) -> None:
    """Look for overlays that are over, until cancelled. Whatever stands in the way is tried again."""
    await for_ever(lambda: resume_all(parts), every_seconds=_LOOKS_EVERY_SECONDS, trouble="resuming_in_trouble")


async def resume_all(parts: Parts) -> int:
    """Let all that waited for the end of an overlay go on; return how many items. Safe from many processes at once.

    What is paused after its overlay was cleared, by a launch that was under way or a clock that is behind, goes on too.
    """
    resumed = 0
    for overlay_id in await overlays_to_clear(parts.ledger):
        while count := await resume_paused(parts.ledger, overlay_id, _AT_ONCE):
            resumed += count
        if await clear_overlay(parts.ledger, overlay_id):
            log.info("overlay_cleared", overlay=overlay_id, resumed=resumed)
    return resumed
