"""What an attempt came to stands in the ledger, whoever stood in the way when it was written: else it would be a doubt."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from inbox.errors import Conflict, GatewayError, StoreUnavailable
from tests.mails import mail
from tests.running import Town, until
from workflows import acknowledging, forwarding

KCC = "kcc@afdeling.test"
JAN = "jan@inwoner.test"

STOOD_IN_THE_WAY = Conflict("somebody else changed the same things at the same moment: look again")
WAS_AWAY = StoreUnavailable("the ledger does not answer")
IN_THE_WAY = pytest.mark.parametrize("error", [STOOD_IN_THE_WAY, WAS_AWAY], ids=["conflict", "store_unavailable"])


def refused_first(monkeypatch: pytest.MonkeyPatch, module: Any, name: str, error: GatewayError) -> Callable[[], int]:
    """Let the ledger refuse to write that once; return what says how often it was asked."""
    write: Callable[..., Awaitable[None]] = getattr(module, name)
    asked = 0

    async def refuse_first(*arguments: Any, **named: Any) -> None:
        nonlocal asked
        asked += 1
        if asked == 1:
            raise error
        await write(*arguments, **named)

    monkeypatch.setattr(module, name, refuse_first)
    return lambda: asked


async def require_once(town: Town, item: Any) -> None:
    """Prove that department and sender got it once, without a doubt."""
    [forward], [notice] = await town.forwards(item.item_id), await town.notices(item.item_id)
    assert (forward.state, forward.doubts, notice.state, notice.doubts) == ("delivered", 0, "sent", 0)
    assert (len(town.mail_to(KCC)), len(town.mail_to(JAN))) == (1, 1)


@IN_THE_WAY
async def test_what_was_taken_is_written_down_although_others_stood_in_the_way(
    town: Town, monkeypatch: pytest.MonkeyPatch, error: GatewayError
) -> None:
    forwarded = refused_first(monkeypatch, forwarding, "settle_delivered", error)
    told = refused_first(monkeypatch, acknowledging, "settle_notice", error)
    town.mailbox.deliver(mail("Lantaarn kapot"))
    async with town.working():
        item = await town.until_status("Lantaarn kapot", "forwarded")
        await town.until_told(item.item_id)
    await require_once(town, item)
    [row] = await town.forwards(item.item_id)
    assert await town.steps(row.forward_id) == ["claimed", "delivered"]
    assert (forwarded(), told()) == (2, 2)


@IN_THE_WAY
async def test_the_claim_of_what_did_not_leave_is_let_go_although_others_stood_in_the_way(
    town: Town, monkeypatch: pytest.MonkeyPatch, error: GatewayError
) -> None:
    forwarded = refused_first(monkeypatch, forwarding, "note_forward_trouble", error)
    told = refused_first(monkeypatch, acknowledging, "note_notice_trouble", error)
    # After the claim, and before anything of the message left.
    town.relay.fails["DATA"] = "451 4.3.0 later"
    town.mailbox.deliver(mail("Lantaarn kapot"))

    async def both_tried() -> bool:
        return forwarded() > 1 and told() > 1

    async with town.working():
        await until(both_tried, "both troubles are written down")
        town.relay.fails.clear()
        item = await town.until_status("Lantaarn kapot", "forwarded")
        await town.until_told(item.item_id)
    await require_once(town, item)
