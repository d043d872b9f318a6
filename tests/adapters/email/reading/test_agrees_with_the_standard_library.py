"""What the standard library writes, we read; what both can read, we read alike."""

from __future__ import annotations

import email
import email.policy
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.email.reading.addresses import mailboxes
from adapters.email.reading.clean import one_line
from adapters.email.reading.entity import read_entity
from adapters.email.reading.part_name import safe_name
from adapters.email.reading.read import read_mail
from adapters.email.reading.remarks import Remarks

CORPUS = Path(__file__).parents[3] / "corpus" / "email"
SOUND = [
    "plain-dutch",
    "html-only",
    "attached-message",
    "winmail-dat",
    "delivery-report",
    "read-receipt",
    "newsletter",
    "nested-eight-deep",
    "flowed",
    "german",
    "apple-mail",
    "picture-inside",
    "invitation",
    "several-texts",
    "signed",
    "reply-in-thread",
    "group-addresses",
]

WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]) | st.just(" "), max_size=60)
NAMES = WORDS.map(lambda text: " ".join(text.split())).filter(bool)
LOCAL_PARTS = st.from_regex(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}(\.[a-z0-9]{1,10})?", fullmatch=True)


def written(**fields: str) -> EmailMessage:
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"] = "sanne@postbus.example"
    for name, value in fields.items():
        message[name.title()] = value
    message.set_content("Hallo.")
    return message


@given(WORDS)
@settings(max_examples=100, deadline=None)
def test_any_subject_comes_back(subject: str) -> None:
    message = written(subject=" ".join(subject.split()))

    assert read_mail(message.as_bytes()).subject == one_line(subject, 1_000)


@given(NAMES, LOCAL_PARTS)
@settings(max_examples=150, deadline=None)
def test_any_sender_comes_back(name: str, local_part: str) -> None:
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"] = Address(name, local_part, "Postbus.Example")
    message.set_content("Hallo.")

    sender = read_mail(message.as_bytes()).sender

    assert sender.address == f"{local_part}@postbus.example"
    assert sender.name == one_line(name, 200).strip("', ")


@given(NAMES)
@settings(max_examples=100, deadline=None)
def test_any_file_name_comes_back_as_its_safe_form(name: str) -> None:
    message = written(subject="Bijlage")
    message.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename=name)

    (part,) = read_mail(message.as_bytes()).parts

    assert part.name == safe_name(name, "application/pdf", 1)


@given(st.lists(st.binary(max_size=200), max_size=5), st.text(st.characters(codec="utf-8", exclude_categories=["C"])))
@settings(max_examples=60, deadline=None)
def test_any_content_comes_back(attachments: list[bytes], words: str) -> None:
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"] = "sanne@postbus.example"
    message.set_content(f"Begin {words} einde")
    for content in attachments:
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename="a.bin")

    reading = read_mail(message.as_bytes())

    assert [part.size_bytes for part in reading.parts] == [len(content) for content in attachments]
    assert reading.text.split() == f"Begin {words} einde".split()


@pytest.mark.parametrize("name", SOUND)
def test_sound_mail_has_the_same_parts(name: str) -> None:
    raw = (CORPUS / f"{name}.eml").read_bytes()
    theirs = [
        (part.get_content_type(), part.get_payload(decode=True))
        for part in email.message_from_bytes(raw, policy=email.policy.default).walk()
        if not part.is_multipart() and part.get_content_type() != "text/rfc822-headers"
    ]

    ours = [
        (leaf.media_type, leaf.content()[0])
        for leaf in read_entity(raw, Remarks()).leaves()
        if not leaf.media_type.startswith(("message/", "text/rfc822-headers"))
    ]

    # The standard library opens attached messages; for us they are one part.
    assert [part for part in ours if part not in theirs] == []
    assert len(ours) > 0


@pytest.mark.parametrize(
    "value",
    [
        "Jan <jan@postbus.example>",
        '"Bos, Jan" <jan@postbus.example>, piet@postbus.example',
        "jan@postbus.example (Jan Bos)",
        "undisclosed-recipients:;",
        '"jan bos"@postbus.example',
        "Jan <@a.example,@b.example:jan@postbus.example>",
        "=?utf-8?q?Ren=C3=A9e?= de Bo <renee@postbus.example>",
        "jan@[192.0.2.1]",
    ],
)
def test_sound_address_list_has_the_same_mailboxes(value: str) -> None:
    theirs = email.policy.default.header_factory("to", value).addresses

    ours = list(mailboxes(value, Remarks()))

    assert [mailbox.address for mailbox in ours] == [address.addr_spec for address in theirs]
    assert (
        all(mailbox.name == address.display_name for mailbox, address in zip(ours, theirs, strict=True)) or "(" in value
    )
