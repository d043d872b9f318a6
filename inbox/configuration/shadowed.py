"""Rules that never decide, because a rule before them always does; and rules that contradict each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from inbox.configuration.conditions import WORD_FIELDS, inside, patterns_in, words_in
from inbox.configuration.finding import Finding, FindingCode, warning
from inbox.configuration.implied import implies
from inbox.configuration.model import Configuration
from inbox.configuration.rule import Condition, Rule
from inbox.routing.inflection import stem
from inbox.routing.phrases import How, is_pattern, phrase
from inbox.routing.words import Text, Wanted

_COMPARED = 50
"""Rules before a rule that it is compared with, at most, and of those that share a word or address with it."""
_LARGEST = 250_000
"""Values of one rule times values of the other; what is larger is not compared."""
_VALUE_LISTS = (*WORD_FIELDS, "sender", "recipient", "queue", "menu_choice", "dialled", "caller", "postcode", "topic")
_SOMETHING = ("a", "Geachte heer,\n\nBezwaar tegen besluit Z-1234.", "0", "é@")


def shadowed_rules(configuration: Configuration) -> Iterator[Finding]:
    """Yield what is odd about rules. Sound: a rule that is named is surely so; one that is not may be so, too.

    The configuration has no faults.
    """
    known = _Known()
    for number, rule in enumerate(configuration.rules):
        path = ("rules", number)
        yield from _patterns(path, rule)
        if _excludes_itself(rule.when):
            yield warning(FindingCode.rule_never_holds, (*path, "when"), "never holds: it excludes what it asks for")
            continue
        if rule.category is None and rule.file is None:
            continue
        before = known.that_share(rule.when)
        yield from _by_rules_before(path, rule, before)
        known.add(rule)


def _by_rules_before(path: tuple[str | int, ...], rule: Rule, before: Sequence[Rule]) -> Iterator[Finding]:
    covering = next((other for other in before if _implies(rule.when, other.when)), None)
    rest = "; only its flag counts" if rule.flag else ""
    if covering is None:
        yield from _values(path, rule, before, rest)
    elif not _implies(covering.when, rule.when):
        yield warning(
            FindingCode.rule_unreachable,
            path,
            f"never decides: wherever it holds, `{covering.id}` decides before{rest}",
        )
    elif _outcome(covering) == _outcome(rule):
        yield warning(FindingCode.rule_repeats, path, f"asks and does the same as `{covering.id}` before it{rest}")
    else:
        yield warning(
            FindingCode.rules_contradict,
            path,
            f"asks the same as `{covering.id}` before it, which does something else{rest}",
        )


def _values(path: tuple[str | int, ...], rule: Rule, before: Sequence[Rule], rest: str) -> Iterator[Finding]:
    """Yield the values of the rule's own lists that add nothing; or the rule, when none of a list's values does."""
    for field in _VALUE_LISTS:
        values = getattr(rule.when, field)
        if len(values) < 2 or len(before) * len(values) > _LARGEST:
            continue
        lost = []
        for at, value in enumerate(values):
            alone = rule.when.model_copy(update={field: (value,)})
            covering = next((other for other in before if _implies(alone, other.when)), None)
            if covering is not None:
                lost.append((at, value, covering.id))
        if len(lost) == len(values):
            names = ", ".join(f"`{name}`" for name in dict.fromkeys(name for _, _, name in lost))
            sentence = f"never decides: wherever it holds, one of {names} decides before{rest}"
            yield warning(FindingCode.rule_unreachable, path, sentence)
            return
        for at, value, name in lost:
            sentence = f"`{value}` adds nothing: wherever it is met, `{name}` decides before{rest}"
            yield warning(FindingCode.value_unreachable, (*path, "when", field, at), sentence)


def _patterns(path: tuple[str | int, ...], rule: Rule) -> Iterator[Finding]:
    for where, pattern in patterns_in(rule.when):
        if all(Wanted((pattern,)).first_in(Text(text)) for text in _SOMETHING):
            sentence = f"`{pattern}` matches everything that is not empty"
            yield warning(FindingCode.pattern_matches_anything, (*path, "when", *where), sentence)


def _outcome(rule: Rule) -> dict[str, object]:
    return rule.model_dump(exclude={"id", "when", "note"})


def _excludes_itself(condition: Condition) -> bool:
    """Say whether it surely never holds: it asks for what it excludes."""
    parts = (condition, *condition.all)
    excluded = [part.not_ for part in parts if part.not_ is not None]
    asked = condition.model_copy(update={"not_": None})
    return any(_implies(asked, one) for one in excluded) or any(map(_excludes_itself, condition.all))


def _implies(narrow: Condition, wide: Condition) -> bool:
    return _size(narrow) * _size(wide) <= _LARGEST and implies(narrow, wide)


def _size(condition: Condition) -> int:
    own = sum(len(getattr(condition, field)) for field in _VALUE_LISTS) + 1
    return own + sum(_size(below) for _, below in inside(condition))


class _Known:
    """Rules that decide, found by a word or address that another rule shares with them."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._by_key: dict[str, list[int]] = defaultdict(list)
        self._without_key: list[int] = []

    def add(self, rule: Rule) -> None:
        """Take a rule, under one word of each value: the rarest, so that few others stand there."""
        values = [_keys(written) for written in _written(rule.when)]
        for keys in values:
            self._by_key[min(keys, key=lambda key: len(self._by_key.get(key, ())))].append(len(self._rules))
        if not values:
            self._without_key.append(len(self._rules))
        self._rules.append(rule)

    def that_share(self, condition: Condition) -> list[Rule]:
        """Return the rules that may hold wherever the condition does, in their order."""
        shared = {number for key in _keys_met(condition) for number in self._by_key.get(key, ())}
        return [self._rules[number] for number in sorted(shared.union(self._without_key))[:_COMPARED]]


def _keys(written: str) -> list[str]:
    """Return the keys of one value: a value that it covers has each of them, or what that covers."""
    if is_pattern(written) or "@" in written or written == "*":
        return [written.lower()]
    return [f"{asked.how}:{asked.word}" for asked in phrase(written)]


def _keys_met(condition: Condition) -> Iterator[str]:
    """Yield the keys under which a condition may stand that this one implies."""
    for written in _written(condition):
        yield "*"
        if is_pattern(written):
            yield written.lower()
        elif "@" in written:
            address = written.lower()
            yield address
            labels = address.rpartition("@")[2].split(".")
            yield from (f"@{'.'.join(labels[at:])}" for at in range(len(labels)))
        elif written != "*":
            for asked in phrase(written):
                yield f"{asked.how}:{asked.word}"
                yield from (f"{How.beginning}:{asked.word[:end]}" for end in range(1, len(asked.word) + 1))
                if asked.how is How.whole:
                    yield f"{How.stem}:{stem(asked.word)}"


def _written(condition: Condition) -> Iterator[str]:
    return (listed.written for listed in words_in(condition, (*WORD_FIELDS, "sender", "recipient")))
