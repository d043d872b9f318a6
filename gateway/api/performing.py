"""Carry an action out for a caller: inside its scope, on the version that was looked at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import uuid4

from gateway.api.access import scope_of
from gateway.api.item_shapes import ItemState
from gateway.api.item_view import item_state
from gateway.api.preconditions import Precondition
from inbox.actions import Action
from inbox.confidentiality import Confidentiality
from inbox.configuration.model import TRIAGE
from inbox.errors import BadRequest, Conflict, NotAllowed, NotFound, PreconditionFailed
from inbox.intents import AssignmentIntent
from inbox.routing.compiled import CompiledConfiguration
from inbox.routing.decide import choose
from store.acting import Request, act
from store.assignments import beginning
from store.keys import Caller
from store.listing import ListedItem, Scope, find_item
from workflows.parts import Parts

_LOOKS = 8
"""How often the item may change between our look and our action before the caller is asked to look again."""

_OF_ASSIGNMENTS = frozenset({Action.accept, Action.return_, Action.complete, Action.reroute})
"""Actions on one matter; the others are on the item as a whole."""

_EVERYTHING = Scope(departments=None, up_to=max(Confidentiality))

_NO_ITEM = "there is no such item, or this key may not see it"


@dataclass(frozen=True)
class Wish:
    """What somebody wants done with an item."""

    action: Action
    item_id: str
    reason: str = ""
    assignment_id: str | None = None
    """Which matter; None: all that the caller may act on."""
    category: str | None = None
    """For `reroute` and `split`."""
    other_item_id: str | None = None
    """For `link`: the original."""
    address: str | None = None
    """For `vouch`: whom to tell."""


async def perform(parts: Parts, caller: Caller, wish: Wish, precondition: Precondition) -> ItemState:
    """Carry the action out and return where the item then stands.

    The ledger compares the version that the scope was checked on, so that nobody acts on an item that leaves their
    scope at that moment. Raises NotFound, NotAllowed, BadRequest, Conflict, PreconditionFailed.
    """
    ledger, scope = parts.ledger, scope_of(caller)
    if wish.action in (Action.release, Action.vouch) and not parts.speaks:
        raise Conflict("the setting `smtp` is missing: nothing can leave the house, so nobody can be told")
    await _require_other(parts, wish, scope)
    if wish.action is Action.reopen and wish.category is None:
        # For what a rule filed: the rule would file it again, so that the triage department looks.
        wish = replace(wish, category=TRIAGE)
    compiled = await parts.configurations.current() if wish.category is not None else None
    refused: Conflict | None = None
    tried = 0
    for _ in range(_LOOKS):
        seen = await find_item(ledger, wish.item_id, scope)
        if seen is None:
            raise NotFound(_NO_ITEM)
        if not precondition.holds(seen.item.version):
            raise PreconditionFailed(f"the item is at version {seen.item.version}: read it again and decide again")
        if refused is not None and seen.item.version == tried:
            raise refused
        tried = seen.item.version
        request = _request(wish, caller, seen, compiled)
        try:
            await act(ledger, request)
        except Conflict as error:
            # Refused for where it stands, or because somebody was quicker: the next look tells which.
            refused = error
            continue
        return await _state(parts, request)
    raise Conflict("the item keeps changing: read it again and decide again")


def _request(wish: Wish, caller: Caller, seen: ListedItem, compiled: CompiledConfiguration | None) -> Request:
    return Request(
        action=wish.action,
        item_id=wish.item_id,
        actor=caller.name,
        reason=wish.reason,
        expected_version=seen.item.version,
        assignment_id=_assignment(wish, caller, seen),
        other_item_id=wish.other_item_id,
        address=wish.address,
        chosen=_chosen(wish, caller, seen, compiled),
    )


def _assignment(wish: Wish, caller: Caller, seen: ListedItem) -> str | None:
    """Return which assignment the caller may act on; None: all of them, or the item as a whole."""
    mine = caller.departments
    own: list[str] = [row.assignment_id for row in seen.assignments if mine is None or row.department in mine]
    if wish.action not in _OF_ASSIGNMENTS:
        if len(own) < len(seen.assignments):
            raise NotAllowed("the item also belongs to departments that this key has no say in")
        return None
    if wish.assignment_id is not None:
        if wish.assignment_id not in own:
            raise NotFound("the item has no such assignment, or it belongs to another department")
        return wish.assignment_id
    if len(own) == len(seen.assignments):
        return None
    if len(own) > 1:
        raise BadRequest("several of the item's assignments are yours: name one in `assignmentId`")
    return own[0]


def _chosen(
    wish: Wish, caller: Caller, seen: ListedItem, compiled: CompiledConfiguration | None
) -> AssignmentIntent | None:
    if wish.category is None or compiled is None:
        return None
    known = compiled.document.categories
    if wish.category not in known:
        raise BadRequest(f"there is no such category; there are: {', '.join(sorted(known))}")
    return AssignmentIntent(
        assignment_id=str(uuid4()),
        ordinal=0,
        status=beginning(wish.category),
        matched=choose(wish.category, seen.item.received_at, compiled, rule=None),
        chosen_by=caller.name,
        configuration_version=compiled.version,
    )


async def _require_other(parts: Parts, wish: Wish, scope: Scope) -> None:
    if wish.other_item_id is not None and await find_item(parts.ledger, wish.other_item_id, scope) is None:
        raise BadRequest("`otherItemId`: there is no such item, or this key may not see it")


async def _state(parts: Parts, request: Request) -> ItemState:
    """Return the item's new state; also when the action itself took it out of the caller's scope."""
    acted = await find_item(parts.ledger, request.item_id, _EVERYTHING)
    assert acted is not None, "no item is ever removed"
    return item_state(acted, request.action_id)
