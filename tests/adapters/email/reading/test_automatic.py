"""Automatic is one decision, whether to answer another (design invariant 8)."""

from __future__ import annotations

import pytest

from adapters.email.reading.automatic_names import is_absence, machine_name
from adapters.email.reading.read import read_mail
from inbox.reading import Reading


def reading_with(*fields: str, sender: str = "sanne@postbus.example") -> Reading:
    return read_mail("\n".join([f"From: {sender}", "Subject: Vraag", *fields, "", "Hallo."]).encode())


@pytest.mark.parametrize(
    ("field", "evidence"),
    [
        ("Auto-Submitted: auto-generated", "Auto-Submitted: auto-generated"),
        ("Auto-Submitted: (comment) Auto-Replied; owner=jan", "Auto-Submitted: auto-replied"),
        ("Auto-Submitted: auto-notified", "Auto-Submitted: auto-notified"),
        ("Auto-Submitted: geheim-woord", "Auto-Submitted: (other)"),
        ("Auto-Submitted:", "Auto-Submitted: (other)"),
        ("Return-Path: <>", "Return-Path: <>"),
        ("Return-Path: <MAILER-DAEMON>", "Return-Path is mailer-daemon"),
        ("Precedence: junk", "Precedence: junk"),
        ("X-Precedence: Auto-Reply", "X-Precedence: auto_reply"),
        ("List-Unsubscribe: <https://brieven.example>", "List-Unsubscribe is present"),
        ("X-Loop: helpdesk", "X-Loop is present"),
        ("Delivered-To: Autoresponder", "Delivered-To: autoresponder"),
        ("X-AMAZON-MAIL-RELAY-TYPE: notification", "X-AMAZON-MAIL-RELAY-TYPE: notification"),
        ("X-Inbox-Gateway-Loop: 1", "X-Inbox-Gateway-Loop is present: a gateway sent it"),
    ],
)
def test_machine_is_seen_and_not_answered(field: str, evidence: str) -> None:
    reading = reading_with(field)

    assert reading.is_automatic
    assert reading.automatic_evidence == (evidence,)
    assert not reading.may_acknowledge
    assert reading.may_not_because == (evidence,)


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ("X-Auto-Response-Suppress: All", "X-Auto-Response-Suppress: All"),
        ("X-Auto-Response-Suppress: DR,OOF", "X-Auto-Response-Suppress: OOF"),
        ("Precedence: list", "Precedence: list"),
        ("X-Ignorevacation: yes", "X-Ignorevacation is present"),
    ],
)
def test_wish_not_to_be_answered_is_no_proof_of_a_machine(field: str, reason: str) -> None:
    reading = reading_with(field)

    assert not reading.is_automatic
    assert not reading.may_acknowledge
    assert reading.may_not_because == (reason,)


@pytest.mark.parametrize(
    "field",
    [
        "Auto-Submitted: no",
        "Auto-Submitted: NO; reason=person",
        "Auto-Submitted: (really) no",
        "Auto-Submitted: (a (b) auto-replied) no",
        "Precedence: normal",
        "X-Auto-Response-Suppress: None",
        "X-Autoreply: no",
        "X-FC-MachineGenerated: false",
        "Return-Path: <bounce+sanne=postbus.example@relay.example>",
        "Delivered-To: gemeente@havendam.example",
        "X-Mailer: Nieuwsbrief",
    ],
)
def test_person_is_answered(field: str) -> None:
    reading = reading_with(field)

    assert not reading.is_automatic
    assert reading.may_acknowledge


@pytest.mark.parametrize(
    "address",
    [
        "MAILER-DAEMON@x.example",
        "postmaster@x.example",
        "noreply@x.example",
        "no-reply@x.example",
        "no_reply+1@x.example",
        "do-not-reply@x.example",
        "donotreply@x.example",
        "geenantwoord@x.example",
        "geen-antwoord@x.example",
        "niet-beantwoorden@x.example",
        "nietbeantwoorden@x.example",
        "facturen-noreply@x.example",
        "noreply.nieuws@x.example",
        "bounce@x.example",
        "bounces+123@x.example",
        "wijkraad-bounces@x.example",
        "listserv@x.example",
        "majordomo@x.example",
    ],
)
def test_machine_sender_is_known_by_its_name(address: str) -> None:
    reading = reading_with(sender=f"Iemand <{address}>")

    assert reading.is_automatic
    assert not reading.may_acknowledge


@pytest.mark.parametrize("address", ["owner-wijkraad@x.example", "wijkraad-request@x.example"])
def test_keeper_of_a_list_may_be_a_person_but_is_not_answered(address: str) -> None:
    reading = reading_with(sender=address)

    assert not reading.is_automatic
    assert not reading.may_acknowledge


@pytest.mark.parametrize(
    "address",
    [
        "sanne@x.example",
        "bruno.reply@x.example",
        "noreplyson@x.example",
        "owner@x.example",
        "jan.owner@x.example",
        "bouncer@x.example",
        "postmasters@x.example",
        "request@x.example",
        "antwoord@x.example",
        "daemon@x.example",
    ],
)
def test_person_is_not_taken_for_a_machine(address: str) -> None:
    assert machine_name(address) is None


@pytest.mark.parametrize(
    "subject",
    [
        "Afwezigheid: uw vraag",
        "AFWEZIG",
        "Automatisch antwoord: Vraag",
        "Automatic reply: Vraag",
        "Auto: Jan Bos is out of the office",
        "Out of office",
        "Out of the Office: Vraag",
        "Out of Office AutoReply: Vraag",
        "Out of office until Monday",
        "Abwesenheitsnotiz: Frage",
        "Automatische Antwort: Frage",
        "Réponse automatique : Question",
        "Message d\u2019absence : Question",
    ],
)
def test_absence_is_known_by_how_its_subject_begins(subject: str) -> None:
    assert is_absence(subject)


@pytest.mark.parametrize(
    "subject",
    [
        "Re: Automatisch antwoord: Vraag",
        "Vraag over afwezigheid",
        "Automatisch antwoord ontvangen van u",
        "Out of office hours noise",
        "Afwezigheidsbeleid leerplicht",
        "Automaat kapot",
        "Auto: staat al weken op de stoep",
        "",
    ],
)
def test_subject_of_a_person_is_no_absence(subject: str) -> None:
    assert not is_absence(subject)


def test_without_a_sender_address_nobody_can_be_answered() -> None:
    reading = read_mail(b"Subject: Vraag\n\nHallo.")

    assert not reading.is_automatic
    assert reading.may_not_because == ("there is no sender address",)
