"""A rule that wants a person first: the item is decided, and waits until somebody releases it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from inbox.actions import Action
from store.acting import Request, act
from tests.configuration import SMALL_TOWN
from tests.mails import mail
from tests.running import Town, until

HOLDING = SMALL_TOWN.replace(
    'when: {words: ["lantaarn*"]}',
    'when: {words: ["lantaarn*"]}\n    hold: eerst de aannemer bellen\n    labels: [aannemer]',
)


async def test_it_waits_for_a_person_and_then_goes_its_way_with_its_labels(make_town: Callable[..., Any]) -> None:
    town: Town = await make_town(document=HOLDING)
    town.mailbox.deliver(mail("Lantaarn kapot"))

    async def decided() -> Any:
        row = await town.item("Lantaarn kapot")
        return row if row is not None and row.decided_version else None

    async with town.working():
        item = await until(decided, "it is decided")
        assert (item.status, item.held_because) == ("received", "rule")
        assert (item.hold_reason, item.labels) == ("eerst de aannemer bellen", ["aannemer"])
        assert await town.forwards(item.item_id) == []
        assert await town.notices(item.item_id) == []
        await act(town.ledger, Request(Action.release, item.item_id, "tester", "gebeld"))
        released = await town.until_status("Lantaarn kapot", "forwarded")
        assert (await town.until_told(item.item_id)).state == "sent"
        [forward] = await town.forwards(item.item_id)
    assert released.held_because is None
    assert "aannemer" in forward.handover["labels"]
