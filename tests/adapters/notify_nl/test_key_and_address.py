"""NotifyNL when key or address is wrong: named, not shown, and nothing is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from adapters.notify_nl.letters import NotifyNlLetters
from inbox.errors import SettingsInvalid
from tests.adapters.notify_nl.conftest import to_notify_nl
from tests.servers.notify_nl import KEY, SECRET, SERVICE, NotifyNlServer

if TYPE_CHECKING:
    from tests.adapters.notify_nl.conftest import Claims

NAME = "7K3M-9QXA-D-1"
LETTER = b"%PDF-1.4 een brief \xff\x00"

pytestmark = pytest.mark.asyncio


@pytest.fixture
def server(notify_server: NotifyNlServer) -> NotifyNlServer:
    return notify_server


@pytest.fixture
def letters(client: httpx.AsyncClient, server: NotifyNlServer) -> NotifyNlLetters:
    return to_notify_nl(client, server.url)


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_key_is_a_fault_of_the_settings(
    status: int, letters: NotifyNlLetters, server: NotifyNlServer, claim: Claims
) -> None:
    server.answers = [status]
    with pytest.raises(SettingsInvalid, match=r"letters\.notify_nl\.api_key"):
        await letters.send(NAME, LETTER, claim)
    assert claim.count == 0


@pytest.mark.parametrize("status", [301, 302, 404])
async def test_another_address_is_a_fault_of_the_settings(
    status: int, letters: NotifyNlLetters, server: NotifyNlServer, claim: Claims
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
        await to_notify_nl(client, server.url, key).send(NAME, LETTER, claim)
    assert not key or key not in raised.value.detail
    assert server.requests == []


async def test_a_wrong_secret_is_refused_by_the_server(
    client: httpx.AsyncClient, server: NotifyNlServer, claim: Claims
) -> None:
    wrong = KEY[:-1] + ("1" if KEY[-1] != "1" else "2")
    with pytest.raises(SettingsInvalid, match="Invalid token"):
        await to_notify_nl(client, server.url, wrong).send(NAME, LETTER, claim)


@pytest.mark.parametrize("name", ["naam-met-streepjes-", "", "x-" + SERVICE + "-"])
async def test_a_key_may_have_any_name(
    name: str, client: httpx.AsyncClient, server: NotifyNlServer, claim: Claims
) -> None:
    await to_notify_nl(client, server.url, f"{name}{SERVICE}-{SECRET}\n").send(NAME, LETTER, claim)
    assert len(server.held) == 1


async def test_check_asks_and_leaves_no_trace(letters: NotifyNlLetters, server: NotifyNlServer) -> None:
    await letters.check()
    assert [method for method, _ in server.requests] == ["GET"]
    assert server.held == []


async def test_check_finds_a_refused_key(letters: NotifyNlLetters, server: NotifyNlServer) -> None:
    server.answers = [403]
    with pytest.raises(SettingsInvalid):
        await letters.check()
