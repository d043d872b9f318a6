"""Which words of rules ever match: seen by holding them against what was read."""

from __future__ import annotations

from collections import defaultdict

from inbox.configuration.condition_faults import alone
from inbox.configuration.conditions import Listed, words_in
from inbox.configuration.finding import Finding, FindingCode, warning
from inbox.configuration.model import Configuration
from inbox.configuration.rule import Rule
from inbox.reading import Reading
from inbox.routing.index import RuleIndex
from inbox.routing.match import Test, compile_condition
from inbox.routing.matter import Matter


class WordWatch:
    """The words of all rules, and whether any reading had them. Words that are excluded (`not`) are watched as well."""

    def __init__(self, configuration: Configuration) -> None:
        """Take the words of a configuration without faults."""
        self._places: dict[tuple[str, str, str], list[tuple[str | int, ...]]] = defaultdict(list)
        for number, rule in enumerate(configuration.rules):
            for listed in words_in(rule.when):
                key = (listed.field, listed.name, listed.written)
                self._places[key].append(("rules", number, "when", *listed.path))
        single = [alone(Listed((), *key)) for key in self._places]
        self._tests: list[Test] = [compile_condition(condition) for condition in single]
        self._index = RuleIndex([Rule(id=f"w{at}", when=condition) for at, condition in enumerate(single)])
        self._unseen = set(range(len(single)))
        self.readings = 0

    def see(self, reading: Reading) -> None:
        """Note which words a reading has."""
        self.readings += 1
        matter = Matter(reading, "")
        for at in self._unseen.intersection(self._index.candidates(matter)):
            if self._tests[at](matter).holds:
                self._unseen.discard(at)

    def findings(self) -> tuple[Finding, ...]:
        """Return a warning for each place of a word that no reading had, in the order of the document."""
        found = []
        for at, ((_, _, written), places) in enumerate(self._places.items()):
            if at in self._unseen:
                sentence = f"`{written}` matches none of the {self.readings} items that were looked at"
                found += [warning(FindingCode.word_unmatched, path, sentence) for path in places]
        return tuple(sorted(found, key=lambda finding: int(finding.path[1])))
