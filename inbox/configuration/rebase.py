"""Take over what was published since a draft was begun, part by part."""

from __future__ import annotations

from typing import Any

from inbox.configuration.canonical import COLLECTIONS
from inbox.configuration.difference import Flat, Place, flat
from inbox.configuration.parts import RULES, Content

_ABSENT = object()


def rebased(base: Content, draft: Content, published: Content) -> tuple[Content, list[Place]]:
    """Return the draft with what changed from `base` to `published`, and where both changed the same in other ways.

    There the draft's own part stands. The order of rules is one such place, `("rules", "")`.
    """
    was, mine, theirs = flat(base), flat(draft), flat(published)
    conflicts: list[Place] = []
    chosen: dict[Place, Any] = {}
    for place in {**mine.values, **theirs.values, **was.values}:
        old, own, other = (one.values.get(place, _ABSENT) for one in (was, mine, theirs))
        if old not in (own, other) and own != other:
            conflicts.append(place)
        value = own if own != old else other
        if value is not _ABSENT:
            chosen[place] = value
    order, is_torn = _order(was, mine, theirs)
    if is_torn:
        conflicts.append((RULES, ""))
    return _together(chosen, order), conflicts


def _order(was: Flat, mine: Flat, theirs: Flat) -> tuple[list[str], bool]:
    """Return all rules in the order that holds, and whether both changed it in other ways."""
    shared = set(was.rules) & set(mine.rules) & set(theirs.rules)
    old, own, other = ([key for key in one.rules if key in shared] for one in (was, mine, theirs))
    is_torn = own not in (old, other) and other not in (old, own)
    leading, following = (theirs, mine) if own == old else (mine, theirs)
    # A rule of the other one follows the rule that it follows there.
    known = set(leading.rules)
    after: dict[str | None, list[str]] = {}
    before: str | None = None
    for key in following.rules:
        if key in known:
            before = key
        else:
            after.setdefault(before, []).append(key)
    order = list(after.get(None, []))
    for key in leading.rules:
        order += [key, *after.get(key, [])]
    return order, is_torn


def _together(chosen: dict[Place, Any], order: list[str]) -> Content:
    # A part of a shape that cannot be taken apart stands as a whole, and for all that is in it.
    content: Content = {part: value for (part, key), value in chosen.items() if not key}
    for (part, key), value in chosen.items():
        if part in COLLECTIONS and (part, "") not in chosen:
            content.setdefault(part, {})[key] = value
    rules = [chosen[RULES, key] for key in order if (RULES, key) in chosen]
    return {RULES: rules, **content} if rules else content
