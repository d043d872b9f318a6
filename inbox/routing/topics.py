"""What a text is about, as the topics' examples tell it: the best topic, how sure that is, and by which words."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from inbox.configuration.topic import Topic
from inbox.routing.learning import Learned, learned
from inbox.routing.topic_words import BEGINNING, marks_of, telling_words
from inbox.routing.words import Text

CHARACTERS_READ = 20_000
"""Of a text so many are looked at: what it is about stands at its beginning, and a longer one costs no more."""
_WORDS_SHOWN = 3


class Told(NamedTuple):
    """The best topic of a text."""

    topic: str
    confidence: float
    """0 to 1, rounded down to two digits: the number that is compared is the one that is shown."""
    words: tuple[str, ...]
    """Those that spoke most for it, as the examples have them: never a word that only the sender has. `lanta*` is the
    beginning that a word shares with one of an example."""


class Topics:
    """The topics of a configuration. The same text always gives the same answer."""

    def __init__(self, topics: Mapping[str, Topic]) -> None:
        """Learn from the examples, which takes seconds for thousands. `topics`: at least two, without faults."""
        self._learned: Learned = learned(tuple((key, topic.examples) for key, topic in topics.items()))

    @property
    def taken_for(self) -> tuple[tuple[str, str, float], ...]:
        """Topic, the other one that more than half of its examples are taken for, and their share."""
        return self._learned.taken_for

    def of(self, text: Text) -> Told | None:
        """Return the best topic, however unsure; None where no word of the text is known from an example."""
        words = telling_words(Text(text.raw[:CHARACTERS_READ]))
        added = self._added(Counter(mark for word in words for mark in marks_of(word)))
        if not added:
            return None
        scores = (self._learned.biases + sum(added.values())).tolist()
        best = scores.index(max(scores))
        likely = 1 / sum(math.exp(min(score - scores[best], 700)) for score in (*scores, self._learned.none))
        spoke = {mark: float(scored[best]) for mark, scored in added.items()}
        return Told(self._learned.topics[best], math.floor(likely * 100) / 100, self._shown(words, spoke))

    def _added(self, counted: Mapping[str, int]) -> dict[str, Any]:
        """Return what each known mark adds to the scores.

        It weighs as much as it tells, divided by the length of the whole text: one known word among many unknown ones says
        little. The beginning of an unknown word is no second unknown.
        """
        known = self._learned.weights
        weights = {
            mark: (1 + math.log(count)) * (known[mark][0] if mark in known else self._learned.unknown)
            for mark, count in counted.items()
            if mark in known or not mark.endswith(BEGINNING)
        }
        length = math.hypot(*weights.values())
        return {mark: weight / length * known[mark][1] for mark, weight in weights.items() if mark in known}

    def _shown(self, words: Iterable[str], spoke: Mapping[str, float]) -> tuple[str, ...]:
        """Return the words that spoke most for the topic: what a stem and a beginning add, their word adds."""
        by_word: dict[str, float] = defaultdict(float)
        for word in dict.fromkeys(words):
            marks = [mark for mark in marks_of(word) if mark in spoke]
            if marks:
                by_word[self._learned.words[marks[0]]] += sum(spoke[mark] for mark in marks)
        most = sorted((word for word in by_word if by_word[word] > 0), key=lambda word: (-by_word[word], word))
        return tuple(most[:_WORDS_SHOWN])
