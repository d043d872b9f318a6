"""Who may do what: one table of operations and roles, and the guard in front of every operation."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute

from gateway.api.looks import record_look
from gateway.api.problems import Unauthenticated
from gateway.api.signing_in import SigningIn
from inbox.errors import NotAllowed
from store.break_glass import seen_through_glass
from store.keys import Caller, Role, caller_of
from store.listing import Scope
from workflows.parts import Parts

PUBLIC = None
"""No key is asked for; such an operation tells nothing of any item."""

_ADMIN = frozenset({Role.admin})
CHANGES_CONFIGURATION = frozenset({Role.admin, Role.publisher})
"""Who decides how messages are handled; a publisher reads none. They rehearse on all items: of those outside their scope
they see ids and counts, and no words."""
_KEEPERS = CHANGES_CONFIGURATION | {Role.operator}
"""Who looks after sources, destinations and overlays."""
_OPERATORS = frozenset({Role.admin, Role.operator})
_HANDLERS = _OPERATORS | {Role.department}
_READERS = _HANDLERS | {Role.reader}
"""Who sees messages, inside their scope."""
SEES_DETAILS = _OPERATORS
"""Who sees what servers answered when something went wrong with an item or a call log."""
BREAKS_GLASS = _OPERATORS
"""Who may look at one item above their confidentiality, for a reason and a while."""
_SEES_THE_HOUSE = _READERS | {Role.publisher}
"""Who sees how the house is furnished: sources, configuration; no message."""
_WRITERS = frozenset({Role.intake})
_WATCHERS = frozenset({Role.admin, Role.monitor})
_READERS_OF_FIGURES = _SEES_THE_HOUSE | {Role.monitor}
"""Figures that are of no item; a key of some departments sees those of its own."""

ROLES: dict[str, frozenset[Role] | None] = {
    "submitItem": _WRITERS,
    "receiveCallRecords": _WRITERS,
    "listItems": _READERS,
    "getItem": _READERS,
    "explainItem": _READERS,
    "getOriginal": _READERS,
    "getScan": _READERS,
    "breakGlass": BREAKS_GLASS,
    "listBrokenGlass": _ADMIN,
    "acceptItem": _HANDLERS,
    "returnItem": _HANDLERS,
    "completeItem": _HANDLERS,
    "rerouteItem": _OPERATORS,
    "splitItem": _OPERATORS,
    "linkItem": _OPERATORS,
    "unlinkItem": _OPERATORS,
    "discardItem": _OPERATORS,
    "reopenItem": _OPERATORS,
    "retryItem": _OPERATORS,
    "releaseItem": _OPERATORS,
    "vouchItem": _OPERATORS,
    "releaseItems": _OPERATORS,
    "listTasks": _READERS,
    "finishTask": _HANDLERS,
    "listSources": _SEES_THE_HOUSE,
    "getSource": _SEES_THE_HOUSE,
    "tryNewSource": CHANGES_CONFIGURATION,
    "trySource": _KEEPERS,
    "makeSource": CHANGES_CONFIGURATION,
    "replaceSource": CHANGES_CONFIGURATION,
    "changeSource": CHANGES_CONFIGURATION,
    "endSource": CHANGES_CONFIGURATION,
    "pauseSource": _KEEPERS,
    "resumeSource": _KEEPERS,
    "listDestinations": _KEEPERS,
    "tryNewDestination": CHANGES_CONFIGURATION,
    "tryDestination": _KEEPERS,
    "pauseDestination": _KEEPERS,
    "resumeDestination": _KEEPERS,
    "getReachability": _READERS_OF_FIGURES,
    "listReachabilityCalls": _READERS,
    "listCallLogs": _READERS,
    "getCallLog": _READERS,
    "retryCallLog": _OPERATORS,
    "listCalls": _READERS,
    "getCall": _READERS,
    "getConfiguration": _SEES_THE_HOUSE,
    "listFlags": _READERS,
    "acceptFlag": _HANDLERS,
    "listOverlays": _KEEPERS,
    "getOverlay": _KEEPERS,
    "beginOverlay": CHANGES_CONFIGURATION,
    "endOverlay": CHANGES_CONFIGURATION,
    "listVersions": CHANGES_CONFIGURATION,
    "getVersion": CHANGES_CONFIGURATION,
    "diffVersions": CHANGES_CONFIGURATION,
    "rollBack": CHANGES_CONFIGURATION,
    "listDrafts": CHANGES_CONFIGURATION,
    "makeDraft": CHANGES_CONFIGURATION,
    "getDraft": CHANGES_CONFIGURATION,
    "getDraftState": CHANGES_CONFIGURATION,
    "putDraft": CHANGES_CONFIGURATION,
    "deleteDraft": CHANGES_CONFIGURATION,
    "getDraftPart": CHANGES_CONFIGURATION,
    "putDraftPart": CHANGES_CONFIGURATION,
    "deleteDraftPart": CHANGES_CONFIGURATION,
    "getDraftEntry": CHANGES_CONFIGURATION,
    "putDraftEntry": CHANGES_CONFIGURATION,
    "deleteDraftEntry": CHANGES_CONFIGURATION,
    "getDraftRule": CHANGES_CONFIGURATION,
    "putDraftRule": CHANGES_CONFIGURATION,
    "deleteDraftRule": CHANGES_CONFIGURATION,
    "getDraftNorm": CHANGES_CONFIGURATION,
    "putDraftNorm": CHANGES_CONFIGURATION,
    "deleteDraftNorm": CHANGES_CONFIGURATION,
    "validateDraft": CHANGES_CONFIGURATION,
    "diffDraft": CHANGES_CONFIGURATION,
    "rebaseDraft": CHANGES_CONFIGURATION,
    "publishDraft": CHANGES_CONFIGURATION,
    "getPublication": CHANGES_CONFIGURATION,
    "withdrawPublication": CHANGES_CONFIGURATION,
    "approvePublication": CHANGES_CONFIGURATION,
    "simulateDocument": CHANGES_CONFIGURATION,
    "simulateDraft": CHANGES_CONFIGURATION,
    "listSimulations": CHANGES_CONFIGURATION,
    "getSimulation": CHANGES_CONFIGURATION,
    "listSimulatedItems": CHANGES_CONFIGURATION,
    "retrySimulation": CHANGES_CONFIGURATION,
    "removeSimulation": CHANGES_CONFIGURATION,
    "listAudit": _ADMIN,
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

_BRINGS_FOR_ALL = "a source brings messages for all departments: this key is for some"
_DECIDES_FOR_ALL = "this decides for all departments: this key is for some. A draft can be made and rehearsed with it"

FOR_THE_HOUSE = {
    "trySource": _BRINGS_FOR_ALL,
    "tryNewSource": _BRINGS_FOR_ALL,
    "makeSource": _BRINGS_FOR_ALL,
    "replaceSource": _BRINGS_FOR_ALL,
    "changeSource": _BRINGS_FOR_ALL,
    "endSource": _BRINGS_FOR_ALL,
    "pauseSource": _BRINGS_FOR_ALL,
    "resumeSource": _BRINGS_FOR_ALL,
    "publishDraft": _DECIDES_FOR_ALL,
    "withdrawPublication": _DECIDES_FOR_ALL,
    "approvePublication": _DECIDES_FOR_ALL,
    "rollBack": _DECIDES_FOR_ALL,
    "beginOverlay": _DECIDES_FOR_ALL,
    "endOverlay": _DECIDES_FOR_ALL,
}
"""Operations for keys of all departments only, and why: whoever decides what goes where could open the rest to themselves."""

BY_PASSWORD = frozenset({"receiveCallRecords"})
"""Operations to which the key may come as the password of Basic authentication (RFC 7617)."""

_KEY = re.compile(r"gw_[0-9a-f]{1,16}_[A-Za-z0-9_-]{16,128}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*")
"""A signed JWT in its compact form (RFC 7515 section 7.1)."""


_ITEM_ID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


class GuardedRoute(APIRoute):
    """A route that lets nobody in who is not named in ROLES, before it reads the body."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler behind its guard. Raises KeyError when the operation is not in ROLES."""
        handle = super().get_route_handler()
        operation = self.operation_id or self.name
        roles = ROLES[operation]
        template = self.path

        async def guarded(request: Request) -> Response:
            if roles is None:
                return await handle(request)
            caller = await _admitted(request, roles, by_password=operation in BY_PASSWORD)
            if operation in FOR_THE_HOUSE and caller.departments is not None:
                raise NotAllowed(FOR_THE_HOUSE[operation])
            request.state.caller = caller
            answer = await handle(request)
            await record_look(request, caller, operation, template, answer)
            return answer

        return guarded


async def _admitted(request: Request, roles: frozenset[Role], *, by_password: bool) -> Caller:
    """Return who calls. Raises Unauthenticated, NotAllowed, IssuerUnreachable."""
    scheme, _, proof = request.headers.get("authorization", "").partition(" ")
    if by_password and scheme.lower() == "basic":
        caller = await _key_owner(request, _password(proof))
    elif scheme.lower() == "bearer":
        caller = await _bearer(request, proof.strip())
    else:
        raise Unauthenticated(_wanted(request))
    if caller.role not in roles:
        raise NotAllowed(f"this needs the role {' or '.join(sorted(roles))}")
    return caller


async def _bearer(request: Request, proof: str) -> Caller:
    signing_in: SigningIn | None = request.app.state.signing_in
    if signing_in is None or not _TOKEN.fullmatch(proof):
        return await _key_owner(request, proof)
    return await signing_in.caller_of(proof)


async def _key_owner(request: Request, key: str) -> Caller:
    if not _KEY.fullmatch(key):
        raise Unauthenticated(_wanted(request))
    caller = await caller_of(request.app.state.parts.ledger, key)
    if caller is None:
        raise Unauthenticated("this key is unknown, revoked or expired")
    return caller


def _wanted(request: Request) -> str:
    key = "send `Authorization: Bearer gw_…` with a key that an administrator made"
    return key if request.app.state.signing_in is None else f"{key}, or with a token of your identity provider"


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
    caller: Caller = request.state.caller
    scope, item_id = scope_of(caller), request.path_params.get("itemId")
    if item_id is None or request.method != "GET" or caller.role not in BREAKS_GLASS:
        return scope
    if not _ITEM_ID.fullmatch(item_id):
        return scope
    item_id = item_id.lower()
    up_to = await seen_through_glass(request.app.state.parts.ledger, item_id, caller.name)
    return replace(scope, through_glass=(item_id, up_to)) if up_to is not None else scope


def scope_of(caller: Caller) -> Scope:
    """Return which items the caller may see and act on. What was broken glass for is looked at only: see ScopeHere."""
    return Scope(departments=caller.departments, up_to=caller.up_to)


PartsHere = Annotated[Parts, Depends(_parts_of)]
CallerHere = Annotated[Caller, Depends(_caller_of)]
ScopeHere = Annotated[Scope, Depends(_scope_of)]
