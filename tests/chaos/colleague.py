"""A colleague at a department who does something with an item, sensible or not: what is refused is refused."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

from sqlalchemy import select

from inbox.actions import Action
from inbox.intents import AssignmentIntent
from inbox.routing.decide import choose
from store.acting import Request, act
from store.assignments import beginning
from store.configurations import Configurations
from store.ledger import Ledger
from store.tables import items

_CATEGORIES = ("lantaarn", "bezwaar", "triage")
"""Whose departments may hold what is confidential: a refusal for that reason is tested elsewhere."""


async def act_at_random(
    ledger: Ledger, dice: random.Random, acted_on: set[str], actions: Sequence[Action]
) -> Action | None:
    """Do one thing with one item; return what, or None where there is nothing yet. Raises what the action raises."""
    async with ledger.read() as connection:
        found = list((await connection.execute(select(items.c.item_id).order_by(items.c.item_id))).scalars())
    if not found:
        return None
    item_id, other = dice.choice(found), dice.choice(found)
    action = dice.choice(actions)
    chosen = None
    if action in (Action.reroute, Action.split, Action.reopen):
        chosen = await _chosen(ledger, dice.choice(_CATEGORIES))
    links = action is Action.link
    acted_on.update({item_id, other} if links else {item_id})
    request = Request(action, item_id, "colleague", "proef", chosen=chosen, other_item_id=other if links else None)
    await act(ledger, request)
    return action


async def _chosen(ledger: Ledger, category: str) -> AssignmentIntent:
    compiled = await Configurations(ledger).current()
    matched = choose(category, datetime.now(UTC), compiled, rule=None)
    return AssignmentIntent(str(uuid4()), 0, beginning(category), matched, "colleague", compiled.version)
