"""Checking: names that must exist, promises that must be possible. Each fault is told once, and only it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from inbox.configuration.check import find_faults
from inbox.configuration.model import Configuration
from tests.inbox.samples import document

_RECEIPT = {"subject": "Ontvangen", "body": "Uw kenmerk is {reference}."}


def faults(written: dict[str, Any]) -> list[tuple[tuple[str | int, ...], str]]:
    return list(find_faults(Configuration.model_validate(written)))


def put(path: str, value: Any) -> dict[str, Any]:
    """Return the small town with a value put at a path; None takes it away."""
    written = document()
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    part: Any = written
    for step in steps:
        part = part.setdefault(step, {}) if isinstance(part, dict) else part[step]
    if value is None:
        del part[last]
    else:
        part[last] = value
    return written


def rule(**parts: Any) -> dict[str, Any]:
    return {"id": "nieuw", "when": {"words": "x"}, "category": "lantaarn", **parts}


def person(**parts: Any) -> dict[str, Any]:
    return {"names": ["An Bos"], "department": "kcc", **parts}


def test_the_small_town_has_no_fault() -> None:
    assert faults(document()) == []


ADVICE = ("categories", "lantaarn", "channel_advice")

CASES: list[tuple[str, Any, tuple[str | int, ...], str]] = [
    ("organisation.time_zone", "Europe/Proefstad", ("organisation", "time_zone"), "is not a known time zone"),
    ("organisation.time_zone", "Europe", ("organisation", "time_zone"), "is not a known time zone"),
    ("organisation.time_zone", "../../etc/passwd", ("organisation", "time_zone"), "is not a known time zone"),
    ("organisation.time_zone", "", ("organisation", "time_zone"), "is not a known time zone"),
    ("organisation.time_zone", "x" * 10_000, ("organisation", "time_zone"), "is not a known time zone"),
    ("calendar.working_days", [], ("calendar", "working_days"), "names no day"),
    ("categories.triage", None, ("categories",), "`triage` is missing"),
    ("categories.lantaarn.department", "niemand", ("categories", "lantaarn", "department"), "there is no department"),
    ("categories.lantaarn.norm", None, ("categories", "lantaarn"), "has no `norm`"),
    ("categories.lantaarn.text", "geen", ("categories", "lantaarn", "text"), "there is no text `geen`"),
    ("categories.lantaarn.confidentiality", "geheim", ("categories", "lantaarn", "confidentiality"), "may not be sent"),
    ("categories.bezwaar.answer", "none", ("categories", "bezwaar", "answer"), "until the statutory calendar exists"),
    ("texts.looked_at", None, ("texts",), "`looked_at` is missing"),
    ("texts.correction", None, ("texts",), "`correction` is missing"),
    ("texts.triage.body", "Uiterlijk {date}.", ("texts", "triage", "body"), "does not name the {reference}"),
    ("texts.triage.body", "Kenmerk {reference}.", ("texts", "triage", "body"), "does not name the {date}"),
    ("texts.correction.body", "Kenmerk {reference}.", ("texts", "correction", "body"), "does not name the {date}"),
    ("texts.looked_at.body", "{reference} {term}", ("texts", "looked_at"), "no date may be promised"),
    ("texts.looked_at.subject", "Vóór {date}", ("texts", "looked_at"), "no date may be promised"),
    ("texts.receipt_only.body", "{reference} {date}", ("texts", "receipt_only"), "no date may be promised"),
    ("texts.los", {"subject": "x", "body": "geen kenmerk"}, ("texts", "los", "body"), "does not name the {reference}"),
    ("texts.los", {**_RECEIPT, "subject": "{bsn}"}, ("texts", "los", "subject"), "`{bsn}` is not known"),
    ("texts.los", {**_RECEIPT, "subject": "{Reference}"}, ("texts", "los", "subject"), "`{Reference}` is not known"),
    ("texts.los", {**_RECEIPT, "subject": "{ date }"}, ("texts", "los", "subject"), "`{ date }` is not known"),
    ("texts.los", {**_RECEIPT, "subject": "{}"}, ("texts", "los", "subject"), "`{}` is not known"),
    ("texts.los", {**_RECEIPT, "subject": "{reference"}, ("texts", "los", "subject"), "a brace without its partner"),
    ("texts.los", {**_RECEIPT, "subject": "date}"}, ("texts", "los", "subject"), "a brace without its partner"),
    ("texts.los", {**_RECEIPT, "subject": "{{date}}"}, ("texts", "los", "subject"), "a brace without its partner"),
    ("texts.los", {**_RECEIPT, "subject": "{privacy}"}, ("texts", "los", "subject"), "has no `privacy_url`"),
    ("texts.los", {"body": "{reference}"}, ("texts", "los", "subject"), "is missing"),
    ("texts.los", {**_RECEIPT, "subject": "{channel_advice}"}, ("texts", "los", "subject"), "which is of the body"),
    ("texts.limit_reached.body", "{channel_advice}", ("texts", "limit_reached"), "and names {channel_advice}"),
    ("categories.lantaarn.channel_advice", "Bel {phone", ADVICE, "a brace without its partner"),
    ("categories.lantaarn.channel_advice", "Vóór {date}", ADVICE, "`{date}` is not known; known are organisation, phone"),
    ("categories.lantaarn.channel_advice", "{channel_advice}", ADVICE, "`{channel_advice}` is not known"),
    ("texts.limit_reached.body", "Vóór {date}.", ("texts", "limit_reached"), "still to come and names {date}"),
    ("texts.limit_reached.body", "{term}, {matter}", ("texts", "limit_reached"), "and names {matter}, {term}"),
    ("texts.limit_reached.body", "Bel {phon}.", ("texts", "limit_reached", "body"), "`{phon}` is not known"),
    ("texts.limit_reached.body", "Bel {phone", ("texts", "limit_reached", "body"), "a brace without its partner"),
    ("texts.limit_reached.body", "Zie {privacy}", ("texts", "limit_reached", "body"), "has no `privacy_url`"),
    ("rules.0", rule(id="lantaarn"), ("rules", 3), "another rule has this id"),
    ("rules.0", rule(category=None), ("rules", 0), "needs exactly one outcome"),
    ("rules.0", rule(file="weg ermee"), ("rules", 0), "needs exactly one outcome"),
    ("rules.0", rule(category="onbekend"), ("rules", 0, "category"), "there is no category `onbekend`"),
    ("rules.0", rule(when={}), ("rules", 0, "when"), "would match everything"),
    ("rules.0", rule(when={"any": [{}]}), ("rules", 0, "when", "any", 0), "would match everything"),
    ("rules.0", rule(when={"words": "*"}), ("rules", 0, "when", "words", 0), "no word to look for"),
    ("rules.0", rule(when={"text": "/(/"}), ("rules", 0, "when", "text", 0), "cannot be used"),
    ("rules.0", rule(when={"header": {"x": "/(a)\\1/"}}), ("rules", 0, "when", "header", "x", 0), "cannot be used"),
    ("rules.0", rule(when={"sender": "gemeente.test"}), ("rules", 0, "when", "sender", 0), "is no address"),
    ("rules.0", rule(when={"addressed_to": "karin"}), ("rules", 0, "when", "addressed_to", 0), "there is no addressee `karin`"),
    ("rules.0", rule(when={"not": {"any": [{"addressed_to": ["x"]}]}}), ("rules", 0, "when", "not", "any", 0, "addressed_to", 0), "no addressee `x`"),
    ("addressees.a", {"department": "kcc"}, ("addressees", "a"), "neither `names` nor `addresses`"),
    ("addressees.a", {"names": "An", "department": "x"}, ("addressees", "a", "department"), "there is no department `x`"),
    ("addressees.a", person(category="x"), ("addressees", "a", "category"), "there is no category `x`"),
    ("addressees.a", person(category="triage"), ("addressees", "a", "category"), "leave it out"),
    ("addressees.a", person(names=["An", "!!"]), ("addressees", "a", "names", 1), "holds no letter or digit"),
    ("addressees.a", person(names="mevrouw Bos"), ("addressees", "a", "names", 0), "leave out `mevrouw`"),
    ("addressees", {"a": person(), "b": person(names="ÁN BOS")}, ("addressees", "b", "names", 0), "`a` has this name"),
    ("addressees", {"a": person(addresses="a@b.test"), "b": person(names="Jo", addresses="A@b.test")},
     ("addressees", "b", "addresses", 0), "`a` has this address"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "place", "sentence"), CASES, ids=[f"{case[0]}-{case[3]}" for case in CASES])
def test_each_fault_is_told_once_at_its_place(
    path: str, value: Any, place: tuple[str | int, ...], sentence: str
) -> None:
    found = faults(put(path, value))
    assert [where for where, _ in found] == [place]
    assert sentence in found[0][1]


def test_the_closing_paragraph_may_be_missing_and_names_no_more_than_it_must() -> None:
    assert faults(put("texts.limit_reached", None)) == []
    assert faults(put("texts.limit_reached.body", "{organisation}, {phone}: {reference}, {received_on}.")) == []


def test_the_closing_paragraph_is_no_text_of_a_category() -> None:
    written = put("categories.bezwaar.text", "limit_reached")
    assert (("categories", "bezwaar", "text"), "`limit_reached` is only added below other texts") in faults(written)


def test_triage_must_promise_a_date() -> None:
    written = put("categories.triage.answer", "receipt_only")
    assert [where for where, _ in faults(written)] == [("categories", "triage", "answer"), ("texts", "triage")]


def test_a_text_used_with_and_without_a_date_cannot_be_right() -> None:
    written = put("categories.bezwaar.text", "dated")
    assert [where for where, _ in faults(written)] == [("texts", "dated")]


def test_each_destination_that_may_not_hold_a_category_is_named() -> None:
    written = put("categories.vergunning.confidentiality", "geheim")
    assert len(faults(written)) == 2


def test_several_faults_are_all_told() -> None:
    written = put("categories.lantaarn.department", "niemand")
    written["rules"][0]["category"] = "onbekend"
    written["calendar"] = {"working_days": []}
    assert len(faults(written)) == 3


def test_an_addressees_department_must_be_able_to_hold_its_category_unless_a_law_sets_the_department() -> None:
    written = put("categories.lantaarn.confidentiality", "vertrouwelijk")
    written["addressees"] = {"a": person(department="vergunningen", category="lantaarn")}
    [(where, sentence)] = faults(written)
    assert where == ("addressees", "a", "category")
    assert "is `vertrouwelijk`, and a destination of `vergunningen` holds up to `zaakvertrouwelijk`" in sentence
    written["addressees"] = {"a": person(department="vergunningen", category="bezwaar")}
    assert faults(written) == []


def test_who_asks_for_envelopes_needs_the_text_that_answers_them() -> None:
    written = document(rules=[rule(when={"any": [{"is_envelope": True, "addressee_kind": "council"}]})])
    assert faults(written) == []
    del written["texts"]["receipt_only"]
    del written["categories"]["bezwaar"]
    assert faults(written) == [(("texts",), "`receipt_only` is missing: closed envelopes are answered with it")]


@pytest.mark.parametrize("when", [{"marked": "geheim"}, {"addressee_kind": "college"}, {"is_envelope": "wie weet"}])
def test_a_mark_or_addressee_that_there_is_not_is_refused(when: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Configuration.model_validate(document(rules=[rule(when=when)]))
