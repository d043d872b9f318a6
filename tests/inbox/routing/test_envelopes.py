"""What becomes of closed envelopes, and of letters that bear a mark: routed by their outside, and seen by few."""

from __future__ import annotations

from typing import Any

import pytest

from inbox.channel import Channel
from inbox.confidentiality import Confidentiality
from inbox.configuration.model import Answer
from inbox.plan import compose_acknowledgement, plan_forwards
from inbox.reading import LetterField, Reading
from inbox.routing.decide import ENVELOPE, QUALITY, REACH, Decision, decide
from tests.inbox.samples import RECEIVED_AT, assignment_facts, compiled, document, item_facts, letter_field, reading

COUNCIL, CONFIDANT = letter_field("addressee_kind", "council"), letter_field("addressee_kind", "confidant")
PERSONAL = letter_field("marked", "persoonlijk")


def letter(*fields: LetterField, text: str = "", **changes: Any) -> Reading:
    return reading("", text, address="", channel=Channel.post, fields=fields, **changes)


def envelope(*fields: LetterField, text: str = "", **changes: Any) -> Reading:
    return letter(*fields, text=text, is_envelope=True, **changes)


def configured(*rules: dict[str, Any], **changes: Any) -> Any:
    return compiled(rules=[*rules, *document()["rules"]], **changes)


def decided(read: Reading, by: Any | None = None) -> Decision:
    return decide(read, "post", Confidentiality.zaakvertrouwelijk, RECEIVED_AT, by or compiled())


def steps(decision: Decision) -> dict[str, tuple[bool, str]]:
    return {step.rule: (step.holds, step.because) for step in decision.trace}


def test_without_a_rule_it_is_triage_which_says_that_nobody_read_it() -> None:
    decision = decided(envelope(COUNCIL))
    [matched] = decision.matters
    assert (matched.category, matched.department, matched.rule) == ("triage", "kcc", None)
    assert (matched.answer, matched.promise) == (Answer.receipt_only, None)
    assert steps(decision)[ENVELOPE] == (True, "an envelope only: content unread")


def test_no_word_upon_it_chooses_a_category() -> None:
    written = "Gemeente Proefstad\nafdeling Vergunningen, bezwaar en lantaarns"
    assert decided(envelope(text=written)).matters[0].category == "triage"
    assert decided(letter(text=written)).matters[0].category == "bezwaar"


def test_a_rule_sends_it_by_whom_it_is_addressed_to() -> None:
    rule = {"id": "raad", "when": {"is_envelope": True, "addressee_kind": "council"}, "category": "bezwaar"}
    by = configured(rule)
    assert decided(envelope(COUNCIL), by).matters[0].rule == "raad"
    assert decided(envelope(CONFIDANT), by).matters[0].rule is None
    assert decided(letter(COUNCIL), by).matters[0].rule is None


def test_a_named_persons_department_gets_it_where_its_category_is_configured() -> None:
    karin = {"names": ["Karin de Vries"], "department": "juridisch", "category": "lantaarn"}
    decision = decided(envelope(addressed_to=("Karin de Vries",)), compiled(addressees={"karin": karin}))
    [matched] = decision.matters
    assert (matched.category, matched.department, matched.answer) == ("lantaarn", "juridisch", Answer.receipt_only)
    assert steps(decision)[ENVELOPE][0] is False


@pytest.mark.parametrize("remark", ["poor_scan", "handwriting", "several_envelopes"])
def test_what_was_read_poorly_is_a_persons_whatever_its_rules_say(remark: str) -> None:
    rule = {"id": "raad", "when": {"is_envelope": True}, "category": "bezwaar"}
    decision = decided(envelope(PERSONAL, remarks=(remark,)), configured(rule))
    assert list(steps(decision)) == [QUALITY]
    assert decision.matters[0].answer is Answer.receipt_only
    assert decision.confidentiality is Confidentiality.vertrouwelijk


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ([], "zaakvertrouwelijk"),
        ([COUNCIL], "zaakvertrouwelijk"),
        ([PERSONAL], "vertrouwelijk"),
        ([letter_field("marked", "vertrouwelijk", 0.4)], "vertrouwelijk"),
        ([CONFIDANT], "vertrouwelijk"),
    ],
)
@pytest.mark.parametrize("made", [letter, envelope])
def test_a_mark_and_the_confidant_make_it_confidential_opened_or_not(made: Any, fields: list[Any], name: str) -> None:
    assert decided(made(*fields, text="De lantaarn is stuk.")).confidentiality.name == name


def test_a_source_that_is_stricter_stays_so() -> None:
    decision = decide(letter(PERSONAL), "post", Confidentiality.geheim, RECEIVED_AT, compiled())
    assert decision.confidentiality is Confidentiality.geheim


def test_a_filed_letter_keeps_its_mark() -> None:
    decision = decided(letter(PERSONAL), configured({"id": "op", "when": {"channel": "post"}, "file": "kennisgeving"}))
    assert (decision.matters, decision.confidentiality) == ((), Confidentiality.vertrouwelijk)


def test_what_a_department_may_not_have_goes_to_triage_and_the_trace_says_why() -> None:
    """The permits' mailbox holds up to `zaakvertrouwelijk`."""
    decision = decided(letter(PERSONAL, text="Mag ik een vergunning?"))
    [matched] = decision.matters
    assert (matched.category, matched.department, matched.answer) == ("triage", "kcc", Answer.dated)
    assert matched.promise is not None
    assert steps(decision)["vergunning"][0]
    assert steps(decision)[REACH] == (
        True,
        "`vertrouwelijk` may not be sent to where `vergunningen` acts, so `kcc` gets it",
    )
    assert decided(letter(text="Mag ik een vergunning?")).matters[0].department == "vergunningen"


def test_a_statutory_matter_stays_what_it_is_wherever_it_goes() -> None:
    categories = document()["categories"]
    categories["bezwaar"] |= {"department": "vergunningen", "confidentiality": "zaakvertrouwelijk"}
    decision = decided(letter(PERSONAL, text="Ik maak bezwaar."), compiled(categories=categories))
    [matched] = decision.matters
    assert (matched.category, matched.department, matched.rule) == ("bezwaar", "kcc", "bezwaar")


def test_where_nobody_may_have_it_that_is_said_and_its_forward_will_fail() -> None:
    departments = document()["departments"]
    departments["kcc"]["acting"]["up_to"] = "zaakvertrouwelijk"
    decision = decided(letter(PERSONAL, text="De lantaarn is stuk."), compiled(departments=departments))
    assert decision.matters[0].category == "lantaarn"
    assert steps(decision)[REACH][0] is False


def told(read: Reading, category: str) -> str:
    by = compiled(categories={**document()["categories"], "lantaarn": LAMP}, texts={**document()["texts"], "lamp": OWN})
    [matched] = decided(read, by).matters
    assignment = assignment_facts(category, by, answer=matched.answer, promise=None)
    composed = compose_acknowledgement(item_facts(read), assignment, by, RECEIVED_AT)
    assert composed is not None
    assert composed[1] is None
    return " ".join(f"{composed[0].subject} {composed[0].body}".split())


LAMP = {"name": "een kapotte lantaarn", "department": "kcc", "answer": "receipt_only", "text": "lamp"}
OWN = {"subject": "De lantaarn", "body": "Wij maken de lantaarn ({reference})."}


def test_its_sender_is_told_the_plain_receipt_and_never_what_it_may_be_about() -> None:
    said = told(envelope(COUNCIL), "lantaarn")
    assert "Wij hebben uw bericht over uw bericht ontvangen" in said
    assert "lantaarn" not in said
    assert "bezwaar" not in told(envelope(), "bezwaar")
    assert "Klantcontactcentrum" not in told(envelope(), "triage")


def test_its_department_is_told_that_nobody_opened_it() -> None:
    read = envelope(PERSONAL, letter_field("posted_on", "2026-11-10"))
    by = compiled()
    [forward] = plan_forwards(item_facts(read), assignment_facts("triage", by), by)
    assert "envelope_only" in forward.handover.labels
    assert forward.handover.fields == read.fields
