"""Rules that never decide, because a rule before them always does; and rules that contradict each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from inbox.configuration.conditions import PATTERN_FIELDS, WORD_FIELDS, Listed, inside, words_in
from inbox.configuration.finding import Finding, FindingCode, warning
from inbox.configuration.implied import implies
from inbox.configuration.model import Configuration
from inbox.configuration.rule import Condition, Rule
from inbox.routing.inflection import stem
from inbox.routing.phrases import How, is_pattern, phrase
from inbox.routing.postcodes import area
from inbox.routing.words import Text, Wanted

_COMPARED = 50
"""Rules before a rule that it is compared with, at most, and of those that share a word or address with it."""
_LARGEST = 250_000
"""Values of one rule times values of the other; what is larger is not compared."""
_VALUE_LISTS = (*WORD_FIELDS, "sender", "recipient", "queue", "menu_choice", "dialled", "caller", "postcode", "topic")
_SOMETHING = ("a", "Geachte heer,\n\nBezwaar tegen besluit Z-1234.", "0", "é@")
_ADDRESS_FIELDS = ("sender", "recipient")
_ADDRESSES = ("a@b.nl", "-@1.2", "J.DE-VRIES+7@post.gemeente.example", "é@ü.ß")
"""What has nothing in common but that each is an address."""


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
    """Yield the values of the rule's own lists that add nothing, and the conditions of its `any`; or the rule, when none of a
    list's values does.
    """
    for field in (*_VALUE_LISTS, "any"):
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
            what = (
                "adds nothing: wherever it holds" if field == "any" else f"`{value}` adds nothing: wherever it is met"
            )
            sentence = f"{what}, `{name}` decides before{rest}"
            yield warning(FindingCode.value_unreachable, (*path, "when", field, at), sentence)


def _patterns(path: tuple[str | int, ...], rule: Rule) -> Iterator[Finding]:
    for listed in words_in(rule.when, PATTERN_FIELDS):
        of_address = listed.field in _ADDRESS_FIELDS
        texts, what = (_ADDRESSES, "every address") if of_address else (_SOMETHING, "everything that is not empty")
        if is_pattern(listed.written) and all(Wanted((listed.written,)).first_in(Text(text)) for text in texts):
            sentence = f"`{listed.written}` matches {what}"
            yield warning(FindingCode.pattern_matches_anything, (*path, "when", *listed.path), sentence)


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
    """Rules that decide, found by a word, address or the like that another rule shares with them."""

    def __init__(self) -> None:
        self._rules: list[Rule] = []
        self._by_key: dict[str, list[int]] = defaultdict(list)
        self._by_condition: dict[str, int] = {}
        self._without_key: list[int] = []

    def add(self, rule: Rule) -> None:
        """Take a rule."""
        number, keys = len(self._rules), dict.fromkeys(self._keys_of(rule.when))
        for key in keys:
            self._by_key[key].append(number)
        if not keys:
            self._without_key.append(number)
        self._by_condition.setdefault(_written_out(rule.when), number)
        self._rules.append(rule)

    def _keys_of(self, condition: Condition) -> list[str]:
        """Return keys of which each condition that it covers meets one: of all that must hold, the values of that under
        which the fewest rules stand. None: there is nothing of the kind.
        """
        by_field: dict[tuple[str, str], list[str]] = defaultdict(list)
        for listed in words_in(condition, _KEYED_FIELDS):
            if listed.path[0] == listed.field:
                by_field[listed.field, listed.name].append(min(_keys(listed), key=self._count))
        alternatives = [self._keys_of(part) for part in condition.any]
        any_of = [key for keys in alternatives for key in keys] if all(alternatives) else []
        choices = [*by_field.values(), *map(self._keys_of, condition.all), any_of]
        return min((keys for keys in choices if keys), key=lambda keys: sum(map(self._count, keys)), default=[])

    def that_share(self, condition: Condition) -> list[Rule]:
        """Return the rules that may hold wherever the condition does, in their order; in any case one that asks the same."""
        met = {key for listed in words_in(condition, _KEYED_FIELDS) for key in _keys_met(listed)}
        shared = sorted({number for key in met for number in self._by_key.get(key, ())}.union(self._without_key))
        same = self._by_condition.get(_written_out(condition))
        numbers = {*shared[:_COMPARED], *([] if same is None else [same])}
        return [self._rules[number] for number in sorted(numbers)]

    def _count(self, key: str) -> int:
        return len(self._by_key.get(key, ()))


def _written_out(condition: Condition) -> str:
    return condition.model_dump_json(by_alias=True, exclude_defaults=True)


_NAMES = ("source", "topic", "addressed_to")
_OF_CALLS = ("queue", "menu_choice", "dialled", "caller")
_KEYED_FIELDS = (*WORD_FIELDS, *_ADDRESS_FIELDS, *_NAMES, *_OF_CALLS, "postcode")
"""Fields with many possible values, by which rules differ."""


def _keys(listed: Listed) -> list[str]:
    """Return the keys of one value: a value that it covers meets each of them."""
    field, written = listed.field, listed.written
    if field in _NAMES or field in _OF_CALLS:
        return [f"{field}={written.strip().casefold()}"]
    if field == "postcode":
        return [f"{field}={area(written)}"]
    if listed.name and written == "*":
        return [f"{field}.{listed.name.lower()}"]
    if is_pattern(written) or field in _ADDRESS_FIELDS:
        return [written.lower()]
    return [f"{asked.how}:{asked.word}" for asked in phrase(written)]


def _keys_met(listed: Listed) -> Iterator[str]:
    """Yield the keys of all values that may cover this one."""
    field, written = listed.field, listed.written
    if field in _NAMES or field in _OF_CALLS:
        yield from (f"{field}={written.strip().casefold()}", f"{field}=*")
    elif field == "postcode":
        yield from (f"{field}={area(written)[:end]}" for end in range(1, len(area(written)) + 1))
    elif field in _ADDRESS_FIELDS:
        yield written.lower()
        labels = written.lower().rpartition("@")[2].split(".")
        yield from (f"@{'.'.join(labels[at:])}" for at in range(len(labels)))
    else:
        if listed.name:
            yield f"{field}.{listed.name.lower()}"
        if is_pattern(written):
            yield written.lower()
        elif written != "*":
            yield from _word_keys_met(written)


def _word_keys_met(written: str) -> Iterator[str]:
    for asked in phrase(written):
        yield f"{asked.how}:{asked.word}"
        yield from (f"{How.beginning}:{asked.word[:end]}" for end in range(1, len(asked.word) + 1))
        if asked.how is How.whole:
            yield f"{How.stem}:{stem(asked.word)}"
