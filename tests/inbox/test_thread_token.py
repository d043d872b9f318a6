"""Thread tokens: what a stranger may try to join somebody else's item (invariant 9)."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.reference import new_reference
from inbox.thread_token import is_ours, loop_mark, message_id, proven_loop, proven_reference, token
from tests.inbox.samples import quick

KEY = b"0123456789abcdef0123456789abcdef"
OTHER_KEY = b"fedcba9876543210fedcba9876543210"


def ours(reference: str, key: bytes = KEY) -> str:
    return message_id(reference, key, "gemeente.test", "acknowledgement-1")


def test_our_own_message_id_proves_its_reference_whatever_servers_do_to_its_case() -> None:
    reference = new_reference()
    for identifier in (ours(reference), ours(reference).upper(), ours(reference).lower()):
        assert proven_reference((identifier,), KEY) == reference
        assert is_ours(identifier, KEY)


def test_the_nearest_of_our_ids_counts() -> None:
    early, late = new_reference(), new_reference()
    assert proven_reference((ours(early), ours(late), "stranger@elsewhere.test"), KEY) == late


def test_a_reference_without_its_token_proves_nothing() -> None:
    reference = new_reference()
    for forged in (reference, f"gw.{reference}@gemeente.test", f"gw.{reference}.{'a' * 20}.x@gemeente.test"):
        assert proven_reference((forged,), KEY) is None


def test_each_single_changed_letter_of_a_token_makes_it_worthless() -> None:
    reference = new_reference()
    proof = token(reference, KEY)
    for at in range(20):
        changed = proof[:at] + ("a" if proof[at] != "a" else "b") + proof[at + 1 :]
        assert proven_reference((ours(reference).replace(proof, changed),), KEY) is None


@pytest.mark.parametrize("cut", [1, 5, 19])
def test_a_truncated_token_proves_nothing(cut: int) -> None:
    reference = new_reference()
    proof = token(reference, KEY)
    assert proven_reference((ours(reference).replace(proof, proof[:-cut]),), KEY) is None


def test_a_token_of_another_installation_proves_nothing() -> None:
    reference = new_reference()
    assert proven_reference((ours(reference, OTHER_KEY),), KEY) is None


def test_a_token_of_another_item_proves_nothing_about_this_one() -> None:
    mine, theirs = new_reference(), new_reference()
    assert proven_reference((ours(mine).replace(mine, theirs),), KEY) is None


def test_a_forged_id_does_not_hide_the_real_one_behind_it() -> None:
    mine, theirs = new_reference(), new_reference()
    forged = f"gw.{theirs}.{token(mine, KEY)}.x@gemeente.test"
    assert proven_reference((ours(mine), forged), KEY) == mine


def test_our_id_inside_another_id_proves_nothing() -> None:
    reference = new_reference()
    for wrapped in (f"x{ours(reference)}", f"<{ours(reference)}>", f" {ours(reference)}", f"a@b.{ours(reference)}"):
        assert proven_reference((wrapped,), KEY) is None


@pytest.mark.parametrize("letter", ["ſ", "K", "ı", "é", "０"])
def test_letters_that_only_look_like_those_of_a_token_are_refused_and_raise_nothing(letter: str) -> None:
    reference = new_reference()
    assert proven_reference((f"gw.{reference}.{letter * 20}@gemeente.test",), KEY) is None
    assert proven_reference((ours(reference).replace("gw.", f"gw.{letter}", 1),), KEY) is None


def test_hostile_ids_of_100_000_characters_cost_next_to_nothing() -> None:
    reference = new_reference()
    long = "a" * 100_000
    hostile = [
        long,
        f"gw.{long}@x",
        f"gw.{reference}.{long}@x",
        f"gw.{reference}.{'a' * 20}.{long}@x",
        f"gw.{reference}.{'a' * 20}" + ".a" * 50_000,
        "gw." * 33_000,
        "-" * 100_000,
    ]
    begun = time.process_time()
    assert proven_reference(hostile * 20, KEY) is None
    assert time.process_time() - begun < 10


@given(st.lists(st.text(max_size=60), max_size=5))
@quick
def test_any_ids_prove_nothing_and_raise_nothing(identifiers: list[str]) -> None:
    assert proven_reference(identifiers, KEY) is None


def test_our_own_mark_is_known_among_others_whatever_servers_do_to_it() -> None:
    reference = new_reference()
    mark = loop_mark(reference, KEY)
    for written in (mark, mark.upper(), mark.lower(), f" {mark}\t"):
        assert proven_loop(("1", loop_mark(new_reference(), OTHER_KEY), written), KEY) == reference


def test_a_mark_that_we_did_not_make_is_not_ours() -> None:
    reference, other = new_reference(), new_reference()
    proof = token(reference, KEY)
    for forged in ("", "1", reference, f"{reference}.", f"{reference}.{'a' * 20}", f"{other}.{proof}", f"{proof}.{reference}",
                   f"{reference}.{proof[:-1]}", f"{reference}.{proof}a", f"x{reference}.{proof}", f"{reference}.{proof} x",
                   loop_mark(reference, OTHER_KEY)):  # fmt: skip
        assert proven_loop((forged,), KEY) is None
    assert proven_loop((), KEY) is None


@quick
@given(st.lists(st.text(max_size=60), max_size=4))
def test_no_text_at_all_breaks_the_look_for_a_mark(marks: list[str]) -> None:
    assert proven_loop(marks, KEY) is None


def test_the_mark_on_what_departments_see_opens_no_thread() -> None:
    reference = new_reference()
    mark = loop_mark(reference, KEY)
    assert proven_reference((f"gw.{mark}.acknowledgement-1@gemeente.test",), KEY) is None
    assert proven_loop((f"{reference}.{token(reference, KEY)}",), KEY) is None
