"""Forward: the department's system holds the item once per round, and its own id for it is known."""

from __future__ import annotations

from typing import Any

from inbox.errors import (
    AnswerLost,
    BytesMissing,
    ConfidentialityForbids,
    Conflict,
    DestinationPaused,
    DestinationRefused,
    GatewayError,
    RecipientRefused,
    SettingsInvalid,
)
from inbox.handover import Handover
from inbox.item import ForwardState
from inbox.ports import Claim, Delivered, DepartmentSystem
from store.destinations import pause_of
from store.events import record_failure
from store.forwarding import (
    claim_forward,
    doubt_forward,
    forward_row,
    note_forward_trouble,
    note_withdrawal_trouble,
    redate_forward,
    settle_delivered,
    settle_failed,
    settle_withdrawn,
)
from store.reading import item_row
from workflows.attempts import (
    DOUBTS_ALLOWED,
    WITHDRAWS_FOR,
    Turn,
    is_over_time,
    named,
    pause_after_doubts,
    require_claim_over,
    written,
)
from workflows.parts import Parts

_FINAL = (DestinationRefused, RecipientRefused)


async def forward(parts: Parts, forward_id: str) -> str:
    """Deliver the forward and return its state. Raises what makes another attempt worth while."""
    row = await forward_row(parts.ledger, forward_id)
    if not ForwardState(row.state).is_open or row.state == ForwardState.withdrawing:
        return str(row.state)
    handover = Handover.model_validate(row.handover)
    if handover.confidentiality > handover.destination.up_to:
        await settle_failed(parts.ledger, row, _too_confidential(handover))
        return str(ForwardState.failed)
    if row.state == ForwardState.sending:
        await require_claim_over(parts.claim_lasts, row, lambda: redate_forward(parts.ledger, row))
        await doubt_forward(parts.ledger, row)
        row = await forward_row(parts.ledger, forward_id)
    paused = await pause_of(parts.ledger, handover.department, handover.destination)
    if paused is not None:
        # It waits, however long, and is never given up meanwhile.
        waits = DestinationPaused(f"paused by {paused.paused_by}: it goes on when the destination does")
        if row.trouble_code != waits.code:
            await note_forward_trouble(parts.ledger, row, waits, claim_id=None)
        raise waits
    return await _attempt(parts, row, handover)


def _too_confidential(handover: Handover) -> ConfidentialityForbids:
    """The configuration checks categories; what a person reroutes, splits or returns is checked here."""
    return ConfidentialityForbids(
        f"the item is `{handover.confidentiality.name}` and the {handover.destination.kind} of department"
        f" `{handover.department}` holds up to `{handover.destination.up_to.name}`: reroute it, or raise `up_to`"
    )


async def _attempt(parts: Parts, row: Any, handover: Handover) -> str:
    turn = Turn(parts.claim_lasts, lambda: claim_forward(parts.ledger, row.forward_id))
    try:
        async with turn.bounded():
            delivered = await _deliver(parts, row, handover, turn.claim)
    except Conflict:
        return await _state(parts, row)
    except Exception as error:
        if turn.claim_id is not None and _may_have_arrived(error):
            claim_id = turn.claim_id
            await written(lambda: _doubt(parts, row, claim_id))
            if isinstance(error, AnswerLost) and not _system(parts, handover).repeats_safely:
                error.retry_after_seconds = pause_after_doubts(row.doubts + 1)
        else:
            await _note_trouble(parts, row, named(error), turn.claim_id)
        # An answer that is lost without a claim is that of the attempts before: they were the last.
        is_final = isinstance(error, _FINAL) or (isinstance(error, AnswerLost) and turn.claim_id is None)
        if not is_final and not is_over_time(max(row.made_at, row.tried_from or row.made_at)):
            raise
        await settle_failed(parts.ledger, row, named(error))
        return await _state(parts, row)
    await written(lambda: settle_delivered(parts.ledger, row, delivered))
    return str(ForwardState.delivered)


def _may_have_arrived(error: Exception) -> bool:
    """Say whether the destination may hold it, once the attempt had claimed."""
    return isinstance(error, AnswerLost) or not isinstance(error, GatewayError)


async def _doubt(parts: Parts, row: Any, claim_id: str) -> None:
    current = await forward_row(parts.ledger, row.forward_id)
    if current.claim_id == claim_id:
        await doubt_forward(parts.ledger, current)


async def _note_trouble(parts: Parts, row: Any, error: GatewayError, claim_id: str | None) -> None:
    if claim_id is None:
        await note_forward_trouble(parts.ledger, row, error, claim_id=None)
    else:
        # The claim is let go, or what did not leave the house would become a doubt.
        await written(lambda: note_forward_trouble(parts.ledger, row, error, claim_id=claim_id))


async def _state(parts: Parts, row: Any) -> str:
    return str((await forward_row(parts.ledger, row.forward_id)).state)


async def _deliver(parts: Parts, row: Any, handover: Handover, claim: Claim) -> Delivered:
    """Look it up when it is in doubt; else, or when it is not there, deliver it."""
    system = _system(parts, handover)
    if row.state == ForwardState.in_doubt:
        found = await system.look_up(handover)
        if found is not None:
            return found
        if row.doubts > DOUBTS_ALLOWED and not system.repeats_safely:
            raise AnswerLost("it may be there: ask the department, then `retry`")
    original = await _original(parts, row)
    handover, scan = await _with_scan(parts, handover, encloses=system.encloses)
    prepared = await _prepared(parts, row.forward_id, system, handover, original, scan)
    return await system.deliver(handover, original, prepared, claim, scan)


async def withdraw(parts: Parts, forward_id: str) -> str:
    """Tell the destination that the forward is no longer theirs. Raises what makes another attempt worth while."""
    row = await forward_row(parts.ledger, forward_id)
    if row.state != ForwardState.withdrawing:
        return str(row.state)
    if row.claim_id is not None and not row.remote_id:
        # An attempt may be speaking at this moment; its word must come before ours.
        await require_claim_over(parts.claim_lasts, row, lambda: redate_forward(parts.ledger, row), asks_often=True)
    handover = Handover.model_validate(row.withdrawal)
    try:
        system = _system(parts, handover)
        prepared = await _prepared(parts, f"{forward_id}-withdrawal", system, handover, b"")
        await system.deliver(handover, b"", prepared, _claim_nothing)
    except Exception as error:
        error = named(error)
        await note_withdrawal_trouble(parts.ledger, row, error)
        if not isinstance(error, _FINAL) and not is_over_time(row.made_at, WITHDRAWS_FOR):
            raise error from None
        # They refuse to hear it, or are away too long. A person reads it on the item; the next round goes on.
        await settle_failed(parts.ledger, row, error)
        return str(ForwardState.failed)
    await written(lambda: settle_withdrawn(parts.ledger, row, ForwardState.withdrawn))
    return str(ForwardState.withdrawn)


async def _claim_nothing() -> None:
    """A withdrawal may be said twice: it opens nothing."""


def _system(parts: Parts, handover: Handover) -> DepartmentSystem:
    kind = handover.destination.kind
    if kind not in parts.systems:
        raise SettingsInvalid(f"department `{handover.department}` has a destination of unknown kind `{kind}`")
    return parts.systems[kind]


async def _original(parts: Parts, row: Any) -> bytes:
    item = await item_row(parts.ledger, row.item_id)
    return await parts.bytes.get(item.delivery_id)


async def _with_scan(parts: Parts, handover: Handover, *, encloses: bool) -> tuple[Handover, bytes]:
    """Return the handover with the bytes of its scan file. Where those are gone the letter goes without: it is whole
    by itself.
    """
    if handover.scan is None or not encloses:
        return handover, b""
    try:
        return handover, await parts.bytes.get(handover.scan.delivery_id)
    except BytesMissing as error:
        await record_failure(parts.ledger, handover.forward_id, error)
        return handover.model_copy(update={"scan": None}), b""


async def _prepared(
    parts: Parts, name: str, system: DepartmentSystem, handover: Handover, original: bytes, scan: bytes = b""
) -> bytes:
    """Return the outward message, rendered and stored once. Two attempts that render it at the same moment both get
    the one that was stored first.
    """
    if await parts.bytes.size(name) is None:
        await parts.bytes.put_all({name: system.prepare(handover, original, scan)})
    return await parts.bytes.get(name)
