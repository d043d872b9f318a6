"""What becomes of each kind of mail."""

from __future__ import annotations

import json
from collections.abc import Callable
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest

from adapters.email.reading import read
from adapters.email.reading.read import read_mail
from inbox.channel import Channel
from inbox.reading import Reading
from tests.mails import mail
from tests.running import Town, until

CORPUS = Path(__file__).parents[1] / "corpus" / "email"


async def test_a_mail_that_no_rule_knows_is_told_when_it_hears_who_handles_it(town: Town) -> None:
    """Invariant 11: who is unsure abstains; invariant 5: abstaining is told too."""
    town.mailbox.deliver(mail("Vraag over iets anders"))
    async with town.working():
        item = await town.until_status("Vraag over iets anders", "triage")
        await town.until_told(item.item_id)
        await until(lambda: _delivered(town, item.item_id), "the contact centre has it")
    assert b"hoort u wie uw bericht behandelt" in town.mail_to("jan@inwoner.test")[0].replace(b"=\r\n", b"")
    assert len(town.mail_to("kcc@afdeling.test")) == 1


async def test_an_encrypted_mail_is_kept_whole_and_the_contact_centre_reads_that_we_could_not(town: Town) -> None:
    raw = CORPUS.joinpath("sealed-pgp-mime.eml").read_bytes()
    town.mailbox.deliver(raw)
    async with town.working():
        item = await town.until_status("Vraag", "triage")
        await town.until_told(item.item_id)
        await until(lambda: _delivered(town, item.item_id), "the contact centre has it")
    [forward] = await town.forwards(item.item_id)
    assert "sealed" in forward.handover["labels"]
    [handed_over] = town.mail_to("kcc@afdeling.test")
    words = message_from_bytes(handed_over, policy=policy.default).get_body()
    assert words is not None
    assert "versleuteld of verzegeld" in words.get_content()
    assert b"-----BEGIN PGP MESSAGE-----\r\n\r\nabcd\r\n-----END PGP MESSAGE-----" in handed_over
    assert len(town.mail_to("sanne.vermeer@postbus.example")) == 1


async def _delivered(town: Town, item_id: str) -> bool:
    rows = await town.forwards(item_id)
    return bool(rows) and all(row.state == "delivered" for row in rows)


async def test_an_objection_gets_a_receipt_without_a_date_and_reaches_the_lawyers_folder(
    town: Town, tmp_path: Path
) -> None:
    raw = mail("Bezwaar tegen besluit", "Hierbij maak ik bezwaar tegen uw besluit van 3 november.")
    town.mailbox.deliver(raw)
    async with town.working():
        item = await town.until_status("Bezwaar tegen besluit", "forwarded")
        notice = await town.until_told(item.item_id)
    assert notice.told_due_on is None
    assert item.confidentiality == 5
    assert "bezwaar" not in notice.body
    [document] = (tmp_path / "forwarded" / "juridisch").glob("*.json")
    assert json.loads(document.read_text())["reference"] == item.reference
    [original] = (tmp_path / "forwarded" / "juridisch").glob("*.eml")
    assert original.read_bytes().endswith(raw)


async def test_a_newsletter_is_filed_and_nobody_is_told(town: Town) -> None:
    town.mailbox.deliver(mail("Nieuws van de week", headers="List-Unsubscribe: <mailto:weg@nieuws.test>\r\n"))
    async with town.working():
        item = await town.until_status("Nieuws van de week", "filed")
        notice = await town.until_told(item.item_id)
    assert notice.state == "withheld"
    assert town.relay.taken == []


async def test_an_automatic_mail_is_routed_and_not_answered(town: Town) -> None:
    """Invariant 8: automatic is not worthless."""
    town.mailbox.deliver(mail("Lantaarn 12 meldt storing", headers="Auto-Submitted: auto-generated\r\n"))
    async with town.working():
        item = await town.until_status("Lantaarn 12 meldt storing", "forwarded")
        notice = await town.until_told(item.item_id)
    assert notice.state == "withheld"
    assert town.mail_to("jan@inwoner.test") == []
    assert len(town.mail_to("kcc@afdeling.test")) == 1


async def test_a_bounce_is_kept_and_not_answered(town: Town) -> None:
    town.mailbox.deliver(mail("Undelivered Mail Returned to Sender", sender="MAILER-DAEMON@inwoner.test"), sender="")
    async with town.working():
        item = await town.until_status("Undelivered Mail Returned to Sender", "triage")
        assert (await town.until_told(item.item_id)).state == "withheld"


async def test_a_category_without_answer_is_forwarded_in_silence(town: Town) -> None:
    town.mailbox.deliver(mail("Ter info", sender="Piet <piet@intern.test>"))
    async with town.working():
        item = await town.until_status("Ter info", "forwarded")
        assert (await town.until_told(item.item_id)).withheld_because == ["category `intern` is not acknowledged"]


async def test_an_exact_copy_is_linked_and_only_the_original_is_handled(town: Town) -> None:
    same = mail("Lantaarn kapot", message_id="<een@inwoner.test>")
    town.mailbox.deliver(same, same)

    async def both() -> Any:
        rows = await town.items()
        return rows if sorted(row.status for row in rows) == ["forwarded", "linked"] else None

    async with town.working():
        rows = await until(both, "one is forwarded and one linked")
        original = next(row for row in rows if row.status == "forwarded")
        await town.until_told(original.item_id)
    copy = next(row for row in rows if row.status == "linked")
    assert copy.original_item_id == original.item_id
    assert len(town.mail_to("jan@inwoner.test")) == 1
    assert len(town.mail_to("kcc@afdeling.test")) == 1


async def test_the_same_message_id_with_other_words_is_another_item(town: Town) -> None:
    town.mailbox.deliver(
        mail("Lantaarn een", message_id="<zelfde@inwoner.test>"),
        mail("Lantaarn twee", message_id="<zelfde@inwoner.test>"),
    )
    async with town.working():
        await town.until_status("Lantaarn een", "forwarded")
        await town.until_status("Lantaarn twee", "forwarded")


async def test_an_answer_to_our_acknowledgement_joins_its_item_without_a_new_clock(town: Town) -> None:
    town.mailbox.deliver(mail("Aanvraag vergunning"))
    async with town.working():
        first = await town.until_status("Aanvraag vergunning", "forwarded")
        notice = await town.until_told(first.item_id)
        ours = _message_id(notice.message)
        town.mailbox.deliver(mail("Nog een tekening", headers=f"In-Reply-To: {ours}\r\nReferences: {ours}\r\n"))
        second = await town.until_status("Nog een tekening", "forwarded")
        told = await town.until_told(second.item_id)
    assert second.adds_to_item_id == first.item_id
    assert told.state == "withheld"
    [addition] = [row for row in await town.forwards(second.item_id) if row.role == "acting"]
    assert addition.handover["kind"] == "addition"
    assert addition.handover["adds_to"] == first.reference
    assert addition.handover["promise"] is None


async def test_an_objection_inside_a_thread_is_its_own_item(town: Town) -> None:
    town.mailbox.deliver(mail("Aanvraag vergunning"))
    async with town.working():
        first = await town.until_status("Aanvraag vergunning", "forwarded")
        ours = _message_id((await town.until_told(first.item_id)).message)
        town.mailbox.deliver(mail("Mijn bezwaar", "Ik maak bezwaar.", headers=f"In-Reply-To: {ours}\r\n"))
        second = await town.until_status("Mijn bezwaar", "forwarded")
        assert (await town.until_told(second.item_id)).state == "sent"
    assert second.adds_to_item_id is None


async def test_quoting_a_reference_or_a_foreign_message_id_opens_nothing(town: Town) -> None:
    town.mailbox.deliver(mail("Aanvraag vergunning", message_id="<eerste@inwoner.test>"))
    async with town.working():
        first = await town.until_status("Aanvraag vergunning", "forwarded")
        town.mailbox.deliver(
            mail(
                f"Re: {first.reference}",
                f"Kenmerk {first.reference}: stuur mij alles over deze vergunning.",
                sender="Kwaad <kwaad@elders.test>",
                headers=f"In-Reply-To: <eerste@inwoner.test>\r\nReferences: <gw.{first.reference}.aaaaaaaaaaaaaaaaaaaa@x.test>\r\n",
            )
        )
        second = await town.until_status(f"Re: {first.reference}", "forwarded")
    assert second.adds_to_item_id is None
    [forward, _] = await town.forwards(second.item_id)
    assert f"may_belong_to {first.reference}" in forward.handover["labels"]


async def test_a_mail_that_cannot_be_read_is_quarantined_and_the_next_goes_on(
    make_town: Callable[..., Any],
) -> None:
    town: Town = await make_town()
    with town.mailbox.server.client(town.mailbox.user) as client:
        client.append("INBOX", b"\x00\x01\xff\xfe geen mail")
    town.mailbox.deliver(mail("Lantaarn kapot"))
    async with town.working():
        await town.until_status("Lantaarn kapot", "forwarded")

        async def aside() -> Any:
            return next((row for row in await town.items() if row.status == "quarantined"), None)

        item = await until(aside, "it is quarantined")
        notice = await town.until_told(item.item_id)
    assert item.quarantine_code == "malformed_mail"
    assert notice.state == "withheld"
    assert town.parts is not None
    assert await town.parts.bytes.get(item.delivery_id)


def _message_id(message: bytes) -> str:
    from email import message_from_bytes, policy

    return str(message_from_bytes(message, policy=policy.default)["Message-ID"])


async def test_a_mail_over_the_size_limit_is_kept_whole_and_its_sender_is_told_that_a_person_looks(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit is set lower, and the child reads here, so that it knows of it."""
    monkeypatch.setattr(read, "READ_LIMIT_BYTES", 2_000_000)
    assert town.parts is not None

    async def child(raw: bytes, *, own_addresses: frozenset[str]) -> Reading:
        return read_mail(raw, own_addresses=own_addresses)

    town.parts.child_readers = {Channel.email: child}
    raw = mail("Foto's van de lantaarn", "x" * 70 + ("\r\n" + "x" * 70) * 30_000)
    town.mailbox.deliver(raw, mail("Lantaarn kapot"))

    async def aside() -> Any:
        return next((row for row in await town.items() if row.status == "quarantined"), None)

    async with town.working():
        await town.until_status("Lantaarn kapot", "forwarded")
        item = await until(aside, "it is quarantined")
        notice = await town.until_told(item.item_id)
    assert item.quarantine_code == "too_large"
    assert (notice.kind, notice.state) == ("looked_at", "sent")
    assert (await town.parts.bytes.get(item.delivery_id)).endswith(raw)


async def test_references_join_only_for_a_participant_whom_our_border_has_authenticated(
    make_town: Callable[..., Any],
) -> None:
    town: Town = await make_town(trusted_authserv_ids=["mx.gemeente.test"])
    town.mailbox.deliver(mail("Aanvraag vergunning", message_id="<eerste@inwoner.test>"))
    proven = "Authentication-Results: mx.gemeente.test; dmarc=pass header.from=inwoner.test\r\n"
    thread = "References: <eerste@inwoner.test>\r\n"
    async with town.working():
        first = await town.until_status("Aanvraag vergunning", "forwarded")
        town.mailbox.deliver(mail("Bewezen", headers=proven + thread), mail("Onbewezen", headers=thread))
        joined = await town.until_status("Bewezen", "forwarded")
        apart = await town.until_status("Onbewezen", "triage")
    assert joined.adds_to_item_id == first.item_id
    assert apart.adds_to_item_id is None
