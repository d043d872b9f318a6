"""The straight line over real protocols: a mail in, acknowledged and forwarded."""

from __future__ import annotations

import email
from email import policy

from tests.mails import mail
from tests.running import Town


async def test_an_ordinary_mail_is_acknowledged_with_a_date_and_forwarded_once(town: Town) -> None:
    town.mailbox.deliver(mail("Aanvraag vergunning", "Graag een vergunning voor een dakkapel."))
    async with town.working():
        item = await town.until_status("Aanvraag vergunning", "forwarded")
        notice = await town.until_told(item.item_id)
    assert notice.state == "sent", notice.withheld_because
    [acknowledgement] = town.mail_to("jan@inwoner.test")
    [delivered] = town.mail_to("vergunningen@afdeling.test")
    told = email.message_from_bytes(acknowledgement, policy=policy.default)
    assert item.reference in told["Subject"]
    assert told["Auto-Submitted"] == "auto-replied"
    assert "uiterlijk" in told.get_content()
    forwarded = email.message_from_bytes(delivered, policy=policy.default)
    assert item.reference in forwarded["Subject"]
    assert any(part.get_content_type() == "message/rfc822" for part in forwarded.walk())


async def test_a_kept_mail_has_left_the_inbox(town: Town) -> None:
    town.mailbox.deliver(mail("Lantaarn kapot"))
    async with town.working():
        await town.until_status("Lantaarn kapot", "forwarded")
    assert town.mailbox.subjects() == []
    assert town.mailbox.subjects("Verwerkt") == ["Lantaarn kapot"]
