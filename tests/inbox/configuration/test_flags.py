"""Flags in the document: their texts promise nothing and do not name them; overlays of conditions go before all rules."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from inbox.configuration.load import load_configuration
from inbox.configuration.overlay import Overlay, Running
from inbox.errors import ConfigurationInvalid
from inbox.routing.compiled import CompiledConfiguration
from tests.configuration import SMALL_TOWN, with_flags
from tests.inbox.samples import decided, reading

Document = dict[str, Any]


def written() -> Document:
    document: Document = yaml.safe_load(with_flags(SMALL_TOWN))
    return document


def faults(document: Document) -> list[str]:
    try:
        load_configuration(yaml.safe_dump(document, allow_unicode=True, sort_keys=False))
    except ConfigurationInvalid as error:
        return error.faults
    return []


def test_the_flags_of_the_tests_have_no_faults() -> None:
    assert faults(written()) == []


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("Wij antwoorden uiterlijk {date}. {reference}", "no date may be promised"),
        ("Wij lezen dit ({term}). {reference}", "no date may be promised"),
        ("Wij lezen uw bericht nu.", "does not name the {reference}"),
        ("Dit is ACUUT gevaar. {reference}", "holds the name of the flag"),
        ("{channel_advice} {reference}", "told to whoever is in danger"),
    ],
)
def test_a_flags_text_promises_no_date_and_does_not_name_it(body: str, sentence: str) -> None:
    document = written()
    document["texts"]["in_nood"]["body"] = body
    [fault] = faults(document)
    assert sentence in fault


@pytest.mark.parametrize("key", ["nergens", "limit_reached"])
def test_a_flags_text_is_one_that_can_acknowledge(key: str) -> None:
    document = written()
    document["flags"]["acuut"]["text"] = key
    assert any("flags.acuut.text" in fault for fault in faults(document))


def test_a_text_with_a_date_serves_no_flag() -> None:
    document = written()
    document["flags"]["acuut"]["text"] = "dated"
    assert any("no date may be promised" in fault for fault in faults(document))


def overlaid(*routed: Document) -> CompiledConfiguration:
    configuration = load_configuration(with_flags(SMALL_TOWN))
    overlay = Overlay.model_validate({"routed": routed})
    return CompiledConfiguration(configuration, 7, [Running("abc", datetime(2030, 1, 1, tzinfo=UTC), overlay)])


def test_a_route_of_an_overlay_decides_before_the_first_rule() -> None:
    by = overlaid({"when": {"words": ["brand"]}, "category": "intern", "flag": "pers"})
    decision = decided(reading("Bezwaar", "Ik maak bezwaar: er is brand."), by)
    assert [matched.category for matched in decision.matters] == ["intern"]
    assert (decision.trace[0].rule, decision.trace[0].holds, decision.flags) == ("overlay:abc", True, ("pers",))


def test_a_route_with_a_flag_alone_leaves_the_deciding_to_the_rules() -> None:
    by = overlaid({"when": {"words": ["brand"]}, "flag": "acuut"})
    decision = decided(reading("Lantaarn", "Er is brand bij de lantaarn."), by)
    assert [(matched.category, str(matched.priority)) for matched in decision.matters] == [("lantaarn", "high")]
    assert decision.flags == ("acuut",)


def test_what_no_rule_of_an_overlay_meets_is_decided_as_ever() -> None:
    by = overlaid({"when": {"words": ["brand"]}, "category": "intern"})
    plain = CompiledConfiguration(by.document, 7)
    read = reading("Lantaarn", "De lantaarn doet het niet.")
    with_overlay, without = decided(read, by), decided(read, plain)
    assert with_overlay.matters == without.matters
    assert with_overlay.trace == without.trace
