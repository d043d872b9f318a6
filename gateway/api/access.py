"""Who may do what: one table of operations and roles, and the guard in front of every operation."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute

from gateway.api.problems import Unauthenticated
from inbox.errors import NotAllowed
from store.keys import Caller, Role, caller_of
from store.listing import Scope
from workflows.parts import Parts

PUBLIC = None
"""No key is asked for; such an operation tells nothing of any item."""

_ADMIN = frozenset({Role.admin})
_REHEARSERS = frozenset({Role.admin, Role.publisher})
"""They rehearse on all items; of those outside their scope they see ids and counts, and no words."""
_HANDLERS = frozenset({Role.admin, Role.department})
_EVERYBODY = frozenset({Role.admin, Role.department, Role.reader})
_WRITERS = frozenset({Role.intake})
_WATCHERS = frozenset({Role.admin, Role.monitor})
_READERS_OF_FIGURES = _EVERYBODY | {Role.monitor}
"""Figures that are of no item; a key of some departments sees those of its own."""

_PUBLISHERS = frozenset({Role.admin, Role.publisher})
"""Who changes what is configured; of a publisher nothing is asked that tells of any item."""

ROLES: dict[str, frozenset[Role] | None] = {
    "submitItem": _WRITERS,
    "receiveCallRecords": _WRITERS,
    "listItems": _EVERYBODY,
    "getItem": _EVERYBODY,
    "explainItem": _EVERYBODY,
    "getOriginal": _EVERYBODY,
    "getScan": _EVERYBODY,
    "acceptItem": _HANDLERS,
    "returnItem": _HANDLERS,
    "completeItem": _HANDLERS,
    "rerouteItem": _ADMIN,
    "splitItem": _ADMIN,
    "linkItem": _ADMIN,
    "unlinkItem": _ADMIN,
    "discardItem": _ADMIN,
    "reopenItem": _ADMIN,
    "retryItem": _ADMIN,
    "releaseItem": _ADMIN,
    "vouchItem": _ADMIN,
    "releaseItems": _ADMIN,
    "listTasks": _EVERYBODY,
    "finishTask": _HANDLERS,
    "listSources": _EVERYBODY,
    "getSource": _EVERYBODY,
    "getReachability": _READERS_OF_FIGURES,
    "listReachabilityCalls": _EVERYBODY,
    "listCallLogs": _EVERYBODY,
    "getCallLog": _EVERYBODY,
    "retryCallLog": _ADMIN,
    "listCalls": _EVERYBODY,
    "getCall": _EVERYBODY,
    "simulateDocument": _REHEARSERS,
    "simulateDraft": _REHEARSERS,
    "getSimulation": _REHEARSERS,
    "listSimulatedItems": _REHEARSERS,
    "retrySimulation": _REHEARSERS,
    "removeSimulation": _REHEARSERS,
    "getConfiguration": _EVERYBODY | {Role.publisher},
    "listVersions": _PUBLISHERS,
    "getVersion": _PUBLISHERS,
    "diffVersions": _PUBLISHERS,
    "rollBack": _PUBLISHERS,
    "listDrafts": _PUBLISHERS,
    "makeDraft": _PUBLISHERS,
    "getDraft": _PUBLISHERS,
    "getDraftState": _PUBLISHERS,
    "putDraft": _PUBLISHERS,
    "deleteDraft": _PUBLISHERS,
    "getDraftPart": _PUBLISHERS,
    "putDraftPart": _PUBLISHERS,
    "deleteDraftPart": _PUBLISHERS,
    "getDraftEntry": _PUBLISHERS,
    "putDraftEntry": _PUBLISHERS,
    "deleteDraftEntry": _PUBLISHERS,
    "getDraftRule": _PUBLISHERS,
    "putDraftRule": _PUBLISHERS,
    "deleteDraftRule": _PUBLISHERS,
    "getDraftNorm": _PUBLISHERS,
    "putDraftNorm": _PUBLISHERS,
    "deleteDraftNorm": _PUBLISHERS,
    "validateDraft": _PUBLISHERS,
    "diffDraft": _PUBLISHERS,
    "rebaseDraft": _PUBLISHERS,
    "publishDraft": _PUBLISHERS,
    "getPublication": _PUBLISHERS,
    "withdrawPublication": _PUBLISHERS,
    "approvePublication": _PUBLISHERS,
    "listKeys": _ADMIN,
    "makeKey": _ADMIN,
    "revokeKey": _ADMIN,
    "getMetrics": _WATCHERS,
    "getOpenapi": PUBLIC,
    "getDocs": PUBLIC,
    "getLive": PUBLIC,
    "getReady": PUBLIC,
}
"""Operation → roles that may call it. Which items they then see is their key's scope."""

BY_PASSWORD = frozenset({"receiveCallRecords"})
"""Operations to which the key may come as the password of Basic authentication (RFC 7617)."""

_KEY = re.compile(r"gw_[0-9a-f]{1,16}_[A-Za-z0-9_-]{16,128}")


class GuardedRoute(APIRoute):
    """A route that lets nobody in who is not named in ROLES, before it reads the body."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler behind its guard. Raises KeyError when the operation is not in ROLES."""
        handle = super().get_route_handler()
        operation = self.operation_id or self.name
        roles = ROLES[operation]

        async def guarded(request: Request) -> Response:
            if roles is not None:
                request.state.caller = await _admitted(request, roles, by_password=operation in BY_PASSWORD)
            return await handle(request)

        return guarded


async def _admitted(request: Request, roles: frozenset[Role], *, by_password: bool) -> Caller:
    """Return who calls. Raises Unauthenticated, NotAllowed."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    if by_password and scheme.lower() == "basic":
        scheme, key = "bearer", _password(key)
    if scheme.lower() != "bearer" or not _KEY.fullmatch(key.strip()):
        raise Unauthenticated("send `Authorization: Bearer gw_…` with a key that an administrator made")
    caller = await caller_of(request.app.state.parts.ledger, key.strip())
    if caller is None:
        raise Unauthenticated("this key is unknown or revoked")
    if caller.role not in roles:
        raise NotAllowed(f"this needs a key with the role {' or '.join(sorted(roles))}")
    return caller


def _password(credentials: str) -> str:
    """Return the password of Basic authentication; empty when there is none."""
    try:
        return base64.b64decode(credentials.strip(), validate=True).decode().partition(":")[2]
    except ValueError:
        return ""


async def _parts_of(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


async def _caller_of(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


async def _scope_of(request: Request) -> Scope:
    return scope_of(request.state.caller)


def scope_of(caller: Caller) -> Scope:
    """Return which items the caller may see."""
    return Scope(departments=caller.departments, up_to=caller.up_to)


PartsHere = Annotated[Parts, Depends(_parts_of)]
CallerHere = Annotated[Caller, Depends(_caller_of)]
ScopeHere = Annotated[Scope, Depends(_scope_of)]
