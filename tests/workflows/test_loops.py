"""Loops: another machine that answers every mail gets no more than the limit, and loses nothing of what it writes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from structlog.testing import capture_logs

from inbox.thread_token import loop_mark
from store.tables import links, notices
from tests.configuration import SMALL_TOWN
from tests.mails import mail
from tests.running import Town, until

ADDRESS = "tickets@systeem.test"
_UNLIMITED = "limits: {per_address: [], per_thread: []}\n"
USUAL = SMALL_TOWN.replace(_UNLIMITED, "")
"""With the limits that hold where the document says nothing."""
LIMIT = 5
"""To one address in an hour."""
CLOSING = "Voor uw volgende berichten krijgt u vandaag geen aparte bevestiging."
ROUNDS = 30

Headers = Callable[[EmailMessage], str]


def with_references(ours: EmailMessage) -> str:
    return f"In-Reply-To: {ours['Message-ID']}\r\nReferences: {ours['References']} {ours['Message-ID']}\r\n"


def with_foreign_references(ours: EmailMessage) -> str:
    """As a system does that knows its own thread only, and none of our ids."""
    return "References: <ticket-1@systeem.test>\r\n"


def with_nothing(ours: EmailMessage) -> str:
    return ""


def as_a_machine(ours: EmailMessage) -> str:
    return "Auto-Submitted: auto-replied\r\n"


def as_another_gateway(ours: EmailMessage) -> str:
    return f"X-Inbox-Gateway-Loop: {loop_mark('7K3M-9QXA-D', b'a key of somebody else, 32 bytes.')}\r\n"


@dataclass
class TicketSystem:
    """Answers each mail that the relay takes for it; when none comes it writes by itself, up to so many mails."""

    town: Town
    headers: Headers
    written: list[str] = field(default_factory=list)
    """Subjects."""
    _last: EmailMessage = field(default_factory=EmailMessage)

    def received(self) -> list[EmailMessage]:
        """Return what it got."""
        return [message_from_bytes(raw, policy=policy.default) for raw in self.town.mail_to(ADDRESS)]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Answer meanwhile."""
        answering = asyncio.create_task(self._answer())
        try:
            yield
        finally:
            answering.cancel()
            await asyncio.wait([answering])

    async def _answer(self) -> None:
        answered = 0
        while True:
            for ours in self.received()[answered:]:
                answered += 1
                self._last = ours
                await self.write()
            await asyncio.sleep(0.05)

    async def write(self) -> None:
        """Send one mail, with a new ticket number and Message-ID."""
        number = len(self.written) + 1
        subject = f"[Ticket#{20_260_000 + number}] lantaarn"
        self.written.append(subject)
        answer = mail(
            subject,
            f"Wij hebben uw bericht ontvangen onder nummer {number}.",
            sender=f"Servicedesk <{ADDRESS}>",
            headers=self.headers(self._last) if number > 1 else "",
        )
        await asyncio.to_thread(self.town.mailbox.deliver, answer, sender=ADDRESS)


async def all_settled(town: Town, system: TicketSystem) -> list[Any] | None:
    """Return the items when each mail of the system has become one, was forwarded, and it is known what was told."""
    rows = await town.items()
    are_there = sorted(row.subject for row in rows) == sorted(system.written)
    if not are_there or any(row.status != "forwarded" for row in rows):
        return None
    settled = {row.item_id for row in await town.rows(notices) if row.settled_at}
    return rows if settled == {row.item_id for row in rows} else None


async def driven(town: Town, system: TicketSystem) -> list[Any]:
    """Let it run until it has written 30 mails and all is quiet; return the items."""
    at_once = 1
    async with town.working(), system.running():
        while True:
            before = len(system.written)
            if before < ROUNDS:
                for _ in range(at_once):
                    await system.write()
            rows: list[Any] = await until(
                lambda: all_settled(town, system), "each mail is kept, forwarded and told of", seconds=120
            )
            await asyncio.sleep(0.2)  # so that it may answer
            is_quiet = len(system.written) == before
            if is_quiet and before >= ROUNDS and await all_settled(town, system):
                return rows
            # Nobody answers it any more: it goes on by itself, and faster.
            at_once = min(10, 2 * at_once)


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        (with_references, 1),
        (with_foreign_references, 4),
        (as_a_machine, 1),
        (as_another_gateway, 1),
    ],
)
async def test_a_ticket_system_that_answers_every_mail_gets_no_more_than_the_limit(
    make_town: Callable[..., Any], headers: Headers, told: int
) -> None:
    town: Town = await make_town(document=USUAL)
    system = TicketSystem(town, headers)
    rows = await driven(town, system)
    assert len(system.received()) == told <= LIMIT
    assert len(rows) == len(system.written) >= ROUNDS
    assert len(town.mail_to("kcc@afdeling.test")) == len(rows)
    assert town.mailbox.subjects() == []


async def test_one_that_keeps_none_of_our_headers_gets_the_limit_and_the_last_notice_says_so(
    make_town: Callable[..., Any],
) -> None:
    town: Town = await make_town(document=USUAL)
    system = TicketSystem(town, with_nothing)
    with capture_logs() as logs:
        rows = await driven(town, system)
    assert len(rows) == len(system.written) >= ROUNDS
    assert len(town.mail_to("kcc@afdeling.test")) == len(rows)
    says_so = [CLOSING in str(ours.get_content()) for ours in system.received()]
    assert says_so == [False] * (LIMIT - 1) + [True]
    limited = [line for line in logs if line["event"] == "notice_withheld_by_limit"]
    assert [line["limit"] for line in limited] == ["per_address"], "once, not for each"
    assert ADDRESS not in str(logs)
    assert town.parts is not None
    [family] = list(town.parts.measures.withheld.collect())
    counted = {tuple(sample.labels.values()): sample.value for sample in family.samples if "total" in sample.name}
    assert counted == {("per_address",): len(rows) - LIMIT, ("per_thread",): 0}
    item = await town.item(system.written[-1])
    [withheld] = await town.notices(item.item_id)
    assert withheld.withheld_because == ["5 notices went to this address in 60 minutes: the limit `per_address`"]


async def test_without_windows_everybody_is_told(make_town: Callable[..., Any]) -> None:
    town: Town = await make_town(document=SMALL_TOWN)
    assert _UNLIMITED in SMALL_TOWN
    town.mailbox.deliver(*(mail(f"Lantaarn {number}", f"Nummer {number} is stuk.") for number in range(25)))
    async with town.working():
        for number in range(25):
            item = await town.until_status(f"Lantaarn {number}", "forwarded")
            assert (await town.until_told(item.item_id)).state == "sent"


async def test_our_own_mail_that_comes_back_is_named_and_linked_and_a_forged_one_is_not(town: Town) -> None:
    town.mailbox.deliver(mail("Lantaarn kapot"))
    async with town.working():
        first = await town.until_status("Lantaarn kapot", "forwarded")
        await town.until_told(first.item_id)
        [ours] = town.mail_to("jan@inwoner.test")
        [to_department] = town.mail_to("kcc@afdeling.test")
        mark = f"X-Inbox-Gateway-Loop: {message_from_bytes(ours)['X-Inbox-Gateway-Loop']}\r\n"
        assert first.reference in mark
        assert mark.encode() in to_department
        forged = f"X-Inbox-Gateway-Loop: {first.reference}.{'a' * 20}\r\n"
        town.mailbox.deliver(
            mail("Lantaarn terug", sender="Omleiding <om@elders.test>", headers=mark),
            mail("Lantaarn vervalst", sender="Kwaad <kwaad@elders.test>", headers=forged),
        )
        back = await town.until_status("Lantaarn terug", "forwarded")
        other = await town.until_status("Lantaarn vervalst", "forwarded")
        assert {(await town.until_told(row.item_id)).state for row in (back, other)} == {"withheld"}
    [event] = [row for row in await town.events(back.item_id) if row.kind == "own_mail"]
    assert event.reason == f"our own mail came back: {first.reference}"
    [link] = await town.rows(links, links.c.item_id == back.item_id)
    assert (link.kind, link.other_item_id, link.reason) == ("may_belong_to", first.item_id, event.reason)
    [forward] = await town.forwards(back.item_id)
    assert f"may_belong_to {first.reference}" in forward.handover["labels"]
    [event] = [row for row in await town.events(other.item_id) if row.kind == "gateway_mail"]
    assert event.reason == "another gateway's mail"
    assert await town.rows(links, links.c.item_id == other.item_id) == []
