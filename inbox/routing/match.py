"""Whether a condition of a rule holds for a reading, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from inbox.call import CallFacts
from inbox.configuration.rule import Bounds, Condition, ReceivedWithin
from inbox.errors import PatternInvalid
from inbox.letter_facts import addressee_kinds, likely_values, marks_on
from inbox.routing.matter import Matter
from inbox.routing.moments import is_within, said_moment
from inbox.routing.postcodes import area
from inbox.routing.words import Text, Wanted


@dataclass(frozen=True)
class Verdict:
    """The answer of a condition: whether it holds, and the words that show why."""

    holds: bool
    because: str


Test = Callable[[Matter], Verdict]


def compile_condition(condition: Condition) -> Test:
    """Return a function that tests a Matter. Raises PatternInvalid when a part of it cannot be used."""
    named = condition.model_fields_set
    if not named:
        raise PatternInvalid("names no condition, so it would match everything")
    for name in sorted(named):
        if getattr(condition, name) in ((), {}, None):
            raise PatternInvalid(f"`{name.rstrip('_')}` is empty: leave it out, or say what it must hold")
    tests = tuple(_COMPILED[name](condition) for name in _COMPILED if name in named)
    return tests[0] if len(tests) == 1 else _all(tests)


def _one_of(field: str, values: set[str], value_of: Callable[[Matter], str]) -> Test:
    def test(matter: Matter) -> Verdict:
        value = value_of(matter)
        return Verdict(value in values, f"{field} is `{value}`")

    return test


def _of_call(field: str, values: set[str], value_of: Callable[[CallFacts], str]) -> Test:
    def test(matter: Matter) -> Verdict:
        call = matter.reading.call
        if call is None:
            return Verdict(False, f"{field}: it is no call")
        value = value_of(call)
        return Verdict(value in values, f"{field} is `{value}`")

    return test


def _named_in_call(
    field: str, written: tuple[str, ...], value_of: Callable[[CallFacts], str], *, shows: bool = True
) -> Test:
    """Test a name or number of a call. `shows`: the reason may say it; a caller's number stays out of it."""
    wanted = {value.strip().casefold() for value in written}

    def test(matter: Matter) -> Verdict:
        call = matter.reading.call
        if call is None:
            return Verdict(False, f"{field}: it is no call")
        value = value_of(call)
        holds = value.casefold() in wanted or (bool(value) and "*" in wanted)
        if not value:
            return Verdict(holds, f"{field} is not known")
        return Verdict(
            holds, f"{field} is `{value}`" if shows else f"{field} is {'one of those' if holds else 'another'}"
        )

    return test


def _addressed_to(keys: set[str]) -> Test:
    def test(matter: Matter) -> Verdict:
        key = matter.addressee
        return Verdict(key in keys, f"addressed to `{key}`" if key else "addressed to nobody who is configured")

    return test


def _automatic(*, wanted: bool) -> Test:
    def test(matter: Matter) -> Verdict:
        actual = matter.reading.is_automatic
        return Verdict(actual is wanted, f"a {'machine' if actual else 'person'} wrote it")

    return test


def _envelope(*, wanted: bool) -> Test:
    def test(matter: Matter) -> Verdict:
        actual = matter.reading.is_envelope
        return Verdict(actual is wanted, f"{'only a closed envelope' if actual else 'no closed envelope'} was seen")

    return test


def _found_on(field: str, wanted: frozenset[StrEnum], values_of: Callable[[Matter], frozenset[StrEnum]]) -> Test:
    def test(matter: Matter) -> Verdict:
        values = values_of(matter)
        said = ", ".join(f"`{value}`" for value in sorted(values & wanted or values))
        return Verdict(bool(values & wanted), f"{field} {said or 'nothing'}")

    return test


def _addresses(field: str, written: tuple[str, ...], values_of: Callable[[Matter], tuple[str, ...]]) -> Test:
    whole = {value.lower() for value in written if not value.startswith(("@", "/"))}
    domains = tuple(value[1:].lower() for value in written if value.startswith("@"))
    for value in written:
        if "@" not in value and not value.startswith("/"):
            raise PatternInvalid(f"`{value}` is no address: write `jan@example.nl`, `@example.nl` or a /pattern/")
    matching = tuple(value for value in written if value.startswith("/"))
    patterns = Wanted(matching) if matching else None

    def test(matter: Matter) -> Verdict:
        for value in values_of(matter):
            address = value.lower()
            if address in whole:
                return Verdict(True, f"{field} is `{address}`")
            host = address.rpartition("@")[2]
            for domain in domains:
                if host == domain or host.endswith(f".{domain}"):
                    return Verdict(True, f"{field} is at `@{domain}`")
            found = patterns.first_in(Text(address)) if patterns else None
            if found:
                return Verdict(True, f"{field} matches `{found}`")
        return Verdict(False, f"{field} is another")

    return test


def _texts(field: str, written: tuple[str, ...], texts_of: Callable[[Matter], tuple[Text, ...]]) -> Test:
    wanted = Wanted(written)

    def test(matter: Matter) -> Verdict:
        for text in texts_of(matter):
            found = wanted.first_in(text)
            if found:
                return Verdict(True, f"{field} has `{found}`")
        return Verdict(False, f"{field} has none of its words")

    return test


def _values(field: str, written: tuple[str, ...], texts_of: Callable[[Matter], tuple[Text, ...]]) -> Test:
    """Test the values of a header, or of a field of a letter; `*` among the written: to be there is enough."""
    if not written:
        raise PatternInvalid(f"{field} has no value: write `*` when it only has to be there")
    is_present_enough = "*" in written
    values_wanted = tuple(value for value in written if value != "*")
    wanted = Wanted(values_wanted) if values_wanted else None

    def test(matter: Matter) -> Verdict:
        values = texts_of(matter)
        if values and is_present_enough:
            return Verdict(True, f"{field} is present")
        for value in values:
            found = wanted.first_in(value) if wanted else None
            if found:
                return Verdict(True, f"{field} has `{found}`")
        return Verdict(False, f"{field} {'is different' if values else 'is absent'}")

    return test


def _header(name: str, written: tuple[str, ...]) -> Test:
    return _values(f"header {name}", written, lambda matter: matter.header(name))


def _letter_field(name: str, written: tuple[str, ...]) -> Test:
    return _values(
        f"letter field {name}",
        written,
        lambda matter: tuple(Text(value) for value in likely_values(matter.reading, name)),
    )


def _postcode(written: tuple[str, ...]) -> Test:
    wanted = tuple((one, area(one)) for one in written)

    def test(matter: Matter) -> Verdict:
        found = next((one for one, begins in wanted if any(code.startswith(begins) for code in matter.postcodes)), None)
        if found:
            return Verdict(True, f"postcode is in `{found}`")
        return Verdict(False, f"postcode is {'another' if matter.postcodes else 'not known'}")

    return test


def _attachment_type(written: tuple[str, ...]) -> Test:
    whole = {value for value in written if not value.endswith("/*")}
    kinds = {value.removesuffix("*") for value in written if value.endswith("/*")}

    def test(matter: Matter) -> Verdict:
        for part in matter.reading.parts:
            media_type = part.media_type.lower()
            if media_type in whole or f"{media_type.partition('/')[0]}/" in kinds:
                return Verdict(True, f"an attachment is `{media_type}`")
        return Verdict(False, "no attachment is of such a type")

    return test


def _attachment_count(bounds: Bounds | None) -> Test:
    def test(matter: Matter) -> Verdict:
        count = len(matter.reading.parts)
        return Verdict(bounds is not None and bounds.hold(count), f"it has {count} attachments")

    return test


def _attachment_bytes(bounds: Bounds | None) -> Test:
    def test(matter: Matter) -> Verdict:
        sizes = [part.size_bytes for part in matter.reading.parts]
        fitting = next((size for size in sizes if bounds is not None and bounds.hold(size)), None)
        if fitting is None:
            return Verdict(False, "no attachment is of such a size")
        return Verdict(True, f"an attachment has {fitting} bytes")

    return test


def _received(within: ReceivedWithin | None) -> Test:
    def test(matter: Matter) -> Verdict:
        if matter.clock is None or within is None:
            return Verdict(False, "it is not known when it was received")
        return Verdict(is_within(within, matter.clock.local), f"received {said_moment(matter.clock.local)}")

    return test


def _office_hours(*, wanted: bool) -> Test:
    def test(matter: Matter) -> Verdict:
        if matter.clock is None:
            return Verdict(False, "it is not known when it was received")
        actual = matter.clock.is_office_hours
        said = f"received {said_moment(matter.clock.local)}, {'in' if actual else 'outside'} office hours"
        return Verdict(actual is wanted, said)

    return test


def _topic(keys: set[str], least: float) -> Test:
    def test(matter: Matter) -> Verdict:
        told = matter.topic
        if told is None:
            return Verdict(False, "topic is not known: it has no word of any example")
        words = f" ({', '.join(told.words)})" if told.words else ""
        said = f"topic `{told.topic}` {told.confidence:.2f}{words}"
        if told.topic not in keys:
            return Verdict(False, f"{said}, which is another one")
        if told.confidence < least:
            return Verdict(False, f"{said}, less than {least:g}")
        return Verdict(True, f"{said}, at least {least:g} is asked")

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


_COMPILED: dict[str, Callable[[Condition], Test]] = {
    "channel": lambda c: _one_of("channel", {str(channel) for channel in c.channel}, lambda m: m.reading.channel),
    "source": lambda c: _one_of("source", set(c.source), lambda m: m.source_id),
    "call_outcome": lambda c: _of_call("call outcome", set(map(str, c.call_outcome)), lambda call: call.outcome),
    "call_direction": lambda c: _of_call(
        "call direction", set(map(str, c.call_direction)), lambda call: call.direction
    ),
    "queue": lambda c: _named_in_call("queue", c.queue, lambda call: call.queue),
    "menu_choice": lambda c: _named_in_call("menu choice", c.menu_choice, lambda call: call.choice),
    "dialled": lambda c: _named_in_call("dialled", c.dialled, lambda call: call.dialled),
    "caller": lambda c: _named_in_call("caller", c.caller, lambda call: call.caller, shows=False),
    "language": lambda c: _one_of("language", set(c.language), lambda m: m.reading.language),
    "addressed_as": lambda c: _one_of(
        "addressed as", {str(place) for place in c.addressed_as}, lambda m: m.reading.addressed_as
    ),
    "addressed_to": lambda c: _addressed_to(set(c.addressed_to)),
    "is_automatic": lambda c: _automatic(wanted=bool(c.is_automatic)),
    "is_envelope": lambda c: _envelope(wanted=bool(c.is_envelope)),
    "marked": lambda c: _found_on("marked", frozenset(c.marked), lambda m: marks_on(m.reading)),
    "addressee_kind": lambda c: _found_on(
        "addressed to", frozenset(c.addressee_kind), lambda m: addressee_kinds(m.reading)
    ),
    "sender": lambda c: _addresses("sender", c.sender, lambda m: (m.reading.sender.address,)),
    "recipient": lambda c: _addresses("recipient", c.recipient, lambda m: m.reading.recipients),
    "subject": lambda c: _texts("subject", c.subject, lambda m: (m.subject,)),
    "text": lambda c: _texts("text", c.text, lambda m: (m.text,)),
    "attachment": lambda c: _texts("attachment", c.attachment, lambda m: m.attachments),
    "words": lambda c: _texts("words", c.words, lambda m: (m.subject, m.text, m.attached)),
    "attached_words": lambda c: _texts("attached words", c.attached_words, lambda m: (m.attached,)),
    "attachment_type": lambda c: _attachment_type(c.attachment_type),
    "attachment_count": lambda c: _attachment_count(c.attachment_count),
    "attachment_bytes": lambda c: _attachment_bytes(c.attachment_bytes),
    "received": lambda c: _received(c.received),
    "office_hours": lambda c: _office_hours(wanted=bool(c.office_hours)),
    "header": lambda c: _all(tuple(_header(name.lower(), values) for name, values in c.header.items())),
    "letter_field": lambda c: _all(tuple(_letter_field(name, values) for name, values in c.letter_field.items())),
    "postcode": lambda c: _postcode(c.postcode),
    "topic": lambda c: _topic(set(c.topic), c.least_confidence),
    "any": lambda c: _any(tuple(compile_condition(below) for below in c.any)),
    "all": lambda c: _all(tuple(compile_condition(below) for below in c.all)),
    "not_": lambda c: _not(compile_condition(c.not_ or Condition())),
}
"""Each field of a condition and what tests it, cheapest first."""
