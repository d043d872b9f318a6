"""A colleague answered from the mailbox itself: whoever has that answer is sent no acknowledgement after it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapters.email.imap import ImapSource
from inbox.errors import FolderMissing
from inbox.item import NoticeKind, NoticeState
from store.answers import answered_at
from store.byte_folder import ByteFolder
from store.ledger import Ledger
from store.reading import item_row
from store.tables import answered, notices, sources
from tests.inbox.samples import reading
from tests.mails import mail
from tests.memory_source import sweepable, swept
from tests.running import Town, until
from tests.servers.mailbox import Mailbox, letter
from tests.store.making import decide, notice, rows, send_out, was_read
from workflows.parts import Parts

ASKED = "vraag-1@inwoner.test"
FROM = "From: Balie <info@gemeente.test>\r\n"
MakeParts = Callable[..., Any]


def answer(*, to: str = "Jan <JAN@inwoner.test>", thread: str = f"In-Reply-To: <{ASKED}>", more: str = "") -> bytes:
    return f"{FROM}To: {to}\r\n{thread}\r\n{more}Subject: Re: vraag\r\n\r\nGEHEIMWOORD\r\n".encode()


@pytest.fixture
def make_parts(ledger: Ledger, tmp_path: Path, mailbox: Mailbox) -> MakeParts:
    async def make(**settings: Any) -> Parts:
        source = ImapSource("post", mailbox.settings(**settings), observes=False)
        return await sweepable(ledger, ByteFolder(tmp_path / "bytes"), source)

    return make


def sends(mailbox: Mailbox, *mails: bytes, folder: str = "Verzonden items") -> None:
    """Put mails in the folder of sent mail, as Outlook does."""
    with mailbox.server.client(mailbox.user) as client:
        if not client.folder_exists(folder):
            client.create_folder(folder)
        for mail in mails:
            client.append(folder, mail)


async def asked(ledger: Ledger) -> str:
    return await was_read(ledger, reading("Vraag", message_id=ASKED))


async def answered_of(ledger: Ledger, item_id: str) -> bool:
    return await answered_at(ledger, await item_row(ledger, item_id)) is not None


async def test_it_is_noticed_once_without_a_trace_in_the_folder(
    ledger: Ledger, mailbox: Mailbox, make_parts: MakeParts
) -> None:
    item_id = await asked(ledger)
    parts = await make_parts(sent_folder="Verzonden items")
    sends(mailbox, answer())
    for _ in range(2):
        await swept(parts)
        assert await answered_of(ledger, item_id)
    assert mailbox.flags("Verzonden items") == [set()]
    [source] = await rows(ledger, sources)
    assert source.sent_position == "2"
    sends(mailbox, answer(to="piet@inwoner.test"))
    await swept(parts)
    assert len(await rows(ledger, answered)) == 2
    assert (await rows(ledger, sources))[0].sent_position == "3"


@pytest.mark.parametrize(
    ("sent", "counts"),
    [
        (answer(thread=f"References: <ouder@x.test>\r\n <{ASKED}>"), True),
        (answer(to="piet@inwoner.test", more="Cc: =?utf-8?q?J?= <jan@inwoner.test>\r\n"), True),
        (answer(more="Auto-Submitted: no\r\n"), True),
        (answer(to="collega@gemeente.test"), False),  # forwarded inside the house
        (answer(thread=f"References: <{ASKED}> <nieuwer@x.test>"), False),
        (answer(thread="X-Nothing: x"), False),
        (answer(more="Auto-Submitted: auto-replied; x=y\r\n"), False),  # our own, where the server keeps a copy of it
        (b"\xff\x00 no mail", False),
    ],
)
async def test_what_counts_as_an_answer_to_the_sender(
    ledger: Ledger, mailbox: Mailbox, make_parts: MakeParts, sent: bytes, counts: bool
) -> None:
    item_id = await asked(ledger)
    sends(mailbox, sent)
    await swept(await make_parts(sent_folder="Verzonden items"))
    assert await answered_of(ledger, item_id) is counts


async def test_an_acknowledgement_that_is_about_to_go_is_withheld_and_one_that_went_is_not(
    ledger: Ledger, mailbox: Mailbox, make_parts: MakeParts
) -> None:
    waiting, told = await asked(ledger), await asked(ledger)
    for item_id in (waiting, told):
        await decide(ledger, item_id, "vergunning")
        await send_out(ledger, item_id, notices=[notice(NoticeKind.acknowledgement)])
    async with ledger.begin() as connection:
        sent = notices.update().where(notices.c.item_id == told).values(state=str(NoticeState.sent))
        await connection.execute(sent)
    sends(mailbox, answer())
    await swept(await make_parts(sent_folder="Verzonden items"))
    states = {row.item_id: (row.state, row.withheld_because) for row in await rows(ledger, notices)}
    assert states[told] == (NoticeState.sent, [])
    assert states[waiting][0] == NoticeState.withheld
    assert "a colleague answered already on 20" in states[waiting][1][0]


async def test_by_default_the_folder_is_not_looked_at(ledger: Ledger, mailbox: Mailbox, make_parts: MakeParts) -> None:
    sends(mailbox, answer(), folder="Sent")
    await swept(await make_parts())
    assert await rows(ledger, answered) == []


async def test_auto_finds_the_folder(ledger: Ledger, mailbox: Mailbox, make_parts: MakeParts) -> None:
    sends(mailbox, answer(), folder="Sent")
    await swept(await make_parts(sent_folder="auto"))
    assert len(await rows(ledger, answered)) == 1


@pytest.mark.parametrize("named", ["auto", "Bestaat niet"])
async def test_without_such_a_folder_mail_is_kept_all_the_same_and_the_setting_is_named(
    ledger: Ledger, mailbox: Mailbox, make_parts: MakeParts, named: str
) -> None:
    mailbox.deliver(letter("een"))
    with pytest.raises(FolderMissing, match="`sent_folder`"):
        await swept(await make_parts(sent_folder=named))
    assert mailbox.subjects("Verwerkt") == ["een"]


async def test_a_folder_that_counts_anew_is_looked_through_again(
    ledger: Ledger, mailbox: Mailbox, make_parts: MakeParts
) -> None:
    item_id = await asked(ledger)
    parts = await make_parts(sent_folder="Verzonden items")
    sends(mailbox, *[answer(to="piet@inwoner.test")] * 3)
    await swept(parts)
    with mailbox.server.client(mailbox.user) as client:
        client.rename_folder("Verzonden items", "Oud")
    sends(mailbox, answer())
    async with ledger.begin() as connection:
        # As it would be when UIDVALIDITY is another: it counts seconds, and this test takes none.
        await connection.execute(sources.update().values(sent_key_space="Verzonden items;UIDVALIDITY=1"))
    await swept(parts)
    assert await answered_of(ledger, item_id)


async def test_whoever_was_answered_by_hand_is_not_told_and_the_reason_stands_there(
    make_town: Callable[..., Any],
) -> None:
    town: Town = await make_town(imap={"sent_folder": "Sent"}, sweep_seconds=5)
    town.mailbox.deliver(mail("Lantaarn"), mail("Tegel"))
    with town.mailbox.server.client(town.mailbox.user, "INBOX") as client:
        asked_as = client.fetch([1], ["ENVELOPE"])[1][b"ENVELOPE"].message_id.decode()
        client.create_folder("Sent")
        client.append("Sent", answer(thread=f"In-Reply-To: {asked_as}"))

    async def settled() -> bool:
        made = await town.items()
        told = [await town.notices(row.item_id) for row in made]
        return len(made) == 2 and all(each and each[0].settled_at for each in told)

    async with town.working():
        await until(settled, "both are told, or it is recorded why not")
    told = {row.subject: (await town.notices(row.item_id))[0] for row in await town.items()}
    assert told["Tegel"].state == NoticeState.sent
    assert told["Lantaarn"].state == NoticeState.withheld
    assert "a colleague answered already" in " ".join(told["Lantaarn"].withheld_because)
    assert {row.status for row in await town.items()} == {"forwarded", "triage"}
