"""Where a forward to a mailbox comes back: an address of its own, the same at each attempt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from adapters.departments.mailbox import MailboxSystem
from inbox.bounce_address import ForwardSent, sent_to
from inbox.configuration.model import MailboxDestination
from inbox.handover import HandoverKind
from tests.adapters.departments.conftest import Department

if TYPE_CHECKING:
    from tests.adapters.departments.conftest import Claims, LoopbackSender, PostOffice

KEY = b"0123456789abcdef0123456789abcdef"


@pytest.fixture
def signed(relay: LoopbackSender, to_mailbox: MailboxDestination, claim: Claims) -> Department:
    """Give a mailbox whose bounce addresses hold a token."""
    system = MailboxSystem(relay, "inbox@g.example", "G", "g.example", "bounce+{token}@g.example", KEY)
    return Department(system, to_mailbox, b"Subject: x\r\n\r\nHallo\r\n", claim)


@pytest.mark.asyncio
@pytest.mark.parametrize("kind", HandoverKind)
async def test_each_forward_has_a_bounce_address_that_proves_it(
    kind: HandoverKind, signed: Department, post_office: PostOffice
) -> None:
    forward_id = "0b6c7a50-53a9-4a28-8ac0-7b5c1d6e2f11"
    for _ in range(2):
        await signed.deliver(kind=kind, forward_id=forward_id)

    first, second = (mail_from for mail_from, _ in post_office.envelopes)
    assert first == second
    assert len(first.partition("@")[0]) <= 64
    assert sent_to(first, KEY) == ForwardSent(forward_id, kind, is_proven=True)


@pytest.mark.asyncio
async def test_another_forward_has_another_address(signed: Department, post_office: PostOffice) -> None:
    await signed.deliver()
    await signed.deliver(forward_id="0b6c7a50-53a9-4a28-8ac0-7b5c1d6e2f12")

    assert len({mail_from for mail_from, _ in post_office.envelopes}) == 2
