"""Tell: what the sender of an item is to hear now, rendered; or why not, and whether a person must do it instead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import uuid4

from inbox.acknowledge.by_sms import by_sms
from inbox.acknowledge.compose import Words
from inbox.acknowledge.may import may_not_tell
from inbox.acknowledge.on_paper import on_paper
from inbox.call import CallFacts
from inbox.channel import Channel
from inbox.configuration.model import TRIAGE, Answer
from inbox.configuration.overlay import Running
from inbox.correspondent import CLAIMED, Basis
from inbox.duplicates.participant import is_authenticated
from inbox.errors import Infected
from inbox.intents import NoticeIntent, TaskIntent
from inbox.item import NoticeChannel, NoticeKind, NoticeState, Status
from inbox.norms.promise import Promise
from inbox.plan import (
    ItemFacts,
    compose_acknowledgement,
    compose_colleague,
    compose_correction,
    compose_looked_at,
    flag_text,
)
from inbox.ports import NoticeLetter, NoticeMail
from inbox.routing.compiled import CompiledConfiguration
from inbox.task import TaskKind
from inbox.thread_token import loop_mark, message_id
from store.answers import answered_at, because_answered
from store.deciding import Standing
from store.noticing import told_about
from workflows.assigned import assignment_facts
from workflows.limiting import within_limits
from workflows.parts import Parts
from workflows.spoken import read_from
from workflows.texting import may_not_text_now

_FIRST_WORDS = (NoticeKind.acknowledgement, NoticeKind.looked_at)
_IN_SMS = (NoticeKind.acknowledgement, NoticeKind.correction)
BY_TELEPHONE = "they rang and left no address, and the law wants it confirmed in writing"
_NOT_HEARD = (NoticeState.withheld, NoticeState.failed, NoticeState.undelivered)


async def tell(
    parts: Parts, stands: Standing, facts: ItemFacts, compiled: CompiledConfiguration
) -> tuple[list[NoticeIntent], list[TaskIntent]]:
    """Return the notices that are missing, each rendered or withheld, and what a person must do in their place."""
    notices: list[NoticeIntent] = []
    tasks: list[TaskIntent] = []
    for kind in wanted_notices(stands):
        settled, reasons = await _reasons(parts, stands, facts, compiled, kind)
        pausing = _pausing(stands, facts, compiled, kind)
        if pausing is not None and not settled and not reasons:
            notices.append(_paused(stands, kind, pausing))
        elif settled or reasons:
            notices.append(_withheld(stands, kind, [*settled, *reasons]))
        else:
            said = await within_limits(parts, facts, compiled, partial(_said, parts, stands, facts, compiled, kind))
            notices.append(said)
            reasons = list(said.withheld_because) if said.limited_by else []
        if not settled and reasons:
            tasks += _asked(stands, facts, kind, reasons)
    return notices, tasks


def _pausing(stands: Standing, facts: ItemFacts, compiled: CompiledConfiguration, kind: NoticeKind) -> Running | None:
    """Return the overlay for whose end this notice waits; of several the one that lasts longest.

    What the law wants confirmed is never paused, nor what a flag says to whoever may be in danger.
    """
    if kind is not NoticeKind.acknowledgement or stands.is_statutory() or not stands.assignments:
        return None
    if flag_text(facts, compiled) is not None:
        return None
    category = _least_certain(stands, kind).category
    found = [running for running in compiled.overlays if running.pauses(category)]
    return max(found, key=lambda running: running.ends_at, default=None)


def _paused(stands: Standing, kind: NoticeKind, pausing: Running) -> NoticeIntent:
    because = f"an emergency overlay pauses it: it is told when that is over ({pausing.ends_at.isoformat()})"
    return replace(_withheld(stands, kind, [because]), paused_by=pausing.overlay_id, overlays=(pausing.overlay_id,))


def wanted_notices(stands: Standing) -> Sequence[NoticeKind]:
    """Return the kinds of notice that the item wants now."""
    kinds = {notice.kind for notice in stands.notices if _still_counts(notice, stands)}
    if stands.item.status == Status.quarantined:
        return () if NoticeKind.looked_at in kinds else (NoticeKind.looked_at,)
    missing = [kind for kind in _first_kinds(stands.item) if kind not in kinds]
    if missing:
        return missing
    told = stands.told_due_on()
    if told is None or Status(stands.item.status).is_ended:
        return ()
    later = [row for row in stands.assignments if row.due_on and row.due_on > told and row.answer == Answer.dated]
    return (NoticeKind.correction,) if later else ()


def _first_kinds(item: Any) -> Sequence[NoticeKind]:
    basis = Basis(item.correspondent_basis or Basis.sender)
    if basis.is_passed_on and not item.adds_to_item_id and item.status != Status.filed:
        return (NoticeKind.acknowledgement, NoticeKind.colleague)
    return (NoticeKind.acknowledgement,)


def _still_counts(notice: Any, stands: Standing) -> bool:
    """A notice that was withheld is thought over again when the item begins again, its decision changed since, or the
    overlay that paused it is over; one that did not arrive, too, once a person said whom to tell; and a text message, when the matter turned out to be one
    that must be confirmed in writing (Awb 6:14, 9:6).
    """
    if notice.channel == NoticeChannel.sms and stands.is_statutory():
        return False
    vouched_at = stands.item.vouched_at
    if vouched_at and notice.kind in _FIRST_WORDS and notice.state in _NOT_HEARD and notice.made_at < vouched_at:
        return False
    if notice.state != NoticeState.withheld:
        return True
    if notice.resumed_at is not None:
        return False
    was_rendered = notice.message is not None
    decided_at = min((row.decided_at for row in stands.assignments), default=None)
    return not was_rendered and (decided_at is None or notice.made_at >= decided_at)


async def _reasons(
    parts: Parts, stands: Standing, facts: ItemFacts, compiled: CompiledConfiguration, kind: NoticeKind
) -> tuple[list[str], list[str]]:
    """Return what settles that nothing is to be said, and what keeps the gateway from saying it."""
    settled = await _settled(parts, stands, facts, kind)
    if kind is NoticeKind.colleague:
        return settled, _not_to_colleague(parts, facts)
    call = _to_caller(facts, kind)
    if call is not None:
        # Who cannot be told is called back all the same: only for what the law wants in writing a person is asked.
        if stands.is_statutory():
            return settled, [BY_TELEPHONE]
        return [*settled, *await may_not_text_now(parts, stands, call, kind, compiled)], []
    if _by_sms(parts, stands, facts, compiled, kind) or _on_paper(parts, stands, facts):
        return settled, list(facts.reading.may_not_because)
    reasons = may_not_tell(facts.reading, parts.identity.own_addresses, compiled.document)
    if stands.item.quarantine_code == Infected.code and not is_authenticated(
        facts.reading, parts.identity.trusted_authserv_ids
    ):
        reasons.append("it is infected and its sender is not proven: such mail is mostly forged")
    return settled, reasons


async def _settled(parts: Parts, stands: Standing, facts: ItemFacts, kind: NoticeKind) -> list[str]:
    item = stands.item
    settled: list[str] = []
    if item.adds_to_item_id:
        settled.append(f"it adds to {facts.adds_to}, whose sender has been told")
    answered = await answered_at(parts.ledger, item) if kind in _FIRST_WORDS else None
    if answered is not None:
        settled.append(because_answered(answered))
    if item.status == Status.filed:
        settled.append(f"filed: {item.filed_because}")
    if facts.reading.call is not None and item.status == Status.completed:
        settled.append("the caller was spoken to before they could be told")
    if facts.spoken_by is not None and facts.spoken_by.basis is Basis.attached and kind in _FIRST_WORDS:
        message_id, person = facts.reading.message_id, facts.spoken_by.person
        reference = await told_about(parts.ledger, item.item_id, message_id, person.address)
        if reference is not None:
            settled.append(f"its sender was told about the same message: {reference}")
    return settled


def _to_caller(facts: ItemFacts, kind: NoticeKind) -> CallFacts | None:
    """Return the call whose caller is told in a text message, or not at all; None where there is a better way."""
    return facts.reading.call if kind in _IN_SMS and not facts.reading.sender.address else None


def _on_paper(parts: Parts, stands: Standing, facts: ItemFacts) -> tuple[str, ...]:
    """Return the address to which the sender is told on paper, where letters are written; else nothing."""
    if parts.letters is None:
        return ()
    return on_paper(facts.reading, is_statutory=stands.is_statutory())


def _by_sms(parts: Parts, stands: Standing, facts: ItemFacts, compiled: CompiledConfiguration, kind: NoticeKind) -> str:
    """Return the number to which the sender is told in a text message, where those are sent; else nothing."""
    if parts.sms is None or kind not in _IN_SMS or stands.is_statutory():
        return ""
    call = _to_caller(facts, kind)
    if call is not None:
        return call.caller
    return by_sms(facts.reading, compiled.document, categories=[row.category for row in stands.assignments])


def _not_to_colleague(parts: Parts, facts: ItemFacts) -> list[str]:
    colleague = facts.spoken_by.colleague if facts.spoken_by else None
    if colleague is None or colleague.address.lower() in parts.identity.own_addresses:
        return ["it was passed on from one of our own mailboxes"]
    return []


def _asked(stands: Standing, facts: ItemFacts, kind: NoticeKind, reasons: list[str]) -> Iterator[TaskIntent]:
    """Yield what a person must do, since the sender is not told."""
    if CLAIMED in reasons and stands.assignments and stands.assignments[0].answer != Answer.none:
        yield TaskIntent(TaskKind.confirm_sender, CLAIMED)
    elif _is_owed(stands, facts, kind):
        yield TaskIntent(TaskKind.untold, "; ".join(reasons))


def _is_owed(stands: Standing, facts: ItemFacts, kind: NoticeKind) -> bool:
    """Say whether a person must tell the sender, since the gateway does not: what could not be read, what the law wants
    confirmed (Awb 6:14, 9:6), and whoever wrote on paper and whose address was not surely read. Nobody waits behind a
    machine.
    """
    if kind not in _FIRST_WORDS or facts.reading.is_automatic:
        return False
    is_awaited = facts.channel is Channel.post and any(row.answer != Answer.none for row in stands.assignments)
    return is_awaited or stands.is_statutory() or stands.item.status == Status.quarantined


def _said(
    parts: Parts, stands: Standing, facts: ItemFacts, compiled: CompiledConfiguration, kind: NoticeKind, closing: str
) -> NoticeIntent:
    """Return the notice in its words, with a closing paragraph; withheld where the configuration has none for it."""
    if kind is NoticeKind.looked_at:
        return _rendered(
            parts, stands, facts, compiled, kind, compose_looked_at(facts, compiled, TRIAGE), None, closing
        )
    assignment = assignment_facts(_least_certain(stands, kind))
    is_sms = bool(_by_sms(parts, stands, facts, compiled, kind))
    if kind is NoticeKind.colleague:
        receipt = compose_colleague(facts, assignment, compiled)
        if receipt is None:
            return _withheld(stands, kind, ["there is no text `colleague`"])
        return _rendered(parts, stands, facts, compiled, kind, receipt, None, closing)
    if kind is NoticeKind.correction:
        words = compose_correction(facts, assignment, compiled, is_sms=is_sms)
        return _rendered(parts, stands, facts, compiled, kind, words, assignment.promise, closing)
    if assignment.answer is Answer.none:
        return _withheld(stands, kind, [f"category `{assignment.category}` is not acknowledged"])
    composed = compose_acknowledgement(facts, assignment, compiled, datetime.now(UTC), is_sms=is_sms)
    adding = [] if is_sms else [one for one in compiled.overlays if one.words_for(assignment.category)]
    if composed is None:
        why = "it is a closed envelope" if facts.reading.is_envelope else "the promised date has passed"
        return _withheld(stands, kind, [f"{why} and there is no text `receipt_only`"])
    words, told = composed
    extra = "\n\n".join(one.words_for(assignment.category) for one in adding)
    if extra:
        words = replace(words, body=f"{words.body.rstrip()}\n\n{extra}\n")
    said = _rendered(parts, stands, facts, compiled, kind, words, told, closing)
    return replace(said, overlays=tuple(one.overlay_id for one in adding))


def _least_certain(stands: Standing, kind: NoticeKind) -> Any:
    """Return the assignment that the notice speaks of: for a correction the one with the latest date, else the one that
    the law wants confirmed.
    """
    if kind is NoticeKind.correction:
        return max((row for row in stands.assignments if row.due_on), key=lambda row: row.due_on)
    return next((row for row in stands.assignments if row.is_statutory), stands.assignments[0])


def _ordinal(stands: Standing, kind: NoticeKind) -> int:
    return 1 + len([notice for notice in stands.notices if notice.kind == kind])


def _withheld(stands: Standing, kind: NoticeKind, reasons: list[str]) -> NoticeIntent:
    return NoticeIntent(
        notice_id=str(uuid4()), kind=kind, ordinal=_ordinal(stands, kind), withheld_because=tuple(reasons)
    )


def _rendered(
    parts: Parts,
    stands: Standing,
    facts: ItemFacts,
    compiled: CompiledConfiguration,
    kind: NoticeKind,
    words: Words,
    told: Promise | None,
    closing: str,
) -> NoticeIntent:
    body = f"{words.body.rstrip()}\n\n{closing.strip()}\n" if closing else words.body
    said = NoticeIntent(
        notice_id=str(uuid4()),
        kind=kind,
        ordinal=_ordinal(stands, kind),
        subject=words.subject,
        body=body,
        told_due_on=told.due_on if told else None,
    )
    number = _by_sms(parts, stands, facts, compiled, kind)
    if number:
        # As it was checked for length: without a closing.
        text = words.body.strip()
        return replace(said, channel=NoticeChannel.sms, body=text, rcpt_to=number, message=text.encode())
    lines = () if kind is NoticeKind.colleague else _on_paper(parts, stands, facts)
    return _as_letter(parts, facts, compiled, said, lines) if lines else _as_mail(parts, stands, facts, said)


def _as_letter(
    parts: Parts, facts: ItemFacts, compiled: CompiledConfiguration, said: NoticeIntent, lines: tuple[str, ...]
) -> NoticeIntent:
    assert parts.letters is not None
    letter = parts.letters(
        NoticeLetter(
            address_lines=lines,
            subject=said.subject,
            body=said.body,
            reference=facts.reference,
            written_on=datetime.now(compiled.zone).date(),
        )
    )
    return replace(said, channel=NoticeChannel.post, rcpt_to=", ".join(lines), message=letter)


def _as_mail(parts: Parts, stands: Standing, facts: ItemFacts, said: NoticeIntent) -> NoticeIntent:
    identity, kind = parts.identity, said.kind
    # The colleague is answered in the mail that they sent.
    reading = read_from(stands.item) if kind is NoticeKind.colleague else facts.reading
    suffix = f"{kind.value.replace('_', '-')}-{said.ordinal}"
    envelope, message = parts.notices(
        NoticeMail(
            to_address=reading.sender.address,
            subject=said.subject,
            body=said.body,
            message_id=message_id(facts.reference, identity.thread_key, identity.message_id_domain, suffix),
            reference=facts.reference,
            in_reply_to=reading.message_id,
            references=reading.reply_to_ids,
            answers_message=kind is not NoticeKind.correction,
            loop_mark=loop_mark(facts.reference, identity.thread_key),
        )
    )
    return replace(
        said,
        mail_from=envelope.mail_from,
        rcpt_to=envelope.rcpt_to[0],
        message=message,
        thread_id=next(iter(reading.reply_to_ids), reading.message_id),
    )
