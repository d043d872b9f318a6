"""Cases for the rehearsal: an item, what holds when it comes in, and two configurations."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from hypothesis import strategies as st

from inbox.call import CallFacts, Direction, Outcome
from inbox.channel import Channel
from inbox.item import HeldBecause, Status
from inbox.reading import AddressedAs, ForwardBasis, Forwarded, Hop, Reading, Sender
from tests.inbox.samples import RECEIVED_AT, document, letter_field
from tests.inbox.topics import SMALL

WORDS = ["bezwaar", "vergunning", "lantaarn", "bedankt", "paspoort", "factuur", "gevaar", "journalist"]
FLAGS = {
    "acuut": {"name": "acuut gevaar", "alerts": ["piket@gemeente.test"]},
    "pers": {"name": "vraag van de pers", "alerts": ["woordvoerder@gemeente.test"]},
}
words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3, unique=True)
conditions = st.one_of(
    st.fixed_dictionaries({"words": words}),
    st.fixed_dictionaries({"subject": words}),
    st.fixed_dictionaries({"not": st.fixed_dictionaries({"text": words})}),
    st.just({"is_automatic": True}),
    st.just({"topic": ["licht", "paspoort"], "confidence": 0.4}),
    st.just({"source": ["info"]}),
    st.just({"queue": ["Balie"]}),
    st.just({"call_outcome": ["missed", "voicemail"]}),
)
outcomes = st.one_of(
    st.fixed_dictionaries(
        {"category": st.sampled_from(["vergunning", "lantaarn", "bezwaar", "intern", "triage"])},
        optional={
            "priority": st.sampled_from(["low", "high"]),
            "labels": st.just(["spoed"]),
            "hold": st.just("eerst kijken"),
        },
    ),
    st.just({"file": "niets te doen"}),
    st.fixed_dictionaries({"flag": st.sampled_from(list(FLAGS))}),
)
rules = st.lists(st.tuples(conditions, outcomes), max_size=6)
said = {
    "subject": st.lists(st.sampled_from(WORDS), max_size=2).map(" ".join),
    "text": st.lists(st.sampled_from(WORDS), max_size=3).map(" ".join),
}


def call(caller: str = "+31612345678", queue: str = "Balie", outcome: Outcome = Outcome.missed) -> Reading:
    """Return the reading of a call that asks to be called back."""
    facts = CallFacts(
        caller=caller,
        dialled="14099",
        queue=queue,
        choice="",
        direction=Direction.inbound,
        outcome=outcome,
        started_at=RECEIVED_AT,
        first_at=RECEIVED_AT,
    )
    return Reading(channel=Channel.phone, subject="Terugbelverzoek: gemiste oproep", call=facts)


jan = Sender(address="jan@inwoner.test")
passed_on = st.builds(
    Forwarded,
    basis=st.sampled_from(ForwardBasis),
    sender=st.just(jan),
    text=said["text"],
    trace=st.integers(0, 400).map(lambda days: (Hop(by="mx.gemeente.test", at=_days_ago(days)),)),
)
mails = st.builds(
    Reading,
    channel=st.just(Channel.email),
    sender=st.just(jan),
    is_automatic=st.booleans(),
    addressed_as=st.sampled_from(AddressedAs),
    **said,
) | st.builds(
    Reading,
    channel=st.just(Channel.email),
    sender=st.just(Sender(address="karin@gemeente.test")),
    forwarded=passed_on,
    **said,
)
letters = st.builds(
    Reading,
    channel=st.just(Channel.post),
    fields=st.sampled_from([(), (letter_field("marked", "vertrouwelijk"),)]),
    is_envelope=st.booleans(),
    remarks=st.sampled_from([(), (), ("poor_scan",)]),
    **said,
)
calls = st.builds(
    call,
    st.sampled_from(["", "+31612345678"]),
    st.sampled_from(["", "Balie"]),
    st.sampled_from([Outcome.missed, Outcome.abandoned, Outcome.voicemail]),
)
ages = st.integers(0, 60).map(lambda days: timedelta(days=days, minutes=5))
overlaid = st.none() | conditions.map(lambda when: {"routed": [{"when": when, "category": "lantaarn"}]})


def _days_ago(days: int) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


class Released(StrEnum):
    """When a person releases what is held, if anybody does."""

    never = "never"
    before_deciding = "before_deciding"
    after_deciding = "after_deciding"


@dataclass(frozen=True)
class Case:
    """One item, what holds when it comes in, and the two configurations that it is held against."""

    before: dict[str, Any]
    after: dict[str, Any]
    reading: Reading
    age: timedelta
    is_stamped: bool
    """It is post that lay on paper before we got it."""
    is_observed: bool
    released: Released
    first: Status | None
    """Where the item stands that this one adds to; None: there is none."""
    overlay: dict[str, Any] | None


def written(rules: list[tuple[dict[str, Any], dict[str, Any]]], calls_are: str | None = None) -> dict[str, Any]:
    """Return a document with these rules. `calls_are`: the category of calls about which no rule says more."""
    return document(
        rules=[{"id": f"r{n}", "when": when, **then} for n, (when, then) in enumerate(rules)],
        topics=SMALL,
        flags=FLAGS,
        calls={"category": calls_are} if calls_are else {},
    )


documents = st.builds(written, rules, st.sampled_from([None, "lantaarn", "vergunning"]))
cases = st.builds(
    Case,
    before=documents,
    after=documents,
    reading=st.one_of(mails, mails, letters, calls),
    age=ages,
    is_stamped=st.booleans(),
    is_observed=st.booleans(),
    released=st.sampled_from(Released),
    first=st.sampled_from([None, None, *Status]).filter(lambda one: one not in (Status.linked, Status.quarantined)),
    overlay=overlaid,
)


PLAIN = Case(
    before=written([]),
    after=written([({"words": ["lantaarn"]}, {"category": "lantaarn"})]),
    reading=Reading(channel=Channel.email, sender=jan, text="De lantaarn is kapot"),
    age=timedelta(minutes=5),
    is_stamped=False,
    is_observed=False,
    released=Released.never,
    first=None,
    overlay=None,
)
IN_DANGER = PLAIN.reading.model_copy(update={"text": "De lantaarn is kapot: gevaar"})
RAISES = written([({"words": ["lantaarn"]}, {"category": "lantaarn"}), ({"words": ["gevaar"]}, {"flag": "acuut"})])
HOLDS = written([({"words": ["lantaarn"]}, {"category": "lantaarn", "hold": "eerst kijken"})])
LETTER = Reading(channel=Channel.post, text="De lantaarn is kapot")
OLD = timedelta(days=30)
RARE: dict[str, tuple[Case, dict[str, Any]]] = {
    "a flag": (replace(PLAIN, after=RAISES, reading=IN_DANGER), {"flags": ("acuut",), "joins": False}),
    "a flag on an addition": (
        replace(PLAIN, after=RAISES, reading=IN_DANGER, first=Status.accepted),
        {"flags": ("acuut",), "joins": True},
    ),
    "a rule that holds": (
        replace(PLAIN, after=HOLDS, released=Released.after_deciding),
        {"held_because": HeldBecause.rule, "hold_reason": "eerst kijken"},
    ),
    "released before it was decided": (
        replace(PLAIN, after=HOLDS, is_observed=True, released=Released.before_deciding),
        {"held_because": None, "hold_reason": "eerst kijken"},
    ),
    "too late": (
        replace(PLAIN, age=OLD, released=Released.after_deciding),
        {"held_because": HeldBecause.too_late_to_promise},
    ),
    "post that is too late": (
        replace(PLAIN, age=OLD, reading=LETTER),
        {"held_because": HeldBecause.too_late_to_promise},
    ),
    "stamped post": (replace(PLAIN, age=OLD, reading=LETTER, is_stamped=True), {"held_because": None}),
    "a call": (replace(PLAIN, after=written([], "vergunning"), reading=call()), {"category": "vergunning"}),
    "a call by its queue": (
        replace(PLAIN, after=written([({"queue": ["Balie"]}, {"category": "intern"})], "vergunning"), reading=call()),
        {"category": "intern"},
    ),
    "a topic": (
        replace(PLAIN, after=written([({"topic": ["licht"], "confidence": 0.4}, {"category": "lantaarn"})])),
        {"category": "lantaarn"},
    ),
}
"""What random cases rarely meet, and what is to come of it."""
