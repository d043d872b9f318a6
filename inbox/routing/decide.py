"""Decide: choose category, department, priority and promise, and say why."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

from inbox.alert_id import is_about_alert
from inbox.confidentiality import Confidentiality, ConfidentialityName, strictest
from inbox.configuration.model import TRIAGE, Answer, CopiedAnswer
from inbox.configuration.rule import Priority, Rule
from inbox.letter_facts import confidentiality_of
from inbox.norms.promise import Promise, promise
from inbox.quality import too_poor
from inbox.reading import AddressedAs, Reading
from inbox.routing.addressee import Met
from inbox.routing.compiled import CompiledConfiguration
from inbox.routing.matter import Matter

ADDRESSEE = "addressee"
"""What the trace calls the step about whom a message addresses: `addressee:<key>`. No rule's id holds a colon."""

ENVELOPE = "envelope:closed"
"""What the trace calls the step that says of an envelope that no rule could go by what it is about."""

DEPARTMENT = "rule:department"
"""What the trace calls the step that gives it to another department than the category's, because the rule says so."""

REACH = "confidentiality:department"
"""What the trace calls the step that keeps an item from a department that may not have it."""

QUALITY = "quality:scan"
"""What the trace calls the step that gives a letter to a person because it was read too poorly."""

_SAYS_MORE = (Answer.none, Answer.receipt_only, Answer.dated)
"""Answers, from the least said to the most."""


class Frozen(BaseModel):
    """A value that does not change."""

    model_config = ConfigDict(frozen=True)


class TraceStep(Frozen):
    """One rule that was tried."""

    rule: str
    holds: bool
    because: str


class Matched(Frozen):
    """What was chosen for one matter of an item."""

    category: str
    department: str
    priority: Priority
    answer: Answer
    confidentiality: ConfidentialityName
    promise: Promise | None
    rule: str | None
    """The rule that chose, or None: a person, an addressee, or triage because no rule held."""
    confidence: float
    """1.0 for a rule, an addressee or a person, 0.0 for triage."""
    is_statutory: bool
    """The law wants it confirmed in writing (Awb 6:14, 9:6)."""


class Decision(Frozen):
    """Everything that deciding says about an item. Either matters, or a reason to file it."""

    matters: tuple[Matched, ...]
    filed_because: str | None
    confidentiality: ConfidentialityName
    trace: tuple[TraceStep, ...]
    """What held and decided, in order. The rules that did not hold are shown by `explain_decision`."""
    version: int
    flags: tuple[str, ...] = ()
    """Keys of `flags` that rules raised, each once; never told to the sender."""
    labels: tuple[str, ...] = ()
    """Of the rule that decided: short facts for the department."""
    hold: str | None = None
    """Why a person must look before anything leaves the house, in the deciding rule's words."""


def decide(
    reading: Reading,
    source_id: str,
    source_confidentiality: Confidentiality,
    received_at: datetime,
    compiled: CompiledConfiguration,
    *,
    explains: bool = False,
) -> Decision:
    """Choose category, department and promise, and say why. Pure: same input, same answer.

    `explains`: the trace shows the rules that did not hold, too; all of them are tried, and nothing else changes.

    Rules come first, unless the scan is too poor. Whom the message addresses by name then chooses the department, and the
    category where no rule did. What a department may not have goes to triage.
    """
    # In force before any rule is asked: a mark counts whatever the letter turns out to be about.
    least = strictest(source_confidentiality, confidentiality_of(reading))
    poor = too_poor(reading)
    if poor:
        # What cannot be read surely is not guessed at, whatever its words seem to say.
        unread = choose(TRIAGE, received_at, compiled, rule=None, confidence=0.0)
        step = TraceStep(rule=QUALITY, holds=True, because=poor)
        return _decided(_as_envelope(unread, reading), least, [step], compiled)
    met = compiled.addressees.met(reading)
    matter = Matter(reading, source_id, met.key if met else None, compiled.clock(received_at), compiled.topics)
    trace: list[TraceStep] = []
    decided_by, flags = _asked(matter, trace, compiled, explains=explains)
    if is_about_alert(reading):
        flags = ()
    said: dict[str, Any] = {
        "flags": flags,
        "labels": decided_by.labels if decided_by else (),
        "hold": decided_by.hold if decided_by else None,
    }
    if decided_by is not None and decided_by.category is None:
        return Decision(
            matters=(),
            filed_because=decided_by.file,
            confidentiality=least,
            trace=tuple(trace),
            version=compiled.version,
            **said,
        )
    if decided_by is not None and decided_by.category is not None:
        chosen = choose(decided_by.category, received_at, compiled, rule=decided_by.id, priority=decided_by.priority)
        chosen = _for_rule(chosen, decided_by, trace)
    else:
        chosen = _without_rule(reading, met, received_at, compiled)
        if reading.is_envelope:
            is_unknown = chosen.category == TRIAGE
            trace.append(TraceStep(rule=ENVELOPE, holds=is_unknown, because="an envelope only: content unread"))
    if met and not (decided_by and decided_by.department):
        chosen, step = _for_addressee(chosen, met, least, compiled)
        trace.append(step)
    chosen = _within_reach(chosen, least, received_at, trace, compiled)
    if flags:
        # What cannot wait is looked at first, whatever it is about.
        chosen = chosen.model_copy(update={"priority": Priority.high})
    decision = _decided(_as_envelope(_as_copy(chosen, reading, compiled), reading), least, trace, compiled)
    return decision.model_copy(update=said)


def _asked(
    matter: Matter, trace: list[TraceStep], compiled: CompiledConfiguration, *, explains: bool
) -> tuple[Rule | None, tuple[str, ...]]:
    """Return the first rule that holds and decides, and the flags of all rules that hold, also of those behind it."""
    decided_by: Rule | None = None
    flags: dict[str, None] = {}
    numbers: Iterable[int] = range(len(compiled.rules)) if explains else compiled.index.candidates(matter)
    for number in numbers:
        rule, test = compiled.rules[number]
        if decided_by is not None and rule.flag is None:
            continue
        verdict = test(matter)
        if verdict.holds or explains:
            trace.append(TraceStep(rule=rule.id, holds=verdict.holds, because=verdict.because))
        if not verdict.holds:
            continue
        if rule.flag is not None:
            flags[rule.flag] = None
        if decides(rule) and decided_by is None:
            decided_by = rule
    return decided_by, tuple(flags)


def decides(rule: Rule) -> bool:
    """Say whether the rule chooses what becomes of an item; else it only raises a flag."""
    return rule.category is not None or rule.file is not None


def _for_rule(chosen: Matched, rule: Rule, trace: list[TraceStep]) -> Matched:
    """Give it to the department that the rule names. What the law protects keeps its own."""
    if rule.department is None or chosen.is_statutory:
        return chosen
    trace.append(TraceStep(rule=DEPARTMENT, holds=True, because=f"the rule names the department `{rule.department}`"))
    return chosen.model_copy(update={"department": rule.department})


def _without_rule(reading: Reading, met: Met | None, received_at: datetime, compiled: CompiledConfiguration) -> Matched:
    """Choose the category that the addressee's messages are about, that of calls which can be called back, and triage where
    none is said.
    """
    category = compiled.document.addressees[met.key].category if met and met.key else None
    if category is None and reading.call is not None and reading.call.caller:
        category = compiled.document.calls.category
    if category is None:
        return choose(TRIAGE, received_at, compiled, rule=None, confidence=0.0)
    return choose(category, received_at, compiled, rule=None)


def _for_addressee(
    chosen: Matched, met: Met, source_confidentiality: Confidentiality, compiled: CompiledConfiguration
) -> tuple[Matched, TraceStep]:
    """Give it to the addressee's department, unless that may not have it; say what was done, and why."""
    if met.key is None:
        return chosen, TraceStep(rule=ADDRESSEE, holds=False, because=met.because)
    wished = compiled.document.addressees[met.key].department
    keeps = _keeps_department(chosen, wished, source_confidentiality, compiled)
    step = TraceStep(
        rule=f"{ADDRESSEE}:{met.key}",
        holds=not keeps,
        because=f"{met.because}; {keeps or f'the department is `{wished}`'}",
    )
    return (chosen if keeps else chosen.model_copy(update={"department": wished})), step


def _keeps_department(
    chosen: Matched, wished: str, source_confidentiality: Confidentiality, compiled: CompiledConfiguration
) -> str:
    """Return why the category's own department stays; nothing when it need not."""
    if chosen.category == TRIAGE:
        return "triage stays with its own department, which is told so"
    if chosen.is_statutory:
        return "a statutory category keeps its own department"
    confidentiality = strictest(source_confidentiality, chosen.confidentiality)
    if wished != chosen.department and confidentiality > compiled.document.departments[wished].holds_up_to:
        return (
            f"`{confidentiality.name}` may not be sent to all destinations of `{wished}`, so its own department stays"
        )
    return ""


def _within_reach(
    chosen: Matched,
    least: Confidentiality,
    received_at: datetime,
    trace: list[TraceStep],
    compiled: CompiledConfiguration,
) -> Matched:
    """Return triage where the department may not have it; a statutory category stays, and only its department changes.

    Only where it acts counts: a destination that is merely informed may be left out, and its forward then fails. Where
    triage's own department may not have it either nothing is changed: its forward then fails, for all to see.
    """
    document = compiled.document
    confidentiality = strictest(least, chosen.confidentiality)
    if confidentiality <= document.departments[chosen.department].acting.up_to:
        return chosen
    triage = document.categories[TRIAGE].department
    because = f"`{confidentiality.name}` may not be sent to where `{chosen.department}` acts"
    if confidentiality > document.departments[triage].acting.up_to:
        trace.append(TraceStep(rule=REACH, holds=False, because=f"{because}, nor to where triage does"))
        return chosen
    trace.append(TraceStep(rule=REACH, holds=True, because=f"{because}, so `{triage}` gets it"))
    if chosen.is_statutory:
        return chosen.model_copy(update={"department": triage})
    return choose(TRIAGE, received_at, compiled, rule=None, priority=chosen.priority, confidence=0.0)


def _as_envelope(chosen: Matched, reading: Reading) -> Matched:
    """Answer what nobody has read with a receipt at most: no date is promised for an unknown matter."""
    if not reading.is_envelope or chosen.answer is not Answer.dated:
        return chosen
    return chosen.model_copy(update={"answer": Answer.receipt_only, "promise": None})


def _as_copy(chosen: Matched, reading: Reading, compiled: CompiledConfiguration) -> Matched:
    """Answer less where we only got a copy and the configuration says so. What the law protects is answered as ever."""
    copied = compiled.document.copied
    wished = {AddressedAs.cc: copied.cc, AddressedAs.bcc: copied.bcc}.get(
        reading.addressed_as, CopiedAnswer.as_category
    )
    if wished is CopiedAnswer.as_category or chosen.is_statutory:
        return chosen
    answer = Answer(wished)
    if _SAYS_MORE.index(chosen.answer) <= _SAYS_MORE.index(answer):
        return chosen
    return chosen.model_copy(update={"answer": answer, "promise": None})


def choose(
    category_key: str,
    received_at: datetime,
    compiled: CompiledConfiguration,
    *,
    rule: str | None,
    priority: Priority | None = None,
    confidence: float = 1.0,
) -> Matched:
    """Return what follows from a category, whoever chose it. Raises KeyError when there is no such category."""
    category = compiled.document.categories[category_key]
    promised = None
    if category.norm is not None and category.answer is Answer.dated:
        promised = promise(category.norm, received_at, compiled.days, compiled.zone)
    return Matched(
        category=category_key,
        department=category.department,
        priority=priority or category.priority,
        answer=category.answer,
        confidentiality=category.confidentiality,
        promise=promised,
        rule=rule,
        confidence=confidence,
        is_statutory=category.statutory,
    )


def _decided(
    chosen: Matched, source_confidentiality: Confidentiality, trace: list[TraceStep], compiled: CompiledConfiguration
) -> Decision:
    return Decision(
        matters=(chosen,),
        filed_because=None,
        confidentiality=strictest(source_confidentiality, chosen.confidentiality),
        trace=tuple(trace),
        version=compiled.version,
    )
