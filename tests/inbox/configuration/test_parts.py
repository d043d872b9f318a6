"""Parts one by one, differences and rebasing: whatever the document, the whole is what its parts say."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inbox.configuration.canonical import COLLECTIONS, canonical, tidied
from inbox.configuration.difference import Kind, differences
from inbox.configuration.load import configuration_of, load_configuration
from inbox.configuration.parts import (
    Content,
    rule_of,
    with_entry,
    with_norm,
    with_part,
    with_rule,
    without_entry,
    without_norm,
    without_part,
    without_rule,
)
from inbox.configuration.rebase import rebased
from inbox.configuration.written import NotPlain, as_json, as_yaml, read_json, read_yaml
from tests.configuration import SMALL_TOWN, with_call_texts, with_sms

MOERDIJK = Path(__file__).parents[3] / "examples/moerdijk/configuration.yaml"
TOWNS = [SMALL_TOWN, with_sms(SMALL_TOWN), with_call_texts(SMALL_TOWN), MOERDIJK.read_text(encoding="utf-8")]
CONTENTS = [canonical(load_configuration(town)) for town in TOWNS]

WORDS = st.text(
    st.characters(blacklist_categories=("Cs", "Cc")) | st.sampled_from("\n\t\r\x80\x85\x9f\u2028\u2029"), max_size=30
)
"""Of the control characters, those that a document may hold."""
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(WORDS, below, max_size=3),
    max_leaves=12,
)
"""Anything that a draft may hold."""


@st.composite
def documents(draw: st.DrawFn) -> Content:
    """Give valid documents: a town with other norms, flags, notes and another order of rules."""
    content: Content = json.loads(json.dumps(draw(st.sampled_from(CONTENTS))))
    content["rules"] = draw(st.permutations(content["rules"]))
    for rule in draw(st.lists(st.sampled_from(content["rules"]), max_size=3)):
        rule["note"] = draw(WORDS.filter(bool))
    for number in range(draw(st.integers(0, 2))):
        content.setdefault("flags", {})[f"vlag-{number}"] = {"name": "x", "alerts": ["a@b.test"]}
    content["categories"]["triage"]["norm"]["within"] = draw(st.integers(1, 100))
    return canonical(configuration_of(content))


@given(documents(), documents(), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_parts_written_one_by_one_make_the_same_document_as_the_whole(
    begun: Content, wanted: Content, order: random.Random
) -> None:
    edits: list[tuple[Any, ...]] = []
    for name, part in wanted.items():
        if name in COLLECTIONS:
            edits += [("entry", name, key, entry) for key, entry in part.items()]
        elif name != "rules":
            edits.append(("part", name, part))
    order.shuffle(edits)
    content = begun
    for kind, *told in edits:
        content = with_entry(content, *told) if kind == "entry" else with_part(content, *told)
    for name in [name for name in content if name not in wanted]:
        content = without_part(content, name)
    for name in COLLECTIONS:
        for key in [key for key in content.get(name, {}) if key not in wanted.get(name, {})]:
            content = without_entry(content, name, key)
    for rule in [rule["id"] for rule in content["rules"] if rule not in wanted["rules"]]:
        content = without_rule(content, rule)
    for position, rule in enumerate(wanted["rules"], 1):
        content = with_rule(content, rule["id"], rule, position=position)
        assert rule_of(content, rule["id"]) == (rule, position)
    assert configuration_of(content) == configuration_of(wanted)
    assert differences(content, wanted) == []


@given(documents())
@settings(max_examples=25, deadline=None)
def test_json_and_yaml_give_the_same_configuration_both_ways(content: Content) -> None:
    wanted = configuration_of(content)
    there = read_yaml(as_yaml(content)).content
    back = read_json(as_json(there)).content
    assert json.dumps(there) == json.dumps(back) == json.dumps(content)
    assert configuration_of(back) == configuration_of(there) == wanted
    assert canonical(configuration_of(there)) == content


@given(VALUES)
@settings(max_examples=150, deadline=None)
def test_whatever_a_draft_holds_comes_back_as_it_was(value: Any) -> None:
    assert read_json(as_json({"x": value})).content == {"x": value}
    assert read_yaml(as_yaml({"x": value})).content == {"x": value}


@given(st.dictionaries(st.sampled_from(["rules", "texts", "flags", "calendar", "iets"]), VALUES), documents())
@settings(max_examples=60, deadline=None)
def test_a_draft_of_any_shape_can_be_compared_and_rebased(odd: Content, content: Content) -> None:
    assert differences(odd, odd) == []
    found = differences(content, odd)
    assert {one.part for one in found if one.kind is Kind.removed} >= {"organisation"}
    made, torn = rebased(content, odd, content)
    assert torn == []
    assert differences(made, odd) == []


@given(documents(), documents())
@settings(max_examples=40, deadline=None)
def test_what_only_one_changed_is_taken_over_whole(base: Content, changed: Content) -> None:
    for draft, published in ((changed, base), (base, changed), (changed, changed)):
        made, torn = rebased(base, draft, published)
        assert torn == []
        assert configuration_of(made) == configuration_of(changed)


@given(documents())
@settings(max_examples=20, deadline=None)
def test_defaults_that_are_written_out_differ_from_nothing(content: Content) -> None:
    whole = configuration_of(content).model_dump(mode="json", by_alias=True, exclude_none=True)
    assert differences(whole, content) == []
    assert tidied(whole) == content


def test_a_norm_is_written_inside_its_category() -> None:
    content = with_norm(CONTENTS[0], "lantaarn", {"within": 1, "unit": "weeks"})
    [found] = differences(CONTENTS[0], content)
    assert (found.kind, found.path, found.new["norm"]["unit"]) == (Kind.changed, ("categories", "lantaarn"), "weeks")
    assert "norm" not in without_norm(content, "lantaarn")["categories"]["lantaarn"]
    assert CONTENTS[0]["categories"]["lantaarn"]["norm"]["within"] == 5


def test_one_rule_that_goes_to_the_top_is_the_only_one_that_moved() -> None:
    rules = CONTENTS[0]["rules"]
    content = {**CONTENTS[0], "rules": [rules[-1], *rules[:-1]]}
    [found] = differences(CONTENTS[0], content)
    assert (found.kind, found.key, found.old_position, found.new_position) == (Kind.moved, "intern", 5, 1)


def test_rules_that_both_added_stand_behind_the_rule_that_they_followed() -> None:
    base = CONTENTS[0]

    def added(name: str, after: int) -> Content:
        rule = {"id": name, "when": {"words": ["x"]}, "file": "proef"}
        return {**base, "rules": [*base["rules"][:after], rule, *base["rules"][after:]]}

    made, torn = rebased(base, added("mijn", 2), added("hun", 4))
    assert torn == []
    assert [rule["id"] for rule in made["rules"]] == [
        "bezwaar",
        "nieuwsbrief",
        "mijn",
        "vergunning",
        "lantaarn",
        "hun",
        "intern",
    ]


def test_new_rules_of_both_keep_their_order_and_their_places() -> None:
    def rules(names: str) -> Content:
        return {"rules": [{"id": name} for name in names]}

    made, torn = rebased(rules("abc"), rules("xaybcz"), rules("acpb"))
    assert ("".join(rule["id"] for rule in made["rules"]), torn) == ("xayczpb", [])


def test_thousands_of_new_rules_and_of_doubled_names_take_no_time() -> None:
    begun = time.process_time()
    mine, theirs = ({"rules": [{"id": f"{who}{number}"} for number in range(3_000)]} for who in "ab")
    made, _ = rebased({}, mine, theirs)
    assert len(made["rules"]) == 6_000
    names = [f"a{number}" for number in range(20_000)]
    with pytest.raises(NotPlain, match="`a1` stands here twice"):
        read_json("{" + ",".join(f'"{name}":1' for name in [*names, "a1"]) + "}")
    assert time.process_time() - begun < 5
