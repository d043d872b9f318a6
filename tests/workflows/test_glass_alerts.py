"""Alerts of broken glass: told once while all goes well, again after a failure, and without a word of the item."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import select, update

from inbox.confidentiality import Confidentiality
from inbox.errors import MailRelayUnavailable, RecipientRefused
from inbox.ports import Claim, Envelope, MailSender
from inbox.thread_token import proven_loop
from store.break_glass import break_glass
from store.break_glass_tables import broken_glass
from store.ledger import Ledger
from store.listing import Scope
from tests.gateway.api.world import MARK, World, make_world
from workflows.glass_alerts import alert_once


@dataclass
class Relay:
    """Takes mail, unless an address is in trouble."""

    taken: list[tuple[str, bytes]] = field(default_factory=list)
    trouble: dict[str, Exception] = field(default_factory=dict)

    async def send(self, envelope: Envelope, message: bytes, claim: Claim) -> str:
        [recipient] = envelope.rcpt_to
        assert envelope.is_urgent
        if recipient in self.trouble:
            raise self.trouble[recipient]
        await claim()
        self.taken.append((recipient, message))
        return "250 taken"


@pytest.fixture
def relay() -> Relay:
    return Relay()


@pytest.fixture
async def world(ledger: Ledger, tmp_path: Path, relay: Relay) -> AsyncIterator[World]:
    made = await make_world(ledger, tmp_path)
    made.parts.sender = cast("MailSender", relay)
    made.parts.glass_alerts = ("fg@gemeente.test", "ciso@gemeente.test")
    async with made.client:
        yield made


async def glass(world: World) -> Any:
    item_id = await world.forwarded("Bezwaar", f"Ik maak bezwaar. {MARK}")
    scope = Scope(None, Confidentiality.zaakvertrouwelijk)
    return await break_glass(world.ledger, item_id, scope, "oidc:jan", f"reden {MARK}", timedelta(minutes=20))


async def alerted_at(world: World) -> list[Any]:
    async with world.ledger.read() as connection:
        return list((await connection.execute(select(broken_glass.c.alerted_at))).scalars())


async def attempt_is_over(world: World) -> None:
    async with world.ledger.begin() as connection:
        long_ago = datetime.now(UTC) - timedelta(minutes=5)
        await connection.execute(update(broken_glass).values(alert_tried_at=long_ago))


async def test_every_address_is_told_once_who_looks_at_which_item_and_how_long(world: World, relay: Relay) -> None:
    row = await glass(world)
    assert await alert_once(world.parts)
    assert not await alert_once(world.parts)
    assert [recipient for recipient, _ in relay.taken] == ["fg@gemeente.test", "ciso@gemeente.test"]
    assert len({message_from_bytes(message)["Message-ID"] for _, message in relay.taken}) == 2
    body = message_from_bytes(relay.taken[0][1], policy=default).get_content()
    assert "oidc:jan" in body
    assert row.item_id in body
    assert f"{row.ends_at:%d-%m-%Y %H:%M}" in body
    assert None not in await alerted_at(world)


async def test_no_word_of_the_item_or_of_the_reason_leaves_the_house(world: World, relay: Relay) -> None:
    row = await glass(world)
    await alert_once(world.parts)
    for _, raw in relay.taken:
        message = message_from_bytes(raw, policy=default)
        words = str(message) + message.get_content()
        assert not [word for word in (MARK, "bezwaar", "jan@inwoner.test", row.reason) if word in words]
        assert message["Auto-Submitted"] == "auto-generated"
        assert proven_loop([message["X-Inbox-Gateway-Loop"]], world.parts.identity.thread_key) is not None


async def test_many_workers_tell_it_once(world: World, relay: Relay) -> None:
    for _ in range(3):
        await glass(world)
    while any(await asyncio.gather(*(alert_once(world.parts) for _ in range(4)))):
        pass
    assert len(relay.taken) == 6
    assert None not in await alerted_at(world)


async def test_while_the_relay_is_away_it_stays_to_be_told(world: World, relay: Relay) -> None:
    await glass(world)
    away = MailRelayUnavailable("away")
    relay.trouble = dict.fromkeys(world.parts.glass_alerts, away)
    with pytest.raises(MailRelayUnavailable):
        await alert_once(world.parts)
    assert not await alert_once(world.parts)
    assert await alerted_at(world) == [None]
    relay.trouble = {}
    await attempt_is_over(world)
    assert await alert_once(world.parts)
    assert len(relay.taken) == 2


async def test_one_address_that_is_refused_keeps_nobody_else_from_being_told_and_tells_them_once(
    world: World, relay: Relay
) -> None:
    await glass(world)
    relay.trouble = {"fg@gemeente.test": RecipientRefused("550 unknown")}
    assert await alert_once(world.parts)
    await attempt_is_over(world)
    assert not await alert_once(world.parts)
    assert [recipient for recipient, _ in relay.taken] == ["ciso@gemeente.test"]


async def test_an_address_that_could_not_be_reached_is_tried_again_and_the_others_are_not_told_twice(
    world: World, relay: Relay
) -> None:
    await glass(world)
    relay.trouble = {"ciso@gemeente.test": MailRelayUnavailable("451 later")}
    with pytest.raises(MailRelayUnavailable):
        await alert_once(world.parts)
    assert await alerted_at(world) == [None]
    relay.trouble = {}
    await attempt_is_over(world)
    assert await alert_once(world.parts)
    assert [recipient for recipient, _ in relay.taken] == ["fg@gemeente.test", "ciso@gemeente.test"]
    assert None not in await alerted_at(world)


async def test_that_nobody_takes_it_settles_nothing(world: World, relay: Relay) -> None:
    await glass(world)
    relay.trouble = dict.fromkeys(world.parts.glass_alerts, RecipientRefused("550 unknown"))
    with pytest.raises(RecipientRefused):
        await alert_once(world.parts)
    assert await alerted_at(world) == [None]
