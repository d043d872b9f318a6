"""Returned: what proves that a report is about mail of ours, and what does not."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.bounce_address import TOKEN_LIMIT, ForwardSent, NoticeSent, forward_token, notice_token, sent_as, sent_to
from inbox.channel import Channel
from inbox.delivery_status import enhanced_status, meaning
from inbox.handover import HandoverKind
from inbox.item import NoticeKind
from inbox.reading import DeliveryReport, Reading, ReportedRecipient
from inbox.reference import new_reference
from inbox.returned import returned
from inbox.thread_token import message_id, signature, token
from tests.inbox.samples import quick

KEY = b"0123456789abcdef0123456789abcdef"
OTHER_KEY = b"fedcba9876543210fedcba9876543210"
REFERENCE = new_reference()
FAILED = ReportedRecipient(
    address="Jan@inwoner.test", action="failed", status="5.1.1", diagnostic="550 5.1.1 <jan@inwoner.test> unknown"
)


def ours(kind: NoticeKind = NoticeKind.acknowledgement, ordinal: int = 1, key: bytes = KEY) -> str:
    return message_id(REFERENCE, key, "gemeente.test", f"{kind.value.replace('_', '-')}-{ordinal}")


def bounce_address(mark: str) -> str:
    return f"bounce+{mark}@gemeente.test"


def report(*recipients: ReportedRecipient, **changes: Any) -> Reading:
    """Return a reading that reports; `original`: the Message-ID of what it returns."""
    made = DeliveryReport(
        recipients=recipients or (FAILED,),
        original_message_id=changes.pop("original", ""),
        original_headers=changes.pop("original_headers", {}),
    )
    return Reading(**{"channel": Channel.email, "report": made, **changes})


@pytest.mark.parametrize("kind", NoticeKind)
def test_the_address_of_a_notice_proves_it_whatever_servers_do_to_its_case(kind: NoticeKind) -> None:
    address = bounce_address(notice_token(ours(kind, 12)))
    for written in (address, address.upper(), address.lower(), f"<{address}>", f"prvs=12ab={address}"):
        assert sent_to(written, KEY) == NoticeSent(REFERENCE, kind, 12)


@pytest.mark.parametrize("kind", HandoverKind)
def test_the_address_of_a_forward_proves_it_whatever_servers_do_to_its_case(kind: HandoverKind) -> None:
    forward_id = str(uuid4())
    address = bounce_address(forward_token(forward_id, kind, KEY))
    for written in (address, address.upper(), address.lower()):
        assert sent_to(written, KEY) == ForwardSent(forward_id, kind, is_proven=True)


def test_the_local_part_stays_within_what_a_server_takes() -> None:
    longest = [notice_token(ours(kind, 99)) for kind in NoticeKind]
    longest += [forward_token(str(uuid4()), kind, KEY) for kind in HandoverKind]
    assert max(map(len, longest)) == TOKEN_LIMIT
    assert all(len(f"bounces+{mark}") <= 64 for mark in longest)


def test_without_our_secret_nothing_is_proven() -> None:
    forward_id = str(uuid4())
    forged = [
        notice_token(ours(key=OTHER_KEY)),
        f"{REFERENCE}.{'a' * 20}.acknowledgement-1",
        f"{REFERENCE}.acknowledgement-1",
        f"{new_reference()}.{token(REFERENCE, KEY)}.acknowledgement-1",
        f"{REFERENCE}.{token(REFERENCE, KEY)}.nothing-1",
        f"{REFERENCE}.{token(REFERENCE, KEY)}",
        forward_token(forward_id, HandoverKind.item, OTHER_KEY),
        forward_token(forward_id, HandoverKind.item, KEY)[:-1] + "w",
        forward_token(forward_id, HandoverKind.item, KEY).replace("f.", "f.a", 1),
    ]
    for mark in forged:
        assert sent_to(bounce_address(mark), KEY) is None, mark
        assert sent_as(f"gw.{mark}@gemeente.test", KEY) is None, mark


def test_a_signature_for_one_purpose_is_none_for_another() -> None:
    assert signature("thread", REFERENCE, KEY) == token(REFERENCE, KEY) != signature("forward", REFERENCE, KEY)


def test_the_message_id_of_a_forward_names_it_and_proves_nothing() -> None:
    forward_id = str(uuid4())
    named = sent_as(f"gw-forward.{forward_id}.addition@gemeente.test", KEY)
    assert named == ForwardSent(forward_id, HandoverKind.addition, is_proven=False)
    for other in (f"gw-forward.{forward_id}.copy@x", "gw-forward.1.item@x", f"x.gw-forward.{forward_id}.item@x"):
        assert sent_as(other, KEY) is None


@pytest.mark.parametrize("place", ["recipients", "to", "delivered-to", "x-original-to", "envelope-to", "original"])
def test_the_token_is_found_wherever_a_server_leaves_it(place: str) -> None:
    address = bounce_address(notice_token(ours()))
    where: dict[str, Any] = {"headers": {place: ("info@gemeente.test", address)}}
    if place == "recipients":
        where = {"recipients": ("info@gemeente.test", address)}
    elif place == "original":
        where = {"original": ours()}
    found = returned(report(**where), KEY)
    assert found is not None
    assert (found.sent, found.has_failed, found.status) == (
        NoticeSent(REFERENCE, NoticeKind.acknowledgement, 1),
        True,
        "5.1.1",
    )


def test_the_address_says_which_mail_it_was_whatever_is_returned_in_it() -> None:
    address = bounce_address(notice_token(ours(NoticeKind.correction, 2)))
    found = returned(report(recipients=(address,), original=ours()), KEY)
    assert found is not None
    assert found.sent == NoticeSent(REFERENCE, NoticeKind.correction, 2)


def test_our_own_header_names_a_forward_whose_message_id_a_relay_replaced() -> None:
    forward_id = str(uuid4())
    found = returned(
        report(original="0100018@eu-west.relay.test", original_headers={"x-inbox-gateway-forward": (forward_id,)}), KEY
    )
    assert found is not None
    assert found.sent == ForwardSent(forward_id, HandoverKind.item, is_proven=False)
    assert returned(report(original_headers={"x-inbox-gateway-forward": ("no id",)}), KEY) is None


def test_an_answer_to_the_bounce_address_is_no_report() -> None:
    address = bounce_address(notice_token(ours()))
    away = Reading(
        channel=Channel.email,
        recipients=(address,),
        is_automatic=True,
        automatic_evidence=("auto_submitted",),
        reply_to_ids=(ours(),),
        text="Ik ben er niet. 5.1.1",
    )
    assert returned(away, KEY) is None
    says_nothing = away.model_copy(update={"report": DeliveryReport(original_message_id=ours())})
    assert returned(says_nothing, KEY) is None


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded"])
def test_only_a_failure_is_one(action: str) -> None:
    late = FAILED.model_copy(update={"action": action, "status": "4.4.1"})
    found = returned(report(late, original=ours()), KEY)
    assert found is not None
    assert (found.has_failed, found.action) == (False, action)
    found = returned(report(late, FAILED, original=ours()), KEY)
    assert found is not None
    assert (found.has_failed, found.action, found.status) == (True, "failed", "5.1.1")


def test_a_report_that_names_another_says_that_our_mail_was_passed_on() -> None:
    found = returned(report(original=ours()), KEY)
    assert found is not None
    assert not found.names_another("JAN@inwoner.test")
    assert found.because("jan@inwoner.test") == "the address does not exist (5.1.1)"
    assert "passed on" in found.because("piet@elders.test")
    assert "jan" not in found.because("piet@elders.test")
    assert "jan@inwoner.test" in found.detail
    nameless = returned(report(FAILED.model_copy(update={"address": ""}), original=ours()), KEY)
    assert nameless is not None
    assert not nameless.names_another("jan@inwoner.test")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("5.1.1", "the address does not exist (5.1.1)"),
        ("5.2.2", "the mailbox is full (5.2.2)"),
        ("4.4.1", "their mail server could not be reached, for too long (4.4.1)"),
        ("5.7.26", "their mail server refuses it by its own rules (5.7.26)"),
        ("5.0.0", "status 5.0.0"),
        ("", "no reason was given"),
        ("5.1.1 jan@inwoner.test", "no reason was given"),
    ],
)
def test_a_status_is_told_in_words_of_ours(status: str, words: str) -> None:
    assert meaning(status) == words


def test_a_status_is_found_in_a_servers_words_and_an_address_is_none() -> None:
    assert enhanced_status("550 5.1.1 <jan@inwoner.test>: unknown") == "5.1.1"
    assert enhanced_status("5.1.1.1:587: 550 no") == ""


@quick
@given(st.text(max_size=200), st.text(max_size=200))
def test_any_words_give_an_answer(address: str, identifier: str) -> None:
    assert returned(report(recipients=(address,), headers={"to": (address,)}, original=identifier), KEY) is None
    meaning(enhanced_status(address))
