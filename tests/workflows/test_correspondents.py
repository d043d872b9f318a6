"""Who hears from us: the resident behind a colleague, the person behind a form, and nobody whom a forger names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.utils import format_datetime
from typing import Any

import pytest

from inbox.actions import Action
from inbox.errors import BadRequest, Conflict
from store.tables import links, tasks
from tests.configuration import SMALL_TOWN
from tests.mails import mail
from tests.running import Town, until
from tests.workflows.test_actions import do

DOCUMENT = (
    SMALL_TOWN.replace(
        "texts:\n",
        """texts:
  colleague:
    subject: "Ontvangen ({reference})"
    body: |
      Dank u wel. Uw bericht ligt nu bij {department}. Kenmerk: {reference}.
""",
        1,
    ).replace("own_domains: [gemeente.test]", "own_domains: [gemeente.test]\n  mail_hosts: ['*.outlook.test']")
    + """
web_forms:
  - addresses: formulier@gemeente.test
    email_label: E-mailadres
    name_label: Naam
"""
)
KARIN = "karin@gemeente.test"
JAN = "jan@inwoner.test"
BORDER = "mx.gemeente.test"


@pytest.fixture
async def town(make_town: Callable[..., Any]) -> Town:
    return await make_town(document=DOCUMENT, trusted_authserv_ids=[BORDER])


def attached(subject: str, inner: bytes, *, headers: str = "", sender: str = f"Karin <{KARIN}>") -> bytes:
    """Return a mail that passes another on as message/rfc822."""
    body = (
        b"Hallo, kunnen jullie dit oppakken? Groet, Karin\r\n\r\n--deel\r\nContent-Type: message/rfc822\r\n\r\n"
        + inner
        + b"\r\n--deel--\r\n"
    )
    head = mail(
        subject,
        "",
        sender=sender,
        headers=f'{headers}MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="deel"\r\n',
    )
    return head.removesuffix(b"\r\n") + b"--deel\r\nContent-Type: text/plain\r\n\r\n" + body


def to(message: bytes) -> str:
    return str(message_from_bytes(message, policy=policy.default)["To"])


async def open_tasks(town: Town, item_id: str) -> list[str]:
    rows = await town.rows(tasks, tasks.c.item_id == item_id)
    return sorted(row.kind for row in rows if row.done_at is None)


async def test_the_resident_behind_a_colleague_is_told_from_when_we_first_had_it(town: Town) -> None:
    first = datetime.now(UTC).replace(microsecond=0) - timedelta(days=2)
    inner = (
        f"Received: from x by a.outlook.test with ESMTP; {format_datetime(first)}\r\n".encode()
        + b"Received: from y by mx.inwoner.test; Mon, 2 Nov 2026 10:00:00 +0100\r\n"
        + mail("Aanvraag vergunning", "Ik wil een vergunning voor een dakkapel.", message_id="<een@inwoner.test>")
    )
    town.mailbox.deliver(attached("FW: Aanvraag vergunning", inner))
    async with town.working():
        item = await town.until_status("FW: Aanvraag vergunning", "forwarded")
        await town.until_told(item.item_id)
    assert (item.sender_address, item.correspondent_basis) == (JAN, "attached")
    assert item.received_at == first
    told = {notice.kind: notice for notice in await town.notices(item.item_id)}
    assert set(told) == {"acknowledgement", "colleague"}
    assert told["acknowledgement"].rcpt_to == JAN
    assert "In-Reply-To: <een@inwoner.test>" in told["acknowledgement"].message.decode()
    assert told["colleague"].rcpt_to == KARIN
    assert "Vergunningen" in told["colleague"].body
    assert "uiterlijk" not in told["colleague"].body, "the date is the resident's"
    [acting] = [row for row in await town.forwards(item.item_id) if row.role == "acting"]
    assert acting.handover["sender"]["address"] == JAN
    assert f"passed_on_by {KARIN}" in acting.handover["labels"]
    assert await open_tasks(town, item.item_id) == []


async def test_what_is_passed_on_too_late_goes_its_way_and_names_no_date_that_has_passed(town: Town) -> None:
    first = datetime.now(UTC).replace(microsecond=0) - timedelta(days=20)
    inner = f"Received: from x by mail.gemeente.test with ESMTP; {format_datetime(first)}\r\n".encode()
    town.mailbox.deliver(attached("FW: Lantaarn", inner + mail("Lantaarn", "De lantaarn is kapot.")))
    async with town.working():
        item = await town.until_status("FW: Lantaarn", "forwarded")
        await town.until_told(item.item_id)
    [message] = town.mail_to(JAN)
    assert b"uiterlijk" not in message
    [acting] = [row for row in await town.forwards(item.item_id) if row.role == "acting"]
    assert (acting.handover["promise"], item.received_at) == (None, first)


async def test_who_is_only_named_in_words_is_told_after_a_persons_word(town: Town) -> None:
    words = (
        "Zie hieronder.\r\n\r\n-----Oorspronkelijk bericht-----\r\nVan: Jan <jan@inwoner.test>\r\n"
        "Verzonden: maandag 16 november 2026 09:12\r\nAan: Karin <karin@gemeente.test>\r\nOnderwerp: Lantaarn kapot\r\n"
        "\r\nDe lantaarn voor mijn huis is kapot."
    )
    town.mailbox.deliver(mail("FW: Lantaarn kapot", words, sender=f"Karin <{KARIN}>"))
    async with town.working():
        item = await town.until_status("FW: Lantaarn kapot", "forwarded")
        await town.until_told(item.item_id)
        assert (item.sender_address, item.correspondent_basis) == (JAN, "inline")
        assert town.mail_to(JAN) == []
        assert await open_tasks(town, item.item_id) == ["confirm_sender"]
        [acting] = [row for row in await town.forwards(item.item_id) if row.role == "acting"]
        assert "sender_claimed" in acting.handover["labels"]
        await do(town, Action.vouch, item.item_id)

        async def is_told() -> Any:
            return town.mail_to(JAN)

        await until(is_told, "Jan is told")
        with pytest.raises(Conflict):
            await do(town, Action.vouch, item.item_id)
    assert await open_tasks(town, item.item_id) == []
    assert len(town.mail_to(JAN)) == 1
    assert [to(message) for message in town.mail_to(KARIN)] == [KARIN]


async def test_a_persons_word_needs_an_address(town: Town) -> None:
    words = (
        "-----Oorspronkelijk bericht-----\r\nVan: Jan de Vries\r\nVerzonden: maandag 16 november 2026 09:12\r\n"
        "Aan: Karin\r\nOnderwerp: Lantaarn kapot\r\n\r\nDe lantaarn voor mijn huis is kapot."
    )
    town.mailbox.deliver(mail("FW: Lantaarn", words, sender=f"Karin <{KARIN}>"))
    async with town.working():
        item = await town.until_status("FW: Lantaarn", "forwarded")
        with pytest.raises(BadRequest):
            await do(town, Action.vouch, item.item_id)
    assert town.mail_to(JAN) == []


async def test_a_form_is_a_person_and_answers_go_to_them(town: Town) -> None:
    town.mailbox.deliver(
        mail(
            "Nieuwe melding",
            "Naam: Jan de Vries\r\nE-mailadres: jan@inwoner.test\r\nMelding: de lantaarn is kapot",
            sender="Website <formulier@gemeente.test>",
            headers="Auto-Submitted: auto-generated\r\nReturn-Path: <>\r\n",
        ),
        mail("Ook een machine", "lantaarn", sender="x@elders.test", headers="Auto-Submitted: auto-generated\r\n"),
    )
    async with town.working():
        item = await town.until_status("Nieuwe melding", "forwarded")
        await town.until_told(item.item_id)
        other = await town.until_status("Ook een machine", "forwarded")
        await town.until_told(other.item_id)
    assert (item.sender_address, item.correspondent_basis) == (JAN, "web_form")
    assert len(town.mail_to(JAN)) == 1
    assert town.mail_to("formulier@gemeente.test") == town.mail_to("x@elders.test") == []


async def test_a_forger_is_kept_and_told_to_the_department_and_nobody_is_answered(town: Town) -> None:
    forged = f"Authentication-Results: {BORDER}; spf=fail; dmarc=fail (p=REJECT) header.from=inwoner.test\r\n"
    town.mailbox.deliver(
        mail("Lantaarn stuk", headers=forged),
        mail("Ik maak bezwaar", headers=forged),
        attached("FW: vergunning", mail("Aanvraag vergunning"), headers=forged),
    )
    async with town.working():
        items = [
            await town.until_status(subject, "forwarded")
            for subject in ("Lantaarn stuk", "Ik maak bezwaar", "FW: vergunning")
        ]
        notices = [await town.until_told(item.item_id) for item in items]
    assert [notice.state for notice in notices] == ["withheld"] * 3
    assert [item.correspondent_basis for item in items] == ["refuted"] * 3
    assert town.mail_to(JAN) == town.mail_to(KARIN) == []
    [acting] = [row for row in await town.forwards(items[0].item_id) if row.role == "acting"]
    assert "sender_refuted" in acting.handover["labels"]
    assert [await open_tasks(town, item.item_id) for item in items] == [[], ["untold"], []]


async def test_who_was_told_about_a_message_is_not_told_again_when_a_colleague_passes_it_on(town: Town) -> None:
    written = mail("Aanvraag vergunning", "Een vergunning, graag.", message_id="<zelfde@inwoner.test>")
    async with town.working():
        town.mailbox.deliver(written)
        first = await town.until_status("Aanvraag vergunning", "forwarded")
        await town.until_told(first.item_id)
        town.mailbox.deliver(attached("FW: Aanvraag vergunning", written))
        second = await town.until_status("FW: Aanvraag vergunning", "forwarded")
        await town.until_told(second.item_id)
    assert len(town.mail_to(JAN)) == 1
    [withheld] = [row for row in await town.notices(second.item_id) if row.kind == "acknowledgement"]
    assert first.reference in withheld.withheld_because[0]
    assert [row.kind for row in await town.rows(links, links.c.item_id == second.item_id)] == ["may_belong_to"]
