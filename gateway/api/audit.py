"""The audit trail: who changed what, and who looked at whose data."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field, StringConstraints

from gateway.api.access import GuardedRoute, PartsHere
from gateway.api.described import answers
from gateway.api.paging import next_link
from gateway.api.shapes import Asked, Moment, Shape
from store.audit_digests import ERASABLE
from store.audit_listing import AuditFilter, list_audit

router = APIRouter(prefix="/v1/audit", tags=["Audit"], route_class=GuardedRoute)

PAGE_LIMIT = 200

_Kind = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9._-]{0,59}$")]
_Plain = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
_Cursor = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,18}$")]


class AuditLine(Shape):
    """One thing that somebody did, or looked at."""

    entry_id: int
    at: Moment
    actor: str | None = Field(description="A key's name, or who signed in; `gateway` for what no person did.")
    kind: str = Field(description="What was done.", examples=["item.seen"])
    subject: str | None = Field(
        description="To what, or at what.", examples=["item/3f0a5d7e-4a4b-4a55-9a53-0d4c7a9d1c2e"]
    )
    reason: str | None = Field(description="Why, in the actor's words; empty when nobody said.")
    from_version: int | None
    to_version: int | None
    about: dict[str, Any] | None = Field(description="Ids, codes and counts.")
    erased: list[str] = Field(description="Fields that were erased; they are null.")
    sequence: int | None = Field(description="Its place in the chain; null for a moment after it was written.")
    commitment: str = Field(description="SHA-256 over the entry's salted digests.")
    chain: str | None = Field(
        description="SHA-256 of the chain up to here. Kept elsewhere, it proves that nothing before it was changed."
    )


class AuditPage(Shape):
    """One page of entries, newest first."""

    entries: list[AuditLine]
    next_cursor: str | None = Field(description="Ask for the next page with this `cursor`; null on the last page.")


class AuditQuery(Asked):
    """Which entries, and which page of them."""

    actor: _Plain | None = Field(None, description="Done by this key, or by who signed in under this name.")
    kind: _Kind | None = Field(None, description="`item.seen`, or `item` for all of `item.…`.")
    subject: _Plain | None = Field(None, description="`draft/<id>`, or `draft` for all of `draft/…`.")
    item_id: UUID | None = Field(None, description="About this item, also as one of many that were listed.")
    at_from: Moment | None = Field(None, description="At this moment or later.")
    at_before: Moment | None = Field(None, description="Earlier than this moment.")
    limit: int = Field(50, ge=1, le=PAGE_LIMIT, description="Entries on a page.")
    cursor: _Cursor | None = Field(None, description="`nextCursor` of the page before.")

    def as_filter(self) -> AuditFilter:
        """Return what is asked of the ledger."""
        return AuditFilter(
            actor=self.actor,
            kind=self.kind,
            subject=self.subject,
            item_id=str(self.item_id) if self.item_id is not None else None,
            at_from=self.at_from,
            at_before=self.at_before,
        )


@router.get(
    "", operation_id="listAudit", openapi_extra=answers(headers=("Link",)), summary="List who did what, newest first"
)
async def list_all(
    request: Request, response: Response, parts: PartsHere, query: Annotated[AuditQuery, Query()]
) -> AuditPage:
    """List changes, and looks at people's data, that meet every filter. No entry holds a word of a sender.

    The header `Link` holds the address of the next page. This look is an entry itself.
    """
    before = int(query.cursor) if query.cursor else None
    found = await list_audit(parts.ledger, query.as_filter(), query.limit + 1, before)
    page, cursor = found[: query.limit], None
    if len(found) > query.limit:
        cursor = str(page[-1].entry_id)
        response.headers["Link"] = next_link(request.url.path, request.query_params.multi_items(), cursor)
    return AuditPage(entries=[audit_line(row) for row in page], next_cursor=cursor)


def audit_line(row: Any) -> AuditLine:
    """Return what is shown of an entry's row."""
    erased = [name for name in ERASABLE if row._mapping[f"{name}_salt"] is None]
    return AuditLine.model_validate({**row._mapping, "erased": erased})
