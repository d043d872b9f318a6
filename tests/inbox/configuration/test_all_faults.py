"""Everything that is wrong is told at once, each at its own place: nobody mends one fault to be shown the next."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from inbox.configuration.load import configuration_of
from inbox.errors import ConfigurationInvalid, Path
from tests.configuration import SMALL_TOWN


def faults(content: Any) -> dict[Path, str]:
    with pytest.raises(ConfigurationInvalid) as invalid:
        configuration_of(content)
    return dict(invalid.value.places)


def town(**changes: Any) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(SMALL_TOWN)
    return {**content, **changes}


def rule(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {"id": f"r{number}", "when": {"words": ["lantaarn"]}, "category": "lantaarn", **changes}


def test_each_value_of_a_condition_that_cannot_be_used_is_told_where_it_stands() -> None:
    when = {
        "words": ["lantaarn", "/[a/", "l*mp", "/half"],
        "sender": ["geen adres", "/(/"],
        "addressed_to": ["niemand"],
        "any": [{"subject": ["/*/", "goed"]}, {"header": {"x-a": []}}, {}],
    }
    at = ("rules", 0, "when")
    assert set(faults(town(rules=[rule(when=when)]))) == {
        (*at, "words", 1),
        (*at, "words", 2),
        (*at, "words", 3),
        (*at, "sender", 0),
        (*at, "sender", 1),
        (*at, "addressed_to", 0),
        (*at, "any", 0, "subject", 0),
        (*at, "any", 1, "header", "x-a"),
        (*at, "any", 2),
    }


def test_a_fault_of_shape_hides_no_name_that_does_not_exist() -> None:
    rules = [rule(1, colour="rood"), rule(2, category="bestaat-niet"), rule(3, department="nergens")]
    found = faults(town(rules=rules, kleur="blauw"))
    assert found.keys() == {
        ("kleur",),
        ("rules", 0, "colour"),
        ("rules", 1, "category"),
        ("rules", 2, "department"),
    }


def test_what_names_an_entry_with_a_fault_of_shape_is_not_called_unknown() -> None:
    content = town()
    content["departments"]["kcc"]["colour"] = "rood"
    content["rules"] = [*content["rules"], rule(9, category="bestaat-niet")]
    found = faults(content)
    assert found.keys() == {
        ("departments", "kcc", "colour"),
        ("rules", len(content["rules"]) - 1, "category"),
    }


@pytest.mark.parametrize("departments", [[], "geen", None, 3])
def test_where_a_whole_part_cannot_be_read_only_that_is_told(departments: Any) -> None:
    assert {path[0] for path in faults(town(departments=departments))} == {"departments"}


@pytest.mark.parametrize(
    "content", [[], "tekst", None, {"rules": {"x": 1}}, {"rules": [3, "x"], "departments": {"a": 1}}]
)
def test_what_is_no_document_is_refused_and_no_more(content: Any) -> None:
    assert faults(content)
