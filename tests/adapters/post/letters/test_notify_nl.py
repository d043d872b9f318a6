"""NotifyNL: each request as its API wants it, each letter posted once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import httpx
import pytest
import pytest_asyncio

from adapters.post.letters import notify_nl
from adapters.post.letters.notify_nl import LARGEST_LETTER_BYTES, NotifyNl
from adapters.post.letters.settings import NotifyNlSettings
from inbox.errors import (
    AnswerLost,
    Conflict,
    DestinationRefused,
    DestinationUnavailable,
    SettingsInvalid,
)
from tests.servers.notify_nl import CUT, KEY, SECRET, SERVICE, NotifyNlServer

if TYPE_CHECKING:
    from tests.adapters.post.letters.conftest import Claims

NAME = "7K3M-9QXA-D-1"
LETTER = b"%PDF-1.4 een brief \xff\x00"
LOOK = ("GET", f"/v2/notifications?reference={NAME}")
POST = ("POST", "/v2/notifications/letter")

pytestmark = pytest.mark.asyncio


@pytest.fixture
def server() -> Iterator[NotifyNlServer]:
    started = NotifyNlServer()
    started.start()
    yield started
    started.stop()
    assert started.faults == []


@pytest_asyncio.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as opened:
        yield opened


@pytest.fixture
def letters(client: httpx.AsyncClient, server: NotifyNlServer) -> NotifyNl:
    return _to(client, server.url)


def _to(client: httpx.AsyncClient, url: str, key: str = KEY) -> NotifyNl:
    return NotifyNl(client, NotifyNlSettings(api_key="env:NOTIFY_KEY", url=url), {"env:NOTIFY_KEY": key}.__getitem__)


async def test_a_letter_is_looked_up_claimed_and_posted(
    letters: NotifyNl, server: NotifyNlServer, claim: Claims
) -> None:
    at_claim: list[list[tuple[str, str]]] = []
    claim.before = lambda: at_claim.append(list(server.requests))

    told = await letters.send(NAME, LETTER, claim)

    (held,) = server.held
    assert (held.reference, held.pdf) == (NAME, LETTER)
    assert told == held.notification_id
    assert server.requests == [LOOK, POST]
    assert at_claim == [[LOOK]]


async def test_a_letter_that_it_holds_is_not_posted_again(
    letters: NotifyNl, server: NotifyNlServer, claim: Claims
) -> None:
    first = await letters.send(NAME, LETTER, claim)

    told = await letters.send(NAME, LETTER, claim)

    assert told == f"{first} was there already"
    assert len(server.held) == 1
    assert claim.count == 2


async def test_a_lost_answer_is_settled_by_asking(letters: NotifyNl, server: NotifyNlServer, claim: Claims) -> None:
    server.answers = [None, CUT]
    with pytest.raises(AnswerLost):
        await letters.send(NAME, LETTER, claim)

    await letters.send(NAME, LETTER, claim)

    assert len(server.held) == 1
    assert claim.count == 2


async def test_no_answer_in_time_is_a_lost_answer(
    letters: NotifyNl, server: NotifyNlServer, claim: Claims, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang() -> None:
        server.waits_seconds = 30
        monkeypatch.setattr(notify_nl, "_ANSWER_WITHIN_SECONDS", 0.3)

    claim.before = hang
    with pytest.raises(AnswerLost):
        await letters.send(NAME, LETTER, claim)


@pytest.mark.parametrize("status", [502, 504])
async def test_a_gateway_that_speaks_for_it_leaves_doubt(
    status: int, letters: NotifyNl, server: NotifyNlServer, claim: Claims
) -> None:
    server.answers = [None, status]
    with pytest.raises(AnswerLost, match=str(status)):
        await letters.send(NAME, LETTER, claim)


@pytest.mark.parametrize("asked", [True, False], ids=["look-up", "post"])
@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
async def test_what_asks_to_come_back_is_unavailable(
    status: int, asked: bool, letters: NotifyNl, server: NotifyNlServer, claim: Claims
) -> None:
    server.answers = [status] if asked else [None, status]
    server.headers = {"retry-after": "120"}

    with pytest.raises(DestinationUnavailable, match=f"{status}: as it was told") as raised:
        await letters.send(NAME, LETTER, claim)

    assert raised.value.retry_after_seconds == 120
    assert claim.count == (0 if asked else 1)
    assert server.held == []


async def test_retry_after_may_be_a_date(letters: NotifyNl, server: NotifyNlServer, claim: Claims) -> None:
    server.answers = [429]
    server.headers = {"retry-after": format_datetime(datetime.now(UTC) + timedelta(minutes=5), usegmt=True)}

    with pytest.raises(DestinationUnavailable) as raised:
        await letters.send(NAME, LETTER, claim)

    assert raised.value.retry_after_seconds is not None
    assert 280 < raised.value.retry_after_seconds <= 300


@pytest.mark.parametrize("status", [400, 413, 422])
async def test_a_no_is_final(status: int, letters: NotifyNl, server: NotifyNlServer, claim: Claims) -> None:
    server.answers = [None, status]
    with pytest.raises(DestinationRefused, match=f"{status}: as it was told"):
        await letters.send(NAME, LETTER, claim)


async def test_its_own_reason_is_told(letters: NotifyNl, server: NotifyNlServer, claim: Claims) -> None:
    with pytest.raises(DestinationRefused, match="Letter content is not a valid PDF"):
        await letters.send(NAME, b"no PDF", claim)
    assert server.faults == ["no PDF"]
    server.faults.clear()


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_key_is_a_fault_of_the_settings(
    status: int, letters: NotifyNl, server: NotifyNlServer, claim: Claims
) -> None:
    server.answers = [status]
    with pytest.raises(SettingsInvalid, match=r"letters\.notify_nl\.api_key"):
        await letters.send(NAME, LETTER, claim)
    assert claim.count == 0


@pytest.mark.parametrize("status", [301, 302, 404])
async def test_another_address_is_a_fault_of_the_settings(
    status: int, letters: NotifyNl, server: NotifyNlServer, claim: Claims
) -> None:
    server.answers = [status]
    server.headers = {"location": "http://127.0.0.1:1/"}
    with pytest.raises(SettingsInvalid, match=r"letters\.notify_nl\.url"):
        await letters.send(NAME, LETTER, claim)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "key", ["", "sleutel", SECRET, f"{SERVICE}-{SECRET}x", f"naam-{SERVICE[:-1]}-{SECRET}", KEY.replace("-", "_")]
)
async def test_a_key_that_is_none_is_named_and_not_shown(
    key: str, client: httpx.AsyncClient, server: NotifyNlServer, claim: Claims
) -> None:
    with pytest.raises(SettingsInvalid, match=r"letters\.notify_nl\.api_key") as raised:
        await _to(client, server.url, key).send(NAME, LETTER, claim)
    assert not key or key not in raised.value.detail
    assert server.requests == []


async def test_a_wrong_secret_is_refused_by_the_server(
    client: httpx.AsyncClient, server: NotifyNlServer, claim: Claims
) -> None:
    wrong = KEY[:-1] + ("1" if KEY[-1] != "1" else "2")
    with pytest.raises(SettingsInvalid, match="Invalid token"):
        await _to(client, server.url, wrong).send(NAME, LETTER, claim)


@pytest.mark.parametrize("name", ["naam-met-streepjes-", "", "x-" + SERVICE + "-"])
async def test_a_key_may_have_any_name(
    name: str, client: httpx.AsyncClient, server: NotifyNlServer, claim: Claims
) -> None:
    await _to(client, server.url, f"{name}{SERVICE}-{SECRET}\n").send(NAME, LETTER, claim)
    assert len(server.held) == 1


@pytest.mark.parametrize("status", ["validation-failed", "virus-scan-failed", "permanent-failure", "technical-failure"])
async def test_a_letter_that_it_will_not_post_is_refused(
    status: str, letters: NotifyNl, server: NotifyNlServer, claim: Claims
) -> None:
    await letters.send(NAME, LETTER, claim)
    server.status = status

    with pytest.raises(DestinationRefused, match=f"{server.held[0].notification_id}.*{status}"):
        await letters.send(NAME, LETTER, claim)

    assert claim.count == 1
    assert len(server.held) == 1


async def test_a_server_that_is_not_there_is_unavailable(client: httpx.AsyncClient, claim: Claims) -> None:
    with pytest.raises(DestinationUnavailable, match=r"no connection to 127\.0\.0\.1"):
        await _to(client, "http://127.0.0.1:1").send(NAME, LETTER, claim)
    assert claim.count == 0


async def test_a_look_up_that_breaks_off_is_no_doubt(letters: NotifyNl, server: NotifyNlServer, claim: Claims) -> None:
    server.answers = [CUT]
    with pytest.raises(DestinationUnavailable):
        await letters.send(NAME, LETTER, claim)
    assert claim.count == 0


async def test_a_look_up_without_a_list_is_unavailable(client: httpx.AsyncClient, claim: Claims) -> None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(200, json=["x"]))) as odd:
        with pytest.raises(DestinationUnavailable, match="without a list"):
            await _to(odd, "https://notify.example").send(NAME, LETTER, claim)
    assert claim.count == 0


async def test_a_refused_claim_posts_nothing(letters: NotifyNl, server: NotifyNlServer, claim: Claims) -> None:
    claim.is_refused = True
    with pytest.raises(Conflict):
        await letters.send(NAME, LETTER, claim)
    assert server.requests == [LOOK]


async def test_a_letter_that_is_too_large_is_refused_before_anything_is_asked(
    letters: NotifyNl, server: NotifyNlServer, claim: Claims
) -> None:
    with pytest.raises(DestinationRefused, match="bytes"):
        await letters.send(NAME, b"%PDF-" + bytes(LARGEST_LETTER_BYTES), claim)
    assert server.requests == []


async def test_check_asks_and_leaves_no_trace(letters: NotifyNl, server: NotifyNlServer) -> None:
    await letters.check()
    assert [method for method, _ in server.requests] == ["GET"]
    assert server.held == []


async def test_check_finds_a_refused_key(letters: NotifyNl, server: NotifyNlServer) -> None:
    server.answers = [403]
    with pytest.raises(SettingsInvalid):
        await letters.check()
