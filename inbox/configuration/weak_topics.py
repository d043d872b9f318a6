"""Topics that are told badly: by too few examples, or by examples that look like those of another topic."""

from __future__ import annotations

from collections.abc import Iterator

from inbox.configuration.finding import Finding, FindingCode, warning
from inbox.configuration.model import Configuration
from inbox.routing.topics import Topics

_FEW = 5


def weak_topics(configuration: Configuration) -> Iterator[Finding]:
    """Yield what is odd about topics of a configuration without faults. Learns them, which takes a moment."""
    for key, topic in configuration.topics.items():
        if len(topic.examples) < _FEW:
            sentence = f"has {len(topic.examples)} examples: below {_FEW} hardly anything is told by them"
            yield warning(FindingCode.topic_examples_few, ("topics", key, "examples"), sentence)
    if not configuration.topics:
        return
    for key, other, share in Topics(configuration.topics).taken_for:
        sentence = (
            f"is taken for `{other}`: {share:.0%} of its examples are, when the other examples tell what they are about"
        )
        yield warning(FindingCode.topics_alike, ("topics", key), sentence)
