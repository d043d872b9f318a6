"""What every department system promises, tried against all three with real places behind them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from inbox.configuration.model import Destination
from inbox.errors import Conflict, DestinationUnavailable, MailRelayUnavailable, SettingsInvalid, TransientError
from inbox.handover import Handover, HandoverKind
from inbox.ports import DepartmentSystem

if TYPE_CHECKING:
    from tests.adapters.departments.conftest import (
        Claims,
        Department,
        Endpoint,
        LoopbackSender,
        MakeHandover,
        PostOffice,
    )

pytestmark = pytest.mark.asyncio


@dataclass
class Place:
    """One department's system, and a look behind it."""

    system: DepartmentSystem
    destination: Destination
    held: Callable[[], list[bytes]]
    """The distinct things that arrived, as they were prepared."""
    vanish: Callable[[], None]
    """From now on nothing is there any more."""
    is_untouched: Callable[[], bool]


@pytest.fixture
def mailbox(mailbox_department: Department, post_office: PostOffice, relay: LoopbackSender) -> Place:
    def vanish() -> None:
        relay.port = 1

    taken = post_office.messages
    system, to = mailbox_department.system, mailbox_department.to
    return Place(system, to, lambda: _distinct(taken), vanish, lambda: not taken)


@pytest.fixture
def webhook(webhook_department: Department, endpoint: Endpoint) -> Place:
    system, to = webhook_department.system, webhook_department.to
    return Place(system, to, lambda: _distinct(endpoint.bodies), endpoint.close, lambda: not endpoint.requests)


@pytest.fixture
def folder(folder_department: Department, tmp_path: Path) -> Place:
    return Place(
        folder_department.system,
        folder_department.to,
        lambda: [path.read_bytes() for path in sorted(tmp_path.glob("wegen/*.json"))],
        tmp_path.rmdir,
        lambda: not list(tmp_path.rglob("*.*")),
    )


@pytest.fixture(params=["mailbox", "webhook", "folder"])
def place(request: pytest.FixtureRequest, mailbox: Place, webhook: Place, folder: Place) -> Place:
    return {"mailbox": mailbox, "webhook": webhook, "folder": folder}[request.param]


def _distinct(things: list[bytes]) -> list[bytes]:
    return list(dict.fromkeys(things))


@pytest.fixture(params=list(HandoverKind))
def handover(request: pytest.FixtureRequest, place: Place, make_handover: MakeHandover) -> Handover:
    return make_handover(destination=place.destination, kind=request.param, reason="verkeerd gestuurd")


async def test_delivers_what_was_prepared(place: Place, handover: Handover, original: bytes, claim: Claims) -> None:
    prepared = place.system.prepare(handover, original)

    delivered = await place.system.deliver(handover, original, prepared, claim)

    assert place.held() == [prepared]
    assert delivered.remote_id
    assert len(delivered.remote_reply) <= 500
    assert claim.count == 1


async def test_delivering_twice_delivers_one_thing(
    place: Place, handover: Handover, original: bytes, claim: Claims
) -> None:
    prepared = place.system.prepare(handover, original)

    first = await place.system.deliver(handover, original, prepared, claim)
    second = await place.system.deliver(handover, original, prepared, claim)

    assert place.held() == [prepared]
    assert first.remote_id == second.remote_id


async def test_refused_claim_delivers_nothing(place: Place, handover: Handover, original: bytes, claim: Claims) -> None:
    claim.is_refused = True

    with pytest.raises(Conflict):
        await place.system.deliver(handover, original, place.system.prepare(handover, original), claim)

    assert place.is_untouched()


async def test_what_was_not_delivered_is_not_found(place: Place, handover: Handover) -> None:
    assert await place.system.look_up(handover) is None


async def test_a_place_that_is_gone_is_a_transient_error(
    place: Place, handover: Handover, original: bytes, claim: Claims
) -> None:
    place.vanish()

    with pytest.raises((DestinationUnavailable, MailRelayUnavailable)) as caught:
        await place.system.deliver(handover, original, place.system.prepare(handover, original), claim)

    assert isinstance(caught.value, TransientError)
    assert caught.value.detail


async def test_check_leaves_no_trace(place: Place) -> None:
    await place.system.check(place.destination)

    assert place.is_untouched()


async def test_check_reports_a_place_that_is_gone(place: Place) -> None:
    place.vanish()

    with pytest.raises((DestinationUnavailable, MailRelayUnavailable)):
        await place.system.check(place.destination)


async def test_a_destination_of_another_kind_is_refused(place: Place) -> None:
    with pytest.raises(SettingsInvalid):
        await place.system.check(object())


async def test_hostile_words_are_delivered_all_the_same(
    place: Place, make_handover: MakeHandover, original: bytes, claim: Claims
) -> None:
    nasty = "a\r\nBcc: everybody@example.nl\r\n\r\n\x00\ud800\u202e\u2028=?utf-8?q?=0AX:_1?= " + "x" * 10_000
    handover = make_handover(destination=place.destination, subject=nasty, excerpt=nasty, category_name=nasty)
    prepared = place.system.prepare(handover, original)

    await place.system.deliver(handover, original, prepared, claim)

    assert place.held() == [prepared]
