"""Errors: one shape, no words of others, nothing in the log that tells of a person."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from gateway.api.app import make_api
from gateway.api.edge import BODY_LIMIT_BYTES
from gateway.api.problems import STATUS_OF, TITLE_OF, NotReady, known_code
from inbox import errors
from inbox.channel import Channel
from store.ledger import Ledger
from store.sources import note_trouble, register_source
from tests.gateway.api.world import MARK, Headers, World

ALWAYS = {
    "api-version": "1.0.0",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


def require_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """Check the shape that every problem has; return it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert (problem["status"], problem["code"], problem["title"]) == (status, code, TITLE_OF[code])
    assert problem["type"] == f"/v1/docs#problem-{code.replace('_', '-')}"
    assert problem["instance"].startswith("urn:uuid:")
    assert problem["detail"]
    for name, value in ALWAYS.items():
        assert answer.headers[name] == value
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["strict-transport-security"].startswith("max-age=31536000")
    return problem


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer gw_",
        "Bearer gw_0123456789ab_0123456789abcdef0123456789abcdef",
        "Basic Z3c6Z3c=",
        "Bearer gw_0123456789ab_'; DROP TABLE keys; --",
        "Bearer " + "x" * 5000,
    ],
)
async def test_without_a_valid_key_nobody_comes_in(world: World, authorization: str | None) -> None:
    headers = {"Authorization": authorization} if authorization is not None else {}
    for path in ("/items", "/keys", "/items/not-even-an-id"):
        answer = await world.get(path, headers)
        require_problem(answer, 401, "unauthenticated")
        assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_key_with_a_wrong_secret_is_refused(world: World, admin: Headers) -> None:
    wrong = admin["Authorization"][:-4] + ("AAAA" if not admin["Authorization"].endswith("AAAA") else "BBBB")
    require_problem(await world.get("/items", {"Authorization": wrong}), 401, "unauthenticated")


async def test_the_scheme_is_read_whatever_its_case(world: World, admin: Headers) -> None:
    headers = {"Authorization": admin["Authorization"].replace("Bearer", "bEARER")}
    assert (await world.get("/items", headers)).status_code == 200


async def test_the_key_is_asked_for_before_the_body_is_read(world: World) -> None:
    answer = await world.client.post("/v1/keys", content=b"{no json", headers={"Content-Type": "application/json"})
    require_problem(answer, 401, "unauthenticated")


@pytest.mark.parametrize(
    "path", ["/v1/items/", "/v1/nothing", "/", "/docs", "/openapi.json", "/v2/items", f"/v1/{MARK}"]
)
async def test_an_unknown_path_is_not_found_and_not_repeated(world: World, admin: Headers, path: str) -> None:
    answer = await world.client.get(path, headers=admin)
    require_problem(answer, 404, "not_found")
    assert MARK not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/items", "GET, HEAD, POST"),
        ("PUT", "/v1/keys", "GET, HEAD, POST"),
        ("GET", "/v1/keys/abc", "DELETE"),
        ("GET", "/v1/items/3f0a5d7e-4a4b-4a55-9a53-0d4c7a9d1c2e/accept", "POST"),
        ("PATCH", "/v1/items/3f0a5d7e-4a4b-4a55-9a53-0d4c7a9d1c2e", "GET, HEAD"),
        ("POST", "/v1/openapi.json", "GET, HEAD"),
        ("GET", "/v1/items/release", "POST"),
        ("OPTIONS", "/v1/items/release", "POST"),
        ("TRACE", "/v1/health/live", "GET, HEAD"),
    ],
)
async def test_a_method_that_a_path_does_not_have_is_answered_with_those_it_has(
    world: World, admin: Headers, method: str, path: str, allowed: str
) -> None:
    answer = await world.client.request(method, path, headers=admin)
    require_problem(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == allowed


async def test_all_faults_of_a_request_are_named_together(world: World, admin: Headers) -> None:
    answer = await world.get("/items", admin, limit=0, status="lost", channel="pigeon")
    problem = require_problem(answer, 400, "invalid_input")
    assert {fault["location"]["name"] for fault in problem["errors"]} == {"limit", "status", "channel"}
    assert all(fault["detail"] and fault["code"] for fault in problem["errors"])


async def test_a_word_of_another_form_is_answered_with_what_it_should_be(world: World, admin: Headers) -> None:
    route = {"when": {"postcode": "0012", "received": {"from": "9 uur"}}, "category": "Lantaarn"}
    answer = await world.post("/overlays", admin, reason="brand", endsAt="2099-01-01T00:00:00Z", routed=[route])
    told = {
        fault["location"]["pointer"]: fault["detail"]
        for fault in require_problem(answer, 400, "invalid_input")["errors"]
    }
    assert told["/routed/0/when/postcode"].startswith("should be a postcode such as")
    assert told["/routed/0/when/received/from"].startswith("should be a time such as")
    assert told["/routed/0/category"].startswith("should begin with a letter")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"words"', b"null", b"\xff\xfe", b"{" * 100_000])
async def test_a_body_that_is_no_json_object_is_refused(world: World, admin: Headers, content: bytes) -> None:
    answer = await world.client.post("/v1/keys", content=content, headers={**admin, "Content-Type": "application/json"})
    problem = require_problem(answer, 400, "invalid_input")
    assert problem["errors"][0]["in"] == "body"


async def test_a_body_of_another_media_type_is_refused(world: World, admin: Headers) -> None:
    answer = await world.client.post("/v1/keys", data={"name": "x", "role": "reader"}, headers=admin)
    require_problem(answer, 400, "invalid_input")


async def test_a_body_over_the_limit_is_refused(world: World, admin: Headers) -> None:
    answer = await world.post("/keys", admin, name="x" * (BODY_LIMIT_BYTES + 1), role="reader")
    require_problem(answer, 413, "body_too_large")


async def test_a_body_that_does_not_announce_its_size_is_bounded_too(world: World, admin: Headers) -> None:
    async def endless() -> Any:
        for _ in range(BODY_LIMIT_BYTES // 65536 + 2):
            yield b" " * 65536

    answer = await world.client.post(
        "/v1/keys", content=endless(), headers={**admin, "Content-Type": "application/json"}
    )
    require_problem(answer, 413, "body_too_large")


async def test_words_of_a_sender_or_a_person_stand_in_no_problem_and_no_log(
    world: World, admin: Headers, kcc: Headers, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    item_id = await world.forwarded(f"Lantaarn {MARK}", f"De lantaarn. {MARK}")
    delivery = (await world.row(item_id)).delivery_id
    tries: list[tuple[str, str, Any]] = [
        ("POST", f"/v1/items/{item_id}/release", {"reason": MARK}),
        ("POST", f"/v1/items/{item_id}/reroute", {"reason": MARK, "category": MARK}),
        ("POST", f"/v1/items/{item_id}/reroute", {"reason": MARK, "category": MARK.lower()}),
        ("POST", f"/v1/items/{item_id}/reroute", {"reason": MARK, "category": "triage", "assignmentId": MARK}),
        ("POST", f"/v1/items/{item_id}/link", {"reason": MARK, "otherItemId": MARK}),
        ("POST", f"/v1/items/{item_id}/accept", {MARK: MARK, f"{MARK} {MARK}": 1}),
        ("POST", f"/v1/items/{MARK}/accept", {"reason": MARK}),
        ("POST", "/v1/keys", {"name": MARK, "role": MARK}),
        ("GET", f"/v1/items?reference={MARK}", None),
        ("GET", f"/v1/items?cursor={MARK}", None),
        ("GET", f"/v1/items?status={MARK}&limit={MARK}&receivedFrom={MARK}&department={MARK}&source={MARK}", None),
        ("GET", f"/v1/sources/{MARK}", None),
        ("DELETE", f"/v1/keys/{MARK}", None),
        ("GET", f"/v1/{MARK}", None),
        ("GET", f"/v1/items/{item_id}/original", None),
    ]
    world.bytes_path(delivery).write_bytes(MARK.encode())
    with capture_logs() as logs:
        for method, path, body in tries:
            answer = await world.client.request(method, path, headers=admin, json=body)
            assert answer.status_code >= 400, path
            told = answer.json()
            for fault in told.get("errors", []):
                # A key of the caller's own body is named, so that they find it.
                if fault["code"] == "extra_forbidden" and fault["location"].get("pointer") == f"/{MARK}":
                    fault["location"]["pointer"] = ""
            assert MARK not in json.dumps(told), (path, told)
            assert MARK not in str(answer.headers)
    assert MARK not in str(logs)
    assert MARK not in caplog.text
    assert MARK not in "".join(capsys.readouterr())


async def test_what_nobody_expected_is_told_without_its_words(
    world: World, admin: Headers, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError(MARK)

    monkeypatch.setattr("gateway.api.items.list_items", broken)
    with capture_logs() as logs:
        answer = await world.get("/items", admin, reference="")
        problem = require_problem(await world.get("/items", admin), 500, "unexpected")
    assert answer.status_code == 400
    assert MARK not in str(problem)
    assert MARK not in caplog.text
    [line] = logs
    assert {key: line[key] for key in ("event", "type", "operation", "instance")} == {
        "event": "request_failed",
        "type": "RuntimeError",
        "operation": "listItems",
        "instance": problem["instance"],
    }
    assert MARK not in str(line)


async def test_a_ledger_that_is_away_is_told_as_something_that_passes(world: World, admin: Headers) -> None:
    world.parts.ledger = Ledger("postgresql+asyncpg://nobody@127.0.0.1:1/nothing")
    answer = await world.get("/items", admin)
    require_problem(answer, 503, "store_unavailable")
    assert answer.headers["retry-after"] == "5"
    await world.parts.ledger.close()


async def test_without_a_configuration_no_category_can_be_chosen(ledger: Ledger, world: World, admin: Headers) -> None:
    item_id = await world.forwarded()
    async with ledger.begin() as connection:
        await connection.exec_driver_sql("DELETE FROM configurations")
    answer = await world.do("reroute", item_id, admin, category="triage")
    problem = require_problem(answer, 503, "settings_invalid")
    assert "gateway check" in problem["detail"]


def test_every_error_of_ours_has_a_status() -> None:
    def below(kind: type[errors.GatewayError]) -> list[type[errors.GatewayError]]:
        return [kind, *(found for child in kind.__subclasses__() for found in below(child))]

    for kind in below(errors.GatewayError):
        assert known_code(kind.__new__(kind)) in STATUS_OF
    assert set(STATUS_OF) == set(TITLE_OF)
    assert known_code(NotReady()) == "not_ready"


async def test_trouble_of_a_source_is_told_in_full_to_administrators_only(
    world: World, admin: Headers, kcc: Headers
) -> None:
    await register_source(world.ledger, "info", Channel.email, "live", None)
    await note_trouble(world.ledger, "info", errors.CredentialsRefused("`imap.password_env`: refused"))
    for headers, detail in ((admin, "`imap.password_env`: refused"), (kcc, None)):
        [line] = (await world.get("/sources", headers)).json()["sources"]
        assert line["trouble"]["code"] == "credentials_refused"
        assert line["trouble"]["detail"] == detail
        assert line["trouble"]["since"].endswith("Z")


async def test_two_apis_share_nothing(world: World) -> None:
    assert make_api(world.parts).state.readiness is not make_api(world.parts).state.readiness
