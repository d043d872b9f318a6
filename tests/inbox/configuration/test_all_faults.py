"""Everything that is wrong is told at once, each at its own place: nobody mends one fault to be shown the next."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

import pytest
import yaml

from inbox.configuration.load import configuration_of
from inbox.configuration.model import Configuration
from inbox.configuration.shape_faults import FORMS
from inbox.errors import ConfigurationInvalid, Path
from tests.configuration import SMALL_TOWN

TOWN: dict[str, Any] = yaml.safe_load(SMALL_TOWN)


def faults(content: Any) -> dict[Path, str]:
    with pytest.raises(ConfigurationInvalid) as invalid:
        configuration_of(content)
    return dict(invalid.value.places)


def town(**changes: Any) -> dict[str, Any]:
    return {**deepcopy(TOWN), **changes}


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


Fault = tuple[tuple[Any, ...], Any]
"""Where something wrong is put into `furnished`, and what."""

WRONG: list[Fault] = [
    (("rules", 0, "priority"), "hoog"),
    (("rules", 0, "kleur"), "rood"),
    (("rules", 0, "category"), "bestaat-niet"),
    (("rules", 0, "department"), "nergens"),
    (("rules", 0, "flag"), "geen"),
    (("rules", 0, "when", "words", 1), "/(/"),
    (("rules", 0, "when", "channel"), "fax"),
    (("rules", 0, "when", "woorden"), ["x"]),
    (("rules", 0, "when", "addressed_to"), ["niemand"]),
    (("rules", 0, "when", "any", 0, "language"), "nederlands"),
    (("rules", 0, "when", "any", 1, "topic"), ["niets"]),
    (("rules", 1, "when", "words"), []),
    (("rules", 1, "labels"), "GROOT"),
    (("categories", "lantaarn", "priority"), "spoed"),
    (("categories", "lantaarn", "norm", "within"), 0),
    (("categories", "lantaarn", "department"), "nergens"),
    (("categories", "vergunning", "text"), "geen"),
    (("categories", "vergunning", "confidentiality"), "topgeheim"),
    (("departments", "kcc", "acting", "address"), "geen adres"),
    (("departments", "juridisch", "acting", "up_to"), "alles"),
    (("addressees", "karin", "department"), "nergens"),
    (("addressees", "karin", "addresses"), ["karin"]),
    (("flags", "nood", "text"), "geen"),
    (("flags", "nood", "again_minutes"), 0),
    (("texts", "dated", "subject"), "x" * 201),
    (("texts", "triage", "body"), "U hoort op {datum} van ons. {date} {reference}"),
    (("organisation", "time_zone"), "Europe/Moerdijk"),
    (("organisation", "phone"), 14099),
    (("calendar", "closed_on"), ["morgen"]),
    (("calls", "queues", "Balie", "department"), "nergens"),
    (("calls", "opening", "mon", "opens"), "9 uur"),
    (("sms", "sends_until"), "08:00"),
    (("limits", "per_address", 0, "at_most"), 0),
    (("onzin",), 1),
]


def furnished() -> dict[str, Any]:
    """Return the content of a valid document with something in most of its parts."""
    content = town(
        addressees={"karin": {"names": ["Karin de Vries"], "department": "kcc", "category": "vergunning"}},
        flags={"nood": {"name": "gevaar", "alerts": ["piket@gemeente.test"], "text": "receipt_only"}},
        calls={"queues": {"Balie": {"department": "kcc"}}, "opening": {"mon": {"opens": "09:00", "closes": "17:00"}}},
        limits={"per_address": [{"at_most": 5, "within_minutes": 60}]},
    )
    content["texts"]["dated"]["body"] += "{phone}"
    any_of = [{"language": "nl"}, {"subject": ["boom"]}]
    when = {"words": ["lantaarn", "lamp"], "channel": "email", "any": any_of}
    content["rules"] = [rule(1, when=when, department="kcc"), rule(2, when={"words": ["boom"]}), *content["rules"]]
    return content


def spoilt(*wrong: Fault) -> dict[str, Any]:
    content = deepcopy(furnished())
    for path, value in wrong:
        here: Any = content
        for step in path[:-1]:
            here = here.setdefault(step, {}) if isinstance(here, dict) else here[step]
        here[path[-1]] = value
    return content


def told(content: dict[str, Any]) -> set[tuple[Path, str]]:
    with pytest.raises(ConfigurationInvalid) as invalid:
        configuration_of(content)
    return set(invalid.value.places)


def test_what_is_furnished_has_no_fault() -> None:
    configuration_of(furnished())


@pytest.mark.parametrize("one", WRONG, ids=lambda one: ".".join(map(str, one[0])))
def test_two_faults_are_told_as_each_by_itself_and_nothing_that_is_not(one: Fault) -> None:
    for other in WRONG[WRONG.index(one) + 1 :]:
        both, apart = told(spoilt(one, other)), told(spoilt(one)) | told(spoilt(other))
        assert both <= apart, other
        if one[0][0] not in ("departments", "categories", "sms") or one[0][:2] != other[0][:2]:
            assert both == apart, other


def test_all_faults_at_once_are_told_at_once() -> None:
    places = {place for place, _ in told(spoilt(*WRONG))}
    hidden = [path for path, _ in WRONG if not any(place[: len(path)] == path for place in places)]
    assert hidden == [("categories", "vergunning", "text")]


def test_a_list_is_not_called_short_for_the_faults_in_it() -> None:
    content = spoilt((("flags", "nood", "alerts"), ["a", "b"]))
    assert {place for place, _ in told(content)} == {("flags", "nood", "alerts", 0), ("flags", "nood", "alerts", 1)}
    assert ("flags", "nood", "alerts") in {place for place, _ in told(spoilt((("flags", "nood", "alerts"), [])))}


def test_every_form_that_a_word_may_have_is_told_in_words() -> None:
    def patterns(schema: Any) -> set[str]:
        below = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list | tuple) else ()
        own = {schema["pattern"]} if isinstance(schema, dict) and isinstance(schema.get("pattern"), str) else set()
        return own.union(*map(patterns, below))

    assert patterns(Configuration.__pydantic_core_schema__) == FORMS.keys()


@pytest.mark.parametrize("wrong", WRONG, ids=lambda one: ".".join(map(str, one[0])))
def test_no_fault_is_told_in_a_programmer_s_words(wrong: Fault) -> None:
    for _, sentence in told(spoilt(wrong)):
        assert not re.search(
            r"match pattern|tuple|dictionary|instance of|discriminator|parse|\^", sentence, re.IGNORECASE
        )
