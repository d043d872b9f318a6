"""Faults of rules: what could never be carried out is refused, where it stands."""

from __future__ import annotations

from typing import Any

import pytest

from inbox.configuration.check import find_faults
from inbox.configuration.model import Configuration
from tests.inbox.samples import document
from tests.inbox.topics import SMALL

FLAGS = {"gevaar": {"name": "acuut gevaar", "alerts": "wacht@gemeente.test"}}


def faults(**parts: Any) -> list[tuple[tuple[str | int, ...], str]]:
    rule = {"id": "nieuw", "when": {"words": "x"}, "category": "lantaarn", **parts}
    rule = {key: value for key, value in rule.items() if value is not None}
    return list(find_faults(Configuration.model_validate(document(rules=[rule], flags=FLAGS, topics=SMALL))))


@pytest.mark.parametrize(
    ("parts", "path", "said"),
    [
        ({"department": "weg"}, ("department",), "there is no department `weg`"),
        ({"department": "juridisch", "category": "bezwaar"}, ("department",), "a statutory category keeps"),
        ({"department": "vergunningen", "category": "geheim"}, ("department",), "there is no category"),
        ({"category": None, "file": "weg ermee", "hold": "eerst kijken"}, ("hold",), "no effect without a `category`"),
        ({"category": None, "flag": "gevaar", "priority": "high"}, ("priority",), "no effect"),
        ({"category": None, "file": "weg ermee", "department": "kcc"}, ("department",), "no effect"),
        ({"category": None, "flag": "gevaar", "labels": ["a"]}, ("labels",), "have no effect"),
        ({"when": {"topic": "lamp"}}, ("when", "topic", 0), "there is no topic `lamp`"),
        ({"when": {"any": [{"words": "x"}, {"not": {"topic": ["licht", "lamp"], "confidence": 0.5}}]}},
         ("when", "any", 1, "not", "topic", 1), "there is no topic `lamp`"),
        ({"when": {"words": "/x*/"}}, ("when", "words", 0), "`/x*/` matches everything"),
        ({"when": {"words": ["y", "/.*/"]}}, ("when", "words", 1), "`/.*/` matches everything"),
        ({"when": {"subject": "/a||b/"}}, ("when", "subject", 0), "matches everything"),
        ({"when": {"sender": "/(jan|)/"}}, ("when", "sender", 0), "matches everything"),
        ({"when": {"not": {"header": {"x-a": "/()/"}}}}, ("when", "not", "header", "x-a", 0), "matches everything"),
        ({"when": {"words": "a", "any": [{"text": "/b?/"}]}}, ("when", "any", 0, "text", 0), "matches everything"),
    ],
)  # fmt: skip
def test_a_fault_is_told_where_it_stands(parts: dict[str, Any], path: tuple[str | int, ...], said: str) -> None:
    found = dict(faults(**parts))
    # Of an unknown category nothing more is said than that.
    where = ("rules", 0, "category") if "geheim" in str(parts) else ("rules", 0, *path)
    assert said in found[where]
    assert len(found) == 1


def test_a_department_must_be_able_to_hold_what_a_rule_gives_it() -> None:
    written = document()
    written["categories"]["lantaarn"]["confidentiality"] = "vertrouwelijk"
    written["rules"] = [{"id": "a", "when": {"words": "x"}, "category": "lantaarn", "department": "vergunningen"}]
    [(path, said)] = find_faults(Configuration.model_validate(written))
    assert path == ("rules", 0, "department")
    assert "holds up to `zaakvertrouwelijk`" in said


@pytest.mark.parametrize(
    "parts",
    [
        {"department": "juridisch", "priority": "high", "labels": ["spoed"], "hold": "eerst bellen"},
        {"category": None, "file": "nieuwsbrief", "labels": ["reclame"]},
        {"category": None, "flag": "gevaar"},
        {"when": {"words": "/^$/"}},
        {"when": {"topic": ["licht", "afval"], "confidence": 0.9}},
        {"when": {"not": {"text": "/./"}}},
    ],
)
def test_what_can_be_carried_out_has_no_fault(parts: dict[str, Any]) -> None:
    assert faults(**parts) == []
