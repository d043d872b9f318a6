"""The forwarded mail as the department's mail server takes it: readable, and the original byte for byte."""

from __future__ import annotations

import base64
import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

import pytest

from adapters.departments.mailbox import MailboxSystem
from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from inbox.configuration.model import MailboxDestination
from inbox.configuration.rule import Priority
from inbox.errors import DestinationRefused, RecipientRefused, SettingsInvalid
from inbox.handover import IS_A_COPY, IS_ANOTHERS, IS_NOT_HANDLED, WAS_SPOKEN_TO, HandoverKind
from inbox.item import ForwardRole
from inbox.reading import LetterField, Part, Sender

if TYPE_CHECKING:
    from tests.adapters.departments.conftest import Department, LoopbackSender, MakeHandover, PostOffice

ORIGINALS = {
    "seven bit": b"From: a@example.nl\r\nSubject: x\r\n\r\nHallo,\r\n.\r\n..\r\nFrom nu af\r\n",
    "no last line end": b"Subject: x\r\n\r\nHallo",
    "eight bit": "Subject: x\r\n\r\nCafé\r\n".encode(),
    "bare line feeds": b"Subject: x\n\nHallo\n",
    "bare carriage return": b"Subject: x\r\n\r\na\rb\r\n",
    "very long line": b"Subject: x\r\n\r\n" + b"a" * 5000 + b"\r\n",
    "NUL": b"Subject: x\r\n\r\n\0\r\n",
    "empty": b"",
    "only line ends": b"\r\n\r\n\r\n",
    "no mail at all": bytes(range(256)) * 10,
    "a multipart that never ends": b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\n\r\nHallo\r\n',
    "ten megabytes": b"Subject: x\r\n\r\n" + b"Hallo wereld\r\n" * 750_000,
}
AS_MAIL = {"seven bit", "no last line end", "only line ends", "a multipart that never ends", "ten megabytes"}


@pytest.fixture
def department(mailbox_department: Department) -> Department:
    return mailbox_department


@pytest.fixture
def render(department: Department, make_handover: MakeHandover, original: bytes) -> Any:
    """Return a function that prepares a mail and parses it again."""

    def made(**changes: Any) -> EmailMessage:
        raw = department.system.prepare(make_handover(**{"destination": department.to} | changes), original)
        return message_from_bytes(raw, policy=policy.default)

    return made


def _text(message: EmailMessage) -> str:
    part = message.get_body()
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def _attached(raw: bytes) -> tuple[str, bytes]:
    """Return media type and bytes of the attachment, cut out by its boundary: no parser touches them."""
    found = re.search(rb'boundary="([^"]+)"', raw)
    assert found is not None
    *_, part, end = raw.split(b"\r\n--" + found[1])
    assert end == b"--\r\n"
    head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    media_type = head.split(b"Content-Type: ")[1].split(b"\r\n")[0].decode()
    return media_type, base64.b64decode(content) if b"base64" in head else content


@pytest.mark.asyncio
@pytest.mark.parametrize("shape", ORIGINALS)
async def test_the_original_arrives_byte_for_byte(shape: str, department: Department, post_office: PostOffice) -> None:
    department.original = ORIGINALS[shape]

    await department.deliver()

    media_type, arrived = _attached(post_office.messages[0])
    assert arrived == ORIGINALS[shape]
    assert media_type == ("message/rfc822" if shape in AS_MAIL else "application/octet-stream")


@pytest.mark.asyncio
async def test_envelope_and_remote_id(department: Department, post_office: PostOffice) -> None:
    delivered = await department.deliver()

    assert post_office.envelopes == [("bounce@g.example", ["wegen@gemeente.example"])]
    assert delivered.remote_id == "gw-forward.0b6c7a50-53a9-4a28-8ac0-7b5c1d6e2f11.item@gemeente.example"
    assert delivered.remote_reply == "250 2.0.0 taken as 42"


@pytest.mark.asyncio
async def test_a_refused_recipient_is_said_so(department: Department, post_office: PostOffice) -> None:
    post_office.refuses_recipient = True

    with pytest.raises(RecipientRefused):
        await department.deliver()

    assert department.claim.count == 0


def test_headers_mark_it_as_ours_and_automatic(render: Any) -> None:
    mail = render()

    assert {name: mail[name] for name in mail if name not in {"Date", "Content-Type"}} == {
        "From": "Gemeente Moerdijk <inbox@gemeente.example>",
        "To": "wegen@gemeente.example",
        "Subject": "[7K3M-9QXA-D] Nieuw: een losse stoeptegel",
        "Message-ID": "<gw-forward.0b6c7a50-53a9-4a28-8ac0-7b5c1d6e2f11.item@gemeente.example>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "X-Inbox-Gateway-Loop": "1",
        "X-Inbox-Gateway-Forward": "0b6c7a50-53a9-4a28-8ac0-7b5c1d6e2f11",
        "X-Inbox-Gateway-Item": "6f1d1a60-1f57-4a5c-9f53-8c2f0c7d9e01",
        "X-Inbox-Gateway-Reference": "7K3M-9QXA-D",
        "MIME-Version": "1.0",
    }
    assert abs(mail["Date"].datetime - datetime.now(UTC)) < timedelta(minutes=1)


def test_the_body_says_what_the_employee_must_know(render: Any) -> None:
    labels = ("automatic", "may_belong_to 2BCD-1234-5", "iets anders", "same_message_id 2BCD-1234-6")
    text = _text(render(labels=labels, recipients=("info@g.example", "wijk@g.example")))

    for line in (
        "Er is een nieuw bericht voor Wegen en groen.",
        "Waarover: een losse stoeptegel",
        "Kenmerk: 7K3M-9QXA-D",
        "Van: Anja de Vries <a.devries@example.nl>",
        "Aan: info@g.example, wijk@g.example",
        "Onderwerp: Stoeptegel los voor nummer 12",
        "Binnengekomen: via e-mail, maandag 23 november 2026 om 14:05 uur",
        "Beloofd aan de afzender: een reactie uiterlijk maandag 30 november 2026 (binnen 5 werkdagen)",
        "Prioriteit: normaal",
        (
            "Let op: verstuurd door een machine, hoort misschien bij 2BCD-1234-5, iets anders, "
            "draagt hetzelfde Message-ID, met andere woorden, als 2BCD-1234-6"
        ),
        "> Voor ons huis ligt een stoeptegel los.",
        "- foto.jpg (1,2 MB)",
        "Het hele bericht zit in de bijlage 7K3M-9QXA-D.eml.",
        "Nummer in de inbox: 6f1d1a60-1f57-4a5c-9f53-8c2f0c7d9e01",
    ):
        assert line in text.splitlines()


def test_the_body_warns_of_what_could_not_be_read_and_says_whom_it_is_for(render: Any) -> None:
    labels = ("sealed", "untrue_media_type", "attachment_locked", "addressed_to karin-de-vries")
    text = _text(render(labels=labels))

    assert (
        "Let op: versleuteld of verzegeld, de woorden konden wij niet lezen, "
        "een bijlage is een programma en doet zich anders voor, open die niet, een bijlage vraagt een wachtwoord, "
        "gericht aan karin-de-vries"
    ) in text.splitlines()


def test_of_a_letter_the_body_says_when_it_was_posted_and_stamped_and_to_whom(render: Any) -> None:
    def field(name: str, value: str, confidence: float = 0.95) -> LetterField:
        return LetterField(name=name, value=value, page=1, box=(0, 0, 9, 9), confidence=confidence)

    text = _text(
        render(
            channel=Channel.post,
            received_at=datetime(2026, 11, 20, 11, tzinfo=UTC),
            received_basis="date_stamp",
            fields=(
                field("stamped_on", "2026-11-20"),
                field("posted_on", "2026-11-18", 0.82),
                field("marked", "persoonlijk"),
                field("marked", "vertrouwelijk"),
                field("addressee", "mevrouw\nDe Vries: bel"),
                field("iban", "NL91ABNA0417164300"),
            ),
        )
    )
    for line in (
        "Binnengekomen: via post, vrijdag 20 november 2026 (datumstempel)",
        "Datumstempel: vrijdag 20 november 2026",
        "Poststempel: woensdag 18 november 2026 (niet zeker gelezen)",
        "Opschrift: persoonlijk en vertrouwelijk",
        "Gericht aan: mevrouw De Vries: bel",
    ):
        assert line in text.splitlines()
    assert "NL91" not in text
    assert "Datum van de brief" not in text


def test_of_many_recipients_the_first_are_named_and_the_others_counted(render: Any) -> None:
    text = _text(render(recipients=tuple(f"{number}@g.example" for number in range(13))))

    [line] = [line for line in text.splitlines() if line.startswith("Aan: ")]
    assert line.startswith("Aan: 0@g.example, 1@g.example")
    assert line.endswith("9@g.example en nog 3 andere")


def test_summer_time_is_the_local_time(render: Any) -> None:
    text = _text(render(received_at=datetime(2026, 7, 31, 22, 30, tzinfo=UTC)))

    assert "zaterdag 1 augustus 2026 om 00:30 uur" in text


def test_without_a_promise_the_body_says_that_no_date_was_told(render: Any) -> None:
    assert "Beloofd aan de afzender: geen datum" in _text(render(promise=None))


@pytest.mark.parametrize(
    ("changes", "subject"),
    [
        ({}, "[7K3M-9QXA-D] Nieuw: een losse stoeptegel"),
        ({"role": ForwardRole.informed}, "[7K3M-9QXA-D] Ter informatie: een losse stoeptegel"),
        ({"kind": HandoverKind.addition, "adds_to": "9ABC-DEFG-1"}, "[7K3M-9QXA-D] Aanvulling op 9ABC-DEFG-1"),
        ({"kind": HandoverKind.withdrawal}, "[7K3M-9QXA-D] Ingetrokken: niet meer voor u"),
        ({"category_name": "café-terras\r\nBcc: x@y.nl"}, "[7K3M-9QXA-D] Nieuw: café-terras Bcc: x@y.nl"),
    ],
)
def test_subject_of_each_kind(changes: dict[str, Any], subject: str, render: Any) -> None:
    assert render(**changes)["Subject"] == subject


@pytest.mark.parametrize("level", [level for level in Confidentiality if level >= Confidentiality.vertrouwelijk])
@pytest.mark.parametrize("role", list(ForwardRole))
@pytest.mark.parametrize("kind", list(HandoverKind))
def test_a_confidential_subject_names_only_the_reference(
    level: Confidentiality, role: ForwardRole, kind: HandoverKind, render: Any
) -> None:
    mail = render(confidentiality=level, role=role, kind=kind)

    assert mail["Subject"].startswith("[7K3M-9QXA-D] ")
    assert "stoeptegel" not in mail["Subject"].lower()


def test_the_informed_are_told_to_do_nothing(render: Any) -> None:
    text = _text(render(role=ForwardRole.informed))

    assert "ter informatie, u hoeft niets te doen: Wegen en groen handelt het af" in text
    assert "Antwoord de afzender" not in text


def test_an_addition_brings_no_new_clock(render: Any) -> None:
    text = _text(render(kind=HandoverKind.addition, adds_to="9ABC-DEFG-1"))

    assert "Er is een aanvulling op 9ABC-DEFG-1" in text
    assert "De termijn verandert er niet door." in text


def test_what_the_gateway_itself_withdraws_is_said_in_dutch(render: Any) -> None:
    for reason in (IS_A_COPY, IS_ANOTHERS, IS_NOT_HANDLED, WAS_SPOKEN_TO):
        text = _text(render(kind=HandoverKind.withdrawal, reason=reason))
        assert reason not in text
        assert "Reden: " in text


def test_a_withdrawal_gives_the_reason_and_nothing_of_the_matter(render: Any) -> None:
    mail = render(kind=HandoverKind.withdrawal, reason="Hoort bij de provincie.")

    text = _text(mail)
    assert "Reden: Hoort bij de provincie." in text
    assert not mail.is_multipart()
    assert not any(word in mail.as_string() for word in ("Vries", "devries", "stoeptegel"))
    assert mail["In-Reply-To"] == "<gw-forward.0b6c7a50-53a9-4a28-8ac0-7b5c1d6e2f11.item@gemeente.example>"


@pytest.mark.parametrize(
    ("changes", "importance"),
    [
        ({"priority": Priority.high}, "high"),
        ({"priority": Priority.normal}, None),
        ({"priority": Priority.high, "role": ForwardRole.informed}, None),
        ({"priority": Priority.high, "kind": HandoverKind.withdrawal}, None),
    ],
)
def test_high_priority_is_shown_in_the_inbox(changes: dict[str, Any], importance: str | None, render: Any) -> None:
    assert render(**changes)["Importance"] == importance


def test_a_sender_without_name_or_address(render: Any) -> None:
    text = _text(render(sender=Sender(), subject=""))

    assert "Van: onbekend" in text
    assert "Onderwerp: (geen onderwerp)" in text
    assert "Antwoord de afzender rechtstreeks en noem het kenmerk 7K3M-9QXA-D." in text


def test_many_attachments_are_counted_and_the_first_named(render: Any) -> None:
    parts = tuple(Part(name=f"foto{n}.jpg", media_type="image/jpeg", size_bytes=n) for n in range(50))

    text = _text(render(parts=parts))

    assert "Bijlagen bij het bericht (50):" in text
    assert "- foto19.jpg (19 bytes)\n- en nog 30 andere" in text


def test_a_scan_goes_along_under_its_own_type(department: Department, make_handover: MakeHandover) -> None:
    scan = make_handover(
        destination=department.to, original_name="brief één.pdf", original_media_type="application/pdf"
    )

    raw = department.system.prepare(scan, b"%PDF-1.7\n")

    assert _attached(raw) == ("application/pdf", b"%PDF-1.7\n")
    assert b'filename="brief_n.pdf"' in raw


@pytest.mark.asyncio
@pytest.mark.parametrize("address", ["wégen@g.nl", "wegen@gemeénte.nl", "a\x01@g.nl"])
async def test_an_address_outside_ascii_is_refused(address: str, department: Department) -> None:
    # Past the configuration, which refuses some of them by itself.
    department.to = MailboxDestination.model_construct(kind="mailbox", address=address)

    with pytest.raises(DestinationRefused, match="address"):
        await department.deliver()

    assert department.claim.count == 0
    with pytest.raises(DestinationRefused):
        await department.system.check(department.to)


@pytest.mark.parametrize(
    "changes",
    [
        {"from_address": "niets"},
        {"from_address": "a\n@b.nl"},
        {"message_id_domain": "g.nl>\r\nBcc: x"},
        {"envelope": "x"},
    ],
)
def test_unusable_settings_are_refused_at_once(changes: dict[str, str], relay: LoopbackSender) -> None:
    values = {"from_address": "inbox@g.nl", "name": "G", "message_id_domain": "g.nl", "envelope": ""} | changes

    with pytest.raises(SettingsInvalid):
        MailboxSystem(relay, *values.values())
