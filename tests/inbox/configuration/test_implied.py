"""Implied conditions: what is said to follow does follow, for any reading."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inbox.configuration.implied import implies
from inbox.configuration.rule import Condition
from inbox.routing.match import compile_condition
from tests.inbox.routing.test_index import conditions, matter, readings


def condition(**written: Any) -> Condition:
    return Condition.model_validate(written)


FOLLOWS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"words": "lantaarn"}, {"words": ["lantaarn", "boom"]}),
    ({"words": "Lantaarn"}, {"words": "lantáárn"}),
    ({"words": "lantaarnpaal"}, {"words": "lantaarn*"}),
    ({"words": "lantaarnp*"}, {"words": "lantaarn*"}),
    ({"words": "losse kabel hier"}, {"words": "kabel*"}),
    ({"words": "lantaarns"}, {"words": "~lantaarn"}),
    ({"words": "/z-1/"}, {"words": ["x", "/z-1/"]}),
    ({"subject": "boom"}, {"words": "boom"}),
    ({"words": "a", "channel": "email"}, {"channel": ["post", "email"]}),
    ({"sender": "jan@a.b.test"}, {"sender": "@B.test"}),
    ({"sender": "@a.b.test"}, {"sender": "@b.test"}),
    ({"header": {"X-Spam": "yes"}}, {"header": {"x-spam": "*"}}),
    ({"postcode": "4761 ab"}, {"postcode": "47*"}),
    ({"attachment_type": "image/png"}, {"attachment_type": "image/*"}),
    ({"attachment_count": {"at_least": 3}}, {"attachment_count": {"at_least": 2}}),
    ({"queue": " Balie"}, {"queue": "*"}),
    ({"all": [{"words": "a"}, {"words": "b"}]}, {"words": "b"}),
    ({"any": [{"words": "a"}, {"subject": "b"}]}, {"words": ["a", "b"]}),
    ({"words": "a"}, {"any": [{"words": "x"}, {"words": ["a", "b"]}]}),
    ({"words": "a", "not": {"words": ["x", "y"]}}, {"not": {"words": "x"}}),
    ({"topic": "licht"}, {"topic": ["afval", "licht"]}),
    ({"topic": "licht", "confidence": 0.8}, {"topic": "licht"}),
    ({"topic": "licht"}, {"topic": "licht", "confidence": 0.7}),
    ({"any": [{"topic": "licht"}, {"topic": "afval"}]}, {"topic": ["afval", "licht"], "confidence": 0.5}),
    ({"words": "a", "language": "nl"}, {"all": [{"words": "a"}, {"language": "nl"}]}),
]

UNSURE: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"words": ["lantaarn", "boom"]}, {"words": "lantaarn"}),
    ({"words": "lantaarn*"}, {"words": "lantaarn"}),
    ({"words": "kabel"}, {"words": "losse kabel"}),
    ({"words": "boom"}, {"subject": "boom"}),
    ({"attachment": "boom"}, {"words": "boom"}),
    ({"words": "a"}, {"words": "a", "channel": "email"}),
    ({"sender": "@b.test"}, {"sender": "@a.b.test"}),
    ({"sender": "jan@xb.test"}, {"sender": "@b.test"}),
    ({"header": {"x-spam": "*"}}, {"header": {"x-spam": "yes"}}),
    ({"any": [{"words": "a"}, {"words": "c"}]}, {"words": ["a", "b"]}),
    ({"not": {"words": "x"}}, {"not": {"words": ["x", "y"]}}),
    ({"words": "a"}, {"not": {"words": "b"}}),
    ({"queue": " "}, {"queue": "*"}),
    ({"topic": ["licht", "afval"]}, {"topic": "licht"}),
    ({"topic": "licht", "confidence": 0.6}, {"topic": "licht"}),
    ({"topic": "licht"}, {"topic": "licht", "confidence": 0.71}),
    ({"all": [{"topic": "licht"}, {"words": "a"}]}, {"topic": "licht", "confidence": 0.71}),
]


@pytest.mark.parametrize(("narrow", "wide"), FOLLOWS, ids=str)
def test_it_follows(narrow: dict[str, Any], wide: dict[str, Any]) -> None:
    assert implies(condition(**narrow), condition(**wide))


@pytest.mark.parametrize(("narrow", "wide"), UNSURE, ids=str)
def test_it_does_not_follow(narrow: dict[str, Any], wide: dict[str, Any]) -> None:
    assert not implies(condition(**narrow), condition(**wide))


def _narrowed(written: dict[str, Any]) -> st.SearchStrategy[tuple[dict[str, Any], dict[str, Any]]]:
    """Pairs of which the first often implies the second."""
    return st.one_of(
        st.tuples(conditions.map(lambda more: {"all": [written, more]}), st.just(written)),
        st.tuples(st.just(written), conditions.map(lambda more: {"any": [more, written]})),
        st.tuples(st.just(written), st.just({"not": {"not": written}})),
        st.tuples(st.just(written), conditions),
    )


@given(conditions.flatmap(_narrowed), st.lists(readings, min_size=1, max_size=5))
@settings(max_examples=100, deadline=None)
def test_what_follows_holds_for_any_reading(pair: tuple[dict[str, Any], dict[str, Any]], read: list[Any]) -> None:
    narrow, wide = (Condition.model_validate(one) for one in pair)
    if implies(narrow, wide):
        tests = compile_condition(narrow), compile_condition(wide)
        for one in read:
            assert not tests[0](matter(one)).holds or tests[1](matter(one)).holds
