"""Publishing a draft: now or at a moment, by one person or with a second one's approval."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from gateway.api.access import CallerHere, GuardedRoute, PartsHere
from gateway.api.described import answers
from gateway.api.draft_shapes import Approving, PublicationLine, Publishing
from gateway.api.drafts import DraftId
from gateway.api.preconditions import PreconditionHere
from store.publications import (
    Wish,
    approve_publication,
    publication_of,
    request_publication,
    withdraw_publication,
)

router = APIRouter(prefix="/v1/drafts/{draftId}/publication", tags=["Drafts"], route_class=GuardedRoute)


@router.post(
    "", operation_id="publishDraft", summary="Publish a draft", status_code=201, openapi_extra=answers(409, 412)
)
async def publish(
    parts: PartsHere, caller: CallerHere, draft_id: DraftId, body: Publishing, precondition: PreconditionHere
) -> PublicationLine:
    """Publish a draft, now or at a moment. Where the installation wants a second person, it is `requested` until another
    one approves. 400 names everything that is wrong in it; 409 when another version is in force than it was made from.
    """
    wish = Wish(body.reason, body.at, body.expected_version, body.withdraws_scheduled)
    row = await request_publication(
        parts.ledger, str(draft_id), caller.name, wish, precondition.holds, needs_second=parts.second_person
    )
    return _line(row)


@router.get("", operation_id="getPublication", summary="Show the publication of a draft")
async def show(parts: PartsHere, draft_id: DraftId) -> PublicationLine:
    """Show what became of the last wish to publish this draft."""
    return _line(await publication_of(parts.ledger, str(draft_id)))


@router.delete(
    "",
    operation_id="withdrawPublication",
    summary="Withdraw the publication of a draft",
    status_code=204,
    openapi_extra=answers(409),
)
async def withdraw(parts: PartsHere, caller: CallerHere, draft_id: DraftId) -> None:
    """Take back what is requested or scheduled; the draft can be changed again. What is in force is rolled back instead."""
    await withdraw_publication(parts.ledger, str(draft_id), caller.name)


@router.post(
    "/approval",
    operation_id="approvePublication",
    summary="Approve the publication of a draft",
    openapi_extra=answers(409, 412),
)
async def approve(
    parts: PartsHere, caller: CallerHere, draft_id: DraftId, body: Approving, precondition: PreconditionHere
) -> PublicationLine:
    """Approve what another person requested: it is published, or scheduled for its moment. With the `ETag` of the draft and
    the `publicationId` that were looked at, no other is approved.
    """
    row = await approve_publication(
        parts.ledger,
        str(draft_id),
        caller.name,
        precondition.holds,
        body.reason,
        publication_id=str(body.publication_id) if body.publication_id else None,
        withdraws_scheduled=body.withdraws_scheduled,
    )
    return _line(row)


def _line(row: Any) -> PublicationLine:
    return PublicationLine.model_validate(row, from_attributes=True)
