"""Where a notice comes back."""

from __future__ import annotations

from email import message_from_bytes, policy

import pytest

from adapters.email.notice import MailNotices
from inbox.bounce_address import NoticeSent, sent_as, sent_to
from inbox.item import NoticeKind
from inbox.ports import NoticeMail
from inbox.reference import new_reference
from inbox.thread_token import loop_mark, message_id

KEY = b"0123456789abcdef0123456789abcdef"
REFERENCE = new_reference()


def rendered(envelope_sender: str) -> tuple[str, str]:
    """Return the envelope sender and the Message-ID of a notice."""
    notice = NoticeMail(
        to_address="jan@inwoner.test",
        subject="Ontvangen",
        body="Uw kenmerk.",
        message_id=message_id(REFERENCE, KEY, "gemeente.test", "looked-at-3"),
        reference=REFERENCE,
        in_reply_to="",
        references=(),
        answers_message=True,
        loop_mark=loop_mark(REFERENCE, KEY),
    )
    envelope, message = MailNotices("kcc@gemeente.test", "Gemeente", envelope_sender)(notice)
    return envelope.mail_from, str(message_from_bytes(message, policy=policy.default)["Message-ID"]).strip("<>")


@pytest.mark.parametrize("envelope_sender", ["", "bounce@gemeente.test"])
def test_without_a_token_every_notice_comes_back_to_one_address(envelope_sender: str) -> None:
    assert rendered(envelope_sender)[0] == envelope_sender


def test_with_a_token_the_address_and_the_message_id_prove_the_same_notice() -> None:
    address, identifier = rendered("bounce+{token}@gemeente.test")
    assert address.startswith("bounce+")
    assert address.endswith("@gemeente.test")
    assert "{" not in address
    assert sent_to(address, KEY) == NoticeSent(REFERENCE, NoticeKind.looked_at, 3)
    assert sent_as(identifier, KEY) == sent_to(address, KEY)
