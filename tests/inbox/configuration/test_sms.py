"""The texts of text messages: there, short in every case, and silent about the matter."""

from __future__ import annotations

import pytest
import yaml

from inbox.configuration.load import load_configuration
from inbox.errors import ConfigurationInvalid
from tests.configuration import SMALL_TOWN, with_call_texts, with_sms

WITH_SMS = with_sms(SMALL_TOWN)
WITH_CALLS = with_call_texts(SMALL_TOWN)
RECEIPT = "Wij hebben uw brief ontvangen op {received_on}. Kenmerk: {reference}. {organisation}"


def faults(document: str) -> list[str]:
    try:
        load_configuration(document)
    except ConfigurationInvalid as error:
        return error.faults
    return []


def test_the_document_is_faultless() -> None:
    assert faults(WITH_SMS) == []
    assert load_configuration(WITH_SMS).sms.acknowledges_post
    assert not load_configuration(SMALL_TOWN).sms.acknowledges_post


def test_texts_may_stand_there_before_they_are_used_and_not_the_reverse() -> None:
    assert faults(WITH_SMS.replace("acknowledges_post: true", "acknowledges_post: false")) == []
    missing = faults(SMALL_TOWN + "sms: {acknowledges_post: true}\n")
    assert len(missing) == 3
    assert all("is missing: `sms.acknowledges_post` needs it" in fault for fault in missing)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("Wij hebben uw brief ontvangen.", "does not name the {reference}"),
        ("{reference} {date}", "names {date}"),
        ("{reference} over {matter}", "names {matter}"),
        ("{reference} bij {department}", "names {department}"),
        ("{reference} " + "a" * 300, "becomes 3 text messages"),
        ("{reference} ë" + "a" * 125, "becomes 3 text messages"),
        ("{reference} {onbekend}", "is not known"),
    ],
)
def test_a_text_that_will_not_do_is_a_fault(body: str, says: str) -> None:
    found = faults(WITH_SMS.replace(RECEIPT, body))
    assert any("sms_receipt_only" in fault and says in fault for fault in found), found


def test_the_longest_date_and_name_count() -> None:
    """What fits for one item must fit for every one."""
    body = "{reference} {received_on} " + "a" * (306 - 11 - 1 - 27 - 1)
    assert faults(WITH_SMS.replace(RECEIPT, body)) == []
    assert "becomes 3" in faults(WITH_SMS.replace(RECEIPT, body + "a"))[0]


@pytest.mark.parametrize("key", ["sms_dated", "sms_correction"])
def test_what_promises_names_the_date(key: str) -> None:
    found = faults(WITH_SMS.replace("{date} van ons", "binnenkort van ons"))
    assert any(f"texts.{key}.body" in fault and "does not name the {date}" in fault for fault in found)


@pytest.mark.parametrize(
    "hours", ['sends_from: "20:00"', 'sends_until: "24:00"', 'sends_from: "9:00"', "sends_until: 20:00"]
)
def test_impossible_hours_are_faults(hours: str) -> None:
    assert faults(WITH_SMS.replace("acknowledges_post: true", f"acknowledges_post: true, {hours}"))


def test_no_category_is_acknowledged_with_one_by_mail() -> None:
    assert faults(WITH_SMS.replace("text: triage", "text: sms_dated"))


def test_callers_have_texts_of_their_own() -> None:
    assert faults(WITH_CALLS) == []
    assert load_configuration(WITH_CALLS).sms.acknowledges_calls
    assert not load_configuration(WITH_SMS).sms.acknowledges_calls
    missing = faults(SMALL_TOWN + "sms: {acknowledges_calls: true}\n")
    assert len(missing) == 3
    needed = ("sms_call_back", "sms_call_seen", "sms_correction")
    assert all(
        any(f"`{key}` is missing: `sms.acknowledges_calls` needs it" in fault for fault in missing) for key in needed
    )


@pytest.mark.parametrize(
    ("key", "body", "says"),
    [
        ("sms_call_back", "Wij bellen u terug. {reference}", "does not name the {date}"),
        ("sms_call_back", "Wij bellen u terug, uiterlijk {date}.", "does not name the {reference}"),
        ("sms_call_back", "{reference} {date} over {matter}", "names {matter}"),
        ("sms_call_back", "{reference} {date} " + "a" * 268, "becomes 3 text messages"),
        ("sms_call_seen", "Wij bellen u terug, {date}. {reference}", "names {date}"),
        ("sms_call_seen", "Wij bellen u terug.", "does not name the {reference}"),
        ("sms_call_seen", "{reference} door {department}", "names {department}"),
        ("sms_call_seen", "{reference} " + "a" * 295, "becomes 3 text messages"),
        ("sms_call_seen", "{reference} ë" + "a" * 125, "becomes 3 text messages"),
    ],
)
def test_a_text_to_callers_that_will_not_do_is_a_fault(key: str, body: str, says: str) -> None:
    document = yaml.safe_load(WITH_CALLS)
    document["texts"][key] = {"body": body}
    found = faults(yaml.safe_dump(document, allow_unicode=True))
    assert any(f"texts.{key}.body" in fault and says in fault for fault in found), found


@pytest.mark.parametrize("minutes", ["0", "2881", "half"])
def test_an_impossible_freshness_is_a_fault(minutes: str) -> None:
    assert faults(
        WITH_CALLS.replace("acknowledges_calls: true", f"acknowledges_calls: true, calls_fresh_minutes: {minutes}")
    )


@pytest.mark.parametrize("key", ["sms_call_back", "sms_call_seen"])
def test_no_category_is_acknowledged_with_one_for_callers(key: str) -> None:
    assert faults(WITH_CALLS.replace("text: triage", f"text: {key}"))
