"""What a rule may say beside its category: department, labels, a person first."""

from __future__ import annotations

from typing import Any

from inbox.plan import plan_forwards
from inbox.routing.decide import DEPARTMENT, REACH, Decision
from tests.inbox.samples import (
    assignment_facts,
    compiled,
    decided,
    document,
    explained,
    item_facts,
    letter_field,
    reading,
)


def by_rule(read_words: str = "Lantaarn", read: dict[str, Any] | None = None, **parts: Any) -> Decision:
    rule = {"id": "regel", "when": {"words": "lantaarn"}, "category": "lantaarn", **parts}
    karin = {"karin": {"names": ["Karin Bos"], "department": "kcc"}}
    return decided(reading(read_words, **(read or {})), compiled(rules=[rule], addressees=karin))


def test_a_rule_may_name_another_department_and_the_trace_says_so() -> None:
    decision = by_rule(department="juridisch")
    assert decision.matters[0].department == "juridisch"
    assert decision.trace[-1].rule == DEPARTMENT


def test_the_department_of_a_rule_wins_over_the_addressees() -> None:
    read = {"addressed_to": ("Karin Bos",)}
    assert by_rule(department="juridisch", read=read).matters[0].department == "juridisch"


def test_what_the_department_of_a_rule_may_not_have_goes_to_triage() -> None:
    marked = {"fields": (letter_field("marked", "persoonlijk"),)}
    decision = by_rule(department="vergunningen", read=marked)
    assert (decision.matters[0].category, decision.matters[0].department) == ("triage", "kcc")
    assert decision.trace[-1].rule == REACH


def test_labels_go_along_in_the_handover_behind_the_gateways_own() -> None:
    by = compiled()
    facts = item_facts(reading("Lantaarn", is_automatic=True), labels=("spoed", "automatic"), hints=["may_belong_to X"])
    [intent, *_] = plan_forwards(facts, assignment_facts("lantaarn", by), by)
    assert intent.handover.labels == ("automatic", "spoed", "may_belong_to X")


def test_a_rule_behind_the_deciding_one_that_holds_is_what_would_have_been_next() -> None:
    rules = [
        {"id": "alarm", "when": {"words": "lantaarn"}, "flag": "gevaar"},
        {"id": "een", "when": {"words": "lantaarn*"}, "category": "lantaarn"},
        {"id": "geen", "when": {"words": "boom"}, "category": "lantaarn"},
        {"id": "nog-een-alarm", "when": {"words": "lantaarn"}, "flag": "gevaar"},
        {"id": "twee", "when": {"text": "lantaarn"}, "file": "geen vraag"},
        {"id": "drie", "when": {"subject": "lantaarn"}, "category": "vergunning"},
    ]
    flags = document(flags={"gevaar": {"name": "acuut gevaar", "alerts": "wacht@gemeente.test"}})["flags"]
    told = explained(reading("Lantaarn", "lantaarn"), compiled(rules=rules, flags=flags))
    assert told.decision.matters[0].rule == "een"
    assert [(rule.rule, rule.category, rule.file) for rule in told.next] == [
        ("twee", None, "geen vraag"),
        ("drie", "vergunning", None),
    ]
    assert told.next[0].because == "text has `lantaarn`"
    assert [(step.rule, step.holds) for step in told.decision.trace] == [
        ("alarm", True),
        ("een", True),
        ("nog-een-alarm", True),
    ]
