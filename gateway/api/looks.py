"""Looks at people's data: every answer that may hold some is in the audit trail before its first byte leaves.

Whatever is read counts as a look, unless it stands in `_PERSONLESS`: a new operation that nobody thought about is
recorded, too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response

from inbox.errors import StoreUnavailable
from store.audit import AuditEntry, write_audit
from store.keys import Caller
from store.ledger import Ledger

_PERSONLESS = re.compile(
    r"/v1/(?:"
    r"openapi\.json|docs|health/.*|metrics|keys"
    r"|(?:configuration|destinations|drafts|overlays|sources)(?:/.*)?"
    r"|reachability|reachability\.csv"
    r"|call-logs|simulations"
    r")"
)
"""Paths of answers about the organisation and its systems, and of figures. The rows of a call log are not among them."""

_PARAMETER = re.compile(r"\{(\w+)\}")
_ID = re.compile(r"(\w+)Id")
_HUMPS = re.compile(r"(?<!^)([A-Z])")


async def record_look(request: Request, caller: Caller, operation: str, template: str, answer: Response) -> None:
    """Write down who saw what, if the answer is one to a look. `template`: the operation's path, such as `/v1/items`.

    A list is one entry with the ids in it, an empty list none. What an answer shows beside what its path names, a route
    leaves in `request.state.seen_too`. Raises StoreUnavailable: then the answer must not leave.
    """
    if request.method != "GET" or answer.status_code >= 300 or _PERSONLESS.fullmatch(template):
        return
    entry = _entry(caller.name, operation, template, request.path_params, answer)
    if entry is None:
        return
    entry = replace(entry, about=dict(entry.about) | getattr(request.state, "seen_too", {}))
    await record_page(request.app.state.parts.ledger, entry)


async def record_page(ledger: Ledger, entry: AuditEntry) -> None:
    """Write down a look; also at a page of what leaves in pieces, before that page leaves. Raises StoreUnavailable."""
    try:
        async with ledger.begin() as connection:
            await write_audit(connection, entry)
    except StoreUnavailable:
        raise
    except Exception as error:  # the border: whatever it was, the data must not leave
        raise StoreUnavailable(f"a look could not be written down: {type(error).__name__}") from error


def _entry(actor: str, operation: str, template: str, path: Mapping[str, Any], answer: Response) -> AuditEntry | None:
    """Return `item.seen` of `item/<id>`, `original.seen` of the same item, or `items.listed` of `items`.

    What is listed of a thing, as the items of a simulation, is `items.seen` of it, with the ids of those items.
    """
    last_part = template.rpartition("/")[2]
    parameters = _PARAMETER.findall(template)
    about: dict[str, Any] = {"operation": operation}
    if not parameters:
        listed = _listed(answer)
        if listed == {}:
            return None
        return AuditEntry(actor, f"{last_part}.listed", last_part, about=about | (listed or {}))
    thing = _thing(parameters[0])
    if _PARAMETER.fullmatch(last_part):
        last_part = thing
    else:
        about |= _listed(answer) or {}
    return AuditEntry(actor, f"{last_part}.seen", f"{thing}/{_id(str(path[parameters[0]]))}", about=about)


def _id(written: str) -> str:
    """Return the id in its one form: a UUID may be written in several."""
    try:
        return str(UUID(written))
    except ValueError:
        return written


def _thing(parameter: str) -> str:
    """Return what a parameter names, such as `call-log` for `callLogId`."""
    return _HUMPS.sub(r"-\1", parameter.removesuffix("Id")).lower()


def _listed(answer: Response) -> dict[str, Any] | None:
    """Return how many things the answer lists, and their ids; empty when none, None when it is no list of things."""
    try:
        document = json.loads(bytes(answer.body))
    except (AttributeError, ValueError):
        return None
    lists = [value for value in document.values() if isinstance(value, list)] if isinstance(document, dict) else []
    if len(lists) != 1:
        return None
    [things] = lists
    if not things:
        return {}
    ids: dict[str, list[Any]] = {}
    for thing in things:
        for name, value in thing.items() if isinstance(thing, dict) else ():
            if _ID.fullmatch(name) and value is not None:
                ids.setdefault(f"{name}s", []).append(value)
    return {"count": len(things), **ids}
