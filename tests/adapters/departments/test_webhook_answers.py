"""Every answer of an endpoint understood: delivered, later, refused, or lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import pytest

from adapters.departments import webhook
from inbox.errors import AnswerLost, DestinationRefused, DestinationUnavailable

if TYPE_CHECKING:
    from tests.adapters.departments.conftest import Claims, Department, Endpoint, MakeHandover

pytestmark = pytest.mark.asyncio


@pytest.fixture
def department(webhook_department: Department) -> Department:
    return webhook_department


@pytest.mark.parametrize(
    ("body", "headers", "remote_id"),
    [
        (b'{"id": "Z-1"}', {}, "Z-1"),
        (b'{"id": 17}', {"location": "/zaken/17"}, "17"),
        (b'{"id": true}', {"location": "/zaken/17"}, "/zaken/17"),
        (b"[[[", {"location": "/zaken/17"}, "/zaken/17"),
        (b"[" * 60_000, {}, "0b6c7a50-53a9-4a28-8ac0-7b5c1d6e2f11"),
        (b"", {}, "0b6c7a50-53a9-4a28-8ac0-7b5c1d6e2f11"),
    ],
)
async def test_the_departments_own_id_is_remembered(
    body: bytes, headers: dict[str, str], remote_id: str, department: Department, endpoint: Endpoint
) -> None:
    endpoint.reply.body, endpoint.reply.headers = body, headers

    assert (await department.deliver()).remote_id == remote_id


@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_success_is_delivered(status: int, department: Department, endpoint: Endpoint) -> None:
    endpoint.reply.status = status

    assert (await department.deliver()).remote_reply == str(status)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
async def test_a_busy_endpoint_is_tried_later(status: int, department: Department, endpoint: Endpoint) -> None:
    endpoint.reply.status = status

    with pytest.raises(DestinationUnavailable, match=str(status)) as caught:
        await department.deliver()

    assert caught.value.retry_after_seconds is None


@pytest.mark.parametrize("status", [300, 301, 302, 304, 307, 308, 400, 401, 403, 404, 409, 410, 413, 422])
async def test_any_other_answer_is_a_refusal(status: int, department: Department, endpoint: Endpoint) -> None:
    endpoint.reply.status = status
    endpoint.reply.headers = {"location": endpoint.url}

    with pytest.raises(DestinationRefused, match=str(status)):
        await department.deliver()

    assert len(endpoint.requests) == 1


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("120", 120), ("0", 0), ("9" * 5000, 86_400), ("soon", None), ("-5", None), ("", None), ("1.5", None)],
)
async def test_retry_after_in_seconds(
    written: str, seconds: float | None, department: Department, endpoint: Endpoint
) -> None:
    endpoint.reply.status, endpoint.reply.headers = 503, {"retry-after": written}

    with pytest.raises(DestinationUnavailable) as caught:
        await department.deliver()

    assert caught.value.retry_after_seconds == seconds


@pytest.mark.parametrize(("ahead", "seconds"), [(300, 300), (-300, 0), (10**7, 86_400)])
async def test_retry_after_as_a_date(ahead: int, seconds: float, department: Department, endpoint: Endpoint) -> None:
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=ahead), usegmt=True)
    endpoint.reply.status, endpoint.reply.headers = 429, {"retry-after": at}

    with pytest.raises(DestinationUnavailable) as caught:
        await department.deliver()

    assert caught.value.retry_after_seconds == pytest.approx(seconds, abs=5)


async def test_hanging_up_after_the_request_loses_the_answer(
    department: Department, endpoint: Endpoint, claim: Claims
) -> None:
    endpoint.reply.hangs_up = True

    with pytest.raises(AnswerLost):
        await department.deliver()

    assert (len(endpoint.requests), claim.count) == (1, 1)


async def test_no_answer_in_time_loses_the_answer(
    department: Department, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "_TERMS", webhook.terms(0.2))
    endpoint.reply.waits_seconds = 30

    with pytest.raises(AnswerLost):
        await department.deliver()


async def test_a_repeat_after_a_lost_answer_has_the_same_id_and_body(
    department: Department, endpoint: Endpoint, make_handover: MakeHandover
) -> None:
    handover = make_handover(destination=department.to)
    prepared = department.system.prepare(handover, b"")
    endpoint.reply.hangs_up = True
    with pytest.raises(AnswerLost):
        await department.system.deliver(handover, b"", prepared, department.claim)
    endpoint.reply.hangs_up = False

    await department.system.deliver(handover, b"", prepared, department.claim)

    first, second = endpoint.requests
    assert (first[2]["webhook-id"], first[3]) == (second[2]["webhook-id"], second[3])


async def test_a_body_that_breaks_off_after_success_is_delivered(department: Department, endpoint: Endpoint) -> None:
    endpoint.reply.body, endpoint.reply.body_breaks_off = b'{"id": "Z-1"}', True

    assert (await department.deliver()).remote_id == "Z-1"


async def test_a_huge_reply_is_read_up_to_a_limit(department: Department, endpoint: Endpoint) -> None:
    endpoint.reply.body = b"a" * 30_000_000

    assert len((await department.deliver()).remote_reply) == 500
