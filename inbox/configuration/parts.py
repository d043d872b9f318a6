"""Parts of a document's content, taken out and put in one by one. Content is never changed: each function returns another.

The content may be a draft's, and so of any shape: what does not have the shape that is needed is a Conflict.
"""

from __future__ import annotations

from typing import Any

from inbox.configuration.canonical import PARTS
from inbox.errors import BadRequest, Conflict, NotFound

RULES = "rules"
Content = dict[str, Any]


def part_of(content: Content, name: str) -> Any:
    """Return a whole part. Raises NotFound where it is not written: then its defaults hold."""
    if name not in content:
        raise NotFound(f"`{name}` is not written in this document: its defaults hold")
    return content[name]


def with_part(content: Content, name: str, part: Any) -> Content:
    """Return the content with the part in place of what was there, in the order in which parts are written."""
    made = {**content, name: part}
    return {
        key: made[key] for key in (*(known for known in PARTS if known in made), *(k for k in made if k not in PARTS))
    }


def without_part(content: Content, name: str) -> Content:
    """Return the content without the part. Raises NotFound."""
    part_of(content, name)
    return {key: part for key, part in content.items() if key != name}


def entry_of(content: Content, name: str, key: str) -> Any:
    """Return one entry of a part that holds many by their keys. Raises NotFound, Conflict."""
    entries = _entries(content, name)
    if key not in entries:
        raise NotFound(f"there is no `{key}` in `{name}`")
    return entries[key]


def with_entry(content: Content, name: str, key: str, entry: Any) -> Content:
    """Return the content with the entry: where it stood, or at the end. Raises Conflict."""
    return with_part(content, name, {**_entries(content, name), key: entry})


def without_entry(content: Content, name: str, key: str) -> Content:
    """Return the content without the entry. Raises NotFound, Conflict."""
    entry_of(content, name, key)
    return with_part(content, name, {one: entry for one, entry in _entries(content, name).items() if one != key})


def norm_of(content: Content, category: str) -> Any:
    """Return the norm of a category. Raises NotFound, Conflict."""
    entry = _category(content, category)
    if "norm" not in entry:
        raise NotFound(f"the category `{category}` has no norm")
    return entry["norm"]


def with_norm(content: Content, category: str, norm: Any) -> Content:
    """Return the content with the norm of a category. Raises NotFound, Conflict."""
    return with_entry(content, "categories", category, {**_category(content, category), "norm": norm})


def without_norm(content: Content, category: str) -> Content:
    """Return the content without the norm of a category. Raises NotFound, Conflict."""
    norm_of(content, category)
    left = {key: value for key, value in _category(content, category).items() if key != "norm"}
    return with_entry(content, "categories", category, left)


def rule_of(content: Content, rule: str) -> tuple[Any, int]:
    """Return a rule and where it stands, counted from 1. Raises NotFound, Conflict."""
    rules = _rules(content)
    at = _at(rules, rule)
    if at is None:
        raise NotFound(f"there is no rule `{rule}`")
    return rules[at], at + 1


def with_rule(
    content: Content, rule: str, written: dict[str, Any], *, position: int | None = None, before: str | None = None
) -> Content:
    """Return the content with the rule: where it is asked, else where it stood, else as the last.

    `position`: 1 is on top, counted once the rule itself is taken out. `before`: another rule. Raises BadRequest, Conflict.
    """
    rules = _rules(content)
    at = _at(rules, rule)
    others = [one for index, one in enumerate(rules) if index != at]
    where = len(others) if at is None else at
    if position is not None:
        if not 1 <= position <= len(others) + 1:
            raise BadRequest(f"`position` lies between 1 and {len(others) + 1}")
        where = position - 1
    elif before is not None:
        found = _at(others, before)
        if found is None:
            raise BadRequest(f"`before` names a rule that is not there: `{before}`")
        where = found
    return with_part(content, RULES, [*others[:where], written, *others[where:]])


def without_rule(content: Content, rule: str) -> Content:
    """Return the content without the rule. Raises NotFound, Conflict."""
    _, position = rule_of(content, rule)
    return with_part(content, RULES, [one for index, one in enumerate(_rules(content), 1) if index != position])


def _entries(content: Content, name: str) -> dict[str, Any]:
    entries = content.get(name, {})
    if not isinstance(entries, dict):
        raise Conflict(f"`{name}` of this draft does not hold keys: write it anew as a whole first")
    return entries


def _category(content: Content, category: str) -> dict[str, Any]:
    entry = entry_of(content, "categories", category)
    if not isinstance(entry, dict):
        raise Conflict(f"the category `{category}` of this draft does not hold keys: write it anew as a whole first")
    return entry


def _rules(content: Content) -> list[Any]:
    rules = content.get(RULES, [])
    if not isinstance(rules, list):
        raise Conflict("`rules` of this draft is no list: write it anew as a whole first")
    return rules


def _at(rules: list[Any], rule: str) -> int | None:
    found = (index for index, one in enumerate(rules) if isinstance(one, dict) and one.get("id") == rule)
    return next(found, None)
