"""NotifyNL as a server of ours, and what hands letters and text messages to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator

import httpx
import pytest
import pytest_asyncio

from adapters.notify_nl.client import NotifyNl
from adapters.notify_nl.letters import NotifyNlLetters
from adapters.notify_nl.settings import NotifyNlSettings, SmsSettings
from adapters.notify_nl.sms import NotifyNlSms
from inbox.errors import Conflict
from tests.servers.notify_nl import KEY, TEMPLATE, NotifyNlServer


class Claims:
    """Counts claims; refuses them when told to, as the ledger does when somebody was first."""

    def __init__(self) -> None:
        self.count = 0
        self.is_refused = False
        self.before: Callable[[], None] = lambda: None
        """Called by each claim."""

    async def __call__(self) -> None:
        self.before()
        if self.is_refused:
            raise Conflict("somebody was first")
        self.count += 1


@pytest.fixture
def claim() -> Claims:
    return Claims()


@pytest.fixture
def notify_server() -> Iterator[NotifyNlServer]:
    started = NotifyNlServer()
    started.start()
    yield started
    started.stop()
    assert started.faults == []


@pytest_asyncio.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as opened:
        yield opened


def to_notify_nl(client: httpx.AsyncClient, url: str, key: str = KEY) -> NotifyNlLetters:
    """Return a sender of letters that has this key."""
    settings = NotifyNlSettings(api_key="env:NOTIFY_KEY", url=url)
    return NotifyNlLetters(NotifyNl(client, settings, {"env:NOTIFY_KEY": key}.__getitem__, "letters.notify_nl"))


def to_phones(client: httpx.AsyncClient, url: str, **changes: object) -> NotifyNlSms:
    """Return a sender of text messages."""
    settings = SmsSettings.model_validate({"api_key": "env:NOTIFY_KEY", "url": url, "template_id": TEMPLATE, **changes})
    return NotifyNlSms(NotifyNl(client, settings, lambda _: KEY, "sms"), settings)
