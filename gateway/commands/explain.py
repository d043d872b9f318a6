"""`gateway explain`: how files would be decided and answered, without touching anything."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gateway.bootstrap import own_addresses
from gateway.commands.call_logs import call_logs
from gateway.commands.found import Found, find_items
from gateway.settings import Settings, find_settings
from inbox.acknowledge.by_sms import by_sms
from inbox.acknowledge.may import may_not_tell
from inbox.acknowledge.on_paper import on_paper
from inbox.confidentiality import Confidentiality
from inbox.configuration.load import load_configuration
from inbox.configuration.model import Answer
from inbox.correspondent import correspondent, speaking
from inbox.errors import BadRequest, NotFound, SettingsInvalid
from inbox.plan import AssignmentFacts, ItemFacts, compose_acknowledgement
from inbox.reading import Reading
from inbox.receipt import Receipt, receipt_of
from inbox.routing.compiled import CompiledConfiguration
from inbox.routing.decide import Decision, Matched
from inbox.routing.explain import explain_decision

_SAMPLE_REFERENCE = "0000-0000-0"


def explain(files: list[Path], *, as_json: bool, settings_path: Path | None, configuration_path: Path | None) -> int:
    """Print each decision; return 0, or 1 when a path is not there. Raises SettingsInvalid, ConfigurationInvalid,
    and BadRequest for a call log.
    """
    settings = find_settings(settings_path)
    compiled = _compiled(settings, configuration_path)
    own = own_addresses(settings)
    try:
        for file in files:
            if not file.is_dir() and call_logs(file, settings.calls):
                raise BadRequest(f"{file} is a call log: `gateway read` shows its calls")
        for found in find_items(files, settings):
            document = _document(found, compiled, own) | {"scan": _scan(found)}
            sys.stdout.write((json.dumps(document, ensure_ascii=False) if as_json else _words(document)) + "\n")
    except NotFound as error:
        sys.stderr.write(f"{error.detail}\n")
        return 1
    return 0


def _compiled(settings: Settings, configuration_path: Path | None) -> CompiledConfiguration:
    path = configuration_path or settings.configuration
    if path is None:
        raise SettingsInvalid("name a configuration document: --configuration FILE, or `configuration` in the settings")
    try:
        document = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SettingsInvalid(f"`configuration`: {path}: {error.strerror}") from None
    return CompiledConfiguration(load_configuration(document, str(path)), version=0)


def _document(found: Found, compiled: CompiledConfiguration, own: frozenset[str]) -> dict[str, Any]:
    if found.reading is None:
        code = found.error.code if found.error else ""
        return {
            "file": found.file,
            "index": found.index,
            "addressed_to": [],
            "is_envelope": False,
            "assignments": [],
            "trace": [{"rule": None, "holds": False, "because": f"quarantined: {code}"}],
            "next": [],
            "flags": [],
            "labels": [],
            "hold": None,
            "acknowledgement": None,
        }
    receipt = receipt_of(found.reading, datetime.now(UTC), "kept", compiled.zone)  # as if it came in now
    # The border's verdict on the sender needs the installation's settings; a file may be from anywhere.
    by = correspondent(found.reading, receipt.received_at, compiled.document, frozenset())
    reading = speaking(found.reading, by)
    explanation = explain_decision(reading, "", Confidentiality.zaakvertrouwelijk, receipt.received_at, compiled)
    decision = explanation.decision
    return {
        "file": found.file,
        "index": found.index,
        "correspondent": {"address": by.person.address, "basis": by.basis},
        "addressed_to": list(found.reading.addressed_to),
        "is_envelope": found.reading.is_envelope,
        "assignments": [_assignment(matched) for matched in decision.matters],
        "trace": [step.model_dump(mode="json") for step in decision.trace]
        + (
            [{"rule": None, "holds": True, "because": f"filed: {decision.filed_because}"}]
            if decision.filed_because
            else []
        ),
        "next": [rule.model_dump(mode="json") for rule in explanation.next],
        "flags": list(decision.flags),
        "labels": list(decision.labels),
        "hold": decision.hold,
        "acknowledgement": _acknowledgement(reading, decision, compiled, own, receipt),
    }


def _scan(found: Found) -> dict[str, Any] | None:
    """Return what the API shows of a letter's scan file."""
    if found.scan is None:
        return None
    return {
        "pages": found.scan.pages,
        "letters": len(found.scan.letters),
        "ordinal": found.index + 1,
        "own_pages": list(found.scan.letters[found.index]),
        "left_pages": [left.model_dump() for left in found.scan.remainders],
        "scanner": dict(found.scan.scanner),
    }


def _assignment(matched: Matched) -> dict[str, Any]:
    promise = matched.promise
    return {
        "category": matched.category,
        "department": matched.department,
        "confidence": matched.confidence,
        "rule": matched.rule,
        "promise": {
            "due_at": promise.due_at.isoformat().replace("+00:00", "Z"),
            "norm": promise.norm.model_dump(mode="json"),
            "words": promise.words,
        }
        if promise
        else None,
    }


def _acknowledgement(
    reading: Reading, decision: Decision, compiled: CompiledConfiguration, own: frozenset[str], receipt: Receipt
) -> dict[str, str] | None:
    if not decision.matters:
        return None
    matched = decision.matters[0]
    # As if letters and text messages were sent: whether they are is a setting of the installation.
    number = by_sms(reading, compiled.document, categories=[matched.category])
    lines = () if number else on_paper(reading, is_statutory=matched.is_statutory)
    if not number and not lines and may_not_tell(reading, own, compiled.document):
        return None
    if matched.answer is Answer.none:
        return None
    facts = ItemFacts(
        item_id="",
        reference=_SAMPLE_REFERENCE,
        channel=reading.channel,
        media_type="message/rfc822",
        received_at=receipt.received_at,
        received_basis=receipt.basis,
        confidentiality=decision.confidentiality,
        reading=reading,
        adds_to=None,
        labels=decision.labels,
    )
    assignment = AssignmentFacts(
        assignment_id="",
        category=matched.category,
        department=matched.department,
        priority=matched.priority,
        answer=matched.answer,
        round=1,
        promise=matched.promise,
    )
    composed = compose_acknowledgement(facts, assignment, compiled, datetime.now(UTC), is_sms=bool(number))
    if composed is None:
        return None
    told = {"subject": composed[0].subject, "text": composed[0].body}
    if number:
        return {**told, "sms_to": number}
    return {**told, "on_paper_to": ", ".join(lines)} if lines else told


def _words(document: dict[str, Any]) -> str:
    lines = [f"{document['file']} [{document['index']}]"]
    if document["scan"]:
        scan = document["scan"]
        own = ", ".join(map(str, scan["own_pages"]))
        scanner = ", ".join(f"{name} {said}" for name, said in scan["scanner"].items())
        lines.append(f"  letter {scan['ordinal']} of {scan['letters']}: page {own} of {scan['pages']}")
        lines += [f"  scanner: {scanner}"] if scanner else []
    if document["addressed_to"]:
        lines.append(f"  addressed to: {', '.join(document['addressed_to'])}")
    if document["is_envelope"]:
        lines.append("  envelope: closed, its content is unread")
    for assignment in document["assignments"]:
        promise = assignment["promise"]
        lines.append(
            f"  {assignment['category']} -> {assignment['department']}"
            f" (rule {assignment['rule'] or 'none'}; {promise['words'] + ', ' + promise['due_at'] if promise else 'no date'})"
        )
    lines += [f"  flag {flag}" for flag in document["flags"]]
    lines += [f"  labels: {', '.join(document['labels'])}"] if document["labels"] else []
    lines += [f"  held for a person: {document['hold']}"] if document["hold"] else []
    held = [step for step in document["trace"] if step["holds"]]
    tried = len(document["trace"]) - len(held)
    lines += [f"  because {step['rule'] or ''}: {step['because']}" for step in held] or ["  because no rule holds"]
    lines.append(f"  rules tried in vain: {tried}")
    lines += [f"  next would be {rule['rule']}: {rule['because']}" for rule in document["next"]]
    answer = document["acknowledgement"]
    if answer:
        if "sms_to" in answer:
            lines.append(f"  in a text message to: {answer['sms_to']}")
        if "on_paper_to" in answer:
            lines.append(f"  on paper to: {answer['on_paper_to']}")
        lines += [f"  answer: {answer['subject']}", *(f"  | {line}" for line in answer["text"].splitlines())]
    else:
        lines.append("  answer: none")
    return "\n".join(lines) + "\n"
