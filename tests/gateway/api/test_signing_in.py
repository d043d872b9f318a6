"""Signing in: what the issuer signed, for us, now, gives one role. Everything else gives nothing, and says why."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from gateway.api.problems import Unauthenticated
from gateway.api.signing_in import LONGEST_TOKEN, SigningIn, signing_in
from gateway.settings import Settings
from inbox.confidentiality import Confidentiality
from inbox.errors import NotAllowed
from store.keys import Role
from tests.gateway.api.issuing import AUDIENCE, Issuer
from tests.gateway.api.world import MARK, World


@pytest.fixture
async def who(issuer: Issuer) -> AsyncIterator[SigningIn]:
    """Give what tells whose token it is."""
    async with signing_in(issuer.settings()) as made:
        assert made is not None
        yield made


def encoded(part: dict[str, Any] | bytes) -> str:
    raw = part if isinstance(part, bytes) else json.dumps(part).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def resigned(token: str, signing: Callable[[bytes], bytes], **header: Any) -> str:
    """Return the token's claims under another header and signature."""
    said = f"{encoded(header)}.{token.split('.')[1]}"
    return f"{said}.{encoded(signing(said.encode()))}"


@pytest.mark.parametrize("key_id", ["one", "curve", "pss"])
async def test_a_token_of_the_issuer_tells_who_it_is_and_what_they_may(
    issuer: Issuer, who: SigningIn, key_id: str
) -> None:
    issuer.add_key("pss", "PS256")
    token = issuer.token(key_id=key_id, roles=["offline_access", "gateway-operator"], departments=["kcc"])
    caller = await who.caller_of(token)
    assert (caller.name, caller.role, caller.departments, caller.up_to, caller.sources) == (
        "oidc:3b1c-jan",
        Role.operator,
        frozenset({"kcc"}),
        Confidentiality.zaakvertrouwelijk,
        frozenset(),
    )


async def test_a_level_goes_with_a_value_of_the_role_claim(issuer: Issuer, who: SigningIn) -> None:
    caller = await who.caller_of(issuer.token(roles=["gateway-reader", "gateway-secrets"]))
    assert (caller.role, caller.up_to) == (Role.reader, Confidentiality.vertrouwelijk)


async def test_a_claim_may_have_dots_in_its_own_name_and_hold_one_value(issuer: Issuer) -> None:
    settings_ = issuer.settings(role_claim="https://gemeente.example/role", name_claim="upn")
    async with signing_in(settings_) as who:
        assert who is not None
        token = issuer.token(
            roles=None, upn="jan@gemeente.example", **{"https://gemeente.example/role": "gateway-publisher"}
        )
        caller = await who.caller_of(token)
    assert (caller.name, caller.role) == ("oidc:jan@gemeente.example", Role.publisher)


async def test_an_audience_among_others_is_enough_and_clocks_may_differ_a_little(
    issuer: Issuer, who: SigningIn
) -> None:
    moment = int(time.time())
    await who.caller_of(issuer.token(aud=["account", AUDIENCE]))
    patient = SigningIn(issuer.settings(leeway_seconds=120), who._keys)
    await patient.caller_of(issuer.token(exp=moment - 30, nbf=moment + 60, iat=moment + 60))


WRONG_CLAIMS: dict[str, tuple[dict[str, Any], str]] = {
    "expired": ({"exp": 1_700_000_000}, "is over"),
    "expired beyond the leeway": ({"exp": int(time.time()) - 3600}, "is over"),
    "never ends": ({"exp": None}, "lacks"),
    "ends in words": ({"exp": "tomorrow"}, "taken apart"),
    "ends at infinity": ({"exp": float("inf")}, "taken apart"),
    "not yet valid": ({"nbf": int(time.time()) + 3600}, "not valid yet"),
    "issued tomorrow": ({"iat": int(time.time()) + 86400}, "not valid yet"),
    "another audience": ({"aud": "zaaksysteem"}, "another service"),
    "part of the audience": ({"aud": "inbox"}, "another service"),
    "no audience": ({"aud": None}, "another service"),
    "audience of another shape": ({"aud": {"inbox-gateway": 1}}, "another service"),
    "another issuer": ({"iss": "http://127.0.0.1/realms/gemeente"}, "another issuer"),
    "issuer with a slash more": ({"iss": "SLASH"}, "another issuer"),
    "no issuer": ({"iss": None}, "another issuer"),
    "nobody": ({"sub": None}, "who it is for"),
    "an empty name": ({"sub": ""}, "who it is for"),
    "a name of two lines": ({"sub": "jan\ngateway"}, "who it is for"),
    "a name that does not fit": ({"sub": "x" * 96}, "who it is for"),
    "a number for a name": ({"sub": 7}, "who it is for"),
}


@pytest.mark.parametrize("name", WRONG_CLAIMS)
async def test_a_token_that_is_not_for_us_or_not_for_now_is_refused_in_a_sentence(
    issuer: Issuer, who: SigningIn, name: str
) -> None:
    claims, words = WRONG_CLAIMS[name]
    if claims.get("iss") == "SLASH":
        claims = {"iss": f"{issuer.issuer}/"}
    with pytest.raises(Unauthenticated) as refused:
        await who.caller_of(issuer.token(**claims))
    assert words in refused.value.detail or "lacks" in refused.value.detail
    assert refused.value.detail.count("\n") == 0


@pytest.mark.parametrize(
    ("roles", "departments", "words"),
    [
        ([], None, "no role"),
        (None, None, "no role"),
        (["admin", "Gateway-admin"], None, "no role"),
        ([["gateway-admin"]], None, "no role"),
        (["gateway-admin", "gateway-reader"], None, "several roles"),
        (["gateway-intake"], None, "no role"),
        (["gateway-department"], None, "no department"),
        (["gateway-reader"], {"kcc": True}, "no department"),
        (["gateway-reader"], 7, "no department"),
    ],
)
async def test_no_role_two_roles_and_no_department_are_refused(
    issuer: Issuer, who: SigningIn, roles: Any, departments: Any, words: str
) -> None:
    with pytest.raises(NotAllowed, match=words):
        await who.caller_of(issuer.token(roles=roles, departments=departments))


@pytest.mark.parametrize("role", ["reader", "admin"])
@pytest.mark.parametrize(
    ("path", "claims"),
    [
        ("departments", {"departments": None}),
        ("departments", {"_claim_names": {"departments": "src1"}, "_claim_sources": {"src1": {"endpoint": "x"}}}),
        ("departments", {"_claim_names": "departments"}),
        ("departments", {"_claim_names": None}),
        ("work.departments", {"work": None}),
        ("work.departments", {"work": "kcc"}),
        ("work.departments", {"work": ["kcc"]}),
        ("work.departments", {"work": {"departments": None}}),
        ("work.departments", {"_claim_names": {"work": "src1"}}),
    ],
)
async def test_departments_that_cannot_be_understood_never_widen(
    issuer: Issuer, who: SigningIn, role: str, path: str, claims: dict[str, Any]
) -> None:
    signing = SigningIn(issuer.settings(departments_claim=path, role_claim="roles"), who._keys)
    told = {"iss": issuer.issuer, "aud": AUDIENCE, "sub": "jan", "exp": int(time.time()) + 300}
    told["roles"] = [f"gateway-{role}"]
    algorithm, key = issuer.keys["one"]
    with pytest.raises(NotAllowed, match="no department"):
        await signing.caller_of(jwt.encode({**told, **claims}, key, algorithm, headers={"kid": "one"}))
    absent = await signing.caller_of(jwt.encode(told, key, algorithm, headers={"kid": "one"}))
    assert absent.departments is None


async def test_an_empty_list_of_departments_is_none_of_them_and_not_all(issuer: Issuer, who: SigningIn) -> None:
    assert (await who.caller_of(issuer.token(departments=[]))).departments == frozenset()
    assert (await who.caller_of(issuer.token())).departments is None


async def test_an_unsigned_token_is_refused(issuer: Issuer, who: SigningIn) -> None:
    good = issuer.token()
    for name in ("none", "None", "NONE", "nOnE", "", None):
        for signature in (b"", b"x"):
            forged = resigned(good, lambda _, kept=signature: kept, alg=name, kid="one", typ="JWT")
            with pytest.raises(Unauthenticated):
                await who.caller_of(forged)


async def test_the_public_key_is_no_shared_secret(issuer: Issuer, who: SigningIn) -> None:
    public = issuer.keys["one"][1].public_key()
    for encoding, shape in (
        (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo),
        (serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo),
        (serialization.Encoding.PEM, serialization.PublicFormat.PKCS1),
    ):
        secret = public.public_bytes(encoding, shape)
        for name, digest in (("HS256", "sha256"), ("HS512", "sha512")):
            forged = resigned(
                issuer.token(),
                lambda said, secret=secret, digest=digest: hmac.digest(secret, said, digest),
                alg=name,
                kid="one",
            )
            with pytest.raises(Unauthenticated, match="not signed in a way"):
                await who.caller_of(forged)


async def test_a_stranger_with_a_key_of_their_own_is_refused_whatever_the_header_says(
    issuer: Issuer, who: SigningIn
) -> None:
    stranger = Issuer(port=issuer.port)
    stranger.add_key("one")
    stranger.add_key("curve", "ES256")
    [own, _] = stranger.jwks()
    headers: list[dict[str, Any]] = [
        {},
        {"jwk": own},
        {"jku": f"http://127.0.0.1:{issuer.port}/jwks"},
        {"x5u": "https://evil.example/cert.pem"},
        {"x5c": ["MIIB"]},
        {"crit": ["exp"]},
        {"kid": "../../../../dev/null"},
        {"kid": f"http://127.0.0.1:{issuer.port}/evil"},
        {"kid": "one' OR '1'='1"},
        {"kid": "x" * 5000},
        {"kid": ""},
        {"kid": "curve"},
    ]
    for header in headers:
        with pytest.raises(Unauthenticated):
            await who.caller_of(stranger.token(roles=["gateway-admin"], header=header))
    assert set(issuer.asked) <= {"/jwks", "/realms/gemeente/.well-known/openid-configuration"}


@pytest.mark.parametrize("header", [{"jku": "x"}, {"jwk": {}}, {"x5u": "x"}, {"x5c": []}, {"crit": []}])
async def test_also_the_issuers_own_token_may_not_bring_a_key(
    issuer: Issuer, who: SigningIn, header: dict[str, Any]
) -> None:
    # Signed by hand: the library refuses to write some of these.
    good, key = issuer.token(), issuer.keys["one"][1]
    signer = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256)
    forged = resigned(good, lambda said: signer.sign(said, key), alg="RS256", kid="one", **header)
    with pytest.raises(Unauthenticated):
        await who.caller_of(forged)
    kept = resigned(good, lambda said: signer.sign(said, key), alg="RS256", kid="one", typ="at+jwt")
    assert (await who.caller_of(kept)).role is Role.reader


@pytest.mark.parametrize("kind", ["logout+jwt", "secevent+jwt", "JWE", ["JWT"], 7])
async def test_another_statement_of_the_issuer_is_no_access_token(issuer: Issuer, who: SigningIn, kind: Any) -> None:
    key = issuer.keys["one"][1]
    signer = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256)
    forged = resigned(issuer.token(), lambda said: signer.sign(said, key), alg="RS256", kid="one", typ=kind)
    with pytest.raises(Unauthenticated):
        await who.caller_of(forged)


async def test_an_algorithm_that_is_not_configured_is_refused_though_the_key_fits(issuer: Issuer) -> None:
    issuer.add_key("pss", "PS256")
    async with signing_in(issuer.settings(algorithms=["ES256"])) as who:
        assert who is not None
        for key_id in ("one", "pss"):
            with pytest.raises(Unauthenticated, match=r"oidc\.algorithms"):
                await who.caller_of(issuer.token(key_id=key_id))
        assert issuer.asked == []
        assert (await who.caller_of(issuer.token(key_id="curve"))).role is Role.reader


async def test_a_key_that_is_published_for_one_algorithm_serves_no_other(issuer: Issuer, who: SigningIn) -> None:
    key = issuer.keys["one"][1]
    signer = jwt.algorithms.RSAPSSAlgorithm(jwt.algorithms.RSAPSSAlgorithm.SHA256)
    forged = resigned(issuer.token(), lambda said: signer.sign(said, key), alg="PS256", kid="one")
    with pytest.raises(Unauthenticated, match="does not publish"):
        await who.caller_of(forged)


async def test_a_huge_token_is_not_even_taken_apart(issuer: Issuer, who: SigningIn) -> None:
    with pytest.raises(Unauthenticated, match="larger"):
        await who.caller_of(issuer.token(groups=["x" * LONGEST_TOKEN]))
    assert issuer.asked == []


async def test_a_changed_letter_anywhere_spoils_it(issuer: Issuer, who: SigningIn) -> None:
    good = issuer.token()
    await who.caller_of(good)
    # The last letter of a base64 part holds bits that mean nothing.
    for place in range(0, len(good) - 2, 41):
        if good[place + 1] == ".":
            continue
        changed = good[:place] + ("A" if good[place] != "A" else "B") + good[place + 1 :]
        with pytest.raises(Unauthenticated):
            await who.caller_of(changed)


async def test_deep_and_strange_headers_are_refused(issuer: Issuer, who: SigningIn) -> None:
    claims = issuer.token().split(".")[1]
    for raw in (b"[" * 6000, b"{" * 6000, b'{"alg":' + b"[" * 5000, b"null", b"[]", b'"x"', b"\xff\xfe", b"", b"1e999"):
        with pytest.raises(Unauthenticated):
            await who.caller_of(f"{encoded(raw)}.{claims}.AAAA")


@given(token=st.text(max_size=80) | st.binary(max_size=60).map(lambda raw: f"{encoded(raw)}.{encoded(raw)}.AAAA"))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_any_words_are_refused_and_raise_nothing_else(who: SigningIn, token: str) -> None:
    with pytest.raises(Unauthenticated):
        await who.caller_of(token)


async def test_a_refusal_repeats_nothing_of_the_token(signed_in: World, issuer: Issuer) -> None:
    tokens = [
        issuer.token(sub=MARK, exp=1_700_000_000),
        issuer.token(sub=MARK, aud=MARK),
        issuer.token(sub=MARK, iss=MARK),
        issuer.token(sub=MARK, header={"kid": MARK}),
        issuer.token(sub=MARK, roles=[MARK]),
        issuer.token(sub=MARK * 20),
    ]
    for token in tokens:
        answer = await signed_in.get("/items", {"Authorization": f"Bearer {token}"})
        assert answer.status_code in (401, 403)
        assert MARK not in answer.text + str(answer.headers)
        assert answer.json()["code"] in ("unauthenticated", "not_allowed")
        assert ("www-authenticate" in answer.headers) == (answer.status_code == 401)


async def test_who_signed_in_stands_in_events_under_a_name_that_no_key_can_have(
    signed_in: World, issuer: Issuer
) -> None:
    item_id = await signed_in.forwarded("Lantaarn")
    kcc = issuer.headers(roles=["gateway-department"], departments=["kcc"], sub="é" * 95)
    assert (await signed_in.do("accept", item_id, kcc)).status_code == 200
    assert (await signed_in.events(item_id))[-1].actor == "oidc:" + "é" * 95
    admin = issuer.headers(roles=["gateway-admin"])
    taken = await signed_in.post("/keys", admin, name="oidc:3b1c-jan", role="reader")
    assert taken.status_code == 409


async def test_a_token_reaches_as_far_as_its_departments_and_its_level(signed_in: World, issuer: Issuer) -> None:
    lamp, permit = await signed_in.forwarded("Lantaarn"), await signed_in.forwarded("Vergunning")
    await signed_in.change(lamp, confidentiality=int(Confidentiality.vertrouwelijk))
    seen = {}
    for name, wanted in {
        "all": {"roles": ["gateway-reader", "gateway-secrets"]},
        "low": {"roles": ["gateway-reader"]},
        "kcc": {"roles": ["gateway-reader", "gateway-secrets"], "departments": ["kcc"]},
        "nobody": {"roles": ["gateway-reader", "gateway-secrets"], "departments": ["parkeren"]},
    }.items():
        page = (await signed_in.get("/items", issuer.headers(**wanted))).json()
        seen[name] = {line["itemId"] for line in page["items"]}
    assert seen == {"all": {lamp, permit}, "low": {permit}, "kcc": {lamp}, "nobody": set()}


async def test_a_token_is_no_password(signed_in: World, issuer: Issuer) -> None:
    basic = base64.b64encode(f"x:{issuer.token(roles=['gateway-admin'])}".encode()).decode()
    for path in ("/items", "/keys"):
        answer = await signed_in.get(path, {"Authorization": f"Basic {basic}"})
        assert answer.status_code == 401


async def test_without_the_setting_no_token_opens_anything(world: World, issuer: Issuer) -> None:
    answer = await world.get("/items", issuer.headers(roles=["gateway-admin"]))
    assert answer.status_code == 401
    assert "token" not in answer.json()["detail"]
    assert issuer.asked == []


GOOD: dict[str, Any] = {"issuer": "https://login.gemeente.example/x", "audience": "a", "roles": {"x": "admin"}}


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "http://login.gemeente.example"},
        {"issuer": "https://"},
        {"issuer": "https://login.gemeente.example/?a=b"},
        {"issuer": "file:///etc/passwd"},
        {"issuer": "http://127.0.0.1.evil.example"},
        {"issuer": "http://127.0.0.1@evil.example"},
        {"audience": ""},
        {"roles": {}},
        {"roles": {"x": "god"}},
        {"roles": {"x": "intake"}},
        {"algorithms": []},
        {"algorithms": ["HS256"]},
        {"algorithms": ["none"]},
        {"confidentiality": {"x": "top secret"}},
        {"leeway_seconds": 301},
        {"secret": "x"},
    ],
)
def test_settings_that_would_open_the_door_are_refused(changes: dict[str, Any]) -> None:
    Settings.model_validate({"oidc": GOOD})
    with pytest.raises(ValidationError):
        Settings.model_validate({"oidc": {**GOOD, **changes}})
