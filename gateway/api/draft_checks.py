"""Before a draft is published: is it valid, what does it change, and what was published meanwhile."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from gateway.api.access import CallerHere, GuardedRoute, PartsHere
from gateway.api.described import answers
from gateway.api.draft_shapes import (
    DifferenceList,
    DocumentFault,
    DocumentWarning,
    DraftLine,
    Rebasing,
    Validation,
    VersionNumber,
    difference_lines,
)
from gateway.api.drafts import DraftId, with_tag
from gateway.api.pointers import pointer
from gateway.api.preconditions import PreconditionHere
from inbox.configuration.difference import differences
from inbox.configuration.findings import findings
from inbox.configuration.load import configuration_of
from inbox.errors import ConfigurationInvalid
from store.configurations import version_content, version_in_force
from store.drafts import read_draft, rebase_draft
from workflows.watching_words import watched_words

router = APIRouter(prefix="/v1/drafts/{draftId}", tags=["Drafts"], route_class=GuardedRoute)


@router.post("/validation", operation_id="validateDraft", summary="Validate a draft")
async def validate(
    parts: PartsHere,
    draft_id: DraftId,
    days: Annotated[
        int, Query(ge=0, le=366, description="Hold the words of rules against the items of so many days; 0: of none.")
    ] = 90,
) -> Validation:
    """Name everything that is wrong or odd in a draft, each with its place. Nothing is changed."""
    draft = await read_draft(parts.ledger, str(draft_id))
    try:
        configuration = await asyncio.to_thread(configuration_of, draft.content)
    except ConfigurationInvalid as invalid:
        faults = [DocumentFault(pointer=pointer(path), detail=sentence) for path, sentence in invalid.places]
        return Validation(
            is_valid=False, draft_version=draft.version, faults=faults, warnings=[], words_held_against=None
        )
    odd = list(await asyncio.to_thread(findings, configuration))
    watched = await watched_words(parts.ledger, configuration, days) if days else None
    if watched is not None:
        odd += watched.unmatched
    warnings = [DocumentWarning(code=one.code, pointer=one.pointer, detail=one.sentence) for one in odd]
    return Validation(
        is_valid=True,
        draft_version=draft.version,
        faults=[],
        warnings=warnings,
        words_held_against=watched.items if watched is not None else None,
    )


@router.get("/diff", operation_id="diffDraft", summary="Show what a draft changes")
async def diff(
    parts: PartsHere,
    draft_id: DraftId,
    against: Annotated[VersionNumber | None, Query(description="Compare with this version. Default: in force.")] = None,
) -> DifferenceList:
    """Show what a draft adds, removes and changes, and which rules it moves."""
    draft = await read_draft(parts.ledger, str(draft_id))
    version = against or await version_in_force(parts.ledger)
    old = await version_content(parts.ledger, version)
    found = await asyncio.to_thread(differences, old, draft.content)
    return DifferenceList(from_version=version, to_version=None, differences=difference_lines(found))


@router.post(
    "/rebase",
    operation_id="rebaseDraft",
    summary="Take over what was published meanwhile",
    openapi_extra=answers(409, 412, headers=("ETag",)),
)
async def rebase(
    response: Response,
    parts: PartsHere,
    caller: CallerHere,
    draft_id: DraftId,
    body: Rebasing,
    precondition: PreconditionHere,
) -> DraftLine:
    """Take what changed since the draft was begun over into it, part by part; it then changes what is in force."""
    draft = await rebase_draft(parts.ledger, str(draft_id), caller.name, precondition.holds, keeps_own=body.keeps_own)
    return with_tag(response, draft)
