"""The REST API, put together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI

from gateway.api import (
    actions,
    audit,
    break_glass,
    call_logs,
    call_records,
    calls,
    configuration,
    description,
    destinations,
    draft_checks,
    draft_parts,
    draft_publication,
    drafts,
    explaining,
    faults,
    flags,
    health,
    items,
    keys,
    metrics,
    overlays,
    reachability,
    releasing,
    simulations,
    source_changes,
    source_pauses,
    source_tries,
    sources,
    submitting,
    tasks,
    versions,
)
from gateway.api.document import make_document
from gateway.api.edge import Edge
from gateway.api.methods import Methods
from gateway.api.signing_in import SigningIn
from gateway.api.source_desk import SourceDesk
from gateway.metrics import Metrics
from inbox.submission import SubmissionLimits
from workflows.parts import Parts, call_sources
from workflows.simulating import Simulator


class _Api(FastAPI):
    """A FastAPI whose description is ours."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document, made once."""
        if self.openapi_schema is None:
            self.openapi_schema = make_document(self)
        return self.openapi_schema


def make_api(parts: Parts, signing_in: SigningIn | None = None, desk: SourceDesk | None = None) -> FastAPI:
    """Return the API. It needs the ledger and the byte store; neither Temporal nor workers.

    `signing_in`: tells whose token it is; None: only keys open anything. `desk`: None where sources are not administered.
    """

    def pushed_bytes() -> int:
        return max((source.push_bytes for source in call_sources(parts).values()), default=0)

    api = _without_parts(parts.intake.limits if parts.intake else SubmissionLimits(), pushed_bytes)
    api.state.parts = parts
    api.state.signing_in = signing_in
    api.state.source_desk = desk
    api.state.readiness = health.Readiness()
    api.state.metrics = Metrics(parts)
    api.state.simulator = Simulator(parts)
    return api


def api_document() -> dict[str, Any]:
    """Return the OpenAPI document; nothing is connected for it."""
    return _without_parts(SubmissionLimits(), lambda: 0).openapi()


def _without_parts(limits: SubmissionLimits, calls_bytes: Callable[[], int]) -> FastAPI:
    # A path with a slash at its end is another path: 404, no redirect. The library's own pages load from the internet.
    api = _Api(redirect_slashes=False, openapi_url=None, docs_url=None, redoc_url=None)
    # `/items/release` stands before `/items/{itemId}`, and all of a draft before its parts `/drafts/{draftId}/{part}`.
    modules = (
        releasing,
        submitting,
        call_records,
        items,
        break_glass,
        explaining,
        actions,
        tasks,
        flags,
        overlays,
        sources,
        source_tries,
        source_changes,
        source_pauses,
        destinations,
        reachability,
        call_logs,
        calls,
        configuration,
        simulations,
        versions,
        drafts,
        draft_checks,
        draft_publication,
        draft_parts,
        audit,
        keys,
        description,
        health,
        metrics,
    )
    for module in modules:
        api.include_router(module.router)
    faults.install(api)
    api.add_middleware(Methods, routes=[route for module in modules for route in module.router.routes])
    api.add_middleware(Edge, intake_bytes=limits.body_bytes, calls_bytes=calls_bytes)
    return api
