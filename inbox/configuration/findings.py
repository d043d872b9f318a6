"""What is wrong with a configuration, and what is odd: a report for whoever is about to publish it."""

from __future__ import annotations

from inbox.configuration.check import find_faults
from inbox.configuration.finding import Finding, FindingCode, Severity
from inbox.configuration.model import Configuration
from inbox.configuration.shadowed import shadowed_rules
from inbox.configuration.unused import unused_parts
from inbox.configuration.weak_topics import weak_topics


def findings(configuration: Configuration) -> tuple[Finding, ...]:
    """Return all faults, and where there are none the warnings. Pure; takes seconds for thousands of rules."""
    faults = tuple(
        Finding(code=FindingCode.fault, severity=Severity.error, path=path, sentence=sentence)
        for path, sentence in dict.fromkeys(find_faults(configuration))
    )
    # Rules that cannot be used cannot be compared either.
    return faults or (*shadowed_rules(configuration), *unused_parts(configuration), *weak_topics(configuration))
