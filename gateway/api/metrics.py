"""Figures for whatever watches over the gateway."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from gateway.api.access import GuardedRoute
from gateway.metrics import Metrics

router = APIRouter(prefix="/v1/metrics", tags=["Health"], route_class=GuardedRoute)


@router.get("", operation_id="getMetrics", summary="Give figures to Prometheus", response_class=PlainTextResponse)
async def give(request: Request) -> Response:
    """Answer in the Prometheus text format: ages, counts and durations, of no item in particular.

    Always 200: when the ledger does not answer, `gateway_ledger_up` is 0 and its figures are left out. Counts are a
    few seconds old, those of what has ended perhaps a minute.
    """
    metrics: Metrics = request.app.state.metrics
    page, media_type = await metrics.answer(request.headers.get("accept", ""))
    return Response(page, headers={"Content-Type": media_type})
