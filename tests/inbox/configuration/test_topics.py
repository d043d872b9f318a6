"""Topics in the document: what cannot be told apart is refused, where it stands, and what is weak is named."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from inbox.configuration.findings import findings
from inbox.configuration.load import configuration_of
from inbox.configuration.overlay import Overlay, Running, overlay_faults
from inbox.errors import ConfigurationInvalid
from inbox.routing.compiled import CompiledConfiguration
from tests.inbox.samples import decided, document, reading, town
from tests.inbox.topics import SMALL

TWO = {key: SMALL[key] for key in ("licht", "afval")}


def faults(topics: dict[str, Any], **parts: Any) -> dict[str, str]:
    """Return each fault by its pointer."""
    with pytest.raises(ConfigurationInvalid) as invalid:
        configuration_of(document(topics=topics, **parts))
    return {"/" + "/".join(map(str, path)): words for path, words in invalid.value.places}


def topic(*examples: str) -> dict[str, Any]:
    return {"name": "x", "examples": list(examples)}


def test_all_faults_are_told_at_once_and_where_they_stand() -> None:
    rules = [{"id": "een", "when": {"topic": ["licht", "weg"]}, "category": "lantaarn"}]
    written = {
        "licht": topic("Lantaarn kapot", "Hallo, bedankt!", " ", "👍"),
        "afval": topic("Kliko", "LANTAARN, kapot."),
    }
    found = faults(written, rules=rules)
    assert found == {
        "/rules/0/when/topic/1": "there is no topic `weg`",
        "/topics/licht/examples/1": "holds no word that says what it is about",
        "/topics/licht/examples/2": "holds no word that says what it is about",
        "/topics/licht/examples/3": "holds no word that says what it is about",
        "/topics/afval/examples/1": "stands in the topic `licht`, too: it can be an example of one of them",
    }


@pytest.mark.parametrize(
    ("topics", "pointer", "said"),
    [
        ({"licht": topic("Lantaarn kapot")}, "/topics", "is only one"),
        ({**TWO, "leeg": topic()}, "/topics/leeg/examples", "are none"),
        ({**TWO, "leeg": {"name": "x"}}, "/topics/leeg/examples", "is missing"),
        ({**TWO, "leeg": topic("boom", "")}, "/topics/leeg/examples/1", "at least 1 character"),
        ({**TWO, "lang": topic("x" * 2_001)}, "/topics/lang/examples/0", "at most 2000 characters"),
        ({f"t{n}": topic(f"woord{n}") for n in range(41)}, "/topics", "are 41"),
        ({"een": topic(*(f"lamp {n}" for n in range(3_000))), "twee": topic("boom")}, "/topics", "have 3001 examples"),
    ],
)
def test_a_fault_is_told_where_it_stands(topics: dict[str, Any], pointer: str, said: str) -> None:
    found = faults(topics)
    assert [*found] == [pointer]
    assert said in found[pointer]


@pytest.mark.parametrize("confidence", [0, -0.1, 1.01, float("nan")])
def test_a_confidence_lies_between_nothing_and_one(confidence: float) -> None:
    rules = [{"id": "een", "when": {"topic": "licht", "confidence": confidence}, "category": "lantaarn"}]
    assert [*faults(SMALL, rules=rules)] == ["/rules/0/when/confidence"]


def test_a_confidence_needs_its_topic_beside_it() -> None:
    rules = [{"id": "een", "when": {"confidence": 0.5, "any": [{"topic": "licht"}]}, "category": "lantaarn"}]
    assert faults(SMALL, rules=rules) == {
        "/rules/0/when/confidence": "says how sure a topic must be: name the `topic` beside it"
    }


def test_no_topics_and_topics_that_no_rule_asks_for_are_no_fault() -> None:
    assert CompiledConfiguration(town(), 1).topics is None
    assert CompiledConfiguration(town(topics=SMALL), 1).topics is None


def test_weak_topics_are_named() -> None:
    written = {
        "een": topic("lantaarn stuk", "lamp uit", "licht uit", "lamp kapot", "lantaarn uit"),
        "twee": topic("lamp stuk", "lantaarn kapot", "licht kapot", "licht stuk", "lamp is uit"),
        "drie": topic("boom om", "boom ziek", "boom kappen"),
    }
    rules = [*document()["rules"], {"id": "licht", "when": {"topic": ["een", "drie"]}, "category": "lantaarn"}]
    found = findings(town(topics=written, rules=rules))
    assert {(one.code.value, one.pointer) for one in found} == {
        ("unused", "/topics/twee"),
        ("topic_examples_few", "/topics/drie/examples"),
        ("topics_alike", "/topics/een"),
    }
    alike = next(one.sentence for one in found if one.pointer == "/topics/een")
    assert alike.startswith("is taken for `twee`: ")


def test_a_rule_that_asks_for_a_topic_that_one_before_it_takes_never_decides() -> None:
    rules = [
        {"id": "ruim", "when": {"topic": ["licht", "afval"], "confidence": 0.5}, "category": "lantaarn"},
        {"id": "nauw", "when": {"topic": "licht", "confidence": 0.8}, "category": "vergunning"},
    ]
    found = findings(town(topics=SMALL, rules=rules))
    assert ("rule_unreachable", "/rules/1") in {(one.code.value, one.pointer) for one in found}
    found = findings(town(topics=SMALL, rules=rules[::-1]))
    assert not any(one.path[0] == "rules" for one in found)


def test_an_overlay_routes_by_topic_although_no_rule_asks_for_one() -> None:
    by_topic = Overlay.model_validate(
        {"routed": [{"when": {"topic": "licht", "confidence": 0.3}, "category": "intern"}]}
    )
    configuration = town(topics=SMALL)
    assert [*overlay_faults(by_topic, configuration)] == []
    by = CompiledConfiguration(configuration, 7, [Running("abc", datetime(2030, 1, 1, tzinfo=UTC), by_topic)])
    assert decided(reading("Lantaarn stuk", "De lantaarn is kapot"), by).trace[0].rule == "overlay:abc"
    [(path, said)] = overlay_faults(by_topic, town())
    assert (path, said) == (("routed", 0, "when", "topic", 0), "there is no topic `licht`")
