"""NotifyNL: each request as its API wants it, each letter posted once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import httpx
import pytest

from adapters.notify_nl import client as notify_nl
from adapters.notify_nl.letters import LARGEST_LETTER_BYTES, NotifyNlLetters
from inbox.errors import AnswerLost, Conflict, DestinationRefused, DestinationUnavailable
from tests.adapters.notify_nl.conftest import to_notify_nl
from tests.servers.notify_nl import CUT, NotifyNlServer

if TYPE_CHECKING:
    from tests.adapters.notify_nl.conftest import Claims

NAME = "7K3M-9QXA-D-1"
LETTER = b"%PDF-1.4 een brief \xff\x00"
LOOK = ("GET", f"/v2/notifications?reference={NAME}")
POST = ("POST", "/v2/notifications/letter")

pytestmark = pytest.mark.asyncio


@pytest.fixture
def server(notify_server: NotifyNlServer) -> NotifyNlServer:
    return notify_server


@pytest.fixture
def letters(client: httpx.AsyncClient, server: NotifyNlServer) -> NotifyNlLetters:
    return to_notify_nl(client, server.url)


async def test_a_letter_is_looked_up_claimed_and_posted(
    letters: NotifyNlLetters, server: NotifyNlServer, claim: Claims
) -> None:
    at_claim: list[list[tuple[str, str]]] = []
    claim.before = lambda: at_claim.append(list(server.requests))

    told = await letters.send(NAME, LETTER, claim)

    (held,) = server.held
    assert (held.reference, held.pdf) == (NAME, LETTER)
    assert (told.reply, told.remote_id) == (held.notification_id, held.notification_id)
    assert server.requests == [LOOK, POST]
    assert at_claim == [[LOOK]]


async def test_a_letter_that_it_holds_is_not_posted_again(
    letters: NotifyNlLetters, server: NotifyNlServer, claim: Claims
) -> None:
    first = await letters.send(NAME, LETTER, claim)

    told = await letters.send(NAME, LETTER, claim)

    assert told.reply == f"{first.remote_id} was there already"
    assert told.remote_id == first.remote_id
    assert len(server.held) == 1
    assert claim.count == 2


async def test_a_lost_answer_is_settled_by_asking(
    letters: NotifyNlLetters, server: NotifyNlServer, claim: Claims
) -> None:
    server.answers = [None, CUT]
    with pytest.raises(AnswerLost):
        await letters.send(NAME, LETTER, claim)

    await letters.send(NAME, LETTER, claim)

    assert len(server.held) == 1
    assert claim.count == 2


async def test_no_answer_in_time_is_a_lost_answer(
    letters: NotifyNlLetters, server: NotifyNlServer, claim: Claims, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang() -> None:
        server.waits_seconds = 30
        monkeypatch.setattr(notify_nl, "_TERMS", notify_nl.terms(0.3))

    claim.before = hang
    with pytest.raises(AnswerLost):
        await letters.send(NAME, LETTER, claim)


@pytest.mark.parametrize("status", [502, 504])
async def test_a_gateway_that_speaks_for_it_leaves_doubt(
    status: int, letters: NotifyNlLetters, server: NotifyNlServer, claim: Claims
) -> None:
    server.answers = [None, status]
    with pytest.raises(AnswerLost, match=str(status)):
        await letters.send(NAME, LETTER, claim)


@pytest.mark.parametrize("asked", [True, False], ids=["look-up", "post"])
@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
async def test_what_asks_to_come_back_is_unavailable(
    status: int, asked: bool, letters: NotifyNlLetters, server: NotifyNlServer, claim: Claims
) -> None:
    server.answers = [status] if asked else [None, status]
    server.headers = {"retry-after": "120"}

    with pytest.raises(DestinationUnavailable, match=f"{status}: as it was told") as raised:
        await letters.send(NAME, LETTER, claim)

    assert raised.value.retry_after_seconds == 120
    assert claim.count == (0 if asked else 1)
    assert server.held == []


async def test_retry_after_may_be_a_date(letters: NotifyNlLetters, server: NotifyNlServer, claim: Claims) -> None:
    server.answers = [429]
    server.headers = {"retry-after": format_datetime(datetime.now(UTC) + timedelta(minutes=5), usegmt=True)}

    with pytest.raises(DestinationUnavailable) as raised:
        await letters.send(NAME, LETTER, claim)

    assert raised.value.retry_after_seconds is not None
    assert 280 < raised.value.retry_after_seconds <= 300


@pytest.mark.parametrize("status", [400, 413, 422])
async def test_a_no_is_final(status: int, letters: NotifyNlLetters, server: NotifyNlServer, claim: Claims) -> None:
    server.answers = [None, status]
    with pytest.raises(DestinationRefused, match=f"{status}: as it was told"):
        await letters.send(NAME, LETTER, claim)


async def test_its_own_reason_is_told(letters: NotifyNlLetters, server: NotifyNlServer, claim: Claims) -> None:
    with pytest.raises(DestinationRefused, match="Letter content is not a valid PDF"):
        await letters.send(NAME, b"no PDF", claim)
    assert server.faults == ["no PDF"]
    server.faults.clear()


@pytest.mark.parametrize("status", ["validation-failed", "virus-scan-failed", "permanent-failure", "technical-failure"])
async def test_a_letter_that_it_will_not_post_is_refused(
    status: str, letters: NotifyNlLetters, server: NotifyNlServer, claim: Claims
) -> None:
    await letters.send(NAME, LETTER, claim)
    server.status = status

    with pytest.raises(DestinationRefused, match=f"{server.held[0].notification_id}.*{status}"):
        await letters.send(NAME, LETTER, claim)

    assert claim.count == 1
    assert len(server.held) == 1


async def test_a_server_that_is_not_there_is_unavailable(client: httpx.AsyncClient, claim: Claims) -> None:
    with pytest.raises(DestinationUnavailable, match=r"no connection to 127\.0\.0\.1"):
        await to_notify_nl(client, "http://127.0.0.1:1").send(NAME, LETTER, claim)
    assert claim.count == 0


async def test_a_look_up_that_breaks_off_is_no_doubt(
    letters: NotifyNlLetters, server: NotifyNlServer, claim: Claims
) -> None:
    server.answers = [CUT]
    with pytest.raises(DestinationUnavailable):
        await letters.send(NAME, LETTER, claim)
    assert claim.count == 0


async def test_a_look_up_without_a_list_is_unavailable(
    letters: NotifyNlLetters, server: NotifyNlServer, claim: Claims
) -> None:
    server.notifications = {"id": "x"}
    with pytest.raises(DestinationUnavailable, match="without a list"):
        await letters.send(NAME, LETTER, claim)
    assert claim.count == 0


async def test_other_letters_in_the_list_are_not_ours(
    letters: NotifyNlLetters, server: NotifyNlServer, claim: Claims
) -> None:
    server.notifications = ["x", {"id": "1", "reference": f"{NAME}0", "status": "created"}, {"reference": None}]
    await letters.send(NAME, LETTER, claim)
    assert len(server.held) == 1


async def test_a_refused_claim_posts_nothing(letters: NotifyNlLetters, server: NotifyNlServer, claim: Claims) -> None:
    claim.is_refused = True
    with pytest.raises(Conflict):
        await letters.send(NAME, LETTER, claim)
    assert server.requests == [LOOK]


async def test_a_letter_that_is_too_large_is_refused_before_anything_is_asked(
    letters: NotifyNlLetters, server: NotifyNlServer, claim: Claims
) -> None:
    with pytest.raises(DestinationRefused, match="bytes"):
        await letters.send(NAME, b"%PDF-" + bytes(LARGEST_LETTER_BYTES), claim)
    assert server.requests == []
