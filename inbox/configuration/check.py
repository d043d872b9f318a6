"""What the shape alone cannot say: names that must exist, promises that must be possible."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from inbox.acknowledge.compose import PLACEHOLDERS
from inbox.configuration.addressees import addressee_faults
from inbox.configuration.calls import call_faults
from inbox.configuration.flags import flag_faults, flag_texts
from inbox.configuration.model import (
    CHANNEL_PLACEHOLDERS,
    LIMIT_REACHED,
    PLACEHOLDER,
    TEXT_MESSAGES,
    TRIAGE,
    Answer,
    Category,
    Configuration,
    CopiedAnswer,
    Text,
)
from inbox.configuration.rule import Condition
from inbox.configuration.rule_faults import rule_faults
from inbox.configuration.sms import sms_faults
from inbox.configuration.topics import topic_faults

Path = tuple[str | int, ...]
Fault = tuple[Path, str]


def find_faults(configuration: Configuration) -> Iterator[Fault]:
    """Yield each fault as (path in the document, sentence)."""
    yield from _organisation(configuration)
    yield from _triage(configuration)
    for key, category in configuration.categories.items():
        yield from _category(configuration, ("categories", key), category)
    yield from _texts(configuration)
    yield from rule_faults(configuration)
    yield from addressee_faults(configuration)
    yield from sms_faults(configuration)
    yield from call_faults(configuration)
    yield from flag_faults(configuration)
    yield from topic_faults(configuration)


def _organisation(configuration: Configuration) -> Iterator[Fault]:
    try:
        ZoneInfo(configuration.organisation.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        yield ("organisation", "time_zone"), "is not a known time zone, write for instance `Europe/Amsterdam`"
    if not configuration.calendar.working_days:
        yield ("calendar", "working_days"), "names no day: no promise could ever be computed"


def _triage(configuration: Configuration) -> Iterator[Fault]:
    triage = configuration.categories.get(TRIAGE)
    if triage is None:
        yield ("categories",), f"`{TRIAGE}` is missing: everything that no rule decides needs it"
    elif triage.answer is not Answer.dated:
        yield (
            ("categories", TRIAGE, "answer"),
            "must be `dated`: a sender hears by when they learn who handles the message",
        )


def _category(configuration: Configuration, path: Path, category: Category) -> Iterator[Fault]:
    department = configuration.departments.get(category.department)
    if department is None:
        yield (*path, "department"), f"there is no department `{category.department}`"
    else:
        for destination in (department.acting, *department.informed):
            if category.confidentiality > destination.up_to:
                level = category.confidentiality.name
                yield (
                    (*path, "confidentiality"),
                    f"`{level}` may not be sent to a {destination.kind} that holds up to `{destination.up_to.name}`",
                )
    if category.answer is Answer.dated and category.norm is None:
        yield path, "is answered with a date and has no `norm`"
    if category.statutory and category.answer is not Answer.receipt_only:
        yield (
            (*path, "answer"),
            "a statutory category is `receipt_only` until the statutory calendar exists: no false legal date",
        )
    if category.answer is not Answer.none and text_key(category) not in configuration.texts:
        yield (*path, "text"), f"there is no text `{text_key(category)}`"
    if text_key(category) == LIMIT_REACHED:
        yield (*path, "text"), f"`{LIMIT_REACHED}` is only added below other texts"
    if text_key(category) in TEXT_MESSAGES:
        yield (*path, "text"), f"`{text_key(category)}` is for text messages only"
    yield from _placeholders(configuration, (*path, "channel_advice"), category.channel_advice, CHANNEL_PLACEHOLDERS)


def text_key(category: Category) -> str:
    """Return the name of the text that acknowledges this category."""
    return category.text or category.answer.value


def _texts(configuration: Configuration) -> Iterator[Fault]:
    for needed, why in (
        ("looked_at", "a sender whose message cannot be read is told so"),
        ("correction", "a later date must be told"),
    ):
        if needed not in configuration.texts:
            yield ("texts",), f"`{needed}` is missing: {why}"
    copied = configuration.copied
    if CopiedAnswer.receipt_only in (copied.cc, copied.bcc) and Answer.receipt_only.value not in configuration.texts:
        yield ("texts",), "`receipt_only` is missing: `copied` answers with it"
    if Answer.receipt_only.value not in configuration.texts and any(
        asks_for_envelopes(rule.when) for rule in configuration.rules
    ):
        yield ("texts",), "`receipt_only` is missing: closed envelopes are answered with it"
    for key, text in configuration.texts.items():
        for part in ("subject", "body"):
            yield from _placeholders(configuration, ("texts", key, part), getattr(text, part), PLACEHOLDERS)
    for key, text in configuration.texts.items():
        if key == LIMIT_REACHED:
            yield from _limit_reached(text)
        elif key not in TEXT_MESSAGES:
            yield from _text(configuration, key, text)


def _text(configuration: Configuration, key: str, text: Text) -> Iterator[Fault]:
    dated = _used_for(configuration, Answer.dated) | {"correction"}
    # `receipt_only` is also told when a promised date has passed.
    undated = _used_for(configuration, Answer.receipt_only) | {"looked_at", "colleague", Answer.receipt_only.value}
    # Who is in danger is not told of a term: a flag's text fits whatever the category promises.
    undated |= flag_texts(configuration)
    in_body, in_subject = set(PLACEHOLDER.findall(text.body)), set(PLACEHOLDER.findall(text.subject))
    if not text.subject.strip():
        yield ("texts", key, "subject"), "is missing"
    if "reference" not in in_body:
        yield ("texts", key, "body"), "does not name the {reference}"
    if key in dated and "date" not in in_body:
        yield ("texts", key, "body"), "is used where a date is promised and does not name the {date}"
    if key in undated and (in_body | in_subject) & {"date", "term"}:
        yield ("texts", key), "is used where no date may be promised and names {date} or {term}"
    if "channel_advice" in in_subject:
        yield ("texts", key, "subject"), "names {channel_advice}, which is of the body"
    if key in flag_texts(configuration) and "channel_advice" in in_body:
        yield (
            ("texts", key, "body"),
            "is told to whoever is in danger and names {channel_advice}, which is of a category",
        )


def asks_for_envelopes(condition: Condition) -> bool:
    """Say whether a condition, or one inside it, asks for closed envelopes."""
    inside = (*condition.any, *condition.all, *([condition.not_] if condition.not_ else []))
    return bool(condition.is_envelope) or any(asks_for_envelopes(below) for below in inside)


_OF_ONE_MESSAGE = frozenset({"date", "term", "matter", "department", "channel_advice"})


def _limit_reached(text: Text) -> Iterator[Fault]:
    """It stands below another text, and speaks of messages that are still to come."""
    named = sorted(_OF_ONE_MESSAGE & (set(PLACEHOLDER.findall(text.subject)) | set(PLACEHOLDER.findall(text.body))))
    if named:
        words = ", ".join(f"{{{word}}}" for word in named)
        yield ("texts", LIMIT_REACHED), f"speaks of messages that are still to come and names {words}"


def _used_for(configuration: Configuration, answer: Answer) -> set[str]:
    return {text_key(category) for category in configuration.categories.values() if category.answer is answer}


_OF_ORGANISATION = {"phone": "phone", "website": "website", "privacy": "privacy_url"}
"""Placeholders that an empty field of the organisation would leave empty in a text."""


def _placeholders(configuration: Configuration, path: Path, written: str, known: frozenset[str]) -> Iterator[Fault]:
    if set("{}") & set(PLACEHOLDER.sub("", written)):
        yield path, "holds a brace without its partner"
    for word in PLACEHOLDER.findall(written):
        if word not in known:
            yield path, f"`{{{word}}}` is not known; known are {', '.join(sorted(known))}"
        field = _OF_ORGANISATION.get(word)
        if field and not getattr(configuration.organisation, field):
            yield path, f"names {{{word}}} and the organisation has no `{field}`"
