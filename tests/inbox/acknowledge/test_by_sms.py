"""Who wrote on paper is told in a text message only where one sure mobile number stands, and nothing forbids it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from inbox.acknowledge.by_sms import by_sms
from inbox.channel import Channel
from inbox.configuration.load import load_configuration
from inbox.configuration.model import TRIAGE, Configuration
from inbox.reading import LetterField, Reading
from tests.configuration import SMALL_TOWN, with_sms
from tests.inbox.acknowledge.test_on_paper import field, letter

NUMBER = "+31612345678"
TOWN = load_configuration(with_sms(SMALL_TOWN).replace("phone: 14 099", "phone: 06 87654321"))


STATUTORY = next(key for key, category in TOWN.categories.items() if category.statutory)
USUAL = next(key for key, category in TOWN.categories.items() if not category.statutory and key != TRIAGE)


def told(
    *fields: LetterField, town: Configuration = TOWN, categories: Sequence[str] = (USUAL,), email: str = ""
) -> str:
    return by_sms(letter(*fields, email=email), town, categories=categories)


def test_one_sure_mobile_number_is_told() -> None:
    assert told(field("phone", NUMBER)) == NUMBER
    assert told(field("phone", NUMBER), field("phone", NUMBER)) == NUMBER


def test_a_landline_beside_it_does_no_harm() -> None:
    assert told(field("phone", "+31201234567"), field("phone", NUMBER)) == NUMBER


@pytest.mark.parametrize("number", ["+31201234567", "", "+3161234567", "+31800123456"])
def test_what_is_no_mobile_number_is_not(number: str) -> None:
    assert told(field("phone", number)) == ""


def test_of_two_mobile_numbers_neither_is_surely_the_senders() -> None:
    assert told(field("phone", NUMBER), field("phone", "+31687654322")) == ""


def test_our_own_number_is_nobodys() -> None:
    assert told(field("phone", "+31687654321")) == ""
    assert told(field("phone", "+31687654321"), field("phone", NUMBER)) == NUMBER


def test_an_unsure_number_is_not_believed() -> None:
    assert told(field("phone", NUMBER, sure=0.89)) == ""


def test_email_comes_first_and_the_law_wants_paper() -> None:
    assert told(field("phone", NUMBER), email="a@inwoner.test") == ""
    assert told(field("phone", NUMBER), categories=[USUAL, STATUTORY]) == ""


def test_what_may_still_turn_out_to_be_an_objection_waits_for_paper() -> None:
    assert told(field("phone", NUMBER), categories=[TRIAGE]) == ""
    assert told(field("phone", NUMBER), categories=[]) == ""
    closed = letter(field("phone", NUMBER)).model_copy(update={"is_envelope": True})
    assert by_sms(closed, TOWN, categories=[USUAL]) == ""


def test_it_is_off_unless_the_configuration_says_so() -> None:
    assert told(field("phone", NUMBER), town=load_configuration(SMALL_TOWN)) == ""


def test_a_mail_is_never_answered_so() -> None:
    mail = Reading(channel=Channel.email, fields=(field("phone", NUMBER),))
    assert by_sms(mail, TOWN, categories=[USUAL]) == ""
