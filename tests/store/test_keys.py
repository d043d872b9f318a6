"""API keys: shown once, worthless without their secret, ended at once."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import store.keys
from inbox.confidentiality import Confidentiality
from inbox.errors import BadRequest, Conflict, NotFound
from store.audit_tables import audit
from store.keys import Role, caller_of, list_keys, make_key, revoke_key
from store.ledger import Ledger
from store.tables import keys
from tests.store.making import rows


def id_of(key: str) -> str:
    return key.split("_")[1]


async def test_a_key_says_who_calls_and_what_they_may_see(ledger: Ledger) -> None:
    key = await make_key(ledger, "Zaakstad", Role.department, ["kcc"], Confidentiality.geheim)
    caller = await caller_of(ledger, key)
    assert caller is not None
    assert (caller.name, caller.role, caller.departments, caller.up_to) == (
        "Zaakstad",
        Role.department,
        frozenset({"kcc"}),
        Confidentiality.geheim,
    )


async def test_all_departments_and_none_are_two_things(ledger: Ledger) -> None:
    everybody = await caller_of(ledger, await make_key(ledger, "alle", Role.reader))
    nobody = await caller_of(ledger, await make_key(ledger, "geen", Role.department, []))
    assert everybody is not None
    assert nobody is not None
    assert (everybody.departments, nobody.departments) == (None, frozenset())


async def test_the_ledger_holds_a_hash_and_nowhere_the_secret(ledger: Ledger) -> None:
    key = await make_key(ledger, "Zaakstad", Role.admin)
    secret = key.split("_", 2)[2]
    [row] = await rows(ledger, keys)
    assert secret not in str(row)
    assert row.secret_hash == hashlib.sha256(secret.encode()).hexdigest()
    assert len(secret) >= 43  # 256 bits in base64


async def test_a_wrong_secret_another_keys_secret_and_half_a_key_are_nobody(ledger: Ledger) -> None:
    one, two = await make_key(ledger, "een", Role.admin), await make_key(ledger, "twee", Role.admin)
    mixed = f"gw_{id_of(one)}_{two.split('_', 2)[2]}"
    for wrong in (mixed, one[:-1], one + "x", one.upper(), one[3:], f"gw_{id_of(one)}_", f"gw_{id_of(one)}", f" {one}"):
        assert await caller_of(ledger, wrong) is None
    assert await caller_of(ledger, one) is not None


async def test_the_hash_itself_opens_nothing(ledger: Ledger) -> None:
    key = await make_key(ledger, "Zaakstad", Role.admin)
    [row] = await rows(ledger, keys)
    assert await caller_of(ledger, f"gw_{id_of(key)}_{row.secret_hash}") is None


async def test_secrets_are_compared_without_telling_how_far_they_fit(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[tuple[object, object]] = []
    honest = hmac.compare_digest

    def comparing(first: str, second: str) -> bool:
        compared.append((first, second))
        return honest(first, second)

    monkeypatch.setattr(store.keys.hmac, "compare_digest", comparing)
    key = await make_key(ledger, "Zaakstad", Role.admin)
    await caller_of(ledger, key)
    await caller_of(ledger, f"gw_{id_of(key)}_wrong")
    assert len(compared) == 2
    assert all(len(str(first)) == len(str(second)) == 64 for first, second in compared)


async def test_a_revoked_key_is_nobody_at_once_and_stays_in_the_list(ledger: Ledger) -> None:
    key = await make_key(ledger, "Zaakstad", Role.admin)
    await revoke_key(ledger, id_of(key))
    [first] = await list_keys(ledger)
    await revoke_key(ledger, id_of(key))
    [again] = await list_keys(ledger)
    assert await caller_of(ledger, key) is None
    assert first.revoked_at == again.revoked_at is not None


async def test_a_key_that_is_not_there_cannot_be_revoked(ledger: Ledger) -> None:
    with pytest.raises(NotFound):
        await revoke_key(ledger, "nothing")


async def test_no_two_keys_have_one_name_also_not_after_one_was_revoked(ledger: Ledger, neighbour: Ledger) -> None:
    made = await asyncio.gather(
        *(make_key(one, "Zaakstad", Role.admin) for one in (ledger, neighbour) * 2), return_exceptions=True
    )
    [key] = [one for one in made if isinstance(one, str)]
    assert [type(one) for one in made].count(Conflict) == 3
    await revoke_key(ledger, id_of(key))
    with pytest.raises(Conflict):
        await make_key(ledger, "Zaakstad", Role.admin)


@pytest.mark.parametrize("name", ["", "x" * 101, "gateway", "Gateway", "a\x00b", "a\nb", "\ud800"])
async def test_a_name_that_would_spoil_the_events_is_refused(ledger: Ledger, name: str) -> None:
    with pytest.raises(BadRequest):
        await make_key(ledger, name, Role.admin)


async def test_the_longest_name_can_act(ledger: Ledger) -> None:
    caller = await caller_of(ledger, await make_key(ledger, "é" * 100, Role.admin))
    assert caller is not None
    assert caller.name == "é" * 100


@given(
    key=st.text(max_size=60)
    | st.text(alphabet="gw_0123456789abcdef\x00\ud800é", max_size=40).map(lambda rest: f"gw_{rest}")
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_words_are_nobody_and_raise_nothing(ledger: Ledger, key: str) -> None:
    assert await caller_of(ledger, key) is None


async def test_an_expired_key_is_nobody_from_that_moment_on(ledger: Ledger) -> None:
    later = await make_key(ledger, "later", Role.admin, expires_at=datetime.now(UTC) + timedelta(hours=1))
    over = await make_key(ledger, "voorbij", Role.admin, expires_at=datetime.now(UTC) - timedelta(milliseconds=1))
    assert await caller_of(ledger, later) is not None
    assert await caller_of(ledger, over) is None


@pytest.mark.parametrize("name", ["oidc:jan", "OIDC:jan", "ｏｉｄｃ：jan", " oidc:jan", "command line", "ｇateway"])
async def test_no_key_has_a_name_that_could_be_taken_for_somebody_elses(ledger: Ledger, name: str) -> None:
    with pytest.raises(BadRequest):
        await make_key(ledger, name, Role.admin)
    assert await rows(ledger, audit) == []


async def test_making_and_revoking_are_audited_once_and_without_the_secret(ledger: Ledger) -> None:
    key = await make_key(ledger, "Zaakstad", Role.department, ["kcc"], made_by="Beheer")
    with pytest.raises(Conflict):
        await make_key(ledger, "Zaakstad", Role.admin, made_by="Beheer")
    await asyncio.gather(*(revoke_key(ledger, id_of(key), revoked_by="Beheer") for _ in range(3)))
    written = await rows(ledger, audit)
    assert [(row.actor, row.kind, row.subject) for row in written] == [
        ("Beheer", "key.made", f"key/{id_of(key)}"),
        ("Beheer", "key.revoked", f"key/{id_of(key)}"),
    ]
    assert written[0].about["departments"] == ["kcc"]
    assert key.split("_", 2)[2] not in str(written)
