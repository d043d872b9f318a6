"""Items: the list, one item's whole account, its original bytes and those of its scan file."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import Field

from gateway.api.access import SEES_DETAILS, CallerHere, GuardedRoute, PartsHere, ScopeHere
from gateway.api.described import answers
from gateway.api.item_shapes import ItemAccount, ItemPage
from gateway.api.item_view import item_account as shown
from gateway.api.item_view import item_line
from gateway.api.paging import next_link, parsed, written
from gateway.api.shapes import Asked, Moment, Name
from inbox.channel import Channel
from inbox.errors import BadRequest, BytesMissing, NotFound
from inbox.item import ForwardState, HeldBecause, NoticeState, Status
from inbox.plan import SUFFIXES
from inbox.reference import parse_reference
from store.flags import FlagFilter, list_flags
from store.listing import Filter, Position, item_account, letters_of, list_items, scan_of
from workflows.parts import Parts

router = APIRouter(prefix="/v1/items", tags=["Items"], route_class=GuardedRoute)

PAGE_LIMIT = 200

_UNKNOWN = "application/octet-stream"
"""Of bytes whose media type is none that a source of ours gives: no reader of them is to be started."""
_BYTES: dict[int | str, dict[str, Any]] = {
    200: {"content": {name: {"schema": {"type": "string", "format": "binary"}} for name in (*SUFFIXES, _UNKNOWN)}}
}
_SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"
_FLAGS_SHOWN = 100
NO_ITEM = "there is no such item, or this key may not see it"

ItemId = Annotated[UUID, Path(alias="itemId", description="The item.")]


class ItemQuery(Asked):
    """Which items, and which page of them."""

    status: list[Status] = Field([], description="One of these; repeat the parameter.")
    department: Name | None = Field(None, description="With an assignment of this department.")
    category: Name | None = Field(None, description="With an assignment of this category.")
    channel: Channel | None = Field(None, description="As it came in.")
    source: Name | None = Field(None, description="The source that showed us the item.")
    reference: Annotated[str, Field(max_length=40)] | None = Field(
        None, description="The code that people quote; case, spaces, dashes and O for 0 do not matter."
    )
    held_because: HeldBecause | None = Field(None, description="Waiting for a person, for this reason.")
    quarantine_code: Name | None = Field(None, description="Could not be read, for this reason.")
    received_from: Moment | None = Field(None, description="Received at this moment or later.")
    received_before: Moment | None = Field(None, description="Received earlier than this moment.")
    forward_state: ForwardState | None = Field(None, description="At least one forward stands here.")
    notice_state: NoticeState | None = Field(None, description="At least one notice stands here.")
    limit: int = Field(50, ge=1, le=PAGE_LIMIT, description="Items on a page.")
    cursor: Annotated[str, Field(max_length=200)] | None = Field(None, description="`nextCursor` of the page before.")

    def as_filter(self) -> Filter:
        """Return what is asked of the ledger. Raises BadRequest when the reference is none."""
        return Filter(
            statuses=self.status,
            department=self.department,
            category=self.category,
            channel=self.channel,
            source_id=self.source,
            reference=_reference(self.reference),
            held_because=self.held_because,
            quarantine_code=self.quarantine_code,
            received_from=self.received_from,
            received_before=self.received_before,
            forward_state=self.forward_state,
            notice_state=self.notice_state,
        )


def _reference(quoted: str | None) -> str | None:
    if quoted is None:
        return None
    written_form = parse_reference(quoted)
    if written_form is None:
        raise BadRequest("`reference` is none of ours: its check letter does not fit, look for a mistyped letter")
    return written_form


@router.get("", operation_id="listItems", openapi_extra=answers(headers=("Link",)), summary="List items, newest first")
async def list_all(
    request: Request, response: Response, parts: PartsHere, scope: ScopeHere, query: Annotated[ItemQuery, Query()]
) -> ItemPage:
    """List the items in the key's scope that meet every filter.

    The list may grow while it is read: following `nextCursor` shows each item once, and what arrives meanwhile stands
    before the first page. The header `Link` holds the address of the next page.
    """
    after = parsed(query.cursor) if query.cursor else None
    # One more than asked tells whether there is another page.
    found = await list_items(parts.ledger, scope, query.as_filter(), query.limit + 1, after)
    page, cursor = found[: query.limit], None
    if len(found) > query.limit:
        last = page[-1].item
        cursor = written(Position(last.made_at, last.item_id))
        response.headers["Link"] = next_link(request.url.path, request.query_params.multi_items(), cursor)
    return ItemPage(items=[item_line(listed) for listed in page], next_cursor=cursor)


@router.get(
    "/{itemId}",
    operation_id="getItem",
    openapi_extra=answers(headers=("ETag",)),
    summary="Show everything about an item",
)
async def show(
    response: Response, parts: PartsHere, caller: CallerHere, scope: ScopeHere, item_id: ItemId
) -> ItemAccount:
    """Show what was understood, decided, told and handed over, with each step.

    The header `ETag` holds the version: send it as `If-Match` with an action to be sure that nothing changed between.
    """
    account = await item_account(parts.ledger, str(item_id), scope)
    if account is None:
        raise NotFound(NO_ITEM)
    flags = await list_flags(parts.ledger, scope, FlagFilter(item_id=str(item_id)), _FLAGS_SHOWN)
    response.headers["ETag"] = etag(account.item.version)
    return shown(account, flags, shows_details=caller.role in SEES_DETAILS)


@router.get(
    "/{itemId}/original",
    operation_id="getOriginal",
    summary="Download the original bytes",
    response_class=Response,
    responses=_BYTES,
)
async def original(parts: PartsHere, scope: ScopeHere, item_id: ItemId) -> Response:
    """Download the bytes exactly as the source gave them, after comparing their sha256 with the ledger's.

    They come from outside and may be harmful: the answer is a download, never a page.
    """
    account = await item_account(parts.ledger, str(item_id), scope)
    if account is None:
        raise NotFound(NO_ITEM)
    return await _download(parts, account.delivery, account.item.reference)


@router.get(
    "/{itemId}/scan",
    operation_id="getScan",
    summary="Download the whole scan file",
    response_class=Response,
    responses=_BYTES,
)
async def scan(request: Request, parts: PartsHere, scope: ScopeHere, item_id: ItemId) -> Response:
    """Download the scan file that a letter came in, as `original` gives the letter itself.

    Only for a key that may see every letter of the file.
    """
    delivery = await scan_of(parts.ledger, str(item_id), scope)
    if delivery is None:
        raise NotFound("there is no such item, it came in no scan file, or this key may not see every letter of it")
    request.state.seen_too = {"itemIds": list(await letters_of(parts.ledger, delivery.delivery_id))}
    return await _download(parts, delivery, f"scan-{delivery.delivery_id}")


async def _download(parts: Parts, delivery: Any, name: str) -> Response:
    """Return the delivery's bytes. Raises BytesMissing when they are gone or changed."""
    content = await parts.bytes.get(delivery.delivery_id)
    if await asyncio.to_thread(_sha256, content) != delivery.sha256:
        raise BytesMissing(f"the bytes of delivery {delivery.delivery_id} are not those that were kept")
    media_type = delivery.media_type if delivery.media_type in SUFFIXES else _UNKNOWN
    suffix = SUFFIXES.get(media_type, ".bin")
    return Response(
        content,
        headers={
            "Content-Type": media_type,
            "Content-Disposition": f'attachment; filename="{name}{suffix}"',
            "Content-Security-Policy": _SANDBOX,
        },
    )


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def etag(version: int) -> str:
    """Return the version as an entity tag (RFC 9110 section 8.8.3)."""
    return f'"{version}"'
