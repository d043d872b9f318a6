"""Whether a condition of a rule holds for a reading, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from inbox.configuration.model import Condition
from inbox.reading import Reading
from inbox.routing.words import Wanted, first_in, normalised


class Matter:
    """A reading prepared for matching: each text is normalised at most once."""

    def __init__(self, reading: Reading, source_id: str) -> None:
        """`source_id`: the source that showed us the item."""
        self.reading = reading
        self.source_id = source_id

    @cached_property
    def subject(self) -> tuple[str, str]:
        """The subject, raw and normalised."""
        return self.reading.subject, normalised(self.reading.subject)

    @cached_property
    def text(self) -> tuple[str, str]:
        """The text, raw and normalised."""
        return self.reading.text, normalised(self.reading.text)


@dataclass(frozen=True)
class Verdict:
    """The answer of a condition: whether it holds, and the words that show why."""

    holds: bool
    because: str


Test = Callable[[Matter], Verdict]


def compile_condition(condition: Condition) -> Test:
    """Return a function that tests a Matter. Raises PatternInvalid when a word or pattern cannot be used."""
    tests: list[Test] = []
    if condition.channel:
        tests.append(_one_of("channel", {str(channel) for channel in condition.channel}, lambda m: m.reading.channel))
    if condition.source:
        tests.append(_one_of("source", set(condition.source), lambda m: m.source_id))
    if condition.language:
        tests.append(_one_of("language", set(condition.language), lambda m: m.reading.language))
    if condition.is_automatic is not None:
        tests.append(_automatic(condition.is_automatic))
    if condition.sender:
        tests.append(_addresses("sender", condition.sender, lambda m: (m.reading.sender.address,)))
    if condition.recipient:
        tests.append(_addresses("recipient", condition.recipient, lambda m: m.reading.recipients))
    if condition.subject:
        tests.append(_texts("subject", condition.subject, lambda m: (m.subject,)))
    if condition.text:
        tests.append(_texts("text", condition.text, lambda m: (m.text,)))
    if condition.words:
        tests.append(_texts("words", condition.words, lambda m: (m.subject, m.text)))
    for name, values in condition.header.items():
        tests.append(_header(name.lower(), values))
    if condition.any:
        tests.append(_any(tuple(compile_condition(below) for below in condition.any)))
    if condition.all:
        tests.append(_all(tuple(compile_condition(below) for below in condition.all)))
    if condition.not_ is not None:
        tests.append(_not(compile_condition(condition.not_)))
    return tests[0] if len(tests) == 1 else _all(tuple(tests))


def _one_of(field: str, values: set[str], value_of: Callable[[Matter], str]) -> Test:
    def test(matter: Matter) -> Verdict:
        value = value_of(matter)
        return Verdict(value in values, f"{field} is `{value}`")

    return test


def _automatic(wanted: bool) -> Test:
    def test(matter: Matter) -> Verdict:
        actual = matter.reading.is_automatic
        return Verdict(actual is wanted, f"a {'machine' if actual else 'person'} wrote it")

    return test


def _addresses(field: str, written: tuple[str, ...], values_of: Callable[[Matter], tuple[str, ...]]) -> Test:
    whole = {value.lower() for value in written if not value.startswith(("@", "/"))}
    domains = tuple(value[1:].lower() for value in written if value.startswith("@"))
    patterns = tuple(Wanted(value) for value in written if value.startswith("/"))

    def test(matter: Matter) -> Verdict:
        for value in values_of(matter):
            address = value.lower()
            if address in whole:
                return Verdict(True, f"{field} is `{address}`")
            host = address.rpartition("@")[2]
            for domain in domains:
                if host == domain or host.endswith(f".{domain}"):
                    return Verdict(True, f"{field} is at `@{domain}`")
            found = first_in(patterns, address, address)
            if found:
                return Verdict(True, f"{field} matches `{found}`")
        return Verdict(False, f"{field} is another")

    return test


def _texts(field: str, written: tuple[str, ...], texts_of: Callable[[Matter], tuple[tuple[str, str], ...]]) -> Test:
    wanted = tuple(Wanted(value) for value in written)

    def test(matter: Matter) -> Verdict:
        for raw, words in texts_of(matter):
            found = first_in(wanted, raw, words)
            if found:
                return Verdict(True, f"{field} has `{found}`")
        return Verdict(False, f"{field} has none of its words")

    return test


def _header(name: str, written: tuple[str, ...]) -> Test:
    wanted = tuple(Wanted(value) for value in written if value != "*")
    is_present_enough = "*" in written

    def test(matter: Matter) -> Verdict:
        values = matter.reading.headers.get(name, ())
        if values and is_present_enough:
            return Verdict(True, f"header {name} is present")
        for value in values:
            found = first_in(wanted, value, normalised(value))
            if found:
                return Verdict(True, f"header {name} has `{found}`")
        return Verdict(False, f"header {name} {'is different' if values else 'is absent'}")

    return test


def _any(tests: tuple[Test, ...]) -> Test:
    def test(matter: Matter) -> Verdict:
        for below in tests:
            verdict = below(matter)
            if verdict.holds:
                return verdict
        return Verdict(False, "none of its alternatives holds")

    return test


def _all(tests: tuple[Test, ...]) -> Test:
    def test(matter: Matter) -> Verdict:
        reasons = []
        for below in tests:
            verdict = below(matter)
            if not verdict.holds:
                return verdict
            reasons.append(verdict.because)
        return Verdict(True, " and ".join(reasons))

    return test


def _not(below: Test) -> Test:
    def test(matter: Matter) -> Verdict:
        verdict = below(matter)
        return Verdict(not verdict.holds, f"not: {verdict.because}")

    return test
