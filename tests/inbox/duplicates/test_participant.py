"""Authentication-Results (RFC 8601): only our own border's word counts, and only what it says itself."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.duplicates.participant import is_authenticated, is_refuted
from tests.inbox.samples import quick, reading

OURS = frozenset({"mx.gemeente.test"})


def authenticated(*fields: str, trusted: frozenset[str] = OURS) -> bool:
    return is_authenticated(reading(headers={"authentication-results": fields}), trusted)


@pytest.mark.parametrize(
    "field",
    [
        "mx.gemeente.test; dmarc=pass header.from=inwoner.test",
        "mx.gemeente.test 1; spf=fail; DMARC = Pass",
        "MX.Gemeente.Test; dkim=pass header.d=inwoner.test; dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=inwoner.test",
        "mx.gemeente.test; dmarc/1=pass",
        'mx.gemeente.test; spf=pass reason="a; b"; dmarc=pass',
    ],
)
def test_our_border_saying_dmarc_pass_proves_the_sender(field: str) -> None:
    assert authenticated(field)


@pytest.mark.parametrize(
    "field",
    [
        "",
        ";",
        "mx.gemeente.test",
        "mx.gemeente.test; none",
        "mx.gemeente.test; dmarc=fail",
        "mx.gemeente.test; dmarc=passed",
        "mx.gemeente.test; spf=pass; dkim=pass",
        "mx.gemeente.test; x-dmarc=pass",
        "mx.gemeente.test; arc=pass (dmarc=pass)",
        "elsewhere.test; dmarc=pass",
        "evil-mx.gemeente.test; dmarc=pass",
        "; dmarc=pass",
        "dmarc=pass; mx.gemeente.test",
    ],
)
def test_anything_else_proves_nothing(field: str) -> None:
    assert not authenticated(field)


def test_a_field_below_the_topmost_proves_nothing() -> None:
    ours = "mx.gemeente.test; dmarc=pass"
    assert authenticated(ours, "elsewhere.test; dmarc=fail")
    assert not authenticated("mx.gemeente.test; dmarc=fail", ours)
    assert not authenticated("elsewhere.test; dmarc=pass", ours)


def test_with_no_border_configured_nobody_is_proven() -> None:
    assert not authenticated("mx.gemeente.test; dmarc=pass", trusted=frozenset())
    assert not authenticated("; dmarc=pass", trusted=frozenset())


@pytest.mark.parametrize(
    "field",
    [
        "mx.gemeente.test; spf=pass smtp.mailfrom=dmarc=pass@evil.test; dmarc=fail header.from=inwoner.test",
        "mx.gemeente.test; spf=pass smtp.mailfrom=dmarc=pass@evil.test",
        'mx.gemeente.test; spf=pass smtp.mailfrom="; dmarc=pass ;"@evil.test; dmarc=fail',
        'mx.gemeente.test; spf=fail reason="dmarc=pass"',
        'mx.gemeente.test; spf=fail reason="\\"; dmarc=pass"',
        "mx.gemeente.test; spf=none (helo ; dmarc=pass ) ; dmarc=none",
        "mx.gemeente.test; spf=none (helo \\) ; dmarc=pass (x) ); dmarc=none",
        "mx.gemeente.test; spf=none (a (b) ; dmarc=pass",
        'mx.gemeente.test; spf=none ("); dmarc=pass (") ; dmarc=fail',
        "mx.gemeente.test; spf=pass smtp.mailfrom=; dmarc=pass ;@evil.test; dmarc=fail",
    ],
)
def test_words_that_the_sender_chose_inside_our_borders_field_prove_nothing(field: str) -> None:
    assert not authenticated(field)


@pytest.mark.parametrize(
    ("field", "proven"),
    [
        ("dkim=pass header.d=inwoner.test; dmarc=none", True),
        (
            "dkim=pass header.d=Inwoner.Test header.s=2026 header.b=abc; spf=fail; dmarc=none header.from=inwoner.test",
            True,
        ),
        ("dkim=pass header.d=inwoner.test; dkim=pass header.d=inwoner.test; dmarc=none", True),
        ("dkim=pass header.d=inwoner.test", False),
        ("dkim=pass header.d=inwoner.test; dmarc=fail", False),
        ("dkim=pass header.d=elders.test; dmarc=none", False),
        ("dkim=pass header.d=mail.inwoner.test; dmarc=none", False),
        ("dkim=pass header.d=test; dmarc=none", False),
        ("dkim=pass header.d=woner.test; dmarc=none", False),
        ("dkim=pass header.i=@inwoner.test; dmarc=none", False),
        ("dkim=fail header.d=inwoner.test; dmarc=none", False),
        ("dkim=none; spf=pass smtp.mailfrom=; dkim=pass header.d=inwoner.test ;@evil.test; dmarc=none", False),
        ("dkim=pass header.d=evil.test; dkim=pass header.d=inwoner.test; dmarc=none", False),
        ("dkim=pass header.d=evil.test header.d=inwoner.test; dmarc=none", False),
        ("dkim=pass (header.d=inwoner.test) header.d=evil.test; dmarc=none", False),
        ("spf=pass smtp.mailfrom=inwoner.test; dmarc=none", False),
    ],
)
def test_without_a_policy_only_signatures_of_the_senders_own_domain_prove_it(field: str, proven: bool) -> None:
    assert authenticated(f"mx.gemeente.test; {field}") is proven


def test_a_signature_of_the_domain_above_proves_an_address_below_it() -> None:
    headers = {"authentication-results": ("mx.gemeente.test; dkim=pass header.d=inwoner.test; dmarc=none",)}
    assert is_authenticated(reading(address="jan@post.inwoner.test", headers=headers), OURS)
    assert not is_authenticated(reading(address="jan@eeninwoner.test", headers=headers), OURS)
    assert not is_authenticated(reading(address="", headers=headers), OURS)


def test_deep_and_open_comments_cost_next_to_nothing() -> None:
    begun = time.process_time()
    for hostile in ("(" * 100_000, "(" * 50_000 + ")" * 50_000, "\\" * 100_000, '"' * 99_999, ";" * 100_000):
        assert not authenticated(f"mx.gemeente.test; {hostile} dmarc=fail")
    assert time.process_time() - begun < 10


@given(st.lists(st.text(max_size=60), max_size=3))
@quick
def test_any_words_below_another_name_prove_nothing_and_raise_nothing(fields: list[str]) -> None:
    assert not authenticated("elsewhere.test; dmarc=pass", *fields)
    assert authenticated(*fields) in {True, False}


def refuted(*fields: str, trusted: frozenset[str] = OURS) -> bool:
    return is_refuted(reading(headers={"authentication-results": fields}), trusted)


@pytest.mark.parametrize(
    "field",
    [
        "mx.gemeente.test; dmarc=fail",
        "mx.gemeente.test; dmarc=fail (p=REJECT sp=REJECT dis=QUARANTINE) header.from=bank.test",
        "mx.gemeente.test; spf=pass smtp.mailfrom=evil.test; dkim=none; dmarc=fail action=oreject header.from=bank.test",
        "mx.gemeente.test; spf=fail smtp.mailfrom=bank.test; dkim=none; dmarc=fail (p=none) header.from=bank.test",
        "mx.gemeente.test; spf=fail; dmarc=none",
        "mx.gemeente.test; spf=fail; dkim=fail",
        "mx.gemeente.test; dmarc=pass; dmarc=fail",
        "mx.gemeente.test; dmarc=fail header.from=bank.test; x=p=none",
    ],
)
def test_our_border_saying_so_refutes_the_sender(field: str) -> None:
    assert refuted(field)


@pytest.mark.parametrize(
    "field",
    [
        "mx.gemeente.test; dmarc=pass",
        "mx.gemeente.test; spf=fail; dmarc=pass",
        "mx.gemeente.test; spf=fail; dkim=pass header.d=inwoner.test; dmarc=none",
        "mx.gemeente.test; spf=softfail; dkim=none; dmarc=none",
        "mx.gemeente.test; spf=none; dkim=none; dmarc=none",
        "mx.gemeente.test; spf=pass; dmarc=fail (p=NONE dis=NONE) header.from=vereniging.test",
        "mx.gemeente.test; spf=pass; dmarc=fail action=none header.from=vereniging.test",
        "mx.gemeente.test; dmarc=temperror",
        "elsewhere.test; dmarc=fail",
        "",
    ],
)
def test_whom_nothing_speaks_against_is_not_refuted(field: str) -> None:
    assert not refuted(field)


def test_a_verdict_of_anybody_elses_refutes_nobody() -> None:
    assert not refuted("mx.gemeente.test; dmarc=fail", trusted=frozenset())
    assert not refuted("mx.gemeente.test; dmarc=pass", "mx.gemeente.test; dmarc=fail")
