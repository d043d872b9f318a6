"""The pace at which we speak to the relay: kept, and nobody forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

import adapters.email.pace
from adapters.email.pace import Pace, TurnFar
from adapters.email.settings import SmtpSettings
from adapters.email.smtp import SmtpSender
from inbox.errors import MailRelayUnavailable
from inbox.ports import Envelope
from tests.servers.smtp_server import SmtpServer
from tests.virtual_time import in_virtual_time

ENVELOPE = Envelope("", ("jan@inwoner.test",))
MESSAGE = b"Subject: x\r\n\r\nDank u.\r\n"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Give a way to shorten how long an attempt waits."""
    return lambda seconds: monkeypatch.setattr(adapters.email.pace, "_WAITS_SECONDS", seconds)


@in_virtual_time
async def test_messages_begin_evenly_and_a_lone_one_at_once() -> None:
    pace = Pace(messages_per_minute=600, connections=50)
    loop = asyncio.get_running_loop()
    begun: list[float] = []

    async def speak() -> None:
        async with pace.turn():
            begun.append(loop.time())

    await asyncio.gather(*(speak() for _ in range(10)))
    assert begun == pytest.approx([0.1 * number for number in range(10)])


@in_virtual_time
async def test_a_late_one_is_not_made_up_for() -> None:
    """The next keeps its distance from when this one began, not from when it was to begin."""
    pace = Pace(messages_per_minute=600, connections=1)
    loop = asyncio.get_running_loop()
    begun: list[float] = []

    async def speak() -> None:
        async with pace.turn():
            begun.append(loop.time())
            await asyncio.sleep(0.25 if len(begun) == 1 else 0.01)

    await asyncio.gather(*(speak() for _ in range(4)))
    assert begun == pytest.approx([0, 0.25, 0.35, 0.45])


@in_virtual_time
async def test_no_more_speak_at_once_than_there_are_connections() -> None:
    pace = Pace(None, connections=3)
    speaking = most = 0

    async def speak() -> None:
        nonlocal speaking, most
        async with pace.turn():
            speaking += 1
            most = max(most, speaking)
            await asyncio.sleep(0.01)
            speaking -= 1

    await asyncio.gather(*(speak() for _ in range(20)))
    assert most == 3


@in_virtual_time
async def test_a_turn_is_given_back_whatever_happens_in_it(impatient: Any) -> None:
    impatient(0.05)
    pace = Pace(None, connections=1)
    for error in (ValueError, asyncio.CancelledError):
        with pytest.raises(error):
            async with pace.turn():
                raise error
    async with pace.turn():
        with pytest.raises(TurnFar):
            async with pace.turn():
                pass
    async with pace.turn():
        pass


@in_virtual_time
async def test_who_comes_back_later_is_told_a_moment_of_their_own(impatient: Any) -> None:
    """Those that are told to come back are spread: they come no faster than they can be served."""
    impatient(0.05)
    pace = Pace(messages_per_minute=30, connections=100)
    async with pace.turn():
        pass
    told = []
    for _ in range(10):
        with pytest.raises(TurnFar) as far:
            async with pace.turn():
                pass
        told.append(far.value.seconds)
    assert all(later - earlier == pytest.approx(2.0) for earlier, later in pairwise(told))
    assert told[0] > 1


@pytest.mark.parametrize(
    ("lasts", "all_within"),
    [
        pytest.param(0.2, 15, id="500 in 10 seconds, and some for coming back"),
        pytest.param(0.002, 15, id="nobody knew that it is so fast"),
        pytest.param(40.0, 2400, id="a relay that hangs"),
    ],
)
@in_virtual_time
async def test_a_flood_passes_as_fast_as_the_relay_takes_it(lasts: float, all_within: float) -> None:
    pace = Pace(None, connections=10)
    asked = 0

    async def speak() -> None:
        nonlocal asked
        while True:
            asked += 1
            try:
                async with pace.turn():
                    return await asyncio.sleep(lasts)
            except TurnFar as far:
                await asyncio.sleep(far.seconds)

    await asyncio.gather(*(speak() for _ in range(500)))
    assert asyncio.get_running_loop().time() < all_within
    assert asked < 500 * (4 if lasts < 1 else 40)


@in_virtual_time
async def test_only_so_many_wait_so_that_others_keep_their_places() -> None:
    pace = Pace(None, connections=1)
    release = asyncio.Event()

    async def hold() -> str:
        try:
            async with pace.turn():
                await release.wait()
        except TurnFar:
            return "later"
        return "spoke"

    async def turns(count: int) -> list[asyncio.Task[str]]:
        tasks = [asyncio.create_task(hold()) for _ in range(count)]
        for _ in range(5):
            await asyncio.sleep(0)
        return tasks

    tasks = await turns(1) + await turns(39)
    turned_away = [task for task in tasks if task.done()]
    assert len(turned_away) == 40 - 1 - 20
    release.set()
    assert sorted(await asyncio.gather(*tasks)) == ["later"] * 19 + ["spoke"] * 21


@in_virtual_time
async def test_an_urgent_one_goes_before_all_that_wait_at_the_same_pace() -> None:
    pace = Pace(messages_per_minute=600, connections=1)
    loop = asyncio.get_running_loop()
    spoke: list[tuple[str, float]] = []

    async def speak(name: str, *, is_urgent: bool = False) -> None:
        async with pace.turn(is_urgent=is_urgent):
            spoke.append((name, loop.time()))

    tasks = [asyncio.create_task(speak("usual")) for _ in range(21)]
    await asyncio.sleep(0.05)
    tasks.append(asyncio.create_task(speak("urgent", is_urgent=True)))
    await asyncio.gather(*tasks)
    assert [name for name, _ in spoke].index("urgent") == 1
    assert [moment for _, moment in spoke] == pytest.approx([0.1 * number for number in range(22)])


@in_virtual_time
async def test_a_flood_that_comes_back_again_and_again_starves_no_urgent_one() -> None:
    pace = Pace(messages_per_minute=600, connections=2)

    async def flood() -> None:
        while True:
            try:
                async with pace.turn():
                    await asyncio.sleep(0.01)
            except TurnFar:
                await asyncio.sleep(0.01)

    tasks = [asyncio.create_task(flood()) for _ in range(50)]
    await asyncio.sleep(0.5)
    async with asyncio.timeout(1), pace.turn(is_urgent=True):
        pass
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    async with asyncio.timeout(1), pace.turn():
        pass


@in_virtual_time
async def test_who_gives_up_waiting_leaves_no_turn_behind(impatient: Any) -> None:
    impatient(0.05)
    pace = Pace(None, connections=1)
    for is_urgent in (False, True):
        async with pace.turn():
            gives_up = asyncio.create_task(_waits(pace, is_urgent=is_urgent))
            await asyncio.sleep(0.01)
            gives_up.cancel()
            with pytest.raises(asyncio.CancelledError):
                await gives_up
            with pytest.raises(TurnFar):
                await _waits(pace, is_urgent=is_urgent)
            given = asyncio.create_task(_waits(pace, is_urgent=is_urgent))
            await asyncio.sleep(0.01)
        given.cancel()  # at the moment at which its turn was given
        await asyncio.gather(given, return_exceptions=True)
    await _waits(pace, is_urgent=False)


async def _waits(pace: Pace, *, is_urgent: bool) -> None:
    async with pace.turn(is_urgent=is_urgent):
        pass


async def test_a_sender_that_is_too_fast_says_when_to_come_back_and_claims_nothing(
    smtp_server: SmtpServer, impatient: Any
) -> None:
    impatient(0.05)
    settings = {"host": "127.0.0.1", "port": smtp_server.port, "tls": "none", "from_address": "info@gemeente.test"}
    sender = SmtpSender(SmtpSettings.model_validate({**settings, "messages_per_minute": 30}))
    claims = 0

    async def claim() -> None:
        nonlocal claims
        claims += 1

    await sender.send(ENVELOPE, MESSAGE, claim)
    with pytest.raises(MailRelayUnavailable, match="messages_per_minute") as raised:
        await sender.send(ENVELOPE, MESSAGE, claim)
    assert raised.value.retry_after_seconds is not None
    assert 1 < raised.value.retry_after_seconds < 10
    assert claims == len(smtp_server.taken) == 1
