"""Figures: the right counts, fast, and nothing of anybody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from math import inf
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update
from temporalio.exceptions import ApplicationError

import gateway.metrics
from gateway.metrics_page import MetricsPage
from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from inbox.errors import SourceUnreachable, StoreUnavailable
from store.keys import Role
from store.ledger import now
from store.sources import note_trouble, register_source
from store.tables import sources
from tests.gateway.api.world import MARK, Headers, World
from workflows.parts import ConfiguredSource
from workflows.timing import measured


@pytest.fixture
async def monitor(world: World) -> Headers:
    """Give the headers of a watcher."""
    return await world.key(Role.monitor, name="Bewaking")


@pytest.fixture(autouse=True)
def _asked_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway.metrics, "_GOOD_FOR_SECONDS", 0.0)
    monkeypatch.setattr(gateway.metrics, "_ENDED_AT_LEAST_SECONDS", 0.0)
    monkeypatch.setattr(gateway.metrics, "_ENDED_EVERY", 0.0)


async def figures(world: World, headers: Headers) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Return (name, labels) → value, as a scraper understands them."""
    answer = await world.get("/metrics", headers)
    assert answer.status_code == 200
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def value(found: dict[Any, float], name: str, **labels: str) -> float | None:
    """Return one figure, or None."""
    return found.get((name, tuple(sorted(labels.items()))))


def configured(world: World, source_id: str) -> None:
    """Let the settings name the source."""
    none: Any = None
    world.parts.sources[source_id] = ConfiguredSource(
        none, Channel.email, "live", None, Confidentiality.intern, "message/rfc822"
    )


async def test_only_a_watcher_and_an_administrator_see_figures_and_a_watcher_sees_nothing_else(
    world: World, admin: Headers, kcc: Headers, monitor: Headers
) -> None:
    reader = await world.key(Role.reader)
    answers = [(await world.get("/metrics", headers)).status_code for headers in (admin, monitor, kcc, reader, None)]
    assert answers == [200, 200, 403, 403, 401]
    assert (await world.get("/items", monitor)).status_code == 403
    assert (await world.get("/sources", monitor)).status_code == 403


async def test_items_forwards_and_notices_are_counted(world: World, monitor: Headers) -> None:
    await world.forwarded("Een")
    await world.launched("Twee")
    await world.quarantined()
    await world.quarantined()
    found = await figures(world, monitor)
    assert value(found, "gateway_items", status="forwarded") == 1
    assert value(found, "gateway_items", status="forwarding") == 1
    assert value(found, "gateway_items", status="quarantined") == 2
    assert value(found, "gateway_items", status="triage") == 0
    assert value(found, "gateway_quarantined_items", code="malformed_mail") == 2
    assert value(found, "gateway_forwards", state="delivered") == 1
    assert value(found, "gateway_forwards", state="wanted") == 1
    assert value(found, "gateway_notices", state="intended", kind="acknowledgement") == 2
    assert value(found, "gateway_ledger_up") == 1


async def test_what_has_ended_is_counted_too(world: World, admin: Headers, monitor: Headers) -> None:
    gone, stays = await world.forwarded("Een"), await world.forwarded("Twee")
    assert (await world.do("discard", gone, admin)).status_code == 200
    found = await figures(world, monitor)
    assert value(found, "gateway_items", status="discarded") == 1
    assert value(found, "gateway_items", status="forwarded") == 1
    assert (await world.do("discard", stays, admin)).status_code == 200
    assert value(await figures(world, monitor), "gateway_items", status="discarded") == 2


async def test_a_source_tells_how_long_ago_it_was_swept_and_what_its_trouble_is(world: World, monitor: Headers) -> None:
    for source_id in ("info", "gone", "new"):
        await register_source(world.ledger, source_id, Channel.email, "live", None)
    configured(world, "info")
    configured(world, "new")
    await note_trouble(world.ledger, "info", SourceUnreachable(f"mail.test: {MARK}"))
    async with world.ledger.begin() as connection:
        then = now() - timedelta(seconds=600)
        await connection.execute(
            update(sources).values(swept_at=then, kept_count=7).where(sources.c.source_id != "new")
        )
    found = await figures(world, monitor)
    age = value(found, "gateway_source_sweep_age_seconds", source="info")
    assert age is not None
    assert 600 <= age < 700
    assert value(found, "gateway_source_sweep_age_seconds", source="new") == inf
    assert value(found, "gateway_source_reader_age_seconds", source="info") == inf
    assert value(found, "gateway_source_trouble", source="info", code="source_unreachable") == 1
    assert value(found, "gateway_source_trouble", source="new", code="source_unreachable") is None
    assert value(found, "gateway_kept_total", source="gone") == 7
    assert value(found, "gateway_source_sweep_age_seconds", source="gone") is None


async def test_a_paused_destination_is_seen_until_it_goes_on(world: World, monitor: Headers, admin: Headers) -> None:
    assert (await world.post("/destinations/kcc/0/pause", admin, reason="verhuizing")).status_code == 200
    labels = {"department": "kcc", "ordinal": "0"}
    assert value(await figures(world, monitor), "gateway_destination_paused", **labels) == 1
    assert (await world.post("/destinations/kcc/0/resume", admin)).status_code == 200
    assert value(await figures(world, monitor), "gateway_destination_paused", **labels) is None


async def test_a_ledger_that_does_not_answer_is_a_figure_and_no_error(
    world: World, monitor: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.forwarded("Een")
    assert value(await figures(world, monitor), "gateway_ledger_up") == 1

    @asynccontextmanager
    async def away() -> AsyncIterator[Any]:
        raise StoreUnavailable("not there")
        yield

    # The key is looked up in the ledger too, so the page without a key is asked.
    page = MetricsPage(world.parts)
    monkeypatch.setattr(world.ledger, "read", away)
    transport = httpx.ASGITransport(page)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as client:
        answer = await client.get("/metrics")
        elsewhere = await client.get("/")
    assert answer.status_code == 200
    assert "gateway_ledger_up 0.0" in answer.text
    assert "gateway_items" not in answer.text
    assert elsewhere.status_code == 404


async def test_our_own_work_is_timed_and_its_failures_are_counted_by_code(world: World, monitor: Headers) -> None:
    async def works(_: str) -> str:
        return "done"

    async def fails(_: str) -> str:
        raise ApplicationError(MARK, type="mail_relay_unavailable")

    measures = world.parts.measures
    assert await measured(measures, "forward", works)("id") == "done"
    with pytest.raises(ApplicationError):
        await measured(measures, "acknowledge", fails)("id")
    found = await figures(world, monitor)
    assert value(found, "gateway_step_seconds_count", step="forward") == 1
    assert value(found, "gateway_step_seconds_count", step="acknowledge") == 1
    assert value(found, "gateway_failures_total", step="acknowledge", code="mail_relay_unavailable") == 1
    assert value(found, "gateway_failures_total", step="forward", code="mail_relay_unavailable") is None


async def test_no_word_of_anybody_is_in_any_figure(world: World, monitor: Headers) -> None:
    item_id = await world.launched(f"{MARK} lantaarn", f"{MARK} in de tekst")
    await world.quarantined(f"{MARK} cannot be read")
    await register_source(world.ledger, "info", Channel.email, "live", None)
    await note_trouble(world.ledger, "info", SourceUnreachable(MARK))
    configured(world, "info")
    for notice in (await world.client.get("/v1/metrics", headers=monitor)).text.splitlines():
        assert MARK not in notice
    assert MARK.lower() not in (await world.get("/metrics", monitor)).text.lower()
    assert item_id not in (await world.get("/metrics", monitor)).text


async def test_however_often_it_is_asked_the_ledger_is_counted_once_in_a_while(
    world: World, monitor: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway.metrics, "_GOOD_FOR_SECONDS", 60.0)
    counted = 0
    whole = gateway.metrics.watched_figures

    async def counting(ledger: Any) -> Any:
        nonlocal counted
        counted += 1
        return await whole(ledger)

    monkeypatch.setattr(gateway.metrics, "watched_figures", counting)
    await asyncio.gather(*(world.get("/metrics", monitor) for _ in range(20)))
    assert counted == 1
