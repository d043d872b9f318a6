"""Who is to hear from us: the person behind a colleague or a form, never whoever a forger names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given

from inbox.configuration.model import Configuration
from inbox.correspondent import CLAIMED, REFUTED, Basis, Correspondent, correspondent, speaking
from inbox.reading import ForwardBasis, Forwarded, Hop, Reading, Sender
from tests.inbox.samples import RECEIVED_AT, quick, reading, readings, town

OURS = frozenset({"mx.gemeente.test"})
FORM = {"addresses": ["formulier@gemeente.test"], "email_label": "E-mailadres", "name_label": "Uw naam"}
TOWN = town(
    organisation={
        "name": "Gemeente Proefstad",
        "phone": "14 099",
        "website": "https://www.gemeente.test",
        "own_domains": ["gemeente.test"],
        "mail_hosts": ["mx.elders.test", "*.outlook.test"],
    },
    web_forms=[FORM],
)
COLLEAGUE = "karin@gemeente.test"
RESIDENT = Sender(address="jan@inwoner.test", name="Jan")


def found(read: Reading, configuration: Configuration = TOWN, **changes: Any) -> Correspondent:
    return correspondent(read, RECEIVED_AT, configuration, OURS, **changes)


def passed_on(basis: ForwardBasis = ForwardBasis.attached, *, address: str = COLLEAGUE, **changes: Any) -> Reading:
    inner = Forwarded(**{"basis": basis, "sender": RESIDENT, "message_id": "een@inwoner.test", **changes})
    return reading("FW: lantaarn", address=address, forwarded=inner, message_id="twee@gemeente.test")


def hop(by: str, days_ago: float) -> Hop:
    return Hop(by=by, at=RECEIVED_AT - timedelta(days=days_ago))


def test_whoever_sends_a_message_speaks_for_themselves() -> None:
    plain = reading("Lantaarn")
    assert found(plain) == Correspondent(plain.sender, Basis.sender)
    assert speaking(plain, found(plain)) is plain


def test_what_a_colleague_attached_is_the_residents_message() -> None:
    read = passed_on()
    by = found(read)
    assert (by.person, by.basis, by.colleague) == (RESIDENT, Basis.attached, read.sender)
    spoken = speaking(read, by)
    assert (spoken.sender, spoken.message_id, spoken.may_acknowledge) == (RESIDENT, "een@inwoner.test", True)


def test_what_forbids_an_answer_in_the_message_itself_forbids_it_here() -> None:
    read = passed_on(may_not_because=("Auto-Submitted: auto-replied",))
    spoken = speaking(read, found(read))
    assert (spoken.may_acknowledge, spoken.may_not_because) == (False, ("Auto-Submitted: auto-replied",))


def test_who_is_only_named_in_words_is_told_nothing_until_a_person_says_so() -> None:
    read = passed_on(ForwardBasis.inline)
    spoken = speaking(read, found(read))
    assert spoken.sender == RESIDENT
    assert spoken.may_not_because == (CLAIMED,)
    vouched = found(read, vouched_address="jan.de.vries@inwoner.test")
    spoken = speaking(read, vouched)
    assert (vouched.basis, spoken.sender.address) == (Basis.vouched, "jan.de.vries@inwoner.test")
    assert spoken.may_acknowledge


@pytest.mark.parametrize("address", ["piet@inwoner.test", "karin@gemeente.test.evil.test", "karin@evilgemeente.test"])
def test_what_somebody_else_passes_on_is_their_own_message(address: str) -> None:
    read = passed_on(address=address)
    assert found(read) == Correspondent(read.sender, Basis.sender)


@pytest.mark.parametrize(
    ("field", "basis"),
    [
        ("mx.gemeente.test; dmarc=pass header.from=gemeente.test", Basis.attached),
        ("mx.gemeente.test; spf=softfail; dkim=none; dmarc=none", Basis.sender),
        ("mx.gemeente.test; spf=pass smtp.mailfrom=evil.test; dmarc=none", Basis.sender),
        ("elsewhere.test; dmarc=fail", Basis.attached),
    ],
)
def test_a_colleague_who_came_over_our_border_must_be_proven(field: str, basis: Basis) -> None:
    read = passed_on().model_copy(update={"headers": {"authentication-results": (field,)}})
    assert found(read).basis is basis


def test_a_colleagues_machine_passes_nothing_on() -> None:
    read = passed_on().model_copy(update={"is_automatic": True})
    assert found(read).basis is Basis.sender


def test_terms_count_from_when_a_server_of_ours_first_took_it() -> None:
    trace = (hop("mail.gemeente.test", 3), hop("a.outlook.test", 4), hop("mx.elders.test", 5), hop("mx.evil.test", 9))
    assert found(passed_on(trace=trace)).received_at == RECEIVED_AT - timedelta(days=5)


@pytest.mark.parametrize(
    "trace",
    [
        (),
        (hop("mx.evil.test", 3),),
        (hop("gemeente.test.evil.test", 3),),
        (hop("outlook.test.evil.test", 3),),
        (hop("evilgemeente.test", 3),),
        (hop("", 3),),
        (Hop(by="mx.elders.test", at=None),),
        (hop("mx.elders.test", -1),),
        (hop("mx.elders.test", 400),),
        (Hop(by="mx.elders.test", at=datetime(1, 1, 1, tzinfo=UTC)),),
    ],
)
def test_a_moment_that_is_not_proven_moves_no_term(trace: tuple[Hop, ...]) -> None:
    assert found(passed_on(trace=trace)).received_at is None


def test_words_prove_no_moment() -> None:
    assert found(passed_on(ForwardBasis.inline, trace=(hop("mx.elders.test", 3),))).received_at is None


FORM_TEXT = "Nieuwe melding\n\nUw naam: Jan de Vries\nE-mailadres: jan@inwoner.test\nMelding: de lantaarn is kapot"


def form(text: str = FORM_TEXT, **changes: Any) -> Reading:
    machine = {"is_automatic": True, "may_acknowledge": False, "may_not_because": ("Auto-Submitted: auto-generated",)}
    return reading("Melding", text, address="formulier@gemeente.test", **{**machine, **changes})


def test_a_form_speaks_for_the_person_who_filled_it_in() -> None:
    read = form()
    spoken = speaking(read, found(read))
    assert spoken.sender == Sender(address="jan@inwoner.test", name="Jan de Vries")
    assert (spoken.is_automatic, spoken.may_acknowledge, spoken.may_not_because) == (False, True, ())


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("E-mailadres\njan@inwoner.test", "jan@inwoner.test"),
        ("* E-MAILADRES : <jan@inwoner.test>", "jan@inwoner.test"),
        ("| E-mailadres: | jan@inwoner.test |", "jan@inwoner.test"),
        ("Mijn E-mailadres: jan@inwoner.test", "piet@inwoner.test"),
        ("E-mailadres:\nTelefoon:\n06 12345678", "piet@inwoner.test"),
        ("", "piet@inwoner.test"),
        ("E-mailadres: geen", "piet@inwoner.test"),
        ("\n" * 500 + "E-mailadres: jan@inwoner.test", "piet@inwoner.test"),
    ],
)
def test_a_field_names_the_person_else_reply_to_does(text: str, address: str) -> None:
    assert found(form(text, reply_to=("piet@inwoner.test",))).person.address == address


def test_a_form_without_a_person_is_nobodys() -> None:
    read = form("Melding: de lantaarn is kapot", reply_to=("formulier@gemeente.test",))
    assert found(read).person.address == ""


def test_another_machine_stays_a_machine() -> None:
    read = form().model_copy(update={"sender": Sender(address="formulier@elders.test")})
    assert speaking(read, found(read)).is_automatic


@pytest.mark.parametrize("read", [passed_on(), form(), reading("Lantaarn")])
def test_whom_our_own_border_refutes_speaks_for_nobody(read: Reading) -> None:
    forged = read.model_copy(
        update={"headers": {"authentication-results": ("mx.gemeente.test; dmarc=fail (p=REJECT) header.from=x.test",)}}
    )
    by = found(forged)
    assert (by.basis, by.person, by.received_at) == (Basis.refuted, forged.sender, None)
    assert REFUTED in speaking(forged, by).may_not_because
    assert not speaking(forged, by).may_acknowledge


@quick
@given(readings)
def test_any_reading_has_one_correspondent_and_no_more_words(read: Reading) -> None:
    by = found(read)
    spoken = speaking(read, by)
    assert (spoken.text, spoken.subject, spoken.parts) == (read.text, read.subject, read.parts)
    assert spoken.may_acknowledge is (not spoken.may_not_because) or by.basis is Basis.sender
