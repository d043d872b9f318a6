"""One thing that is wrong or odd in a configuration."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Severity(StrEnum):
    """What a finding stops."""

    error = "error"
    """The document cannot be published."""
    warning = "warning"
    """It can; somebody should look."""


class FindingCode(StrEnum):
    """What kind of thing it is."""

    fault = "fault"
    """Something is impossible: a name that is not there, a promise that cannot be kept."""
    rule_unreachable = "rule_unreachable"
    """Wherever it holds a rule before it decides."""
    rule_never_holds = "rule_never_holds"
    """What it asks for excludes itself."""
    rule_repeats = "rule_repeats"
    """A rule before it asks the same and does the same."""
    rules_contradict = "rules_contradict"
    """A rule before it asks the same and does something else."""
    value_unreachable = "value_unreachable"
    """A word, address, condition in `any` or other value of a rule adds nothing: where it is met, a rule before it decides."""
    pattern_matches_anything = "pattern_matches_anything"
    """It matches every text that is not empty, or every address."""
    unused = "unused"
    """A department, category, text, flag or topic that nothing uses."""
    topic_examples_few = "topic_examples_few"
    """A topic has so few examples that hardly anything will be told by it."""
    topics_alike = "topics_alike"
    """More than half of a topic's examples are taken for another topic when the rest tells them."""
    word_unmatched = "word_unmatched"
    """No recent item has it."""


class Finding(BaseModel):
    """What was found, and where."""

    model_config = ConfigDict(frozen=True)

    code: FindingCode
    severity: Severity
    path: tuple[str | int, ...]
    """Keys and places in the document, from its top."""
    sentence: str
    """For an administrator; it follows the name of the place."""

    @property
    def pointer(self) -> str:
        """The path as JSON Pointer (RFC 6901)."""
        return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in self.path)


def warning(code: FindingCode, path: tuple[str | int, ...], sentence: str) -> Finding:
    """Return a finding that stops nothing."""
    return Finding(code=code, severity=Severity.warning, path=path, sentence=sentence)
