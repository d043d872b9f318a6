"""Parts of a configuration that nothing uses."""

from __future__ import annotations

from collections.abc import Iterator

from inbox.configuration.check import text_key
from inbox.configuration.conditions import topics_in
from inbox.configuration.finding import Finding, FindingCode, warning
from inbox.configuration.model import LIMIT_REACHED, TEXT_MESSAGES, TRIAGE, Answer, Configuration

_TEXTS_OF_OURS = {"looked_at", "correction", "colleague", LIMIT_REACHED, Answer.receipt_only.value, *TEXT_MESSAGES}
"""Texts that the gateway uses by their name."""


def unused_parts(configuration: Configuration) -> Iterator[Finding]:
    """Yield each department, category, text, flag and topic that nothing uses, and advice that nobody is told."""
    used: dict[str, set[str | None]] = {
        "departments": _departments(configuration),
        "categories": _categories(configuration),
        "texts": _texts(configuration),
        "flags": {rule.flag for rule in configuration.rules},
        "topics": {key for rule in configuration.rules for _, key in topics_in(rule.when)},
    }
    why = {
        "departments": "no category, rule, addressee or queue names it",
        "categories": "no rule or addressee leads to it; only a person can choose it",
        "texts": "no category or flag is answered with it",
        "flags": "no rule raises it",
        "topics": "no rule asks for it; it only keeps messages away from the others",
    }
    for part, names in used.items():
        for key in getattr(configuration, part):
            if key not in names:
                yield warning(FindingCode.unused, (part, key), f"is not used: {why[part]}")
    yield from _untold_advice(configuration)


def _untold_advice(configuration: Configuration) -> Iterator[Finding]:
    for key, category in configuration.categories.items():
        text = configuration.texts.get(text_key(category)) if category.answer is not Answer.none else None
        if not category.channel_advice or (text is not None and "{channel_advice}" in text.body):
            continue
        why = f"`{text_key(category)}` does not hold {{channel_advice}}" if text else "the category is not acknowledged"
        yield warning(FindingCode.unused, ("categories", key, "channel_advice"), f"is not told: {why}")


def _departments(configuration: Configuration) -> set[str | None]:
    return {
        *(category.department for category in configuration.categories.values()),
        *(rule.department for rule in configuration.rules),
        *(addressee.department for addressee in configuration.addressees.values()),
        *(queue.department for queue in configuration.calls.queues.values()),
    }


def _categories(configuration: Configuration) -> set[str | None]:
    return {
        TRIAGE,
        configuration.calls.category,
        *(rule.category for rule in configuration.rules),
        *(addressee.category for addressee in configuration.addressees.values()),
    }


def _texts(configuration: Configuration) -> set[str | None]:
    answered = {
        text_key(category) for category in configuration.categories.values() if category.answer is not Answer.none
    }
    return {*_TEXTS_OF_OURS, *answered, *(flag.text for flag in configuration.flags.values())}
