"""From the ledger's rows to what the API shows of an item."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.api.flag_shapes import flag_line
from gateway.api.item_shapes import (
    AssignmentAccount,
    AssignmentLine,
    CallAccount,
    CallBackAccount,
    CorrespondentAccount,
    DeliveryAccount,
    EventLine,
    ForwardLine,
    ItemAccount,
    ItemLine,
    ItemState,
    LeftPageLine,
    LetterFieldLine,
    LinkLine,
    NoticeLine,
    PageLine,
    PagesAccount,
    PartLine,
    Quarantine,
    QuarantineAccount,
    ReadingAccount,
    ScanAccount,
    StepLine,
    TaskAccount,
    TraceLine,
    Trouble,
)
from inbox.correspondent import Basis
from inbox.reading import Reading
from inbox.unfolding import UnfoldingRecord
from store.listing import Account, ListedItem
from store.unfolding import ordinal_of


def item_line(listed: ListedItem) -> ItemLine:
    """Return one line of a list."""
    row = listed.item
    return ItemLine(
        item_id=row.item_id,
        reference=row.reference,
        channel=row.channel,
        source=row.source_id,
        status=row.status,
        version=row.version,
        confidentiality=row.confidentiality,
        received_at=row.received_at,
        subject=row.subject,
        sender_address=row.sender_address,
        language=row.language or None,
        held_because=row.held_because,
        quarantine=Quarantine(code=row.quarantine_code) if row.quarantine_code else None,
        assignments=_assignment_lines(listed),
    )


def item_state(listed: ListedItem, action_id: str) -> ItemState:
    """Return where the item stands after an action."""
    row = listed.item
    return ItemState(
        item_id=row.item_id,
        reference=row.reference,
        status=row.status,
        version=row.version,
        confidentiality=row.confidentiality,
        held_because=row.held_because,
        changed_at=row.changed_at,
        action_id=action_id,
        assignments=_assignment_lines(listed),
    )


def item_account(account: Account, flags: Sequence[Any] = (), *, shows_details: bool) -> ItemAccount:
    """Return everything about an item. `flags`: those raised on it; `shows_details`: also what servers answered, for
    administrators.
    """
    row = account.item
    reading = Reading.model_validate(row.reading) if row.reading else None
    return ItemAccount(
        item_id=row.item_id,
        reference=row.reference,
        channel=row.channel,
        source=row.source_id,
        status=row.status,
        version=row.version,
        confidentiality=row.confidentiality,
        received_at=row.received_at,
        made_at=row.made_at,
        changed_at=row.changed_at,
        held_because=row.held_because,
        hold_reason=row.hold_reason,
        released_at=row.released_at,
        labels=row.labels or [],
        filed_because=row.filed_because,
        configuration_version=row.decided_version,
        correspondent=_correspondent(row),
        reading=_reading(reading) if reading else None,
        call=CallAccount.model_validate(reading.call, from_attributes=True) if reading and reading.call else None,
        call_back=_call_back(account.call_back),
        quarantine=_quarantine(row),
        delivery=_delivery(account),
        progress=PagesAccount(done=row.pages_done, of=row.pages_of) if row.pages_of and not row.reading else None,
        assignments=[AssignmentAccount.model_validate(below, from_attributes=True) for below in account.assignments],
        trace=[TraceLine.model_validate(step) for step in row.trace or ()],
        links=[_link(link, is_from_here=True) for link in account.links_out]
        + [_link(link, is_from_here=False) for link in account.links_in],
        events=[_event(event) for event in account.events],
        forwards=[_forward(forward, account, shows_details) for forward in account.forwards],
        notices=[_notice(notice, shows_details) for notice in account.notices],
        tasks=[TaskAccount.model_validate(task, from_attributes=True) for task in account.tasks],
        flags=[flag_line(flag) for flag in flags],
    )


def _assignment_lines(listed: ListedItem) -> list[AssignmentLine]:
    return [AssignmentLine.model_validate(row, from_attributes=True) for row in listed.assignments]


def _event(event: Any) -> EventLine:
    return EventLine(
        at=event.at,
        actor=event.actor,
        kind=event.kind,
        from_status=event.from_status,
        to_status=event.to_status,
        reason=event.reason,
        action_id=event.action_id,
        overlays=(event.about or {}).get("overlays", []),
    )


def _delivery(account: Account) -> DeliveryAccount:
    row = account.delivery
    return DeliveryAccount(
        delivery_id=row.delivery_id,
        media_type=row.media_type,
        received_at=row.received_at,
        received_basis=row.received_basis,
        sha256=row.sha256,
        size_bytes=row.size_bytes,
        kept_at=row.kept_at,
        confirmed_at=row.confirmed_at,
        scan=_scan(account.scan, ordinal_of(row.position)) if account.scan is not None else None,
    )


def _call_back(row: Any) -> CallBackAccount | None:
    if row is None:
        return None
    return CallBackAccount(
        calls=row.calls_count,
        first_at=row.first_at,
        latest_at=row.latest_at,
        settled_by=row.settled_by,
        settled_at=row.settled_at,
    )


def _scan(row: Any, ordinal: int) -> ScanAccount:
    record = UnfoldingRecord.model_validate(row.unfolded)
    return ScanAccount(
        delivery_id=row.delivery_id,
        media_type=row.media_type,
        sha256=row.sha256,
        size_bytes=row.size_bytes,
        kept_at=row.kept_at,
        pages=record.pages,
        letters=len(record.letters),
        ordinal=ordinal,
        own_pages=list(record.letters[ordinal - 1]),
        left_pages=[LeftPageLine.model_validate(left, from_attributes=True) for left in record.remainders],
        scanner=dict(record.scanner),
    )


def _reading(reading: Reading) -> ReadingAccount:
    return ReadingAccount(
        sender_address=reading.sender.address,
        sender_name=reading.sender.name,
        recipients=list(reading.recipients),
        addressed_as=reading.addressed_as,
        addressed_to=list(reading.addressed_to),
        subject=reading.subject,
        text=reading.text,
        language=reading.language or None,
        sent_at=reading.sent_at,
        parts=[PartLine(name=p.name, media_type=p.media_type, size_bytes=p.size_bytes) for p in reading.parts],
        is_automatic=reading.is_automatic,
        automatic_evidence=list(reading.automatic_evidence),
        may_acknowledge=reading.may_acknowledge,
        may_not_because=list(reading.may_not_because),
        remarks=list(reading.remarks),
        pages=[PageLine.model_validate(page, from_attributes=True) for page in reading.pages],
        fields=[LetterFieldLine.model_validate(field, from_attributes=True) for field in reading.fields],
        is_envelope=reading.is_envelope,
    )


def _correspondent(row: Any) -> CorrespondentAccount | None:
    if row.correspondent_basis is None:
        return None
    basis = Basis(row.correspondent_basis)
    return CorrespondentAccount(
        address=row.sender_address,
        basis=basis,
        passed_on_by=Reading.model_validate(row.reading).sender.address if basis.is_passed_on else None,
        vouched_address=row.vouched_address,
    )


def _quarantine(row: Any) -> QuarantineAccount | None:
    if not row.quarantine_code:
        return None
    return QuarantineAccount(code=row.quarantine_code, detail=row.quarantine_detail or "")


def _link(row: Any, *, is_from_here: bool) -> LinkLine:
    return LinkLine(
        item_id=row.far_item_id,
        reference=row.reference,
        status=row.status,
        source=row.source_id,
        received_at=row.received_at,
        kind=row.kind,
        is_from_here=is_from_here,
        reason=row.reason,
        score=row.score,
        made_at=row.made_at,
        undone_at=row.undone_at,
    )


def _forward(row: Any, account: Account, shows_details: bool) -> ForwardLine:
    return ForwardLine(
        forward_id=row.forward_id,
        assignment_id=row.assignment_id,
        department=row.department,
        destination_kind=row.destination_kind,
        role=row.role,
        round=row.round,
        state=row.state,
        attempts=row.attempts,
        doubts=row.doubts,
        remote_id=row.remote_id,
        made_at=row.made_at,
        settled_at=row.settled_at,
        trouble=_trouble(row, shows_details),
        steps=[
            StepLine(step=step.step, at=step.at, code=step.code, detail=step.detail if shows_details else None)
            for step in account.steps[row.forward_id]
        ],
    )


def _notice(row: Any, shows_details: bool) -> NoticeLine:
    return NoticeLine(
        notice_id=row.notice_id,
        kind=row.kind,
        channel=row.channel,
        state=row.state,
        withheld_because=row.withheld_because or [],
        subject=row.subject,
        body=row.body,
        told_due_on=row.told_due_on,
        attempts=row.attempts,
        doubts=row.doubts,
        remote_id=row.remote_id,
        made_at=row.made_at,
        settled_at=row.settled_at,
        trouble=_trouble(row, shows_details),
    )


def _trouble(row: Any, shows_details: bool) -> Trouble | None:
    if not row.trouble_code:
        return None
    return Trouble(code=row.trouble_code, detail=row.trouble_detail if shows_details else None)
