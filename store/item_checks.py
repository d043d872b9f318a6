"""What must hold for items, copies, notices and forwards, as questions to the ledger that find what does not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, case, cast, func, literal, or_, select

from inbox.channel import Channel
from inbox.configuration.model import TRIAGE
from inbox.item import ForwardRole, ForwardState, NoticeChannel, NoticeKind, NoticeState, Status
from inbox.reconciliation import Difference, Kind
from store.again import is_again
from store.call_tables import call_backs, call_logs
from store.checks import Check, found_by
from store.flag_tables import overlays
from store.ledger import Ledger
from store.tables import assignments, claims, deliveries, events, forward_steps, forwards, items, notices

_ELSEWHERE = [str(Status.linked), str(Status.discarded)]
"""Where an item does not go its own way."""

_PAST_FORWARDING = [str(status) for status in (Status.forwarded, Status.accepted, Status.returned, Status.completed)]


def differing(
    ledger: Ledger, source_id: str | None, *, settled_before: datetime, pause: timedelta
) -> AsyncIterator[Difference]:
    """Give what does not hold; each is looked at once more before it is given.

    `settled_before`: what changed later may be work in progress.
    """
    return found_by(_CHECKS, ledger, source_id, settled_before=settled_before, pause=pause)


def _of_item(*more: ColumnElement[Any]) -> Select[Any]:
    return select(items.c.source_id, items.c.delivery_id, items.c.item_id, items.c.reference, *more)


def _named(kind: str, value: ColumnElement[Any]) -> ColumnElement[str]:
    return (literal(f"{kind} ") + value).label("detail")


_letters = deliveries.alias("letters")


def _without_item(settled_before: datetime) -> Select[Any]:
    return (
        select(deliveries.c.source_id, deliveries.c.key_space, deliveries.c.position, deliveries.c.delivery_id)
        .outerjoin(_letters, _letters.c.part_of == deliveries.c.delivery_id)
        .where(
            deliveries.c.kept_at < settled_before,
            # A scan file that was taken apart lives on in its letters.
            _letters.c.delivery_id.is_(None),
            ~select(items.c.item_id).where(items.c.delivery_id == deliveries.c.delivery_id).exists(),
            # Nor has a call log one (store/call_checks.py).
            ~select(call_logs.c.delivery_id).where(call_logs.c.delivery_id == deliveries.c.delivery_id).exists(),
        )
    )


def _letter_missing(_: datetime) -> Select[Any]:
    held = (
        select(func.count()).select_from(_letters).where(_letters.c.part_of == deliveries.c.delivery_id)
    ).scalar_subquery()
    return select(
        deliveries.c.source_id,
        deliveries.c.key_space,
        deliveries.c.position,
        deliveries.c.delivery_id,
        _named("holds", cast(held, String) + literal(" of ") + cast(deliveries.c.letter_count, String)),
    ).where(deliveries.c.letter_count.is_not(None), deliveries.c.letter_count != held)


def _goes_its_way(table: Any) -> ColumnElement[bool]:
    """Say in SQL: it is no copy, nor did a person let it begin again after another took its place."""
    reopened = select(events.c.event_id).where(events.c.item_id == table.c.item_id, events.c.kind == "reopen")
    return and_(table.c.status.not_in(_ELSEWHERE), table.c.is_link_settled, ~reopened.exists())


def _handled_twice(_: datetime) -> Select[Any]:
    other = items.alias("other")
    return (
        _of_item(_named("the other is", func.min(other.c.reference)))
        .join(other, and_(other.c.fingerprint == items.c.fingerprint, other.c.item_id < items.c.item_id))
        .where(_goes_its_way(items), _goes_its_way(other))
        .group_by(items.c.item_id)
    )


_original = items.alias("original")


def _copy_of_a_copy(_: datetime) -> Select[Any]:
    return (
        _of_item(_named("points at", _original.c.reference))
        .join(_original, _original.c.item_id == items.c.original_item_id)
        .where(items.c.status == str(Status.linked), _original.c.status == str(Status.linked))
    )


def _copy_without_original(_: datetime) -> Select[Any]:
    return (
        _of_item(_named("points at", func.coalesce(_original.c.reference, "nothing")))
        .outerjoin(_original, _original.c.item_id == items.c.original_item_id)
        .where(
            items.c.status == str(Status.linked),
            or_(
                _original.c.item_id.is_(None),
                # A message that was discarded stays so when its source shows it again.
                and_(_original.c.status == str(Status.discarded), ~is_again(items)),
            ),
        )
    )


_holder = items.alias("holder")
_lives_on_in = case((_holder.c.status == str(Status.linked), _holder.c.original_item_id), else_=_holder.c.item_id)
"""A person may link the holder of a claim to an item with another fingerprint: then the claim lives on there."""


def _copy_without_claim(_: datetime) -> Select[Any]:
    claimed = (
        select(claims.c.fingerprint)
        .join(_holder, _holder.c.item_id == claims.c.item_id)
        .where(claims.c.fingerprint == items.c.fingerprint, _lives_on_in == items.c.original_item_id)
    )
    return (
        _of_item(_named("points at", _original.c.reference))
        .join(_original, _original.c.item_id == items.c.original_item_id)
        .where(
            items.c.status == str(Status.linked),
            _original.c.status.not_in(_ELSEWHERE),
            # A person may link what has other words.
            _original.c.fingerprint == items.c.fingerprint,
            ~claimed.exists(),
        )
    )


def _claim_astray(_: datetime) -> Select[Any]:
    return (
        _of_item(claims.c.fingerprint.label("name"), _named("its holder is", items.c.status))
        .join(items, items.c.item_id == claims.c.item_id)
        .outerjoin(_original, _original.c.item_id == items.c.original_item_id)
        .where(
            or_(
                items.c.status == str(Status.discarded),
                and_(
                    items.c.status == str(Status.linked),
                    or_(_original.c.item_id.is_(None), _original.c.status.in_(_ELSEWHERE)),
                ),
            )
        )
    )


def _claim_missing(_: datetime) -> Select[Any]:
    return _of_item(items.c.fingerprint.label("name")).where(
        items.c.fingerprint.is_not(None),
        items.c.is_link_settled,
        items.c.status.not_in([*_ELSEWHERE, str(Status.quarantined)]),
        ~select(claims.c.fingerprint).where(claims.c.fingerprint == items.c.fingerprint).exists(),
    )


def _notice_of_item(*where: ColumnElement[bool]) -> ColumnElement[bool]:
    return select(notices.c.notice_id).where(notices.c.item_id == items.c.item_id, *where).exists()


def _untold(settled_before: datetime) -> Select[Any]:
    # What was rendered and then withheld, because the item ended, is thought over when it begins again.
    # So is what was paused, once it may be told.
    is_said = and_(notices.c.message.is_(None), notices.c.resumed_at.is_(None))
    counts = or_(notices.c.state != str(NoticeState.withheld), is_said)
    set_aside = items.c.status == str(Status.quarantined)
    looked_at = notices.c.kind == str(NoticeKind.looked_at)
    acknowledged = notices.c.kind == str(NoticeKind.acknowledgement)
    return _of_item(_named("it is", items.c.status)).where(
        items.c.held_because.is_(None),
        items.c.changed_at < settled_before,
        # A drive that is wanted still is work in progress.
        items.c.drive_wanted.is_(None),
        or_(
            and_(set_aside, ~_notice_of_item(looked_at, counts)),
            and_(
                ~set_aside,
                items.c.status.not_in([*_ELSEWHERE, str(Status.received)]),
                items.c.decided_version.is_not(None),
                ~_notice_of_item(acknowledged, counts),
            ),
        ),
    )


def _delivered(*where: ColumnElement[bool]) -> Select[Any]:
    # What came back was delivered as far as we could see: it is a person's task, and no loss.
    came_back = (
        select(forward_steps.c.step_id)
        .where(forward_steps.c.forward_id == forwards.c.forward_id, forward_steps.c.step == "returned")
        .exists()
    )
    return select(forwards.c.forward_id).where(
        forwards.c.assignment_id == assignments.c.assignment_id,
        forwards.c.role == str(ForwardRole.acting),
        or_(forwards.c.state == str(ForwardState.delivered), came_back),
        *where,
    )


def _not_forwarded(settled_before: datetime) -> Select[Any]:
    return (
        _of_item(assignments.c.assignment_id.label("name"), _named("its assignment is", assignments.c.status))
        .join(assignments, assignments.c.item_id == items.c.item_id)
        .where(
            assignments.c.status.in_(_PAST_FORWARDING),
            # Triage may be accepted and completed before its own department has it.
            assignments.c.category != TRIAGE,
            items.c.status.not_in(_ELSEWHERE),
            items.c.changed_at < settled_before,
            ~_delivered(forwards.c.round == assignments.c.round).exists(),
            # Whoever was spoken to is called back by nobody: the forward was taken back.
            ~select(call_backs.c.item_id)
            .where(call_backs.c.item_id == items.c.item_id, call_backs.c.settled_by.is_not(None))
            .exists(),
        )
    )


def _forwarded_twice(_: datetime) -> Select[Any]:
    counted = (
        select(forwards.c.assignment_id, forwards.c.round)
        .where(forwards.c.role == str(ForwardRole.acting), forwards.c.state == str(ForwardState.delivered))
        .group_by(forwards.c.assignment_id, forwards.c.round)
        .having(func.count() > 1)
        .subquery()
    )
    return (
        _of_item(assignments.c.assignment_id.label("name"))
        .join(assignments, assignments.c.item_id == items.c.item_id)
        .where(assignments.c.assignment_id.in_(select(counted.c.assignment_id)))
    )


def _telling_failed(_: datetime) -> Select[Any]:
    # A caller who was not told that they are called back hears it by being called.
    is_called_back = and_(
        items.c.channel == str(Channel.phone),
        notices.c.channel == str(NoticeChannel.sms),
        notices.c.kind == str(NoticeKind.acknowledgement),
    )
    return (
        _of_item(notices.c.notice_id.label("name"), _named("trouble", func.coalesce(notices.c.trouble_code, "unknown")))
        .join(notices, notices.c.item_id == items.c.item_id)
        .where(notices.c.state.in_([str(NoticeState.failed), str(NoticeState.undelivered)]), ~is_called_back)
    )


def _still_paused(settled_before: datetime) -> Select[Any]:
    ended_at = func.coalesce(overlays.c.ended_at, overlays.c.ends_at)
    return (
        _of_item(notices.c.notice_id.label("name"), _named("paused by", notices.c.paused_by))
        .join(notices, notices.c.item_id == items.c.item_id)
        .outerjoin(overlays, overlays.c.overlay_id == notices.c.paused_by)
        .where(
            notices.c.paused_by.is_not(None),
            notices.c.resumed_at.is_(None),
            notices.c.made_at < settled_before,
            or_(overlays.c.overlay_id.is_(None), ended_at < settled_before),
        )
    )


_CHECKS = (
    Check(Kind.without_item, deliveries.c.delivery_id, _without_item, deliveries.c.source_id),
    Check(Kind.letter_missing, deliveries.c.delivery_id, _letter_missing, deliveries.c.source_id),
    Check(Kind.handled_twice, items.c.item_id, _handled_twice, items.c.source_id),
    Check(Kind.copy_of_a_copy, items.c.item_id, _copy_of_a_copy, items.c.source_id),
    Check(Kind.copy_without_original, items.c.item_id, _copy_without_original, items.c.source_id),
    Check(Kind.copy_without_claim, items.c.item_id, _copy_without_claim, items.c.source_id),
    Check(Kind.claim_astray, claims.c.fingerprint, _claim_astray, items.c.source_id),
    Check(Kind.claim_missing, items.c.item_id, _claim_missing, items.c.source_id),
    Check(Kind.untold, items.c.item_id, _untold, items.c.source_id),
    Check(Kind.not_forwarded, assignments.c.assignment_id, _not_forwarded, items.c.source_id),
    Check(Kind.forwarded_twice, assignments.c.assignment_id, _forwarded_twice, items.c.source_id),
    Check(Kind.telling_failed, notices.c.notice_id, _telling_failed, items.c.source_id),
    Check(Kind.still_paused, notices.c.notice_id, _still_paused, items.c.source_id),
)
