"""The API on a real port of the loopback address, beside the test that asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

import uvicorn
from fastapi import FastAPI

from tests.servers.ports import LOOPBACK, free_port

_POLLS_SECONDS = 0.01


@asynccontextmanager
async def served(api: FastAPI) -> AsyncIterator[str]:
    """Serve the API in this loop; yield its address without a slash at the end."""
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(api, host=LOOPBACK, port=port, log_config=None, access_log=False, lifespan="off")
    )
    server.capture_signals = nullcontext  # type: ignore[method-assign,assignment]  # signals are pytest's
    serving = asyncio.create_task(server.serve())
    try:
        while not server.started:  # noqa: ASYNC110  uvicorn tells it in no other way
            await asyncio.sleep(_POLLS_SECONDS)
        yield f"http://{LOOPBACK}:{port}"
    finally:
        server.should_exit = True
        await serving
