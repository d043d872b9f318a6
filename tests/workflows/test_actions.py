"""Actions of people and departments, and what the drive makes of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from inbox.actions import Action
from inbox.errors import Conflict
from inbox.intents import AssignmentIntent
from inbox.routing.decide import choose
from store.acting import Request, act
from store.assignments import beginning
from tests.mails import mail
from tests.running import Town, until


async def do(town: Town, action: Action, item_id: str, category: str | None = None, **words: Any) -> Any:
    """Carry out an action as `tester`."""
    assert town.parts is not None
    chosen = None
    if category:
        compiled = await town.parts.configurations.current()
        chosen = AssignmentIntent(
            str(uuid4()),
            0,
            beginning(category),
            choose(category, datetime.now(UTC), compiled, rule=None),
            "tester",
            compiled.version,
        )
    return await act(town.ledger, Request(action, item_id, "tester", "omdat het moet", chosen=chosen, **words))


async def all_settled(town: Town, item_id: str, count: int) -> Any:
    async def settled() -> Any:
        rows = await town.forwards(item_id)
        return rows if len(rows) >= count and all(row.settled_at for row in rows) else None

    return await until(settled, f"{count} forwards are settled")


async def test_a_reroute_withdraws_there_and_forwards_here_and_tells_the_later_date_once(town: Town) -> None:
    town.mailbox.deliver(mail("Lantaarn kapot"))
    async with town.working():
        item = await town.until_status("Lantaarn kapot", "forwarded")
        await town.until_told(item.item_id)
        await do(town, Action.reroute, item.item_id, "vergunning")
        rows = await all_settled(town, item.item_id, 3)

        async def corrected() -> Any:
            return [n for n in await town.notices(item.item_id) if n.kind == "correction" and n.state == "sent"]

        [correction] = await until(corrected, "the later date is told")
    assert [(row.round, row.role, row.state) for row in rows] == [
        (1, "acting", "withdrawn"),
        (2, "acting", "delivered"),
        (2, "informed", "delivered"),
    ]
    assert len({row.forward_id for row in rows}) == 3
    assert len(town.mail_to("kcc@afdeling.test")) == 2
    assert len(town.mail_to("vergunningen@afdeling.test")) == 1
    assert correction.told_due_on > datetime.now(UTC).date()
    assert len(town.mail_to("jan@inwoner.test")) == 2


async def test_returned_goes_to_triage_and_to_the_same_department_again_with_a_forward_each(town: Town) -> None:
    town.mailbox.deliver(mail("Bezwaar", "Ik maak bezwaar."))
    async with town.working():
        item = await town.until_status("Bezwaar", "forwarded")
        await do(town, Action.return_, item.item_id)
        await town.until_status("Bezwaar", "triage")
        await all_settled(town, item.item_id, 2)
        await do(town, Action.reroute, item.item_id, "bezwaar")
        await town.until_status("Bezwaar", "forwarded")
        rows = await all_settled(town, item.item_id, 3)
    assert [(row.round, row.department) for row in rows] == [(1, "juridisch"), (2, "kcc"), (3, "juridisch")]
    assert len({row.forward_id for row in rows}) == 3


async def test_a_reroute_while_the_forward_is_retrying_opens_the_next_round_at_once(town: Town) -> None:
    town.relay.fails["RCPT"] = "450 4.2.0 later"
    town.mailbox.deliver(mail("Lantaarn kapot"))
    async with town.working():
        item = await town.until_status("Lantaarn kapot", "forwarding")

        async def tried() -> bool:
            rows = await town.forwards(item.item_id)
            return bool(rows) and "attempt_failed" in await town.steps(rows[0].forward_id)

        await until(tried, "an attempt failed")
        await do(town, Action.reroute, item.item_id, "bezwaar")
        await town.until_status("Lantaarn kapot", "forwarded")
        rows = await town.forwards(item.item_id)
    assert [(row.round, row.state) for row in rows] == [(1, "cancelled"), (2, "delivered")]
    assert town.mail_to("kcc@afdeling.test") == []


async def test_accept_and_complete_end_the_item_and_its_workflow(town: Town) -> None:
    town.mailbox.deliver(mail("Lantaarn kapot"))
    async with town.working() as client:
        item = await town.until_status("Lantaarn kapot", "forwarded")
        await do(town, Action.accept, item.item_id)
        await do(town, Action.complete, item.item_id)
        assert (await town.item("Lantaarn kapot")).status == "completed"

        async def ended() -> bool:
            described = await client.get_workflow_handle(f"item-{item.item_id}").describe()
            return bool(described.status and described.status.name == "COMPLETED")

        await until(ended, "its workflow has ended")


async def test_an_action_that_makes_no_sense_is_refused_and_changes_nothing(town: Town) -> None:
    town.mailbox.deliver(mail("Lantaarn kapot"))
    async with town.working():
        item = await town.until_status("Lantaarn kapot", "forwarded")
    before = len(await town.events(item.item_id))
    with pytest.raises(Conflict, match="release"):
        await do(town, Action.release, item.item_id)
    with pytest.raises(Conflict):
        await do(town, Action.accept, item.item_id, expected_version=1)
    assert len(await town.events(item.item_id)) == before


async def test_when_the_original_is_discarded_the_oldest_copy_takes_over(town: Town) -> None:
    same = mail("Lantaarn kapot", message_id="<een@inwoner.test>")
    town.mailbox.deliver(same, same, same)

    async def standing(*statuses: str) -> Any:
        rows = await town.items()
        return rows if sorted(row.status for row in rows) == sorted(statuses) else None

    async with town.working():
        rows = await until(lambda: standing("forwarded", "linked", "linked"), "two copies are linked")
        original = next(row for row in rows if row.status == "forwarded")
        await do(town, Action.discard, original.item_id)
        rows = await until(lambda: standing("discarded", "forwarded", "linked"), "a copy has taken over")
    heir = next(row for row in rows if row.status == "forwarded")
    copy = next(row for row in rows if row.status == "linked")
    assert copy.original_item_id == heir.item_id
    # Kept in one go they are equally old; then the id decides.
    assert _age(heir) < _age(copy)


def _age(row: Any) -> tuple[Any, ...]:
    return (row.received_at, row.made_at, row.item_id)


async def test_an_unlinked_copy_goes_its_own_way(town: Town) -> None:
    same = mail("Lantaarn kapot", message_id="<een@inwoner.test>")
    town.mailbox.deliver(same, same)

    async def linked() -> Any:
        return next((row for row in await town.items() if row.status == "linked"), None)

    async def forwarded() -> Any:
        return [row.status for row in await town.items()] == ["forwarded", "forwarded"]

    async with town.working():
        copy = await until(linked, "one is a copy")
        await do(town, Action.unlink, copy.item_id)
        await until(forwarded, "both are forwarded")


async def test_an_observed_mailbox_stays_untouched_and_its_items_wait_for_release(
    make_town: Callable[..., Any],
) -> None:
    """Invariant 14: going live is a choice."""
    town: Town = await make_town(mode="observe")
    town.mailbox.deliver(mail("Lantaarn kapot"))

    async def decided() -> Any:
        row = await town.item("Lantaarn kapot")
        return row if row is not None and row.decided_version else None

    async with town.working():
        item = await until(decided, "it is decided")
        assert (item.status, item.held_because) == ("received", "observe")
        assert town.mailbox.subjects() == ["Lantaarn kapot"]
        assert town.mailbox.flags() == [set()]
        assert await town.forwards(item.item_id) == []
        assert await town.notices(item.item_id) == []
        await do(town, Action.release, item.item_id)
        await town.until_status("Lantaarn kapot", "forwarded")
        assert (await town.until_told(item.item_id)).state == "sent"
    assert town.mailbox.subjects() == ["Lantaarn kapot"]


async def test_what_was_received_before_the_source_was_live_waits_for_release(make_town: Callable[..., Any]) -> None:
    town: Town = await make_town(live_from="2100-01-01T00:00:00Z")
    town.mailbox.deliver(mail("Lantaarn kapot"))

    async def decided() -> Any:
        row = await town.item("Lantaarn kapot")
        return row if row is not None and row.decided_version else None

    async with town.working():
        item = await until(decided, "it is decided")
    assert (item.status, item.held_because) == ("received", "before_live_from")
    assert town.relay.taken == []


async def test_a_split_item_stands_where_its_least_advanced_assignment_stands(town: Town) -> None:
    town.mailbox.deliver(mail("Lantaarn kapot en een vraag"))
    async with town.working():
        item = await town.until_status("Lantaarn kapot en een vraag", "forwarded")
        await do(town, Action.split, item.item_id, "bezwaar")
        await all_settled(town, item.item_id, 2)
        row = await town.until_status("Lantaarn kapot en een vraag", "forwarded")
    assert row.confidentiality == 5
    assert {forward.department for forward in await town.forwards(item.item_id)} == {"kcc", "juridisch"}


async def test_a_forwarded_item_that_was_linked_by_mistake_is_forwarded_anew_when_unlinked(town: Town) -> None:
    town.mailbox.deliver(mail("Lantaarn een"), mail("Lantaarn twee"))
    async with town.working():
        one = await town.until_status("Lantaarn een", "forwarded")
        two = await town.until_status("Lantaarn twee", "forwarded")
        await do(town, Action.link, two.item_id, other_item_id=one.item_id)
        await all_settled(town, two.item_id, 1)
        await do(town, Action.unlink, two.item_id)
        await town.until_status("Lantaarn twee", "forwarded")
        rows = await town.forwards(two.item_id)
    assert [(row.round, row.state) for row in rows] == [(1, "withdrawn"), (2, "delivered")]


async def test_a_completed_item_that_is_reopened_goes_to_its_department_again(town: Town) -> None:
    town.mailbox.deliver(mail("Lantaarn kapot"))
    async with town.working():
        item = await town.until_status("Lantaarn kapot", "forwarded")
        await do(town, Action.complete, item.item_id)
        await do(town, Action.reopen, item.item_id)
        await town.until_status("Lantaarn kapot", "forwarded")
        await all_settled(town, item.item_id, 2)
    assert len(town.mail_to("kcc@afdeling.test")) == 2
    assert len(town.mail_to("jan@inwoner.test")) == 1


async def test_an_observed_item_that_is_discarded_and_reopened_still_waits_for_release(
    make_town: Callable[..., Any],
) -> None:
    town: Town = await make_town(mode="observe")
    town.mailbox.deliver(mail("Lantaarn kapot"))

    async def decided() -> Any:
        row = await town.item("Lantaarn kapot")
        return row if row is not None and row.decided_version else None

    async with town.working():
        item = await until(decided, "it is decided")
        await do(town, Action.discard, item.item_id)
        await do(town, Action.reopen, item.item_id)
        assert (await town.item("Lantaarn kapot")).status == "received"
        await do(town, Action.release, item.item_id)
        await town.until_status("Lantaarn kapot", "forwarded")
    assert len(town.mail_to("kcc@afdeling.test")) == 1


async def test_a_fault_of_our_own_in_deciding_sets_the_item_aside_and_retry_brings_it_back(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Invariant 12: nothing is skipped silently."""
    import workflows.deciding

    whole = workflows.deciding.conclude

    def broken(*_: Any) -> Any:
        raise ZeroDivisionError("MARKER")

    monkeypatch.setattr(workflows.deciding, "conclude", broken)
    town.mailbox.deliver(mail("Lantaarn kapot"))
    async with town.working():
        item = await town.until_status("Lantaarn kapot", "quarantined")
        monkeypatch.setattr(workflows.deciding, "conclude", whole)
        await do(town, Action.retry, item.item_id)
        await town.until_status("Lantaarn kapot", "forwarded")


async def test_what_is_too_confidential_for_a_destination_is_not_sent_there_and_shown(town: Town) -> None:
    town.mailbox.deliver(mail("Bezwaar", "Ik maak bezwaar."))
    async with town.working():
        item = await town.until_status("Bezwaar", "forwarded")
        await do(town, Action.reroute, item.item_id, "vergunning")
        rows = await all_settled(town, item.item_id, 3)
    assert [(row.round, row.state, row.trouble_code) for row in rows if row.role == "acting"] == [
        (1, "withdrawn", None),
        (2, "failed", "confidentiality_forbids"),
    ]
    assert town.mail_to("vergunningen@afdeling.test") == []


async def test_a_sender_who_was_not_told_because_the_item_ended_is_told_when_it_begins_again(town: Town) -> None:
    town.relay.fails["greeting"] = "421 4.3.2 down"
    town.mailbox.deliver(mail("Bezwaar", "Ik maak bezwaar."))
    async with town.working():
        item = await town.until_status("Bezwaar", "forwarded")
        await do(town, Action.discard, item.item_id)
        town.relay.fails.clear()
        await do(town, Action.reopen, item.item_id)
        await town.until_status("Bezwaar", "forwarded")

        async def told() -> bool:
            return "sent" in {notice.state for notice in await town.notices(item.item_id)}

        await until(told, "the sender is told")
    assert len(town.mail_to("jan@inwoner.test")) == 1


async def test_a_filed_item_that_a_person_reopens_goes_to_triage_and_its_sender_is_told(town: Town) -> None:
    town.mailbox.deliver(mail("Nieuws van de week", headers="List-Unsubscribe: <mailto:weg@nieuws.test>\r\n"))
    town.mailbox.deliver(mail("Ter info", sender="Piet <piet@intern.test>"))
    async with town.working():
        item = await town.until_status("Nieuws van de week", "filed")
        await town.until_told(item.item_id)
        await do(town, Action.reopen, item.item_id, "triage")
        await town.until_status("Nieuws van de week", "triage")
        await all_settled(town, item.item_id, 1)
        quiet = await town.until_status("Ter info", "forwarded")
        await town.until_told(quiet.item_id)
        await do(town, Action.reroute, quiet.item_id, "lantaarn")

        async def told() -> bool:
            return "sent" in {notice.state for notice in await town.notices(quiet.item_id)}

        await until(told, "the new category is acknowledged")
    assert town.mail_to("jan@inwoner.test") == []
