"""What must hold of topics: enough of them to tell apart, examples that say something, and no more than can be learned."""

from __future__ import annotations

from collections.abc import Iterator

from inbox.configuration.conditions import topics_in
from inbox.configuration.model import Configuration
from inbox.configuration.rule import Condition
from inbox.routing.topic_words import telling_words
from inbox.routing.words import Text

TOPICS_LIMIT = 40
EXAMPLES_LIMIT = 3_000
"""Of all topics together. At both limits learning takes five seconds on two cores."""

Path = tuple[str | int, ...]
Fault = tuple[Path, str]


def topic_faults(configuration: Configuration) -> Iterator[Fault]:
    """Yield each fault as (path in the document, sentence)."""
    topics = configuration.topics
    if len(topics) == 1:
        yield ("topics",), "is only one: with nothing to tell it from, everything would be about it"
    if len(topics) > TOPICS_LIMIT:
        yield ("topics",), f"are {len(topics)}, and at most {TOPICS_LIMIT} can be told apart"
    count = sum(len(topic.examples) for topic in topics.values())
    if count > EXAMPLES_LIMIT:
        yield ("topics",), f"have {count} examples together, and at most {EXAMPLES_LIMIT} are learned from"
    seen: dict[str, str] = {}
    for key, topic in topics.items():
        if not topic.examples:
            yield ("topics", key, "examples"), "are none: a topic is learned from its examples"
        for at, example in enumerate(topic.examples):
            path = ("topics", key, "examples", at)
            text = Text(example)
            if not telling_words(text):
                yield path, "holds no word that says what it is about"
            elif seen.setdefault(text.words, key) != key:
                yield path, f"stands in the topic `{seen[text.words]}`, too: it can be an example of one of them"


def unknown_topics(condition: Condition, configuration: Configuration) -> Iterator[tuple[Path, str]]:
    """Yield the topics that a condition, or one inside it, asks for and that are not configured, each with its path."""
    yield from ((where, key) for where, key in topics_in(condition) if key not in configuration.topics)
