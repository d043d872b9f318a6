"""`GET /metrics` on a port of its own, without a key: for processes that have no API."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.metrics import Metrics
from workflows.parts import Parts


class MetricsPage:
    """An application of one page."""

    def __init__(self, parts: Parts) -> None:
        """`parts`: of the process that is told of."""
        self._metrics = Metrics(parts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; everything but `GET /metrics` is not there."""
        if scope["type"] != "http":
            return
        request = Request(scope)
        if (request.method, request.url.path) != ("GET", "/metrics"):
            await Response(status_code=404)(scope, receive, send)
            return
        page, media_type = await self._metrics.answer(request.headers.get("accept", ""))
        await Response(page, headers={"Content-Type": media_type})(scope, receive, send)
