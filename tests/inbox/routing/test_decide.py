"""Decide: the first rule wins, the trace explains, and doubt goes to triage (invariants 11 and 12)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from inbox.confidentiality import Confidentiality
from inbox.configuration.model import TRIAGE, Answer
from inbox.configuration.rule import Priority
from inbox.reading import AddressedAs, Reading
from inbox.routing.decide import Decision, choose, decide
from tests.inbox.samples import RECEIVED_AT, compiled, decided, document, explained, quick, reading, readings

TOWN = compiled()


def test_the_first_rule_that_holds_decides() -> None:
    decision = decided(reading("Vergunning voor een lantaarn"), TOWN)
    assert [matched.category for matched in decision.matters] == ["vergunning"]
    assert decision.matters[0].rule == "vergunning"
    assert decision.matters[0].confidence == 1.0


def test_the_order_of_rules_is_their_rank() -> None:
    rules: list[dict[str, Any]] = [
        {"id": "lantaarn", "when": {"words": "lantaarn*"}, "category": "lantaarn"},
        {"id": "vergunning", "when": {"words": "vergunning*"}, "category": "vergunning"},
    ]
    read = reading("Vergunning voor een lantaarn")
    assert decided(read, compiled(rules=rules)).matters[0].category == "lantaarn"
    assert decided(read, compiled(rules=rules[::-1])).matters[0].category == "vergunning"


def test_the_trace_names_each_rule_tried_in_order_and_stops_at_the_one_that_held() -> None:
    trace = explained(reading("Vergunning"), TOWN).decision.trace
    assert [(step.rule, step.holds) for step in trace] == [
        ("bezwaar", False),
        ("nieuwsbrief", False),
        ("vergunning", True),
    ]
    assert all(step.because for step in trace)
    assert decided(reading("Vergunning"), TOWN).trace == trace[2:]


def test_a_mail_that_no_rule_knows_goes_to_triage_with_a_date_and_no_confidence() -> None:
    decision = decided(reading("Hallo", "Tot ziens"), TOWN)
    [matched] = decision.matters
    assert (matched.category, matched.department, matched.rule, matched.confidence) == (TRIAGE, "kcc", None, 0.0)
    assert matched.promise is not None
    assert decision.trace == ()
    tried = explained(reading("Hallo", "Tot ziens"), TOWN)
    assert [step.rule for step in tried.decision.trace] == [rule.id for rule in TOWN.document.rules]
    assert not any(step.holds for step in tried.decision.trace)
    assert tried.next == ()


def test_without_any_rule_everything_goes_to_triage() -> None:
    decision = decided(reading("Bezwaar"), compiled(rules=[]))
    assert decision.matters[0].category == TRIAGE
    assert decision.trace == ()


def test_a_rule_that_files_leaves_no_matter_and_says_why() -> None:
    decision = decided(reading("Nieuws", headers={"list-unsubscribe": ("<mailto:x@y.test>",)}), TOWN)
    assert decision.matters == ()
    assert decision.filed_because == "nieuwsbrief"
    assert decision.confidentiality is Confidentiality.zaakvertrouwelijk


def test_a_newsletter_about_an_objection_is_an_objection() -> None:
    decision = decided(reading("Bezwaar", headers={"list-unsubscribe": ("*",)}), TOWN)
    assert decision.matters[0].category == "bezwaar"


@pytest.mark.parametrize(
    ("of_source", "expected"),
    [
        (Confidentiality.openbaar, Confidentiality.vertrouwelijk),
        (Confidentiality.geheim, Confidentiality.geheim),
    ],
)
def test_the_strictest_of_source_and_category_counts(of_source: Confidentiality, expected: Confidentiality) -> None:
    decision = decide(reading("Bezwaar"), "info", of_source, RECEIVED_AT, TOWN)
    assert decision.confidentiality is expected


def test_a_rule_may_raise_the_priority_and_leaves_it_alone_otherwise() -> None:
    rules = [
        {"id": "spoed", "when": {"words": "spoed"}, "category": "lantaarn", "priority": "high"},
        {"id": "gewoon", "when": {"words": "lantaarn"}, "category": "lantaarn"},
    ]
    by = compiled(rules=rules)
    assert decided(reading("Spoed lantaarn"), by).matters[0].priority is Priority.high
    assert decided(reading("lantaarn"), by).matters[0].priority is Priority.normal


def test_only_dated_categories_promise() -> None:
    for key, category in TOWN.document.categories.items():
        promised = choose(key, RECEIVED_AT, TOWN, rule=None).promise
        assert (promised is not None) is (category.answer is Answer.dated)


def test_a_category_that_does_not_exist_is_a_fault_somebody_sees() -> None:
    with pytest.raises(KeyError):
        choose("bestaat-niet", RECEIVED_AT, TOWN, rule=None)


def test_the_decision_names_the_version_that_made_it() -> None:
    assert decided(reading("Hallo"), TOWN).version == 7


@given(readings)
@quick
def test_any_reading_is_decided_the_same_way_twice_and_the_decision_can_be_stored(read: Reading) -> None:
    before = read.model_dump_json()
    first, second = decided(read, TOWN), decided(read, TOWN)
    assert first == second
    assert read.model_dump_json() == before
    assert Decision.model_validate_json(first.model_dump_json()) == first
    assert (first.filed_because is None) is (len(first.matters) == 1)
    assert first.confidentiality >= Confidentiality.zaakvertrouwelijk


def test_a_decision_depends_on_nothing_that_was_decided_before() -> None:
    reads = [reading("Vergunning"), reading("Bezwaar"), reading("Hallo"), reading("lantaarn")]
    in_order = [decided(read, TOWN) for read in reads]
    assert [decided(read, compiled()) for read in reads[::-1]] == in_order[::-1]


@pytest.mark.parametrize(
    ("addressed_as", "words", "answer"),
    [
        ("to", "Vergunning", "dated"),
        ("unknown", "Vergunning", "dated"),
        ("cc", "Vergunning", "receipt_only"),
        ("bcc", "Vergunning", "none"),
        ("cc", "Hallo", "receipt_only"),
        ("cc", "Bezwaar", "receipt_only"),
        ("bcc", "Bezwaar", "receipt_only"),
    ],
)
def test_what_we_only_got_a_copy_of_is_answered_with_less_unless_the_law_protects_it(
    addressed_as: str, words: str, answer: str
) -> None:
    by = compiled(copied={"cc": "receipt_only", "bcc": "none"})
    read = reading(words, addressed_as=AddressedAs(addressed_as))
    [matched] = decided(read, by).matters
    assert matched.answer == answer
    assert (matched.promise is not None) == (answer == "dated")
    assert decided(read, TOWN).matters[0].answer == TOWN.document.categories[matched.category].answer


def test_a_copy_is_never_answered_with_more_than_its_category() -> None:
    categories = document()["categories"]
    categories["vergunning"] = {**categories["vergunning"], "answer": "none"}
    by = compiled(copied={"cc": "receipt_only"}, categories=categories)
    assert decided(reading("Vergunning", addressed_as=AddressedAs.cc), by).matters[0].answer is Answer.none


def test_a_rule_may_ask_where_our_address_stood() -> None:
    rules = [{"id": "kopie", "when": {"addressed_as": ["cc", "bcc"]}, "file": "a copy"}]
    by = compiled(rules=rules)
    filed = [decided(reading("Hallo", addressed_as=place), by).filed_because for place in AddressedAs]
    assert filed == [None, "a copy", "a copy", None]
