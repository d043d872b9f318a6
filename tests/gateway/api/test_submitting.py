"""Handing in at the intake API: kept once, whatever is sent and however often."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from inbox.channel import Channel
from inbox.errors import KeyReused, NotFound, StoreUnavailable
from inbox.submission import Submission, SubmissionLimits
from store.keys import Role
from store.sources import register_source
from store.tables import deliveries, items, sources
from tests.gateway.api.world import HANDED_IN, MARK, Headers, World
from workflows.parts import Intake
from workflows.receiving import Wanted, key_space_of, position_of, receive

ITEM: dict[str, Any] = {
    "channel": "web",
    "sender": {"name": "Anna de Vries", "email": "anna@inwoner.test", "phone": "06 12345678"},
    "subject": "Lantaarn",
    "text": f"De lantaarn is kapot. {MARK}",
    "ownReference": "2026-00417",
}


@pytest.fixture(autouse=True)
async def handed_in(world: World) -> None:
    """Let the ledger know where is handed in."""
    for source_id, source in HANDED_IN.items():
        await register_source(world.ledger, source_id, source.channel, source.mode, None)


@pytest.fixture
async def website(world: World) -> Headers:
    """Give the headers of the website."""
    return await world.key(Role.intake, sources=["website"], name="Website")


async def submit(world: World, headers: Headers, key: str = "k-1", **changes: Any) -> httpx.Response:
    return await world.client.post("/v1/items", headers={**headers, "Idempotency-Key": key}, json={**ITEM, **changes})


async def with_files(
    world: World, headers: Headers, *files: tuple[str, bytes, str], key: str = "k-1", **changes: Any
) -> httpx.Response:
    form = [("item", (None, json.dumps({**ITEM, **changes}).encode(), "application/json"))]
    form += [("attachments", file) for file in files]  # type: ignore[misc]
    return await world.client.post("/v1/items", headers={**headers, "Idempotency-Key": key}, files=form)


async def counted(world: World, table: Any = items) -> int:
    async with world.ledger.read() as connection:
        return int((await connection.execute(select(func.count()).select_from(table))).scalar_one())


async def original(world: World, item_id: str) -> bytes:
    return await world.parts.bytes.get((await world.row(item_id)).delivery_id)


async def test_one_request_is_one_delivery_with_one_item_that_the_drive_is_to_start(
    world: World, website: Headers
) -> None:
    answer = await submit(world, website)
    assert answer.status_code == 202, answer.text
    told = answer.json()
    assert (told["isDecided"], told["promise"]) == (False, None)
    row = await world.row(told["itemId"])
    assert (row.reference, row.channel, row.source_id) == (told["reference"], "web", "website")
    assert (row.status, row.drive_wanted, row.held_because) == ("received", "keep", None)
    async with world.ledger.read() as connection:
        delivery = (await connection.execute(select(deliveries))).one()
        source = (await connection.execute(select(sources).where(sources.c.source_id == "website"))).one()
    assert (delivery.key_space, delivery.position) == (key_space_of("website"), position_of("k-1"))
    assert delivery.confirmed_at is not None
    assert source.kept_count == 1
    message = message_from_bytes(await original(world, told["itemId"]), policy=policy.default)
    assert str(message["from"]) == "Anna de Vries <anna@inwoner.test>"
    body = message.get_body()
    assert body is not None
    assert "Telefoon: 06 12345678" in body.get_content()
    assert MARK in body.get_content()


async def test_the_same_key_and_content_is_the_same_item_and_the_same_answer(world: World, website: Headers) -> None:
    first = await submit(world, website)
    for key in ("k-1", '"k-1"'):
        again = await submit(world, website, key)
        assert (again.status_code, again.json()) == (202, first.json())
    assert await counted(world) == 1
    other = await submit(world, website, "k-2")
    assert other.json()["itemId"] != first.json()["itemId"]


async def test_the_same_key_with_another_content_is_refused_and_changes_nothing(world: World, website: Headers) -> None:
    first = await submit(world, website)
    answer = await submit(world, website, text="Iets anders.")
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert answer.headers["content-type"] == "application/problem+json"
    assert await counted(world) == 1
    assert MARK.encode() in message_text(await original(world, first.json()["itemId"]))


def message_text(raw: bytes) -> bytes:
    body = message_from_bytes(raw, policy=policy.default).get_body()
    assert body is not None
    return str(body.get_content()).encode()


async def test_twenty_at_once_with_one_key_are_one_item(world: World, website: Headers) -> None:
    answers = await asyncio.gather(*(submit(world, website) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.text for answer in answers}) == 1
    assert (await counted(world), await counted(world, deliveries)) == (1, 1)


async def test_two_contents_at_once_with_one_key_are_one_item_and_one_refusal(world: World, website: Headers) -> None:
    answers = await asyncio.gather(*(submit(world, website, text=f"Tekst {number % 2}") for number in range(10)))
    assert {answer.status_code for answer in answers} == {202, 422}
    assert await counted(world) == 1


async def test_a_crash_between_bytes_and_ledger_is_mended_by_the_repeat(
    world: World, website: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dies(*_: Any) -> None:
        raise StoreUnavailable("the ledger is away")

    with monkeypatch.context() as patched:
        patched.setattr("workflows.receiving.keep_all", dies)
        answer = await submit(world, website)
        assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert await counted(world) == 0
    assert len([path for path in world.bytes_root.rglob("*") if path.is_file()]) == 1
    assert (await submit(world, website)).status_code == 202
    assert await counted(world) == 1


async def test_nothing_is_answered_while_the_bytes_cannot_be_stored(
    world: World, website: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Invariant 1: bytes first."""

    async def full(*_: Any) -> None:
        raise StoreUnavailable("the disk is full")

    monkeypatch.setattr(world.parts.bytes, "put_all", full, raising=True)
    assert (await submit(world, website)).status_code == 503
    assert await counted(world) == 0


@pytest.mark.parametrize("key", [None, "", '""', "a b", "é", "x" * 256, 'half"quoted'])
async def test_without_a_usable_idempotency_key_nothing_is_taken(
    world: World, website: Headers, key: str | None
) -> None:
    headers = {**website, **({"Idempotency-Key": key.encode("utf-8")} if key is not None else {})}  # type: ignore[dict-item]
    answer = await world.client.post("/v1/items", headers=headers, json=ITEM)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input")
    assert answer.json()["errors"][0]["location"]["name"] == "Idempotency-Key"
    assert await counted(world) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"channel": "email"},
        {"channel": "post"},
        {"channel": "phone"},
        {"channel": "fax"},
        {"text": ""},
        {"text": " \n "},
        {"text": "a\x00b"},
        {"subject": "a\r\nBcc: x@y.test"},
        {"subject": "x" * 301},
        {"sender": {"email": "geen adres"}},
        {"sender": {"email": "a@b.test\r\nBcc: c@d.test"}},
        {"sender": {"phone": "bel mij"}},
        {"sender": {"bsn": "123456782"}},
        {"occurredAt": "gisteren"},
        {"occurredAt": "0001-01-01T00:00:00Z"},
        {"occurredAt": "2026-11-16T09:00:00"},
        {"ownReference": "x" * 301},
        {"unknown": MARK},
    ],
)
async def test_what_is_not_as_described_is_named_and_never_repeated(
    world: World, website: Headers, changes: dict[str, Any]
) -> None:
    answer = await submit(world, website, **changes)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_input"), answer.text
    assert answer.json()["errors"]
    assert MARK not in answer.text
    assert "Bcc" not in answer.text
    assert await counted(world) == 0


async def test_a_key_hands_in_at_its_own_sources_and_channels_only(world: World, website: Headers) -> None:
    for changes in ({"channel": "desk"}, {"source": "balie"}, {"channel": "desk", "source": "website"}):
        answer = await submit(world, website, **changes)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    both = await world.key(Role.intake, sources=["balie", "balie-zuid"])
    unsure = await submit(world, both, channel="desk")
    assert (unsure.status_code, unsure.json()["code"]) == (400, "bad_request")
    named = await submit(world, both, channel="desk", source="balie")
    assert (await world.row(named.json()["itemId"])).source_id == "balie"


async def test_a_key_of_intake_sees_no_item(world: World, website: Headers) -> None:
    item_id = (await submit(world, website)).json()["itemId"]
    for path in ("/items", f"/items/{item_id}", f"/items/{item_id}/original", "/sources", "/keys"):
        assert (await world.get(path, website)).status_code == 403


async def test_one_key_at_two_sources_is_two_items(world: World, website: Headers) -> None:
    desk = await world.key(Role.intake, sources=["balie"])
    first, second = await submit(world, website), await submit(world, desk, channel="desk")
    assert first.json()["itemId"] != second.json()["itemId"]


async def test_attachments_are_in_the_original_byte_for_byte_under_names_that_harm_nobody(
    world: World, website: Headers
) -> None:
    files = [
        ("../../etc/passwd", b"\x00\xff\r\n--grens", "text/plain"),
        ("C:\\temp\\foto\u202egpj.exe", b"x" * 5000, "image/jpeg"),
        ("", b"", "application/octet-stream"),
        ("a" * 400 + ".pdf", b"%PDF-1.4", "application/pdf"),
        ("bericht.eml", b"From: a@b.test\r\n\r\nhallo", "message/rfc822"),
    ]
    answer = await with_files(world, website, *((name or "leeg", content, kind) for name, content, kind in files))
    assert answer.status_code == 202, answer.text
    message = message_from_bytes(await original(world, answer.json()["itemId"]), policy=policy.default)
    found = list(message.iter_attachments())
    assert [part.get_payload(decode=True) for part in found] == [content for _, content, _ in files]
    names = [part.get_filename() or "" for part in found]
    assert names[0] == "passwd"
    assert names[1] == "foto_gpj.exe"
    assert all(name and len(name) <= 100 and not set(name) & set("/\\\r\n\u202e") for name in names)
    assert found[4].get_content_type() == "application/octet-stream"


async def test_the_same_form_behind_another_boundary_is_the_same_content(world: World, website: Headers) -> None:
    first, again = [await with_files(world, website, ("a.txt", b"een", "text/plain")) for _ in range(2)]
    assert first.request.headers["content-type"] != again.request.headers["content-type"]
    assert (first.status_code, first.json()) == (202, again.json())
    other = await with_files(world, website, ("a.txt", b"twee", "text/plain"))
    assert other.status_code == 422


@pytest.mark.parametrize(
    ("content_type", "body", "status", "code"),
    [
        ("text/plain", b"hallo", 415, "unsupported_media_type"),
        ("", b"hallo", 415, "unsupported_media_type"),
        ("application/json", b"{", 400, "invalid_input"),
        ("application/json", b"[]", 400, "invalid_input"),
        ("application/json", b'{"channel":"web","text":"\\ud800"}', 400, "invalid_input"),
        ("multipart/form-data", b"--x--", 400, "bad_request"),
        ("multipart/form-data; boundary=x", b"", 400, "bad_request"),
        ("multipart/form-data; boundary=x", b"--x\r\nno header", 400, "bad_request"),
        ("multipart/form-data; boundary=x", b"--x--\r\n", 400, "bad_request"),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="geheim"\r\n\r\n1\r\n--x--\r\n',
            400,
            "bad_request",
        ),
    ],
)
async def test_a_body_in_another_form_is_refused(
    world: World, website: Headers, content_type: str, body: bytes, status: int, code: str
) -> None:
    headers = {**website, "Idempotency-Key": "k", "Content-Type": content_type}
    answer = await world.client.post("/v1/items", headers=headers, content=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert await counted(world) == 0


@pytest.fixture
def narrow(world: World) -> None:
    """Let little be handed in."""
    assert world.parts.intake is not None
    limits = SubmissionLimits(attachments=2, attachment_bytes=100, text_characters=50, wait_seconds=0)
    world.parts.intake = Intake(
        world.parts.intake.write, world.parts.intake.media_type, world.parts.intake.sources, limits
    )


@pytest.mark.usefixtures("narrow")
async def test_more_than_the_limits_is_refused_before_anything_is_kept(world: World, website: Headers) -> None:
    long = await submit(world, website, text="x" * 51)
    assert (long.status_code, long.json()["errors"][0]["location"]["pointer"]) == (400, "/text")
    many = await with_files(world, website, *[(f"{n}.txt", b"x", "text/plain") for n in range(3)], text="kort")
    assert (many.status_code, many.json()["code"]) == (400, "bad_request")
    large = await with_files(world, website, ("a.txt", b"x" * 101, "text/plain"), text="kort")
    assert (large.status_code, large.json()["code"]) == (413, "body_too_large")
    assert await counted(world) == 0
    fits = await with_files(world, website, *[(f"{n}.txt", b"x" * 100, "text/plain") for n in range(2)], text="kort")
    assert fits.status_code == 202


async def test_a_request_may_be_as_large_as_the_setting_says_and_no_larger(world: World, website: Headers) -> None:
    taken = await with_files(world, website, ("groot.bin", b"x" * (3 << 20), "application/octet-stream"))
    assert taken.status_code == 202
    refused = await with_files(world, website, ("te.bin", b"x" * (26 << 20), "application/octet-stream"), key="k-2")
    assert (refused.status_code, refused.json()["code"]) == (413, "body_too_large")
    assert str(25 << 20) in refused.json()["detail"]


async def test_terms_count_from_when_it_was_said_unless_that_is_ahead_of_us(world: World, website: Headers) -> None:
    said = datetime.now(UTC) - timedelta(minutes=3)
    world_row = await world.row(
        (await submit(world, website, "ahead", occurredAt=(said + timedelta(days=2)).isoformat())).json()["itemId"]
    )
    assert abs((world_row.received_at - datetime.now(UTC)).total_seconds()) < 30
    early = await submit(world, website, "early", occurredAt="2020-01-01T10:00:00+01:00")
    assert early.json()["receivedAt"] == "2020-01-01T09:00:00Z"
    assert (await world.row(early.json()["itemId"])).held_because == "before_live_from"


async def test_a_source_that_observes_keeps_and_holds(world: World) -> None:
    table = await world.key(Role.intake, sources=["tafel"])
    answer = await submit(world, table, channel="area_table")
    assert (await world.row(answer.json()["itemId"])).held_because == "observe"


async def test_where_others_hand_in_is_never_ill(world: World, admin: Headers) -> None:
    line = (await world.get("/sources/website", admin)).json()
    assert (line["isConfigured"], line["healthy"], line["sweptAt"]) == (True, True, None)


async def test_a_key_for_intake_names_its_sources(world: World, admin: Headers) -> None:
    made = await world.post("/keys", admin, name="App", role="intake", sources=["website"])
    assert (made.status_code, made.json()["sources"]) == (201, ["website"])
    headers = {"Authorization": f"Bearer {made.json()['key']}"}
    assert (await submit(world, headers)).status_code == 202
    for body in ({"role": "intake"}, {"role": "reader", "sources": ["website"]}, {"role": "intake", "sources": []}):
        assert (await world.post("/keys", admin, name="x", **body)).status_code == 400
    unknown = await world.post("/keys", admin, name="x", role="intake", sources=["fax"])
    assert (unknown.status_code, unknown.json()["code"]) == (400, "bad_request")


async def test_many_at_once_are_all_taken_in_or_none(world: World) -> None:
    assert world.parts.intake is not None
    intake = world.parts.intake

    def wanted(*texts: str) -> list[Wanted]:
        made = [Submission(channel=Channel.web, text=text) for text in texts]
        return [Wanted(f"k-{number}", submission) for number, submission in enumerate(made)]

    with pytest.raises(NotFound):
        await receive(world.parts, intake, "nergens", wanted("een"))
    first = await receive(world.parts, intake, "website", wanted("een"))
    with pytest.raises(KeyReused, match="1 of 3"):
        await receive(world.parts, intake, "website", wanted("anders", "twee", "drie"))
    assert await counted(world) == 1
    all_three = await receive(world.parts, intake, "website", wanted("een", "twee", "drie"))
    assert [one.is_new for one in all_three] == [False, True, True]
    assert all_three[0].item == first[0].item
    assert await counted(world) == 3
