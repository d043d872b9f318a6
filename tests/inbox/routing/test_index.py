"""The index of rules: it tries fewer rules, and changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from inbox.call import CallFacts, Direction, Outcome
from inbox.channel import Channel
from inbox.configuration.rule import Condition, Rule
from inbox.configuration.topic import Topic
from inbox.errors import PatternInvalid
from inbox.reading import Reading, Sender
from inbox.routing import index as index_file
from inbox.routing.compiled import CompiledConfiguration
from inbox.routing.index import RuleIndex
from inbox.routing.match import compile_condition
from inbox.routing.matter import Matter
from inbox.routing.moments import Clock
from inbox.routing.topics import Topics
from tests.inbox.samples import RECEIVED_AT, compiled, decided, explained, letter_field, reading, town
from tests.inbox.topics import SMALL

WORDS = ["bezwaar", "lantaarn", "lantaarns", "losse", "tegel", "één", "e-mail", "paspoort", "kliko"]
WRITTEN = [
    *WORDS, "losse tegel", "tegel*", "~lantaarn", "~losse ~tegels", "lantaarn losse*", "e mail", "/tegels?/", "/^$/",
    "/l.*s/", "/x*/",
]  # fmt: skip
DOMAINS = ["inwoner.test", "straat.inwoner.test", "test", ""]

wanted = st.lists(st.sampled_from(WRITTEN), min_size=1, max_size=3)
present = st.lists(st.sampled_from([*WRITTEN, "*"]), min_size=1, max_size=2)
addresses = st.lists(
    st.sampled_from(["jan@inwoner.test", "Jan@Straat.Inwoner.test", *(f"@{domain}" for domain in DOMAINS), "/^jan/"]),
    min_size=1,
    max_size=2,
)
in_calls = st.lists(st.sampled_from(["Balie", " 2 ", "14099", "*", "+31612345678"]), min_size=1, max_size=2)

FIELDS: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(("subject", "text", "words", "attachment", "attached_words"), wanted),
    **dict.fromkeys(("sender", "recipient"), addresses),
    **dict.fromkeys(("queue", "menu_choice", "dialled", "caller"), in_calls),
    "channel": st.lists(st.sampled_from(["email", "post", "phone"]), min_size=1, max_size=2),
    "source": st.sampled_from(["info", "balie"]),
    "language": st.sampled_from(["nl", "en"]),
    "addressed_as": st.sampled_from(["unknown", "cc"]),
    "addressed_to": st.sampled_from(["karin", "piet"]),
    "header": st.dictionaries(st.sampled_from(["X-Spam", "list-id"]), present, min_size=1, max_size=2),
    "letter_field": st.dictionaries(st.sampled_from(["marked", "iban"]), present, min_size=1, max_size=2),
    "postcode": st.lists(st.sampled_from(["4761AB", "476*", "9999"]), min_size=1, max_size=2),
    "is_automatic": st.booleans(),
    "office_hours": st.booleans(),
    "attachment_count": st.sampled_from([{"at_least": 1}, {"at_most": 0}]),
    "attachment_type": st.sampled_from(["image/*", "application/pdf"]),
    "call_outcome": st.sampled_from(["missed", "answered"]),
    "call_direction": st.sampled_from(["in", "out"]),
    "topic": st.lists(st.sampled_from([*SMALL]), min_size=1, max_size=2),
}
CONFIDENCE = st.sampled_from([0.01, 0.3, 0.5, 0.7, 1.0])


def _of_fields(names: list[str]) -> st.SearchStrategy[dict[str, Any]]:
    needed = {name: FIELDS[name] for name in names}
    return st.fixed_dictionaries(needed, optional={"confidence": CONFIDENCE} if "topic" in names else {})


plain = st.lists(st.sampled_from([*sorted(FIELDS), "topic", "topic"]), min_size=1, max_size=2, unique=True).flatmap(
    _of_fields
)
conditions = st.recursive(
    plain,
    lambda below: st.one_of(
        st.fixed_dictionaries({"any": st.lists(below, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"all": st.lists(below, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"not": below}),
        st.tuples(below, st.lists(below, min_size=1, max_size=2)).map(lambda pair: {**pair[0], "any": pair[1]}),
    ),
    max_leaves=5,
)
said = st.lists(st.sampled_from([*WORDS, "tegels", "XX", "mail", "4761 AB", ".", "\ud800"]), max_size=6).map(" ".join)
calls = st.builds(
    CallFacts,
    caller=st.sampled_from(["", "+31612345678"]),
    dialled=st.just("14099"),
    queue=st.sampled_from(["", "balie"]),
    choice=st.sampled_from(["", "2"]),
    direction=st.sampled_from(Direction),
    outcome=st.sampled_from(Outcome),
    started_at=st.just(RECEIVED_AT),
    first_at=st.just(RECEIVED_AT),
)
readings = st.builds(
    reading,
    said,
    said,
    channel=st.sampled_from(Channel),
    sender=st.builds(Sender, address=st.sampled_from(["", "Jan@straat.inwoner.test", "jan@inwoner.test", "x@x."])),
    recipients=st.lists(st.sampled_from(["jan@inwoner.test", "a@test"]), max_size=2).map(tuple),
    language=st.sampled_from(["nl", "en", ""]),
    attached_text=said,
    headers=st.dictionaries(st.sampled_from(["x-spam", "list-id"]), st.lists(said, max_size=2).map(tuple)),
    fields=st.lists(
        st.builds(letter_field, st.sampled_from(["iban", "postcode"]), st.sampled_from(["4761AB", "bezwaar"])),
        max_size=2,
    ).map(tuple),
    is_envelope=st.booleans(),
    call=st.none() | calls,
)


@pytest.fixture(autouse=True, scope="module")
def few_are_looked_up() -> Iterator[None]:
    """Let the index work with the handful of rules of a test, which would else all be tried."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index_file, "_FEW", 0)
        yield


def matter(read: Reading) -> Matter:
    topics = Topics({key: Topic.model_validate(one) for key, one in SMALL.items()})
    return Matter(read, "info", "karin", Clock(RECEIVED_AT, is_office_hours=True), topics)


@given(st.lists(conditions, min_size=1, max_size=8), st.lists(readings, min_size=1, max_size=4))
@settings(max_examples=120, deadline=None)
def test_every_rule_that_holds_is_tried(written: list[dict[str, Any]], read: list[Reading]) -> None:
    rules = [Rule(id=f"r{number}", when=Condition.model_validate(one)) for number, one in enumerate(written)]
    index = RuleIndex(rules)
    for one in read:
        holding = [number for number, rule in enumerate(rules) if compile_condition(rule.when)(matter(one)).holds]
        tried = index.candidates(matter(one))
        assert tried == sorted(set(tried))
        assert set(holding) <= set(tried)


outcomes = st.sampled_from([{"category": "lantaarn"}, {"category": "vergunning"}, {"file": "geen vraag"}, {}])


@given(
    st.lists(st.tuples(conditions, outcomes, st.booleans()), min_size=1, max_size=8),
    st.lists(readings, min_size=1, max_size=4),
)
@settings(max_examples=60, deadline=None)
def test_deciding_by_the_index_is_deciding_by_all_rules(
    written: list[tuple[dict[str, Any], dict[str, str], bool]], read: list[Reading]
) -> None:
    by = _configuration(written)
    for one in read:
        whole = explained(one, by).decision
        kept = tuple(step for step in whole.trace if step.holds or ":" in step.rule)
        assert decided(one, by) == whole.model_copy(update={"trace": kept})


def _configuration(written: list[tuple[dict[str, Any], dict[str, str], bool]]) -> CompiledConfiguration:
    rules = [
        {"id": f"r{number}", "when": when, **({"flag": "gevaar"} if raises or not outcome else {}), **outcome}
        for number, (when, outcome, raises) in enumerate(written)
    ]
    flags = {"gevaar": {"name": "gevaar", "alerts": "wacht@gemeente.test"}}
    document = town(flags=flags, topics=SMALL).model_dump(by_alias=True)
    try:
        checked = type(town()).model_validate({**document, "rules": rules})
    except ValidationError as error:
        raise AssertionError(error) from None
    return CompiledConfiguration(checked, 1)


def test_only_rules_whose_words_are_there_are_tried() -> None:
    rules = [{"id": f"r{n}", "when": {"words": f"woord{n}*"}, "category": "lantaarn"} for n in range(500)]
    by = compiled(rules=rules)
    assert by.index.candidates(matter(reading("Over woord41 en woord7en"))) == [4, 7, 41]


def test_rules_are_looked_up_by_the_topic_that_is_told() -> None:
    rules = [
        {"id": f"r{n}", "when": {"topic": topic, "confidence": 0.1}, "category": "lantaarn"}
        for n, topic in enumerate(["licht", "afval", "paspoort", "licht"])
    ]
    by = compiled(rules=rules, topics=SMALL)
    assert by.index.candidates(matter(reading("Lantaarn kapot"))) == [0, 3]
    assert by.index.candidates(matter(reading("Heel iets anders"))) == []


def test_a_few_rules_are_all_tried_and_one_more_is_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_file, "_FEW", 3)
    rules = [Rule(id=f"r{n}", when=Condition(words=(f"woord{n}",)), category="lantaarn") for n in range(4)]
    assert RuleIndex(rules[:3]).candidates(matter(reading("Over woord1"))) == [0, 1, 2]
    assert RuleIndex(rules).candidates(matter(reading("Over woord1"))) == [1]


def test_the_rarest_part_of_a_condition_is_what_is_looked_up() -> None:
    when = {"channel": "email", "header": {"list-id": "*"}, "words": ["lantaarn", "losse tegel"]}
    by = compiled(rules=[{"id": "een", "when": when, "category": "lantaarn"}])
    assert by.index.candidates(matter(reading("Een boom", headers={"list-id": ("x",)}))) == []
    assert by.index.candidates(matter(reading("Een tegel is losse"))) == [0]


def test_patterns_that_take_too_much_memory_together_are_tried_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_file, "_SET_MEMORY_BYTES", 1)
    rules = [{"id": f"r{n}", "when": {"subject": f"/lamp{n}.*x/"}, "category": "lantaarn"} for n in range(20)]
    by = compiled(rules=rules)
    assert decided(reading("lamp7 is x"), by).matters[0].rule == "r7"


def test_a_pattern_that_cannot_be_used_never_reaches_the_index() -> None:
    with pytest.raises(PatternInvalid):
        CompiledConfiguration(
            town().model_copy(
                update={"rules": (Rule(id="fout", when=Condition(words=("/(/",)), category="lantaarn"),)}
            ),
            1,
        )
