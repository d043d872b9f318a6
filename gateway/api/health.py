"""Health: whether the process lives, and whether it can work. Both tell nothing that is secret."""

from __future__ import annotations

import asyncio
import time
from enum import StrEnum

from fastapi import APIRouter, Request

from gateway.api.access import GuardedRoute, PartsHere
from gateway.api.problems import NotReady
from gateway.api.shapes import Shape
from store.listing import prove_ledger
from workflows.parts import Parts

router = APIRouter(prefix="/v1/health", tags=["Health"], route_class=GuardedRoute)

_ANSWERS_WITHIN_SECONDS = 5.0
_GOOD_FOR_SECONDS = 1.0
"""Anybody may ask: however often they do, ledger and disk are tried once a second."""


class HealthState(StrEnum):
    """What a health question is answered with."""

    live = "live"
    ready = "ready"


class Health(Shape):
    """The process answers."""

    status: HealthState


class Readiness:
    """Tries ledger and byte store, at most once a second."""

    def __init__(self) -> None:
        """Nothing is tried before it is asked for."""
        self._trying = asyncio.Lock()
        self._tried_at = float("-inf")
        self._trouble = ""

    async def trouble(self, parts: Parts) -> str:
        """Return what does not work, or an empty string."""
        async with self._trying:
            if time.monotonic() - self._tried_at >= _GOOD_FOR_SECONDS:
                self._trouble = await _trouble(parts)
                self._tried_at = time.monotonic()
            return self._trouble


async def _trouble(parts: Parts) -> str:
    try:
        async with asyncio.timeout(_ANSWERS_WITHIN_SECONDS):
            await prove_ledger(parts.ledger)
    except Exception:  # noqa: BLE001  # whatever it is, the ledger does not answer
        return "the ledger does not answer"
    try:
        async with asyncio.timeout(_ANSWERS_WITHIN_SECONDS):
            await parts.bytes.check()
    except Exception:  # noqa: BLE001  # whatever it is, nothing could be kept
        return "the byte store cannot be written"
    return ""


@router.get("/live", operation_id="getLive", summary="Say whether the process lives")
async def live() -> Health:
    """Answer, whatever else works."""
    return Health(status=HealthState.live)


@router.get("/ready", operation_id="getReady", summary="Say whether the gateway can work")
async def ready(request: Request, parts: PartsHere) -> Health:
    """Answer when the ledger answers and the byte store can be written; else the problem `not_ready`."""
    readiness: Readiness = request.app.state.readiness
    trouble = await readiness.trouble(parts)
    if trouble:
        raise NotReady(trouble)
    return Health(status=HealthState.ready)
