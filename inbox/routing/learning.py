"""Learning topics from their examples: logistic regression over the words, and how sure it may be of what it says.

The same examples give the same weights. Nothing else is learned from, and nothing is kept.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from threading import Lock
from typing import Any, NamedTuple

from inbox.routing.topic_words import marks_of, telling_words
from inbox.routing.words import Text

Examples = tuple[tuple[str, tuple[str, ...]], ...]
"""Each topic's key, and its examples."""

_STRENGTH = 3.0
"""How closely the examples are followed (`C`). What it makes too sure or too unsure, `Sureness` puts right."""
_MARKS = 10_000
"""The most frequent ones are learned, which is all of them for some thousands of examples; it bounds the time."""
_PARTS = 5
"""Into which examples, and topics, are divided: each part is told by what the others teach."""


class Sureness(NamedTuple):
    """What makes confidences true. In steps, so that no rounding of another machine moves it."""

    scale: float
    """By which all scores are multiplied."""
    none: float
    """The score of what is about none of the topics, before it is scaled."""


_UNTRIED = Sureness(1.0, 0.5)
"""Where nothing can be held back: too unsure for anything to be decided by it."""
_SCALES = tuple(1.25**step for step in range(17))
_NONES = tuple(step / 4 for step in range(13))


@dataclass(frozen=True)
class Learned:
    """What was learned. Scores are arrays with a number for each topic, in the topics' order."""

    topics: tuple[str, ...]
    weights: dict[str, tuple[float, Any]]
    """By mark: how telling it is, and what it adds to the scores."""
    unknown: float
    """How telling a mark is that no example has."""
    biases: Any
    none: float
    """The score of none of the topics."""
    words: dict[str, str]
    """By mark: the word of an example to show for it."""
    taken_for: tuple[tuple[str, str, float], ...]
    """Topic, the other one that more than half of its examples are taken for when the rest tells them, and which share."""


_learning = Lock()


def learned(examples: Examples) -> Learned:
    """Learn at least two topics, each with examples that hold words; once per process, whoever asks meanwhile waits for it.

    Takes a second or two for a thousand examples.
    """
    with _learning:
        return _learned(examples)


@lru_cache(maxsize=4)
def _learned(examples: Examples) -> Learned:
    # Slow to import, and only this needs it. All of it now: only libraries that are loaded can be kept to one thread.
    import sklearn.linear_model  # noqa: F401
    from sklearn.feature_extraction.text import TfidfVectorizer
    from threadpoolctl import threadpool_limits

    topics = tuple(key for key, _ in examples)
    texts = [telling_words(Text(text)) for _, those in examples for text in those]
    answers = [number for number, (_, those) in enumerate(examples) for _ in those]
    counting = TfidfVectorizer(analyzer=_marks, sublinear_tf=True, max_features=_MARKS)
    matrix = counting.fit_transform(texts)
    # Threads would add up in another order each time, and on busy cores they wait for each other, a hundred times as long.
    with threadpool_limits(1):
        sure, taken_for = _tried(topics, matrix, answers)
        model = _model().fit(matrix, answers)
    columns = _of_each(model.coef_.T) * sure.scale
    return Learned(
        topics,
        {mark: (float(counting.idf_[at]), columns[at]) for mark, at in counting.vocabulary_.items()},
        math.log(1 + len(texts)) + 1,
        _of_each(model.intercept_[None, :])[0] * sure.scale,
        sure.none * sure.scale,
        _shown({word for words in texts for word in words}),
        taken_for,
    )


def _marks(words: Sequence[str]) -> list[str]:
    return [mark for word in words for mark in marks_of(word)]


def _shown(words: set[str]) -> dict[str, str]:
    """Return the shortest of the words that share a mark; a beginning is shown as it is."""
    shown: dict[str, str] = {}
    for word in sorted(words, key=lambda word: (len(word), word)):
        stemmed, *beginnings = marks_of(word)
        shown.setdefault(stemmed, word)
        shown.update((beginning, beginning) for beginning in beginnings)
    return shown


def _model() -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=_STRENGTH, class_weight="balanced", tol=1e-3, max_iter=1_000, random_state=0)


def _of_each(scores: Any) -> Any:
    """Return scores with a column for each topic: of two topics the library gives one, for the second."""
    import numpy as np

    return np.hstack([-scores / 2, scores / 2]) if scores.shape[-1] == 1 else scores


def _tried(
    topics: Sequence[str], matrix: Any, answers: Sequence[int]
) -> tuple[Sureness, tuple[tuple[str, str, float], ...]]:
    """Return how sure the model may be, and which topics it takes for others: seen by examples that it did not learn."""
    import numpy as np
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    parts = min(_PARTS, *np.bincount(answers).tolist())
    if parts < 2:
        return _UNTRIED, ()
    told = cross_val_predict(_model(), matrix, answers, cv=StratifiedKFold(parts), method="decision_function")
    told = _of_each(told.reshape(len(answers), -1))
    return _sureness(told, _strangers(len(topics), matrix, answers), answers), tuple(_taken_for(topics, told, answers))


def _strangers(count: int, matrix: Any, answers: Sequence[int]) -> Any:
    """Return scores of examples whose own topics were not learned: so look messages that are about none of the topics.

    Of fewer than three topics none can be left out.
    """
    import numpy as np

    topic_of = np.array(answers)
    scores = np.full((len(answers) if count > 2 else 0, count), -np.inf)
    for part in range(min(_PARTS, count) if count > 2 else 0):
        is_stranger = topic_of % _PARTS == part
        model = _model().fit(matrix[~is_stranger], topic_of[~is_stranger])
        scores[np.ix_(is_stranger, model.classes_)] = _of_each(
            model.decision_function(matrix[is_stranger]).reshape(int(is_stranger.sum()), -1)
        )
    return scores


def _sureness(told: Any, strangers: Any, answers: Sequence[int]) -> Sureness:
    """Return what makes the confidences likeliest, of examples that were held back and of strangers.

    Temperature scaling (Guo and others, 2017) towards Platt's targets (1999): few examples never make it quite sure.
    """
    import numpy as np

    count, topics = told.shape
    sure = (count + 1) / (count + 2)
    targets = np.full((count, topics + 1), (1 - sure) / topics)
    targets[range(count), answers] = sure

    def likely(scores: Any, tried: Sureness) -> Any:
        scaled = np.hstack([scores, np.full((len(scores), 1), tried.none)]) * tried.scale
        shifted = scaled - scaled.max(axis=1, keepdims=True)
        return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))

    def loss(tried: Sureness) -> float:
        return -float((targets * likely(told, tried)).sum() + likely(strangers, tried)[:, -1].sum())

    nones = _NONES if len(strangers) else (_UNTRIED.none,)
    return min((Sureness(scale, none) for scale, none in product(_SCALES, nones)), key=loss)


def _taken_for(topics: Sequence[str], told: Any, answers: Sequence[int]) -> list[tuple[str, str, float]]:
    found = []
    best = told.argmax(axis=1).tolist()
    for number, topic in enumerate(topics):
        said = [one for one, answer in zip(best, answers, strict=True) if answer == number]
        for other in sorted(set(said) - {number}):
            share = said.count(other) / len(said)
            if share > 0.5:
                found.append((topic, topics[other], share))
    return found
