"""The issuer's keys: looked up when they rotate, kept while it is away, and never asked for more than needed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from gateway.api.issuer_keys import LIFETIME_SECONDS, PAUSE_SECONDS, IssuerKeys
from gateway.api.problems import IssuerUnreachable
from tests.gateway.api.issuing import Issuer
from tests.gateway.api.world import World


@dataclass
class Clock:
    """Seconds that pass when a test says so."""

    seconds: float = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def keys(issuer: Issuer, clock: Clock) -> AsyncIterator[IssuerKeys]:
    async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
        yield IssuerKeys(client, issuer.settings(), clock)


async def test_keys_are_asked_for_once_also_by_many_at_the_same_moment(issuer: Issuer, keys: IssuerKeys) -> None:
    found = await asyncio.gather(*(keys.find("one", "RS256") for _ in range(20)), keys.find("curve", "ES256"))
    assert None not in found
    assert len(issuer.asked) == 2


async def test_a_rotated_key_is_found_and_the_old_one_ends(issuer: Issuer, keys: IssuerKeys, clock: Clock) -> None:
    assert await keys.find("one", "RS256") is not None
    issuer.add_key("two")
    del issuer.keys["one"]
    assert await keys.find("two", "RS256") is None
    clock.seconds += PAUSE_SECONDS
    assert await keys.find("two", "RS256") is not None
    assert await keys.find("one", "RS256") is None


async def test_a_key_that_was_taken_back_ends_though_no_new_one_is_seen(
    issuer: Issuer, keys: IssuerKeys, clock: Clock
) -> None:
    assert await keys.find("one", "RS256") is not None
    del issuer.keys["one"]
    clock.seconds += LIFETIME_SECONDS - 1
    assert await keys.find("one", "RS256") is not None
    clock.seconds += 1
    assert await keys.find("one", "RS256") is None


async def test_whoever_invents_names_of_keys_makes_us_ask_no_more_often(
    issuer: Issuer, keys: IssuerKeys, clock: Clock
) -> None:
    for number in range(50):
        assert await keys.find(f"invented-{number}", "RS256") is None
    assert len(issuer.asked) == 2
    clock.seconds += PAUSE_SECONDS
    for number in range(50):
        assert await keys.find(f"invented-{number}", "RS256") is None
    assert len(issuer.asked) == 4


async def test_known_keys_go_on_while_the_issuer_is_away_and_it_is_said_once(
    issuer: Issuer, keys: IssuerKeys, clock: Clock
) -> None:
    assert await keys.find("one", "RS256") is not None
    await issuer.stop()
    issuer.add_key("two")
    with capture_logs() as logged:
        for _ in range(3):
            clock.seconds += LIFETIME_SECONDS
            assert await keys.find("one", "RS256") is not None
            with pytest.raises(IssuerUnreachable):
                await keys.find("two", "RS256")
    assert [line["event"] for line in logged] == ["issuer_in_trouble"]
    await issuer.start()
    clock.seconds += PAUSE_SECONDS
    assert await keys.find("two", "RS256") is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"described": {"issuer": "https://elsewhere.example"}},
        {"described": {"jwks_uri": "http://evil.example/jwks"}},
        {"described": {"jwks_uri": "file:///etc/passwd"}},
        {"described": {"jwks_uri": None}},
        {"described": {"jwks_uri": "https://[::"}},
        {"published": {"not": "a list"}},
        {"answers": b"<html>"},
        {"answers": b"[" * 100_000},
        {"answers": b"[]"},
        {"answers": b" " * 600_000 + b"{}"},
        {"answers": b"\xff\xfe"},
    ],
)
async def test_an_issuer_that_answers_nonsense_is_taken_for_away(
    issuer: Issuer, keys: IssuerKeys, changes: dict[str, Any]
) -> None:
    for name, value in changes.items():
        setattr(issuer, name, value)
    with pytest.raises(IssuerUnreachable):
        await keys.find("one", "RS256")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda key: {**key, "use": "enc"},
        lambda key: {**key, "key_ops": ["encrypt"]},
        lambda key: {**key, "key_ops": None},
        lambda key: {**key, "key_ops": 7},
        lambda key: {**key, "key_ops": "verify"},
        lambda key: {**key, "kty": "oct", "k": "c2VjcmV0"},
        lambda key: {**key, "n": "!!"},
        lambda key: {**key, "n": None},
        lambda key: {**key, "kid": 7},
        lambda key: {**key, "kid": "x" * 201},
        lambda key: {name: part for name, part in key.items() if name != "e"},
        lambda key: {**key, "alg": "RS512"},
        lambda _: "not a key",
        lambda _: None,
    ],
)
async def test_a_published_key_that_cannot_be_used_is_left_out_and_spoils_no_other(
    issuer: Issuer, keys: IssuerKeys, spoil: Any
) -> None:
    [rsa, curve] = issuer.jwks()
    issuer.published = [spoil(rsa), curve]
    assert await keys.find("one", "RS256") is None
    assert await keys.find("curve", "ES256") is not None


async def test_a_short_rsa_key_and_another_curve_are_left_out(issuer: Issuer, keys: IssuerKeys) -> None:
    issuer.add_key("short", bits=1024)
    issuer.published = [*issuer.jwks(), {**issuer.jwks()[1], "kid": "other", "crv": "P-384"}]
    assert await keys.find("short", "RS256") is None
    assert await keys.find("other", "ES256") is None
    assert await keys.find("one", "RS256") is not None


async def test_api_keys_work_while_nobody_can_sign_in(signed_in: World, issuer: Issuer) -> None:
    await issuer.stop()
    refused = await signed_in.get("/items", issuer.headers(roles=["gateway-admin"]))
    assert (refused.status_code, refused.json()["code"]) == (503, "issuer_unreachable")
    assert "retry-after" in refused.headers
    assert (await signed_in.get("/items", await signed_in.key())).status_code == 200


async def test_a_check_says_how_many_keys_there_are_or_what_is_wrong(issuer: Issuer, keys: IssuerKeys) -> None:
    assert await keys.check() == "2 keys"
    for wrong, words in (
        ({"described": {"issuer": "https://elsewhere.example"}}, "another issuer"),
        ({"described": {}, "published": []}, "none of its keys"),
        ({"answers": b"<html>"}, "no JSON"),
    ):
        for name, value in wrong.items():
            setattr(issuer, name, value)
        with pytest.raises(IssuerUnreachable, match=words):
            await keys.check()
    await issuer.stop()
    with pytest.raises(IssuerUnreachable, match=r"`oidc\.issuer`: it does not answer \(ConnectError\)"):
        await keys.check()
