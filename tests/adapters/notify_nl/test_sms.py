"""Text messages through NotifyNL: only to mobile numbers, once, in the template's one placeholder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from inbox.errors import AnswerLost, DestinationRefused, DestinationUnavailable, SettingsInvalid
from tests.adapters.notify_nl.conftest import to_phones
from tests.servers.notify_nl import CUT, NotifyNlServer

if TYPE_CHECKING:
    from tests.adapters.notify_nl.conftest import Claims

NAME = "7K3M-9QXA-D-acknowledgement-1"
NUMBER = "+31612345678"
TEXT = "Wij hebben uw brief ontvangen. Uw kenmerk is 7K3M-9QXA-D."

pytestmark = pytest.mark.asyncio


async def test_a_text_is_looked_up_claimed_and_sent(
    client: httpx.AsyncClient, notify_server: NotifyNlServer, claim: Claims
) -> None:
    at_claim: list[list[tuple[str, str]]] = []
    claim.before = lambda: at_claim.append(list(notify_server.requests))

    told = await to_phones(client, notify_server.url).send(NAME, NUMBER, TEXT, claim)

    (held,) = notify_server.texts
    assert (held.reference, held.number, held.text, held.sender_id) == (NAME, NUMBER, TEXT, None)
    assert told.remote_id == held.notification_id
    look, post = ("GET", f"/v2/notifications?reference={NAME}"), ("POST", "/v2/notifications/sms")
    assert notify_server.requests == [look, post]
    assert at_claim == [[look]]


async def test_the_senders_name_may_be_chosen(
    client: httpx.AsyncClient, notify_server: NotifyNlServer, claim: Claims
) -> None:
    sender = "8e222534-7f05-4972-86e3-17c5d9f894e2"
    await to_phones(client, notify_server.url, sender_id=sender).send(NAME, NUMBER, TEXT, claim)
    assert notify_server.texts[0].sender_id == sender


async def test_a_lost_answer_is_settled_by_asking(
    client: httpx.AsyncClient, notify_server: NotifyNlServer, claim: Claims
) -> None:
    sms = to_phones(client, notify_server.url)
    notify_server.answers = [None, CUT]
    with pytest.raises(AnswerLost):
        await sms.send(NAME, NUMBER, TEXT, claim)

    told = await sms.send(NAME, NUMBER, TEXT, claim)

    assert [one.notification_id for one in notify_server.texts] == [told.remote_id]


async def test_what_it_holds_can_be_looked_up_and_nothing_is_sent(
    client: httpx.AsyncClient, notify_server: NotifyNlServer, claim: Claims
) -> None:
    sms = to_phones(client, notify_server.url)
    assert await sms.look_up(NAME) is None
    remote_id = (await sms.send(NAME, NUMBER, TEXT, claim)).remote_id
    notify_server.requests.clear()

    found = await sms.look_up(NAME)

    assert found is not None
    assert found.remote_id == remote_id
    assert notify_server.requests == [("GET", f"/v2/notifications?reference={NAME}")]
    assert await sms.look_up(f"{NAME}0") is None


async def test_a_look_up_that_fails_says_so_and_leaves_no_doubt(
    client: httpx.AsyncClient, notify_server: NotifyNlServer, claim: Claims
) -> None:
    sms = to_phones(client, notify_server.url)
    for told in (CUT, 502, 503):
        notify_server.answers = [told]
        with pytest.raises(DestinationUnavailable):
            await sms.look_up(NAME)
    await sms.send(NAME, NUMBER, TEXT, claim)
    notify_server.status = "permanent-failure"
    with pytest.raises(DestinationRefused, match="permanent-failure"):
        await sms.look_up(NAME)


@pytest.mark.parametrize(
    "number",
    ["+31201234567", "0612345678", "+3161234567", "+31800123456", "14099", "", "+31 6 12345678", "+٣1612345678"],
)
async def test_what_is_no_mobile_number_is_never_asked_of_it(
    number: str, client: httpx.AsyncClient, notify_server: NotifyNlServer, claim: Claims
) -> None:
    with pytest.raises(DestinationRefused, match="mobile"):
        await to_phones(client, notify_server.url).send(NAME, number, TEXT, claim)
    assert notify_server.requests == []
    assert claim.count == 0


@pytest.mark.parametrize("number", ["+4915112345678", "+32470123456"])
async def test_mobile_numbers_abroad_are_sent_to(
    number: str, client: httpx.AsyncClient, notify_server: NotifyNlServer, claim: Claims
) -> None:
    await to_phones(client, notify_server.url).send(NAME, number, TEXT, claim)
    assert notify_server.texts[0].number == number


@pytest.mark.parametrize("status", ["permanent-failure", "temporary-failure", "technical-failure"])
async def test_a_text_that_it_could_not_bring_is_refused(
    status: str, client: httpx.AsyncClient, notify_server: NotifyNlServer, claim: Claims
) -> None:
    sms = to_phones(client, notify_server.url)
    await sms.send(NAME, NUMBER, TEXT, claim)
    notify_server.status = status

    with pytest.raises(DestinationRefused, match=status):
        await sms.send(NAME, NUMBER, TEXT, claim)

    assert len(notify_server.texts) == 1


@pytest.mark.parametrize(
    ("status", "failed", "final"),
    [
        ("created", False, False),
        ("sending", False, False),
        ("pending-virus-check", False, False),
        ("delivered", False, True),
        ("received", False, True),
        ("permanent-failure", True, True),
        ("validation-failed", True, True),
        ("a status of tomorrow", False, False),
    ],
)
async def test_its_whereabouts_are_asked_by_its_id(
    status: str, failed: bool, final: bool, client: httpx.AsyncClient, notify_server: NotifyNlServer, claim: Claims
) -> None:
    sms = to_phones(client, notify_server.url)
    remote_id = (await sms.send(NAME, NUMBER, TEXT, claim)).remote_id
    notify_server.status = status

    found = await sms.whereabouts(remote_id)

    assert found is not None
    assert (found.status, found.has_failed, found.is_final) == (status, failed, final)


async def test_what_it_keeps_no_longer_is_nowhere(
    client: httpx.AsyncClient, notify_server: NotifyNlServer, claim: Claims
) -> None:
    sms = to_phones(client, notify_server.url)
    remote_id = (await sms.send(NAME, NUMBER, TEXT, claim)).remote_id
    notify_server.forgets = True
    assert await sms.whereabouts(remote_id) is None


async def test_a_refused_key_names_the_setting(
    client: httpx.AsyncClient, notify_server: NotifyNlServer, claim: Claims
) -> None:
    notify_server.answers = [403]
    with pytest.raises(SettingsInvalid, match=r"sms\.api_key"):
        await to_phones(client, notify_server.url).send(NAME, NUMBER, TEXT, claim)
