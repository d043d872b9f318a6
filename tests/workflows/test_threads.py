"""Threads: what joins an item, what reopens one, and what opens nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
from sqlalchemy import update

from inbox.actions import Action
from store.tables import assignments, items, links
from tests.configuration import SMALL_TOWN
from tests.mails import mail
from tests.running import Town, until
from tests.workflows.test_actions import do

KCC = "kcc@afdeling.test"


async def until_all_settled(town: Town, item_id: str) -> None:
    """Wait until those who are only informed have it, too."""

    async def settled() -> bool:
        return all(row.settled_at for row in await town.forwards(item_id))

    await until(settled, "every forward is settled")


async def completed(town: Town) -> tuple[Any, str]:
    """Let an application be forwarded, told and completed; return its item and the Message-ID of our notice."""
    town.mailbox.deliver(mail("Aanvraag vergunning"))
    first = await town.until_status("Aanvraag vergunning", "forwarded")
    notice = await town.until_told(first.item_id)
    await until_all_settled(town, first.item_id)
    await do(town, Action.complete, first.item_id)
    ours = message_from_bytes(notice.message, policy=policy.default)["Message-ID"]
    return await town.until_status("Aanvraag vergunning", "completed"), str(ours)


async def kinds(town: Town, item_id: str) -> list[str]:
    """Return the kinds of the item's standing links."""
    return [row.kind for row in await town.rows(links, links.c.item_id == item_id) if row.undone_at is None]


async def test_an_answer_soon_after_completion_reopens_and_reaches_the_same_department(town: Town) -> None:
    async with town.working():
        first, ours = await completed(town)
        before = await town.forwards(first.item_id)
        town.mailbox.deliver(mail("Toch nog iets", "De tekening klopt niet.", headers=f"In-Reply-To: {ours}\r\n"))
        second = await town.until_status("Toch nog iets", "forwarded")
        again = await town.until_status("Aanvraag vergunning", "forwarded")
        told = await town.until_told(second.item_id)
        await do(town, Action.complete, first.item_id)
        await town.until_status("Aanvraag vergunning", "completed")
    assert second.adds_to_item_id == first.item_id
    assert await kinds(town, second.item_id) == ["follow_up"]
    assert told.state == "withheld"
    assert "reopened_by_follow_up" in [row.kind for row in await town.events(first.item_id)]
    assert await town.forwards(first.item_id) == before, "its department holds it already"
    [addition] = [row for row in await town.forwards(second.item_id) if row.role == "acting"]
    assert (addition.handover["kind"], addition.handover["adds_to"]) == ("addition", first.reference)
    assert addition.department == before[0].department
    assert again.version > first.version
    assert len(town.mail_to("jan@inwoner.test")) == 1


async def test_thanks_reopen_nothing(town: Town) -> None:
    async with town.working():
        first, ours = await completed(town)
        town.mailbox.deliver(
            mail("Re: Aanvraag vergunning", "Dank u wel!\r\n\r\nGroeten,\r\nJan", headers=f"In-Reply-To: {ours}\r\n")
        )
        second = await town.until_status("Re: Aanvraag vergunning", "filed")
        assert (await town.until_told(second.item_id)).state == "withheld"
    assert second.filed_because == f"it only says thank you: {first.reference} stays completed"
    assert second.adds_to_item_id == first.item_id
    assert (await town.item("Aanvraag vergunning")).status == "completed"
    assert await town.forwards(second.item_id) == []


async def test_thanks_for_what_is_under_way_go_to_the_department(town: Town) -> None:
    town.mailbox.deliver(mail("Aanvraag vergunning"))
    async with town.working():
        first = await town.until_status("Aanvraag vergunning", "forwarded")
        notice = await town.until_told(first.item_id)
        ours = message_from_bytes(notice.message, policy=policy.default)["Message-ID"]
        town.mailbox.deliver(mail("Re: Aanvraag", "Dank u wel!", headers=f"In-Reply-To: {ours}\r\n"))
        second = await town.until_status("Re: Aanvraag", "forwarded")
    assert second.adds_to_item_id == first.item_id


@pytest.mark.parametrize("days", [14, 0])
async def test_an_answer_long_after_completion_is_a_new_item_with_a_link(
    make_town: Callable[..., Any], days: int
) -> None:
    town: Town = await make_town(document=f"{SMALL_TOWN}\nthreads: {{reopen_within_days: {days}}}\n")
    async with town.working():
        first, ours = await completed(town)
        async with town.ledger.begin() as connection:
            ago = datetime.now(UTC) - timedelta(days=days, minutes=1)
            await connection.execute(update(items).where(items.c.item_id == first.item_id).values(changed_at=ago))
        town.mailbox.deliver(mail("Vergunning toch nog", headers=f"In-Reply-To: {ours}\r\n"))
        second = await town.until_status("Vergunning toch nog", "forwarded")
        assert (await town.until_told(second.item_id)).state == "sent"
    assert second.adds_to_item_id is None
    assert await kinds(town, second.item_id) == ["may_belong_to"]
    assert (await town.item("Aanvraag vergunning")).status == "completed"


async def test_an_objection_soon_after_completion_is_its_own_item(town: Town) -> None:
    async with town.working():
        _, ours = await completed(town)
        town.mailbox.deliver(mail("Mijn bezwaar", "Ik maak bezwaar.", headers=f"In-Reply-To: {ours}\r\n"))
        second = await town.until_status("Mijn bezwaar", "forwarded")
        assert (await town.until_told(second.item_id)).state == "sent"
    assert second.adds_to_item_id is None
    assert (await town.item("Aanvraag vergunning")).status == "completed"


async def test_a_machine_that_answers_reopens_nothing(town: Town) -> None:
    async with town.working():
        _, ours = await completed(town)
        town.mailbox.deliver(
            mail(
                "Afwezig",
                "Ik ben er vandaag niet.",
                headers=f"In-Reply-To: {ours}\r\nAuto-Submitted: auto-replied\r\n",
            )
        )

        async def settled() -> Any:
            row = await town.item("Afwezig")
            return row if row is not None and row.decided_version is not None else None

        second = await until(settled, "it is decided")
        assert (await town.until_told(second.item_id)).state == "withheld"
    assert second.adds_to_item_id is None
    assert await kinds(town, second.item_id) == ["may_belong_to"]
    assert (await town.item("Aanvraag vergunning")).status == "completed"


async def test_two_answers_at_once_reopen_it_once(town: Town) -> None:
    async with town.working():
        first, ours = await completed(town)
        town.mailbox.deliver(
            *(mail(f"Nog iets {number}", headers=f"In-Reply-To: {ours}\r\n") for number in range(4)),
        )
        for number in range(4):
            second = await town.until_status(f"Nog iets {number}", "forwarded")
            assert second.adds_to_item_id == first.item_id
    kinds_of_events = [row.kind for row in await town.events(first.item_id)]
    assert kinds_of_events.count("reopened_by_follow_up") == 1
    assert len(town.mail_to("jan@inwoner.test")) == 1


async def test_what_adds_to_two_matters_reaches_both_departments_once(town: Town) -> None:
    town.mailbox.deliver(mail("Aanvraag vergunning"))
    async with town.working():
        first = await town.until_status("Aanvraag vergunning", "forwarded")
        notice = await town.until_told(first.item_id)
        ours = message_from_bytes(notice.message, policy=policy.default)["Message-ID"]
        await do(town, Action.split, first.item_id, category="lantaarn")
        await town.until_status("Aanvraag vergunning", "forwarded")
        departments = {row.department for row in await town.rows(assignments, assignments.c.item_id == first.item_id)}
        town.mailbox.deliver(mail("Nog iets", headers=f"In-Reply-To: {ours}\r\n"))
        second = await town.until_status("Nog iets", "forwarded")
    added = [row.department for row in await town.forwards(second.item_id) if row.role == "acting"]
    assert len(departments) == 2
    assert sorted(added) == sorted(departments)
