"""What is wrong with a configuration, and what is odd: a report for whoever is about to publish it."""

from __future__ import annotations

from collections.abc import Iterable

from inbox.configuration.check import find_faults
from inbox.configuration.finding import Finding, FindingCode, Severity
from inbox.configuration.model import Configuration
from inbox.configuration.shadowed import shadowed_rules
from inbox.configuration.unused import unused_parts
from inbox.configuration.watched_words import WordWatch
from inbox.reading import Reading


def findings(configuration: Configuration) -> tuple[Finding, ...]:
    """Return all faults, and where there are none the warnings. Pure; takes seconds for thousands of rules."""
    faults = tuple(
        Finding(code=FindingCode.fault, severity=Severity.error, path=path, sentence=sentence)
        for path, sentence in dict.fromkeys(find_faults(configuration))
    )
    # Rules that cannot be used cannot be compared either.
    return faults or (*shadowed_rules(configuration), *unused_parts(configuration))


def unmatched_words(configuration: Configuration, readings: Iterable[Reading]) -> tuple[Finding, ...]:
    """Return the words of rules that none of the readings has. The configuration has no faults."""
    watch = WordWatch(configuration)
    for reading in readings:
        watch.see(reading)
    return watch.findings()
