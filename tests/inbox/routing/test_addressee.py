"""Whom a message addresses: one configured addressee, or nobody."""

from __future__ import annotations

from typing import Any

import pytest

from inbox.configuration.model import TRIAGE, Addressee
from inbox.plan import plan_forwards
from inbox.routing.addressee import Addressees
from inbox.routing.decide import Decision, TraceStep
from tests.inbox.samples import assignment_facts, compiled, decided, document, explained, item_facts, reading

KARIN = {"names": ["Karin de Vries"], "addresses": ["k.devries@gemeente.test"], "department": "vergunningen"}
PIET = {"names": ["Piet Bos"], "addresses": ["p.bos@gemeente.test"], "department": "juridisch"}
GROEN = {"names": ["team Groen", "groenvoorziening"], "department": "juridisch"}
ALL = {"karin": KARIN, "piet": PIET, "groen": GROEN}


def met(*names: str, to: tuple[str, ...] = (), among: dict[str, Any] | None = None) -> str | None:
    """Return the key of the addressee that is met."""
    configured = {key: Addressee.model_validate(value) for key, value in (among or ALL).items()}
    found = Addressees(configured).met(reading(addressed_to=names, recipients=to))
    return found.key if found else None


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("Karin de Vries", "karin"),
        ("KARIN DE VRIÈS", "karin"),
        ("De Vries", "karin"),
        ("K. de Vries", "karin"),
        ("K.M. de Vries", "karin"),
        ("Karin", "karin"),
        ("Bos", "piet"),
        ("Team groen", "groen"),
        ("Groenvoorziening", "groen"),
        ("Vries", None),
        ("J. de Vries", None),
        ("Piet de Vries", None),
        ("Karin Bos", None),
        ("Groen", None),
        ("Annelies", None),
    ],
)
def test_a_name_meets_whom_it_can_only_mean(written: str, key: str | None) -> None:
    assert met(written) == key


def test_two_of_one_name_are_met_only_by_what_tells_them_apart() -> None:
    among = {"karin": KARIN, "karin-bos": {"names": "Karin Bos", "department": "kcc"}, "piet": PIET}
    assert [met(name, among=among) for name in ("Karin", "Bos", "Karin Bos", "De Vries", "P. Bos")] == [
        None,
        None,
        "karin-bos",
        "karin",
        "piet",
    ]


def test_the_name_as_it_is_configured_wins_over_part_of_a_longer_one() -> None:
    among = {"karin": KARIN, "other": {"names": ["Karin Bos", "Karin"], "department": "kcc"}}
    assert met("Karin", among=among) == "other"


@pytest.mark.parametrize(
    ("configured", "written", "is_met"),
    [
        ("Jan-Willem van 't Hoff", "Jan-Willem", True),
        ("Jan-Willem van 't Hoff", "van 't Hoff", True),
        ("Anna van den Berg-Jansen", "A. van den Berg-Jansen", True),
        ("Anna van den Berg-Jansen", "Van den Berg", False),
        ("K. de Vries", "Karin de Vries", True),
        ("K. de Vries", "Piet de Vries", False),
        ("De Vries", "Karin de Vries", True),
        ("Özlem Çelik", "Ozlem Celik", True),
        ("Karin", "Karin de Vries", False),
        ("Ben Jansen", "Ben", True),
        ("Ben Jansen", "Jansen", True),
        ("Mohamed Ben Ali", "Ben Ali", True),
        ("Samira el Khatib", "El Khatib", True),
    ],
)
def test_surnames_keep_their_prefix_and_initials_must_fit(configured: str, written: str, is_met: bool) -> None:
    among = {"one": {"names": configured, "department": "kcc"}}
    assert (met(written, among=among) == "one") is is_met


def test_an_address_of_their_own_is_to_them() -> None:
    assert met(to=("info@gemeente.test", "K.deVries@gemeente.test")) == "karin"
    assert met(to=("k.devries@gemeente.test", "p.bos@gemeente.test")) is None


def test_what_several_point_at_is_nobodys_unless_they_share_one() -> None:
    assert met("Karin", "Piet") is None
    assert met("Karin", "Annelies") == "karin"
    assert met("Karin", to=("p.bos@gemeente.test",)) is None
    assert met("Karin", "Piet", to=("p.bos@gemeente.test",)) == "piet"
    assert met("Karin", to=("k.devries@gemeente.test", "p.bos@gemeente.test")) == "karin"


def by(rules: list[dict[str, Any]] | None = None, **addressee: Any) -> Any:
    changes: dict[str, Any] = {"addressees": {"karin": {**KARIN, **addressee}, "piet": PIET}}
    return compiled(**changes) if rules is None else compiled(rules=rules, **changes)


def last(decision: Decision) -> TraceStep:
    return decision.trace[-1]


def test_a_rule_chooses_the_category_and_the_addressee_its_department() -> None:
    decision = decided(reading("Kapotte lantaarn", addressed_to=("Karin",)), by())
    [matched] = decision.matters
    own = by().document.categories["lantaarn"]
    assert (matched.category, matched.department, matched.rule) == ("lantaarn", "vergunningen", "lantaarn")
    assert matched.promise is not None
    assert matched.promise.norm == own.norm
    assert (last(decision).rule, last(decision).holds) == ("addressee:karin", True)
    assert last(decision).because == "addressed by name; the department is `vergunningen`"


def test_a_statutory_category_keeps_its_own_department() -> None:
    decision = decided(reading("Bezwaar", addressed_to=("Karin",)), by())
    assert decision.matters[0].department == by().document.categories["bezwaar"].department
    assert (last(decision).rule, last(decision).holds) == ("addressee:karin", False)
    assert "statutory" in last(decision).because


def test_what_is_too_confidential_for_the_addressees_department_stays_where_it_is() -> None:
    categories = document()["categories"]
    categories["lantaarn"] = {**categories["lantaarn"], "confidentiality": "vertrouwelijk"}
    town = compiled(categories=categories, addressees={"karin": KARIN})
    decision = decided(reading("lantaarn", addressed_to=("Karin",)), town)
    assert decision.matters[0].department == "kcc"
    assert not last(decision).holds
    assert "`vertrouwelijk` may not be sent to all destinations of `vergunningen`" in last(decision).because


def test_without_a_rule_the_addressees_category_is_chosen() -> None:
    decision = decided(reading("Hallo", addressed_to=("Karin",)), by(category="lantaarn"))
    [matched] = decision.matters
    assert (matched.category, matched.department, matched.rule, matched.confidence) == (
        "lantaarn",
        "vergunningen",
        None,
        1.0,
    )
    assert last(decision).rule == "addressee:karin"


def test_without_a_rule_and_a_category_it_is_triage_and_the_contact_centre_sees_whom_it_is_for() -> None:
    read = reading("Hallo", addressed_to=("Karin",))
    decision = decided(read, by())
    [matched] = decision.matters
    assert (matched.category, matched.department, matched.confidence) == (TRIAGE, "kcc", 0.0)
    assert not last(decision).holds
    [forward] = plan_forwards(item_facts(read), assignment_facts(TRIAGE, by()), by())
    assert forward.handover.labels == ("addressed_to karin",)


def test_doubt_about_whom_is_said_and_changes_nothing() -> None:
    read = reading("Hallo", addressed_to=("Karin", "Piet"))
    decision = decided(read, by(category="lantaarn"))
    assert decision.matters[0].category == TRIAGE
    assert (last(decision).rule, last(decision).holds) == ("addressee", False)
    assert last(decision).because == "several addressees fit, so none is taken: `karin`, `piet`"
    [forward] = plan_forwards(item_facts(read), assignment_facts(TRIAGE, by()), by())
    assert forward.handover.labels == ()


def test_the_trace_never_quotes_the_sender() -> None:
    for names in (("Karin",), ("Karin", "Piet"), ("KARIN DE VRIES",)):
        decision = decided(reading("Hallo", addressed_to=names), by())
        assert not any(name in step.because for step in decision.trace for name in names)


def test_who_addresses_nobody_configured_is_decided_as_ever() -> None:
    read = reading("Vergunning", addressed_to=("Annelies",))
    assert decided(read, by()) == decided(read, compiled())


def test_what_a_rule_files_stays_filed() -> None:
    rules: list[dict[str, Any]] = [{"id": "weg", "when": {"words": "reclame"}, "file": "advertising"}]
    assert decided(reading("Reclame", addressed_to=("Karin",)), by(rules)).filed_because == "advertising"


def test_a_rule_may_ask_whom_a_message_addresses() -> None:
    rules: list[dict[str, Any]] = [{"id": "persoonlijk", "when": {"addressed_to": "karin"}, "category": "lantaarn"}]
    decision = decided(reading("Hallo", addressed_to=("mevrouw De Vries", "De Vries")), by(rules))
    assert decision.matters[0].rule == "persoonlijk"
    assert decision.trace[0].because == "addressed to `karin`"
    to_another = explained(reading("Hallo", addressed_to=("Piet",)), by(rules)).decision
    assert to_another.trace[0].because == "addressed to `piet`"
    assert decided(reading("Hallo"), by(rules)).matters[0].category == TRIAGE
