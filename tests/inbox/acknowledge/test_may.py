"""Whom we may tell: never a machine, never ourselves, never an address that is none (invariant 8)."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from inbox.acknowledge.may import may_not_tell
from inbox.reading import Reading
from tests.inbox.samples import quick, reading, readings, town

TOWN = town()
OURS = frozenset({"info@gemeente.example"})


@pytest.mark.parametrize(
    "address", ["jan@inwoner.test", "j.o'neil+x=1@sub.inwoner.test", "jan@xn--brger-kva.test", "é@é.nl"]
)
def test_a_resident_with_a_sound_address_may_be_told(address: str) -> None:
    assert may_not_tell(reading(address=address), OURS, TOWN) == []


@pytest.mark.parametrize(
    "address",
    [
        "jan",
        "@inwoner.test",
        "jan@",
        "jan@inwoner.test\n",
        "jan@inwoner.test\r\nRCPT TO:<x@y.test>",
        "jan@inwoner.test ",
        "a@b@c.test",
        "<jan@inwoner.test>",
        "jan@[127.0.0.1]",
        '"jan"@inwoner.test',
        "jan\x00@inwoner.test",
        "jan@inwoner.test,piet@inwoner.test",
        f"{'a' * 65}@inwoner.test",
        f"a@{'b' * 256}",
        "a" * 1_000_000,
    ],
)
def test_an_address_that_cannot_be_written_to_is_never_told(address: str) -> None:
    assert "the sender address is not one that we can write to" in may_not_tell(reading(address=address), OURS, TOWN)


def test_nobody_is_told_nothing() -> None:
    assert may_not_tell(reading(address=""), OURS, TOWN) == ["there is no sender address"]


@pytest.mark.parametrize("address", ["info@gemeente.example", "INFO@Gemeente.Example"])
def test_our_own_mailbox_is_never_told(address: str) -> None:
    assert may_not_tell(reading(address=address), OURS, TOWN) == ["the sender is one of our own mailboxes"]


@pytest.mark.parametrize("address", ["piet@gemeente.test", "piet@GEMEENTE.test", "piet@wijk.gemeente.test"])
def test_a_colleague_is_never_told(address: str) -> None:
    assert may_not_tell(reading(address=address), OURS, TOWN) == ["the sender is a colleague"]


def test_a_domain_that_only_ends_like_ours_is_no_colleague() -> None:
    assert may_not_tell(reading(address="piet@nepgemeente.test"), OURS, TOWN) == []


@pytest.mark.parametrize(
    ("changes", "reasons"),
    [
        ({"may_acknowledge": False}, ["the message asks for no answer"]),
        ({"may_acknowledge": False, "may_not_because": ("it is a bounce",)}, ["it is a bounce"]),
    ],
)
def test_what_the_message_itself_forbids_is_obeyed_with_its_reason(changes: dict[str, Any], reasons: list[str]) -> None:
    assert may_not_tell(reading(**changes), OURS, TOWN) == reasons


def test_a_machine_that_asks_for_an_answer_gets_one() -> None:
    assert may_not_tell(reading(is_automatic=True), OURS, TOWN) == []


def test_every_reason_is_named_together() -> None:
    reasons = may_not_tell(reading(address="info@gemeente.example", may_acknowledge=False), OURS, TOWN)
    assert reasons == ["the message asks for no answer", "the sender is one of our own mailboxes"]


@given(readings)
@quick
def test_any_reading_is_judged_and_a_message_that_forbids_is_never_told(read: Reading) -> None:
    reasons = may_not_tell(read, OURS, None)
    assert all(reasons)
    assert may_not_tell(read.model_copy(update={"may_acknowledge": False}), OURS, TOWN)
