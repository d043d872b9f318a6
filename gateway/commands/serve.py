"""`gateway up`, `api` and `worker`: what runs until it is stopped."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from gateway.bootstrap import assembled
from gateway.logging import set_up_logging
from gateway.settings import Settings, TemporalSettings, find_settings
from gateway.sources import require_ocr
from inbox.errors import BadRequest, GatewayError

if TYPE_CHECKING:
    from starlette.types import ASGIApp
    from temporalio.client import Client

    from workflows.parts import Parts

log = structlog.get_logger()

_CONNECT_AGAIN_SECONDS = 5.0


def up(settings_path: Path | None) -> None:
    """Run API and workers in one process. Raises SettingsInvalid when scans are to be read and tesseract cannot."""
    settings = find_settings(settings_path)
    _run(lambda: _up(settings))


def api(settings_path: Path | None) -> None:
    """Run the API. Raises SettingsInvalid when the settings serve one host only."""
    settings = find_settings(settings_path)
    settings.require_for_parts()

    async def run() -> None:
        from workflows.auditing import seal_for_ever
        from workflows.simulating import forget_for_ever

        async with assembled(settings, migrates=False) as parts, asyncio.TaskGroup() as tasks:
            _tell_of_file(parts)
            tasks.create_task(serve_api(parts, settings))
            tasks.create_task(serve_metrics(parts, settings))
            tasks.create_task(seal_for_ever(parts))
            tasks.create_task(forget_for_ever(parts))

    _run(run)


def worker(settings_path: Path | None, queues: Sequence[str]) -> None:
    """Run workers.

    Raises SettingsInvalid when the settings serve one host only, or scans are to be read here and tesseract cannot;
    BadRequest for an unknown queue.
    """
    settings = find_settings(settings_path)
    settings.require_for_parts()
    chosen = _queues(queues)

    async def run() -> None:
        from workflows.auditing import export_for_ever, seal_for_ever
        from workflows.names import PICTURES_QUEUE, SCANS_QUEUE
        from workflows.worker import work

        if {PICTURES_QUEUE, SCANS_QUEUE} & set(chosen):
            await asyncio.to_thread(require_ocr, settings)

        async with assembled(settings, migrates=False) as parts, asyncio.TaskGroup() as tasks:
            _tell_of_file(parts)
            tasks.create_task(serve_metrics(parts, settings))
            tasks.create_task(seal_for_ever(parts))
            tasks.create_task(export_for_ever(parts))
            tasks.create_task(work(parts, await connect_patiently(settings.temporal), chosen))

    _run(run)


def _tell_of_file(parts: Parts) -> None:
    if not parts.uses_file:
        log.warning("configuration_file_overtaken", setting="configuration", see="gateway config versions")


def _queues(names: Sequence[str]) -> Sequence[str]:
    from workflows.worker import ALL_QUEUES

    known = {queue.removeprefix("gateway-"): queue for queue in ALL_QUEUES}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise BadRequest(f"there is no queue `{unknown[0]}`; there are {', '.join(known)}")
    return [known[name] for name in names] or ALL_QUEUES


async def _up(settings: Settings) -> None:
    from workflows.auditing import export_for_ever, seal_for_ever
    from workflows.simulating import forget_for_ever
    from workflows.worker import work

    await asyncio.to_thread(require_ocr, settings)
    async with assembled(settings, migrates=True) as parts, temporal(settings) as client, asyncio.TaskGroup() as tasks:
        _tell_of_file(parts)
        log.info(
            "up",
            api=f"http://{settings.api.host}:{settings.api.port}/v1/docs",
            sources=[source.id for source in settings.sources],
        )
        if not settings.sources:
            log.warning("no_sources", setting="sources", see="README.md: point it at a mailbox")
        tasks.create_task(serve_api(parts, settings))
        tasks.create_task(serve_metrics(parts, settings))
        tasks.create_task(seal_for_ever(parts))
        tasks.create_task(export_for_ever(parts))
        tasks.create_task(forget_for_ever(parts))
        tasks.create_task(work(parts, client))


@asynccontextmanager
async def temporal(settings: Settings) -> AsyncIterator[Client]:
    """Yield a client of the cluster that the settings name, or of an embedded one."""
    from gateway.embedded.temporal import embedded_temporal

    async with AsyncExitStack() as stack:
        if settings.temporal.address:
            yield await connect_patiently(settings.temporal)
        else:
            yield await stack.enter_async_context(embedded_temporal(settings.var / "temporal"))


async def connect_patiently(settings: TemporalSettings) -> Client:
    """Connect to the cluster, trying until it answers; says so once."""
    from workflows.client import connect

    was_said = False
    while True:
        try:
            return await connect(
                settings.address,
                settings.namespace,
                tls=settings.tls,
                ca_file=settings.ca_file,
                certificate_file=settings.certificate_file,
                key_file=settings.key_file,
            )
        except RuntimeError:
            if not was_said:
                log.warning("temporal_does_not_answer", setting="temporal.address", address=settings.address)
            was_said = True
            await asyncio.sleep(_CONNECT_AGAIN_SECONDS)


async def serve_api(parts: Parts, settings: Settings) -> None:
    """Serve the API until cancelled."""
    from gateway.api.app import make_api
    from gateway.api.signing_in import signing_in
    from gateway.source_desk import SourceDesk

    async with signing_in(settings.oidc) as tells_who:
        await _serve(make_api(parts, tells_who, SourceDesk(settings)), settings.api.host, settings.api.port)


async def serve_metrics(parts: Parts, settings: Settings) -> None:
    """Give figures without a key until cancelled, where the settings name a port for it."""
    from gateway.metrics_page import MetricsPage

    if settings.metrics.port:
        await _serve(MetricsPage(parts), settings.metrics.host, settings.metrics.port)


async def _serve(app: ASGIApp, host: str, port: int) -> None:
    import uvicorn

    server = uvicorn.Server(
        uvicorn.Config(
            app,
            host=host,
            port=port,
            # Requests are not logged by address: filters may hold a person's data.
            access_log=False,
            log_config=None,
            server_header=False,
            lifespan="off",
        )
    )
    # Signals are ours: everything stops together.
    server.capture_signals = nullcontext  # type: ignore[method-assign,assignment]
    try:
        await server.serve()
    finally:
        server.should_exit = True


def _run(main: Callable[[], Awaitable[None]]) -> None:
    set_up_logging()

    async def until_stopped() -> None:
        running = asyncio.ensure_future(main())
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, running.cancel)
        try:
            with suppress(asyncio.CancelledError):
                await running
        except ExceptionGroup as group:
            # What ended one of several ends all: the person who can mend it sees the error itself.
            ours = [error for error in group.exceptions if isinstance(error, GatewayError)]
            if ours:
                raise ours[0] from None
            raise

    asyncio.run(until_stopped())
