"""The sample municipality: its configuration holds, its rules decide as promised, its texts can be sent."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from adapters.email.reading.read import read_mail
from adapters.email.reading.scan_files import scan_files
from adapters.post.reading.read import read_scan
from inbox.acknowledge.compose import About, Words, compose
from inbox.acknowledge.may import may_not_tell
from inbox.attached_scans import may_hold_scans, with_scans
from inbox.call import CallFacts, Direction, Outcome
from inbox.channel import Channel
from inbox.confidentiality import NAMES_NO_MATTER_FROM, Confidentiality
from inbox.configuration.check import text_key
from inbox.configuration.load import load_configuration
from inbox.configuration.model import Answer, MailboxDestination, WebhookDestination
from inbox.correspondent import correspondent, speaking
from inbox.errors import MalformedMail
from inbox.norms.promise import date_words
from inbox.reading import LetterField, Reading, Sender
from inbox.routing.compiled import CompiledConfiguration
from inbox.routing.decide import Decision, choose, decide

MUNICIPALITY = Path(__file__).parents[2] / "examples" / "moerdijk"
EXPECTED: dict[str, Any] = json.loads((MUNICIPALITY / "expected.json").read_text(encoding="utf-8"))
MAILS: list[dict[str, Any]] = EXPECTED["mails"]
OWN_ADDRESSES = frozenset(mailbox["address"] for mailbox in EXPECTED["mailboxes"].values())
SNIPPETS: list[tuple[str, str, str]] = yaml.safe_load(
    (Path(__file__).parent / "snippets.yaml").read_text(encoding="utf-8")
)
BORDER = frozenset({"mx.moerdijk.example"})
FRIDAY = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
REFERENCE = "7K3M-9QXA-D"


@cache
def compiled() -> CompiledConfiguration:
    document = (MUNICIPALITY / "configuration.yaml").read_text(encoding="utf-8")
    return CompiledConfiguration(load_configuration(document, "configuration.yaml"), version=1)


CATEGORIES = compiled().document.categories
RULES = compiled().document.rules
ANSWERED = [key for key, category in CATEGORIES.items() if category.answer is not Answer.none]


def letter(addressee_kind: str, mark: str, *, is_envelope: bool) -> Reading:
    """Return a letter, or what stands on a closed envelope."""
    said = [("addressee_kind", addressee_kind), *([("marked", mark)] if mark else [])]
    return Reading(
        channel=Channel.post,
        text="Gemeente Moerdijk, afdeling Vergunningen\nEen losse stoeptegel, een vergunning en een feest.",
        fields=tuple(LetterField(name=n, value=v, page=1, box=(0, 0, 9, 9), confidence=0.95) for n, v in said),
        is_envelope=is_envelope,
    )


def missed_call(queue: str, direction: Direction = Direction.inbound) -> Reading:
    call = CallFacts(
        caller="+31612345001",
        queue=queue,
        direction=direction,
        outcome=Outcome.missed,
        started_at=FRIDAY,
        first_at=FRIDAY,
    )
    return Reading(channel=Channel.phone, call=call)


def reading(subject: str, text: str) -> Reading:
    return Reading(
        channel=Channel.email,
        sender=Sender(address="inwoner@inwoner.example"),
        subject=subject,
        text=text,
        language="nl",
    )


def decided(what: Reading, mailbox: str = "gemeente") -> Decision:
    return decide(what, mailbox, Confidentiality.zaakvertrouwelijk, FRIDAY, compiled())


def raw(mail: dict[str, Any]) -> bytes:
    return (MUNICIPALITY / str(mail["file"])).read_bytes()


def read(mail: dict[str, Any]) -> Reading:
    """Return the mail's reading as its correspondent's."""
    plain = read_mail(raw(mail), own_addresses=OWN_ADDRESSES)
    if may_hold_scans(plain):
        letters = [letter for file in scan_files(raw(mail)) for letter in read_scan(file, FRIDAY.date()).letters]
        plain = with_scans(plain, letters)
    return speaking(plain, correspondent(plain, FRIDAY, compiled().document, BORDER))


def acknowledged(key: str) -> Words:
    category = CATEGORIES[key]
    about = About(
        reference=REFERENCE,
        received_on=FRIDAY.date(),
        department=category.department,
        category=key,
        confidentiality=category.confidentiality,
        promise=choose(key, FRIDAY, compiled(), rule=None).promise,
    )
    return compose(compiled().document.texts[text_key(category)], about, compiled().document)


def mail_of(number: str) -> dict[str, Any]:
    return next(mail for mail in MAILS if mail["file"].startswith(f"mails/{number}-"))


def by_name(mail: dict[str, Any]) -> str:
    return Path(mail["file"]).stem


# --- The document --------------------------------------------------------------------------------------------------


def test_the_configuration_has_no_fault_and_is_a_whole_municipality() -> None:
    """Loading raises on the first fault; the numbers are those that the example promises."""
    document = compiled().document

    assert len(document.departments) >= 12
    assert len(document.categories) >= 32
    assert len(document.rules) >= 40
    assert len(MAILS) >= 28


def test_departments_are_reached_in_three_ways_and_some_only_inform() -> None:
    """Mailbox, webhook and folder, so that the demo shows each."""
    kinds = [department.acting.kind for department in compiled().document.departments.values()]

    assert kinds.count("webhook") >= 1
    assert kinds.count("folder") >= 2
    assert kinds.count("mailbox") > len(kinds) / 2
    assert any(department.informed for department in compiled().document.departments.values())


def test_no_address_and_no_url_can_reach_anybody_real() -> None:
    """Domains end in .example (RFC 2606) and the webhook is this machine."""
    for department in compiled().document.departments.values():
        for destination in (department.acting, *department.informed):
            if isinstance(destination, MailboxDestination):
                assert destination.address.endswith(".example")
            if isinstance(destination, WebhookDestination):
                assert destination.url.startswith("http://127.0.0.1:")
    for mail in MAILS:
        for address in re.findall(rb"[\w.+-]+@((?:[a-z0-9-]+\.)+[a-z]{2,})\b", raw(mail)):
            assert address.endswith(b".example"), (mail["file"], address)


def test_each_rule_says_why_it_is_there() -> None:
    assert [rule.id for rule in RULES if len(rule.note) < 10] == []


def test_what_the_law_protects_is_asked_before_everything_but_certain_machines() -> None:
    """Only a bounce or an absence notice may come first: they quote us, and are never an objection. And post for the
    confidant, whose words are for nobody else.
    """
    statutory = [n for n, rule in enumerate(RULES) if rule.category and CATEGORIES[rule.category].statutory]
    # What only raises a flag decides nothing.
    asked = {rule.id for rule in RULES[: max(statutory)] if rule.category or rule.file}
    before_the_last = asked - {RULES[n].id for n in statutory}

    assert before_the_last == {"onbestelbaar", "automatisch-antwoord", "post-vertrouwenspersoon"}


# --- The samples -----------------------------------------------------------------------------------------------------


def test_each_mail_is_expected_and_each_expected_mail_is_there() -> None:
    listed = [mail["file"] for mail in MAILS]

    assert listed == sorted(f"mails/{path.name}" for path in (MUNICIPALITY / "mails").iterdir())
    assert [name[6:8] for name in listed] == [f"{number:02}" for number in range(1, len(listed) + 1)]


def test_expectations_speak_of_known_things() -> None:
    """Mailboxes, categories, departments and earlier mails exist; one expectation per mailbox."""
    listed = [mail["file"] for mail in MAILS]
    for position, mail in enumerate(MAILS):
        assert set(mail["mailboxes"]) <= EXPECTED["mailboxes"].keys()
        assert len(mail["expected"]) == len(mail["mailboxes"])
        assert mail.get("after") in (None, *listed[:position])
        for wanted in mail["expected"]:
            assert (wanted["link"] is None) == (wanted["of"] is None)
            assert wanted["of"] in (None, *listed[: position + 1])
            if wanted["category"]:
                assert wanted["department"] == CATEGORIES[wanted["category"]].department


@pytest.mark.parametrize("mail", MAILS, ids=by_name)
def test_each_mail_gets_its_category_and_department(mail: dict[str, Any]) -> None:
    """What joins another item is decided by that item; what cannot be read is not decided."""
    wanted = mail["expected"][0]
    if wanted["status"] == "quarantined":
        with pytest.raises(MalformedMail):
            read(mail)
        return
    if wanted["link"] in ("copy", "follow_up"):
        return
    for mailbox in mail["mailboxes"]:
        decision = decided(read(mail), mailbox)
        if wanted["status"] == "filed":
            assert decision.filed_because
        else:
            matter = decision.matters[0]
            assert (matter.category, matter.department) == (wanted["category"], wanted["department"])
            assert (matter.category == "triage") == (wanted["status"] == "triage")


@pytest.mark.parametrize("mail", MAILS, ids=by_name)
def test_who_is_acknowledged_may_be_and_who_may_be_is(mail: dict[str, Any]) -> None:
    """Machines, colleagues and what needs no answer are left alone; everybody else is told."""
    wanted = mail["expected"][0]
    if wanted["status"] == "quarantined" or wanted["link"] in ("copy", "follow_up"):
        return
    what = read(mail)
    matters = decided(what).matters

    is_told = (
        bool(matters)
        and matters[0].answer is not Answer.none
        and not may_not_tell(what, OWN_ADDRESSES, compiled().document)
    )

    assert wanted["acknowledgement"] == ("sent" if is_told else "withheld")


def test_the_copy_is_the_same_to_the_byte() -> None:
    copy = mail_of("10")

    assert copy["expected"][0]["of"] == mail_of("01")["file"]
    assert raw(copy) == raw(mail_of("01"))


def test_the_unproven_follow_up_names_the_first_message_and_has_the_same_sender() -> None:
    first, second = read(mail_of("01")), read(mail_of("09"))

    assert first.message_id in second.reply_to_ids
    assert first.sender.address == second.sender.address


def test_what_answers_an_acknowledgement_waits_for_it() -> None:
    """The Message-ID is unknown beforehand: the demo fills it in."""
    found = {mail["file"]: re.findall(rb"\{\{acknowledgement of ([^}]+)\}\}", raw(mail)) for mail in MAILS}

    assert {file for file, names in found.items() if names} == {mail_of("30")["file"]}
    assert {name.decode() for name in found[mail_of("30")["file"]]} == {mail_of("30")["after"]}


def test_each_rule_decides_a_sample_and_each_category_has_one() -> None:
    """A rule that never decides stands behind one that takes everything it was made for."""
    readings = [reading(subject, text) for _, subject, text in SNIPPETS]
    readings += [read(mail) for mail in MAILS if mail["expected"][0]["status"] != "quarantined"]
    readings += [letter(kind, "", is_envelope=True) for kind in ("council", "confidant", "person")]
    readings += [missed_call(queue) for queue in ("burgerzaken", "vergunningen", "openbare-ruimte")]
    readings += [missed_call("", Direction.internal)]
    decisions = [decided(what) for what in readings]

    deciding = {decision.trace[-1].rule for decision in decisions if decision.trace}
    chosen = {matter.category for decision in decisions for matter in decision.matters}

    assert {rule.id for rule in RULES if rule.category or rule.file} - deciding == set()
    assert CATEGORIES.keys() - chosen == set()


@pytest.mark.parametrize(
    ("flag", "text"),
    [
        ("nood", "Ik wil niet meer leven en weet niet meer wat ik moet doen."),
        ("nood", "Mijn zoon denkt aan zelfmoord."),
        ("bedreiging", "Ik weet je te vinden, ambtenaar!"),
    ],
)
def test_what_cannot_wait_raises_its_flag_and_is_decided_all_the_same(flag: str, text: str) -> None:
    decision = decided(reading("Bezwaar", f"Ik maak bezwaar. {text}"))
    assert decision.flags == (flag,)
    assert decision.matters[0].is_statutory


def test_no_sample_raises_a_flag() -> None:
    readable = [mail for mail in MAILS if mail["expected"][0]["status"] != "quarantined"]
    assert [mail["file"] for mail in readable if decided(read(mail)).flags] == []


@pytest.mark.parametrize(("category", "subject", "text"), SNIPPETS)
def test_a_short_message_gets_its_category(category: str, subject: str, text: str) -> None:
    decision = decided(reading(subject, text))

    assert decision.matters[0].category == category, decision.trace[-1]


# --- The texts -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ANSWERED)
def test_an_acknowledgement_is_complete(key: str) -> None:
    """Reference, date of receipt, what the sender can do, who we are and how we treat personal data."""
    organisation = compiled().document.organisation

    words = acknowledged(key)

    assert not set("{}") & set(words.subject + words.body)
    assert REFERENCE in words.subject
    assert REFERENCE in words.body
    assert date_words(FRIDAY.date()) in words.body
    assert organisation.phone in words.body
    assert "referentie" in words.body
    assert f"\n{organisation.name}\n\nDit is een automatische bevestiging. Reageert u hierop?" in words.body
    assert words.body.rstrip().endswith(organisation.privacy_url)
    assert max(len(line) for line in words.body.splitlines()) <= 120


@pytest.mark.parametrize("key", ANSWERED)
def test_a_date_is_named_exactly_where_one_is_promised(key: str) -> None:
    """Counted from the day of receipt; a statutory matter never gets a date of ours."""
    promise = choose(key, FRIDAY, compiled(), rule=None).promise

    body = acknowledged(key).body

    assert (promise is not None) == (CATEGORIES[key].answer is Answer.dated)
    if promise:
        assert f"uiterlijk {date_words(promise.due_on)}" in body or f": {date_words(promise.due_on)}." in body
    else:
        assert "uiterlijk" not in body
        assert set(re.findall(r"\d{1,2} [a-z]+ 2026", body)) == {"20 november 2026"}


def test_triage_promises_two_working_days() -> None:
    assert "uiterlijk dinsdag 24 november 2026" in acknowledged("triage").body


@pytest.mark.parametrize("key", ANSWERED)
def test_a_confidential_acknowledgement_tells_a_bystander_nothing(key: str) -> None:
    """Neither category nor department, nor the words of the field."""
    category = CATEGORIES[key]
    words = acknowledged(key)
    told = f"{words.subject}\n{words.body}".lower()

    if category.confidentiality >= NAMES_NO_MATTER_FROM:
        department = compiled().document.departments[category.department].name
        for telling in (category.name, department, "wmo", "jeugd", "schuld", "uitkering", "bezwaar", "klacht"):
            assert telling.lower() not in told
    elif text_key(category) in ("dated", "openbare-ruimte", "aanvraag"):
        assert compiled().document.departments[category.department].name.lower() in told


@pytest.mark.parametrize("key", ANSWERED)
def test_quoting_our_own_words_leads_nowhere_else(key: str) -> None:
    """Whoever answers us quotes us. That may begin no objection, and reach no other department but triage."""
    words = acknowledged(key)
    quoted = "".join(f"> {line}\n" for line in words.body.splitlines())

    matter = decided(reading(f"Re: {words.subject}", f"Dank u wel.\n\n{quoted}")).matters[0]

    assert not CATEGORIES[matter.category].statutory
    assert matter.category == "triage" or matter.department == CATEGORIES[key].department


def test_the_two_other_notices_can_be_composed() -> None:
    """What cannot be read, and a date that moved."""
    promise = choose("triage", FRIDAY, compiled(), rule=None).promise
    for key in ("looked_at", "correction"):
        about = About(REFERENCE, FRIDAY.date(), "kcc", "triage", Confidentiality.zaakvertrouwelijk, promise)
        words = compose(compiled().document.texts[key], about, compiled().document)
        assert REFERENCE in words.body
        assert not set("{}") & set(words.subject + words.body)


@pytest.mark.parametrize(
    ("kind", "mark", "is_envelope", "department", "is_answered_plainly"),
    [
        ("council", "", True, "griffie", True),
        ("council", "persoonlijk", True, "griffie", True),
        ("confidant", "", True, "vertrouwenspersoon", True),
        ("confidant", "vertrouwelijk", False, "vertrouwenspersoon", True),
        ("person", "", True, "informatiebeheer", True),
        ("organisation", "persoonlijk", True, "informatiebeheer", True),
        ("organisation", "", True, "kcc", True),
        ("organisation", "persoonlijk", False, "openbare-ruimte", False),
    ],
)
def test_closed_post_goes_by_its_outside(
    kind: str, mark: str, is_envelope: bool, department: str, is_answered_plainly: bool
) -> None:
    decision = decided(letter(kind, mark, is_envelope=is_envelope))
    [matched] = decision.matters
    assert matched.department == department
    assert (matched.answer is Answer.receipt_only) == is_answered_plainly
    assert decision.confidentiality <= compiled().document.departments[department].acting.up_to
