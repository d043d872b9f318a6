"""Which rules may hold for a matter: found by what stands in it, so that the others need not be tried."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

import re2

from inbox.configuration.rule import Rule
from inbox.routing.matter import Matter
from inbox.routing.needs import Need, needs_of
from inbox.routing.phrases import How
from inbox.routing.places import Place, place_of
from inbox.routing.words import Text, pattern_expression

Numbers = list[int]

_SET_MEMORY_BYTES = 256 << 20
"""For all patterns of one place together; RE2 takes as much of it as the texts make it."""


_FEW = 25
"""Up to so many rules are tried sooner than looked up: `make bench` measures either side of it."""


class RuleIndex:
    """The rules by what they need. Made once per configuration; it changes no outcome, only what is tried."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        """Take the rules in their order. All of them can be compiled: see `compile_condition`."""
        self._always: Numbers = []
        places: dict[str, _Shelf] = defaultdict(_Shelf)
        for number, rule in enumerate(rules):
            needs = needs_of(rule.when) if len(rules) > _FEW else None
            if needs is None:
                self._always.append(number)
            for need in needs or ():
                places[need.place].add(need, number)
        self._places = tuple((place_of(name), shelf.closed()) for name, shelf in places.items())

    def candidates(self, matter: Matter) -> list[int]:
        """Return the numbers of the rules that may hold, in their order. All others surely do not."""
        found = set(self._always)
        for place, shelf in self._places:
            found.update(shelf.met(place, matter))
        return sorted(found)


class _Shelf:
    """Rules that need something at one place."""

    def __init__(self) -> None:
        self._by_word: dict[How, dict[str, Numbers]] = {how: defaultdict(list) for how in How}
        self._by_pattern: dict[str, Numbers] = defaultdict(list)
        self._lengths: frozenset[int] = frozenset()
        self._patterns: _Patterns | None = None

    def add(self, need: Need, number: int) -> None:
        if need.asked is None:
            self._by_pattern[need.pattern].append(number)
        else:
            self._by_word[need.asked.how][need.asked.word].append(number)

    def closed(self) -> _Shelf:
        """Return it, ready for looking up: nothing is added any more."""
        self._lengths = frozenset(map(len, self._by_word[How.beginning]))
        self._patterns = _Patterns(self._by_pattern) if self._by_pattern else None
        return self

    def met(self, place: Place, matter: Matter) -> Iterator[int]:
        """Yield the numbers whose need is met; one may come twice."""
        words = place.words(matter)
        yield from _found(self._by_word[How.whole], words)
        if self._lengths:
            beginnings = {word[:length] for word in words for length in self._lengths}
            yield from _found(self._by_word[How.beginning], beginnings)
        if self._by_word[How.stem]:
            yield from _found(self._by_word[How.stem], place.stems(matter))
        if self._patterns is not None:
            for text in place.texts(matter):
                yield from self._patterns.met(text)


def _found(known: dict[str, Numbers], words: Iterable[str]) -> Iterator[int]:
    for word in known.keys() & words:
        yield from known[word]


class _Patterns:
    """Patterns that are searched for all at once."""

    def __init__(self, numbers: dict[str, Numbers]) -> None:
        options = re2.Options()
        options.max_mem = _SET_MEMORY_BYTES
        options.log_errors = False
        self._set = re2.Set.SearchSet(options)
        # A set that runs out of memory answers that nothing matches. This first pattern always does, so that it shows.
        self._set.Add("")
        self._numbers: list[Numbers] = [[]]
        for written, those in numbers.items():
            self._set.Add(pattern_expression(written))
            self._numbers.append(those)
        self._is_usable = True
        try:
            self._set.Compile()
        except re2.error:
            self._is_usable = False

    def met(self, text: Text) -> Iterator[int]:
        """Yield the numbers of the patterns that match; of all where the set cannot say."""
        matched = self._set.Match(text.raw.encode("utf-8", "replace")) if self._is_usable else None
        for at in matched if matched and 0 in matched else range(len(self._numbers)):
            yield from self._numbers[at]
