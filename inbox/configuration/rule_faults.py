"""What must hold of rules: outcomes that are possible, names that exist, words that say something."""

from __future__ import annotations

from collections.abc import Iterator

from inbox.configuration.condition_faults import condition_faults
from inbox.configuration.conditions import patterns_in
from inbox.configuration.model import Configuration
from inbox.configuration.rule import Rule
from inbox.routing.words import Text, Wanted

Path = tuple[str | int, ...]
Fault = tuple[Path, str]

_ANYTHING = ("", "a", "Geachte heer,\n\nBezwaar tegen besluit Z-1234.", "0", "\n", "é@")
"""What has nothing in common: a pattern that matches all of them matches everything."""


def rule_faults(configuration: Configuration) -> Iterator[Fault]:
    """Yield each fault as (path in the document, sentence)."""
    seen: set[str] = set()
    for index, rule in enumerate(configuration.rules):
        path: Path = ("rules", index)
        if rule.id in seen:
            yield path, "another rule has this id"
        seen.add(rule.id)
        yield from _outcome(configuration, path, rule)
        yield from _department(configuration, path, rule)
        yield from _condition(configuration, path, rule)


def _outcome(configuration: Configuration, path: Path, rule: Rule) -> Iterator[Fault]:
    outcomes = (rule.category is not None) + (rule.file is not None)
    if outcomes > 1 or (outcomes == 0 and rule.flag is None):
        yield path, "needs exactly one outcome: `category` or `file`; only a rule with a `flag` may do without"
    if rule.flag is not None and rule.flag not in configuration.flags:
        yield (*path, "flag"), f"there is no flag `{rule.flag}`"
    if rule.category is not None and rule.category not in configuration.categories:
        yield (*path, "category"), f"there is no category `{rule.category}`"
    if rule.category is None:
        for name in ("department", "priority", "hold"):
            if getattr(rule, name) is not None:
                yield (*path, name), "has no effect without a `category`"
    if rule.labels and not outcomes:
        yield (*path, "labels"), "have no effect without `category` or `file`"


def _department(configuration: Configuration, path: Path, rule: Rule) -> Iterator[Fault]:
    if rule.department is None:
        return
    department = configuration.departments.get(rule.department)
    if department is None:
        yield (*path, "department"), f"there is no department `{rule.department}`"
        return
    category = configuration.categories.get(rule.category or "")
    if category is None:
        return
    if category.statutory:
        yield (*path, "department"), "a statutory category keeps its own department: give it a category of its own"
    for destination in (department.acting, *department.informed):
        if category.confidentiality > destination.up_to:
            level, most = category.confidentiality.name, destination.up_to.name
            yield (
                (*path, "department"),
                f"`{rule.category}` is `{level}`, and a {destination.kind} of `{rule.department}` holds up to `{most}`",
            )


def _condition(configuration: Configuration, path: Path, rule: Rule) -> Iterator[Fault]:
    found = list(condition_faults(rule.when, configuration))
    yield from (((*path, "when", *where), sentence) for where, sentence in found)
    wrong = {where for where, _ in found}
    for where, pattern in patterns_in(rule.when):
        if where not in wrong and all(Wanted((pattern,)).first_in(Text(text)) for text in _ANYTHING):
            yield (*path, "when", *where), f"`{pattern}` matches everything, also nothing at all"
